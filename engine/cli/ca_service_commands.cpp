#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/ca_endpoint.h"
#include "base/durable_file.h"
#include "ca/service_key.h"
#include "cli/ca_of.h"
#include "cli/ca_service.h"
#include "cli/house_ra.h"
#include "cli/listening.h"
#include "cli/passphrase.h"
#include "cli/session.h"
#include "cli/stop_signal.h"

namespace sealdesk::cli {
namespace {

struct ServiceArguments {
    std::string scheme;
    Listening listening;
    bool sign = false;
};

constexpr const char* kOcspFile = "ocsp.p12";
constexpr const char* kCmpFile = "cmp.p12";

/// The longest message: a full batch of signed orders.
constexpr std::size_t kBodyMax = 8U << 20U;

/// Answers are signed ahead this often while serving; each pass finds only what is due.
constexpr std::chrono::minutes kPresignEvery{10};

std::filesystem::path service_file(const ca::CaFiles& files, const char* name) {
    return ca::folder_of(files) / name;
}

/// The order to certify a service's key is an administrator's signed word, kept among the files.
Result<std::string> sign_wish(Desk& desk, Session& session, const std::string& scheme,
                              std::string_view profile) {
    const Instant now = desk.clock.now();
    const std::string actor = officers::actor_of(session.officer.login);
    const std::string wish = nlohmann::json{
        {"act", profile},
        {"scheme", scheme},
        {"officer", session.officer.login},
        {"at", to_utc_text(now)}}.dump();
    const auto signature = session.key->sign(wish, now);
    if (!signature) {
        return signature.error();
    }
    static_cast<void>(keep_wish(desk, {"ca.service_ordered", actor, scheme, wish}));
    return keep_wish(desk, {"ca.service_order_signed", actor, scheme, *signature});
}

/// What one service key is made with.
struct ServiceKeyMaker {
    Program& program;
    Desk& desk;
    Session& session;
    const std::string& scheme;
    const Secret& passphrase;

