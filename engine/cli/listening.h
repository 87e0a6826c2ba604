#pragma once

#include <string>

#include "api/http_service.h"
#include "cli/program.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sealdesk::cli {

/// Where a service of this program listens, as its options say.
struct Listening {
    std::string address = "127.0.0.1:8080";
    std::string tls_certificate;
    std::string tls_key;
    int threads = 4;
};

/// --listen, --threads, --tls-certificate, --tls-key.
void add_listening_options(CLI::App& command, Program& program, Listening& listening);

/// Error (Invalid) http.bad_address.
[[nodiscard]] Result<api::HttpOptions> http_options(Program& program, const Listening& listening);

/// Says where it can be reached; --json: {"url"}.
void print_address(Program& program, const api::HttpOptions& options, std::uint16_t port);

}  // namespace sealdesk::cli
