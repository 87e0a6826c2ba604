#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/ca_endpoint.h"
#include "audit/log.h"
#include "base/durable_file.h"
#include "ca/ocsp_key.h"
#include "cli/ca_of.h"
#include "cli/ca_service.h"
#include "cli/session.h"
#include "cli/stop_signal.h"

namespace sealdesk::cli {
namespace {

struct ServiceArguments {
    std::string scheme;
    std::string listen = "127.0.0.1:8080";
    std::string tls_certificate;
    std::string tls_key;
    int threads = 4;
};

using SharedServiceArguments = std::shared_ptr<ServiceArguments>;

/// 20 symbols over 32: 100 bits for a passphrase that only files hold.
constexpr std::string_view kPassphraseSymbols = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
constexpr std::size_t kPassphraseLength = 20;

/// Answers are signed ahead this often while serving; each pass finds only what is due.
constexpr std::chrono::minutes kPresignEvery{10};

std::filesystem::path responder_file(const Desk& desk, const std::string& scheme) {
    return desk.settings.ca / scheme / "ocsp.p12";
}

Result<Secret> responder_passphrase(Desk& desk) {
    const auto& file = desk.settings.ocsp_passphrase_file;
    if (!std::filesystem::exists(file)) {
        const Secret made = random_text(desk.random, kPassphraseSymbols, kPassphraseLength);
        write_file_durably(file, made.reveal(), FileAccess::Owner);
    }
    return read_password(file, {});
}

/// The order to certify a responder is an administrator's signed word, kept among the files.
Result<std::string> sign_wish(Desk& desk, Session& session, const std::string& scheme) {
    const Instant now = desk.clock.now();
    const std::string wish = nlohmann::json{
        {"act", "ocsp-responder"},
        {"scheme", scheme},
        {"officer", session.officer.login},
        {"at", to_utc_text(now)}}.dump();
    const auto signature = session.key->sign(wish, now);
    if (!signature) {
        return signature.error();
    }
    const std::string document = desk.files.put(wish);
    const std::string signed_by = desk.files.put(*signature);
    store::transact(desk.database, "ca.responder", [&](store::Tx& tx) {
        audit::append(tx, {"ca.responder_ordered",
                           officers::actor_of(session.officer.login),
                           "scheme:" + scheme,
                           {{"document_sha256", document}, {"signature_sha256", signed_by}}});
    });
    return signed_by;
}

Outcome make_responder(Program& program, Desk& desk, const ServiceArguments& arguments) {
    auto session = sign_in(program, desk, officers::Action::ManageDesk);
    if (!session) {
        return session.error();
    }
    const auto passphrase = responder_passphrase(desk);
    if (!passphrase) {
        return passphrase.error();
    }
    for (const std::string& scheme : schemes_with_ca(desk, arguments.scheme)) {
        const auto authority = open_ca(program, desk, scheme);
        if (!authority) {
            return authority.error();
        }
        const auto approval = sign_wish(desk, *session, scheme);
        if (!approval) {
            return approval.error();
        }
        const auto made = ca::make_responder(*(*authority)->signer,
                                             "OCSP " + to_iso_text(day_in_taipei(desk.clock.now())),
                                             *approval, responder_file(desk, scheme), *passphrase);
        if (!made) {
            return made.error();
        }
        program.out << scheme << "  " << made->subject() << "  – " << to_utc_text(made->not_after())
                    << '\n';
    }
    return done();
}

/// The CAs that this desk can speak for in public, each with its responder when it has one.
std::vector<api::PublicCa> public_cas(Desk& desk, const std::string& wanted,
                                      store::Database& database) {
    std::vector<api::PublicCa> all;
    for (const std::string& scheme : schemes_with_ca(desk, wanted)) {
        const auto folder = desk.settings.ca / scheme;
        auto certificate = crypto::Certificate::load(folder / "ca.pem");
        if (!certificate) {
            throw Failure(certificate.error());
        }
        std::optional<ca::OcspResponder> responder;
        if (std::filesystem::exists(responder_file(desk, scheme))) {
            const auto passphrase = read_password(desk.settings.ocsp_passphrase_file, {});
            if (!passphrase) {
                throw Failure(passphrase.error());
            }
            auto key = ca::load_responder(responder_file(desk, scheme), *passphrase);
            if (!key) {
                throw Failure(key.error());
            }
            auto opened = ca::OcspResponder::open(database, *certificate, std::move(key->key),
                                                  std::move(key->certificate));
            if (!opened) {
                throw Failure(opened.error());
            }
            responder.emplace(*std::move(opened));
        }
        all.push_back({scheme, *std::move(certificate), folder / "crl", std::move(responder)});
    }
    return all;
}

std::int64_t presign_all(Program& program, std::vector<api::PublicCa>& all) {
    std::int64_t total = 0;
    for (api::PublicCa& one : all) {
        if (one.responder) {
            total += one.responder->sign_ahead([&](std::int64_t count) {
                show_progress(program, one.scheme + "  OCSP " + std::to_string(total + count));
            });
        }
    }
    end_progress(program);
    return total;
}

Outcome presign(Program& program, Desk& desk, const ServiceArguments& arguments) {
    auto all = public_cas(desk, arguments.scheme, desk.database);
    const std::int64_t total = presign_all(program, all);
    if (program.json) {
        program.out << nlohmann::json{{"signed", total}}.dump() << '\n';
    } else {
        program.out << program.pick("已預簽 OCSP 回應 ", "OCSP answers signed ahead: ") << total
                    << '\n';
    }
    return done();
}

Result<api::HttpOptions> http_options(const ServiceArguments& arguments, Program& program) {
    api::HttpOptions options;
    const auto colon = arguments.listen.rfind(':');
    const auto port = colon == std::string::npos
                          ? std::nullopt
                          : parse_number(std::string_view(arguments.listen).substr(colon + 1));
    if (!port || *port > 65535 || arguments.tls_certificate.empty() != arguments.tls_key.empty()) {
        return Error{ErrorKind::Invalid,
                     "http.bad_address",
                     "Say where to listen as HOST:PORT; certificate and key come together.",
                     arguments.listen,
                     {}};
    }
    options.host = arguments.listen.substr(0, colon);
    options.port = static_cast<std::uint16_t>(*port);
    options.threads = arguments.threads;
    options.certificate = arguments.tls_certificate;
    options.key = arguments.tls_key;
    options.trouble = [&program](const std::string& line) { program.err << line + "\n"; };
    return options;
}

Outcome serve(Program& program, Desk& desk, const ServiceArguments& arguments) {
    const auto options = http_options(arguments, program);
    if (!options) {
        return options.error();
    }
    const auto open = [&](store::Database& database) {
        return public_cas(desk, arguments.scheme, database);
    };
    auto own = open(desk.database);
    const api::HttpService service(*options, [&] {
        return std::make_unique<api::CaEndpoint>(store::open(desk.settings.store), desk.clock,
                                                 desk.random, open);
    });
    const std::string url = std::string(arguments.tls_key.empty() ? "http" : "https") + "://" +
                            options->host + ":" + std::to_string(service.port());
    if (program.json) {
        program.out << nlohmann::json{{"url", url}}.dump() << std::endl;
    } else {
        program.out << program.pick("服務位址 ", "serving on ") << url << std::endl;
    }
    Instant next = desk.clock.now();
    while (!stop_asked().load()) {
        if (desk.clock.now() >= next) {
            presign_all(program, own);
            next = desk.clock.now() + kPresignEvery;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return done();
}

}  // namespace

void add_ca_service_commands(CLI::App& ca, Program& program) {
    auto arguments = std::make_shared<ServiceArguments>();
    const auto add = [&](const char* name, std::string_view zh, std::string_view en,
                         Outcome (*act)(Program&, Desk&, const ServiceArguments&)) {
        auto* command = ca.add_subcommand(name, program.text(zh, en));
        command->add_option("--scheme", arguments->scheme,
                            program.text("憑證種類（省略時為全部）", "every scheme when left out"));
        command->callback([&program, arguments, act] {
            listen_for_stop();
            with_desk(program, [&](Desk& desk) { return act(program, desk, *arguments); });
        });
        return command;
    };
    add("responder", "製作 OCSP 回應金鑰與憑證（管理員）",
        "make an OCSP responder's key and certificate (administrator)", make_responder)
        ->footer(program.text("例： ", "Example: ") + "sealdesk --as amy ca responder --scheme S");
    add("presign", "預簽 OCSP 回應", "sign OCSP answers ahead", presign);
    auto* service = add("serve", "提供 OCSP、憑證廢止清冊與憑證機構憑證之 HTTP 服務",
                        "serve OCSP, CRLs and the CA's certificate by HTTP", serve);
    service->add_option("--listen", arguments->listen,
                        program.text("HOST:PORT（預設 127.0.0.1:8080；0 為任一空埠）",
                                     "HOST:PORT (127.0.0.1:8080; port 0: any free one)"));
    service->add_option("--threads", arguments->threads, program.text("同時處理數", "at once"))
        ->check(CLI::Range(1, 64));
    service->add_option("--tls-certificate", arguments->tls_certificate, "PEM");
    service->add_option("--tls-key", arguments->tls_key, "PEM");
    service->footer(program.text("例： ", "Example: ") +
                    "sealdesk ca serve --listen 0.0.0.0:8080\n"
                    "  POST /ocsp/SCHEME, GET /repository/SCHEME/complete.crl");
}

}  // namespace sealdesk::cli