    Outcome make(ca::CaClient& authority, const ca::ServiceKey& wanted) {
        const auto approval = sign_wish(desk, session, scheme, wanted.profile);
        if (!approval) {
            return approval.error();
        }
        const auto made = ca::make_service_key(authority, wanted, *approval, passphrase);
        if (!made) {
            return made.error();
        }
        // For whoever must know it: a desk that orders by CMP believes this one's answers.
        write_file_durably(std::filesystem::path(wanted.file).replace_extension("pem"), made->pem(),
                           FileAccess::Everyone);
        program.out << scheme << "  " << made->subject() << "  – " << to_utc_text(made->not_after())
                    << '\n';
        return done();
    }
};

/// The OCSP keys of former keys whose certificates live: each answers for its own.
Outcome make_former_keys(ServiceKeyMaker& maker, const scheme::Scheme& scheme,
                         const std::string& name) {
    Desk& desk = maker.desk;
    auto keys = ca::living_generations(desk.database, ca_keys(desk, scheme));
    keys.pop_back();
    for (const ca::CaFiles& files : keys) {
        const auto former = open_ca_key(maker.program, desk, scheme, files);
        if (!former) {
            return former.error();
        }
        const auto house = HouseRa::open(desk, scheme.id, *(*former)->signer);
        if (!house) {
            return house.error();
        }
        Outcome made = maker.make((*house)->client(),
                                  {ca::kOcspProfile, name, service_file(files, kOcspFile)});
        if (!made) {
            return made;
        }
    }
    return done();
}

Outcome make_keys_of(Program& program, Desk& desk, Session& session, const std::string& name) {
    const auto passphrase = own_passphrase(desk.settings.service_passphrase_file, desk.random);
    if (!passphrase) {
        return passphrase.error();
    }
    const auto scheme = scheme_of_ca(desk, name);
    if (!scheme) {
        return scheme.error();
    }
    const auto authority = open_ra(program, desk, name);
    if (!authority) {
        return authority.error();
    }
    const std::string today = to_iso_text(day_in_taipei(desk.clock.now()));
    const ca::CaFiles files = ca_files(desk, **scheme);
    ServiceKeyMaker maker{program, desk, session, name, *passphrase};
    for (const ca::ServiceKey& wanted :
         {ca::ServiceKey{ca::kOcspProfile, "OCSP " + today, service_file(files, kOcspFile)},
          ca::ServiceKey{ca::kCmpProfile, "CMP " + today, service_file(files, kCmpFile)}}) {
        Outcome made = maker.make((*authority)->client(), wanted);
        if (!made) {
            return made;
        }
    }
    return make_former_keys(maker, **scheme, "OCSP " + today);
}

Outcome make_service_keys(Program& program, Desk& desk, const ServiceArguments& arguments) {
    auto session = sign_in(program, desk, officers::Action::ManageDesk);
    if (!session) {
        return session.error();
    }
    for (const std::string& scheme : schemes_with_ca(desk, arguments.scheme)) {
        auto made = make_keys_of(program, desk, *session, scheme);
        if (!made) {
            return made;
        }
    }
    return done();
}

/// What every thread opens for itself; a refusal ends the service's thread as a Failure.
template <class T>
T or_fail(Result<T> result) {
    if (!result) {
        throw Failure(result.error());
    }
    return *std::move(result);
}

/// A service's key, if it was made.
std::optional<crypto::Pkcs12> service_key(const Desk& desk, const ca::CaFiles& files,
                                          const char* name) {
    const auto file = service_file(files, name);
    if (!std::filesystem::exists(file)) {
        return std::nullopt;
    }
    const Secret passphrase = or_fail(read_password(desk.settings.service_passphrase_file, {}));
    return or_fail(ca::load_service_key(file, passphrase));
}

std::optional<ca::OcspResponder> responder_of(const Desk& desk, const ca::CaFiles& files,
                                              const crypto::Certificate& authority,
                                              store::Database& database) {
    auto key = service_key(desk, files, kOcspFile);
    const bool is_former = std::filesystem::exists(ca::next_generation(files).certificate);
    if (!key || (is_former && !key->certificate.is_valid_at(desk.clock.now()))) {
        return std::nullopt;  // nobody renews the one of a key without living certificates
    }
    return or_fail(
        ca::OcspResponder::open(database, authority, std::move(key->key), key->certificate));
}

/// The signing side: the CA's key open in this process.
api::SigningCa signing_of(Desk& desk, const std::string& name, const Secret& passphrase,
                          store::Database& database) {
    const scheme::Scheme& scheme = *or_fail(scheme_of_ca(desk, name));
    const ca::CaFiles files = ca_files(desk, scheme);
    const ca::Profiles profiles = or_fail(ca_profiles(scheme, files.generation));
    api::SigningCa signing;
    signing.core = or_fail(ca::LocalCa::open(database, files, passphrase, profiles));
    ca::note_generations(database, ca_keys(desk, scheme));
    signing.core->recover();
    signing.orders = std::make_unique<ca::OrderDesk>(database, *signing.core, signing.core->id());
    auto key = service_key(desk, files, kCmpFile);
    if (key && !profiles.profiles.empty()) {
        signing.cmp = std::make_unique<ca::CmpServer>(
            or_fail(ca::CmpServer::open(database, *signing.core,
                                        {signing.core->id(), std::move(key->key), key->certificate,
                                         profiles, profiles.profiles.front().name})));
    }
    return signing;
}

/// By scheme; empty when the service does not sign.
using Passphrases = std::map<std::string, ca::KeyRelease>;

Result<Passphrases> release_keys(Program& program, Desk& desk, const ServiceArguments& arguments) {
    Passphrases passphrases;
    if (!arguments.sign) {
        return passphrases;
    }
    for (const std::string& name : schemes_with_ca(desk, arguments.scheme)) {
        const auto scheme = scheme_of_ca(desk, name);
        if (!scheme) {
            return scheme.error();
        }
        auto release = release_of_ca(program, desk, ca_files(desk, **scheme));
        if (!release) {
            return release.error();
        }
        passphrases.emplace(name, *std::move(release));
    }
    return passphrases;
}

/// The CAs that this desk can speak for, each with its responder when it has one.
std::vector<api::OfferedCa> offered_cas(Desk& desk, const std::string& wanted,
                                        const Passphrases& passphrases, store::Database& database) {
    std::vector<api::OfferedCa> all;
    for (const std::string& name : schemes_with_ca(desk, wanted)) {
        const scheme::Scheme& scheme = *or_fail(scheme_of_ca(desk, name));
        for (const ca::CaFiles& files : ca_keys(desk, scheme)) {
            auto certificate = or_fail(crypto::Certificate::load(files.certificate));
            auto responder = responder_of(desk, files, certificate, database);
            all.push_back({scheme.id, std::move(certificate), files.crl_folder,
                           std::move(responder), std::nullopt, desk.repository() / scheme.id,
                           files.generation});
        }
        const auto open = passphrases.find(name);
        if (open != passphrases.end()) {  // the last key signs
            all.back().signing = signing_of(desk, name, open->second.passphrase, database);
        }
    }
    return all;
}

std::int64_t presign_all(Program& program, std::vector<api::OfferedCa>& all) {
    std::int64_t total = 0;
    for (api::OfferedCa& one : all) {
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
    auto all = offered_cas(desk, arguments.scheme, {}, desk.database);
    const std::int64_t total = presign_all(program, all);
    if (program.json) {
        program.out << nlohmann::json{{"signed", total}}.dump() << '\n';
    } else {
        program.out << program.pick("已預簽 OCSP 回應 ", "OCSP answers signed ahead: ") << total
                    << '\n';
    }
    return done();
}

Outcome serve(Program& program, Desk& desk, const ServiceArguments& arguments) {
    auto options = http_options(program, arguments.listening);
    if (!options) {
        return options.error();
    }
    options->body_max = kBodyMax;
    const auto passphrases = release_keys(program, desk, arguments);
    if (!passphrases) {
        return passphrases.error();
    }
    const auto open = [&](store::Database& database) {
        return offered_cas(desk, arguments.scheme, *passphrases, database);
    };
    auto own = offered_cas(desk, arguments.scheme, {}, desk.database);
    const api::HttpService service(*options, [&] {
        return std::make_unique<api::CaEndpoint>(store::open(desk.settings.store), desk.clock,
                                                 desk.random, open);
    });
    print_address(program, *options, service.port());
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
    add("service-keys", "製作 OCSP 與 CMP 之金鑰與憑證（管理員）",
        "make the keys and certificates of OCSP and CMP (administrator)", make_service_keys)
        ->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as amy ca service-keys --scheme SCHEME");
    add("presign", "預簽 OCSP 回應", "sign OCSP answers ahead", presign);
    auto* service = add("serve", "提供 OCSP、憑證廢止清冊與憑證機構憑證之 HTTP 服務",
                        "serve OCSP, CRLs and the CA's certificate by HTTP", serve);
    add_listening_options(*service, program, arguments->listening);
    service->add_flag("--sign", arguments->sign,
                      program.text("並開啟 CA 金鑰，受理註冊中心簽章之指令（/orders、/cmp）",
                                   "also open the CA's key and carry out signed orders (/orders, "
                                   "/cmp) of registered RAs"));
    service->footer(program.text("例： ", "Example: ") +
                    "sealdesk ca serve --listen 0.0.0.0:8080\n"
                    "  POST /ocsp/SCHEME, GET /repository/SCHEME/complete.crl,\n"
                    "  GET /repository/SCHEME/search.html");
}

}  // namespace sealdesk::cli
