#include "cli/listening.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace sealdesk::cli {

void add_listening_options(CLI::App& command, Program& program, Listening& listening) {
    command.add_option("--listen", listening.address,
                       program.text("HOST:PORT（預設 127.0.0.1:8080；0 為任一空埠）",
                                    "HOST:PORT (127.0.0.1:8080; port 0: any free one)"));
    command.add_option("--threads", listening.threads, program.text("同時處理數", "at once"))
        ->check(CLI::Range(1, 64));
    command.add_option("--tls-certificate", listening.tls_certificate, "PEM");
    command.add_option("--tls-key", listening.tls_key, "PEM");
}

Result<api::HttpOptions> http_options(Program& program, const Listening& listening) {
    api::HttpOptions options;
    const auto colon = listening.address.rfind(':');
    const auto port = colon == std::string::npos
                          ? std::nullopt
                          : parse_number(std::string_view(listening.address).substr(colon + 1));
    if (!port || *port > 65535 || listening.tls_certificate.empty() != listening.tls_key.empty()) {
        return Error{ErrorKind::Invalid,
                     "http.bad_address",
                     "Say where to listen as HOST:PORT; certificate and key come together.",
                     listening.address,
                     {}};
    }
    options.host = listening.address.substr(0, colon);
    options.port = static_cast<std::uint16_t>(*port);
    options.threads = listening.threads;
    options.certificate = listening.tls_certificate;
    options.key = listening.tls_key;
    options.trouble = [&program](const std::string& line) { program.err << line + "\n"; };
    return options;
}

void print_address(Program& program, const api::HttpOptions& options, std::uint16_t port) {
    const std::string url = std::string(options.key.empty() ? "http" : "https") + "://" +
                            options.host + ":" + std::to_string(port);
    if (program.json) {
        program.out << nlohmann::json{{"url", url}}.dump() << std::endl;
    } else {
        program.out << program.pick("服務位址 ", "serving on ") << url << std::endl;
    }
}

}  // namespace sealdesk::cli
