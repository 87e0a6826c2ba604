#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "ca/ra_registry.h"
#include "cli/ca_of.h"
#include "cli/ca_service.h"
#include "cli/house_ra.h"
#include "cli/session.h"
#include "cli/table.h"

namespace sealdesk::cli {
namespace {

/// Digits of a fingerprint that a table shows; half of them name a certificate for `dismiss`.
constexpr std::size_t kFingerprintShown = 16;

struct RaArguments {
    std::string scheme;
    std::string name;
    std::string certificate;
    std::string fingerprint;
};

/// How rows name the scheme's CA. Its key is not needed.
Result<std::string> issuer_of(Desk& desk, const std::string& name) {
    const auto scheme = scheme_of_ca(desk, name);
    if (!scheme) {
        return scheme.error();
    }
    const auto certificate = crypto::Certificate::load(ca_files(desk, **scheme).certificate);
    if (!certificate) {
        return certificate.error();
    }
    return ca::key_id_of(*certificate);
}

/// As the administrator of the desk.
Outcome change_register(Program& program, Desk& desk, const RaArguments& arguments,
                        const std::function<Outcome(store::Tx&, const std::string&)>& change) {
    const auto by = acting(program, desk, officers::Action::ManageDesk);
    if (!by) {
        return by.error();
    }
    const auto issuer = issuer_of(desk, arguments.scheme);
    if (!issuer) {
        return issuer.error();
    }
    return store::transact(desk.database, "ca.ra",
                           [&](store::Tx& tx) { return change(tx, *issuer); });
}

Outcome add_ra(Program& program, Desk& desk, const RaArguments& arguments) {
    const auto certificate = crypto::Certificate::load(arguments.certificate);
    if (!certificate) {
        return certificate.error();
    }
    return change_register(program, desk, arguments, [&](store::Tx& tx, const std::string& issuer) {
        return ca::register_ra(tx, issuer, arguments.name, *certificate);
    });
}

/// The whole fingerprint that begins like this, when there is just one.
std::string whole_fingerprint(store::Tx& tx, const std::string& issuer, const std::string& begin) {
    std::vector<std::string> found;
    for (const ca::RegisteredRa& one : ca::all_ras(tx, issuer)) {
        const std::string whole = one.certificate.fingerprint();
        if (!one.until && whole.starts_with(begin)) {
            found.push_back(whole);
        }
    }
    return found.size() == 1 && begin.size() >= kFingerprintShown / 2 ? found.front() : begin;
}

Outcome dismiss_ra(Program& program, Desk& desk, const RaArguments& arguments) {
    return change_register(program, desk, arguments, [&](store::Tx& tx, const std::string& issuer) {
        return ca::dismiss_ra(tx, issuer, whole_fingerprint(tx, issuer, arguments.fingerprint));
    });
}

/// On the RA's desk.
Outcome make_key(Program& program, Desk& desk, const RaArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ManageDesk);
    if (!by) {
        return by.error();
    }
    const auto scheme = scheme_of_ca(desk, arguments.scheme);
    if (!scheme) {
        return scheme.error();
    }
    const auto made = make_remote_ra_key(desk, (*scheme)->id);
    if (!made) {
        return made.error();
    }
    program.out << made->pem();
    return done();
}

Outcome list_ras(Program& program, Desk& desk, const RaArguments& arguments) {
    const auto issuer = issuer_of(desk, arguments.scheme);
    if (!issuer) {
        return issuer.error();
    }
    const auto all = store::transact(desk.database, "ca.ra.list",
                                     [&](store::Tx& tx) { return ca::all_ras(tx, *issuer); });
    Table table(program, {{"名稱", "name"},
                          {"憑證指紋", "certificate SHA-256"},
                          {"採信自", "since"},
                          {"至", "until"}});
    for (const ca::RegisteredRa& one : all) {
        const std::string until = one.until ? to_utc_text(*one.until) : "";
        if (program.json) {
            program.out << nlohmann::json{{"name", one.name},
                                          {"certificate_sha256", one.certificate.fingerprint()},
                                          {"subject", one.certificate.subject()},
                                          {"since", to_utc_text(one.since)},
                                          {"until", until}}
                               .dump()
                        << '\n';
        }
        table.add({one.name, one.certificate.fingerprint().substr(0, kFingerprintShown),
                   to_taipei_text(one.since), one.until ? to_taipei_text(*one.until) : ""});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

}  // namespace

void add_ra_commands(CLI::App& ca, Program& program) {
    auto arguments = std::make_shared<RaArguments>();
    auto* ra = ca.add_subcommand("ra", program.text("CA 所採信之註冊中心：登錄、清單、停止採信",
                                                    "the RAs whose signed orders the CA carries "
                                                    "out: add, list, dismiss"));
    ra->require_subcommand(1);
    const auto add = [&](const char* name, std::string_view zh, std::string_view en,
                         Outcome (*act)(Program&, Desk&, const RaArguments&)) {
        auto* command = ra->add_subcommand(name, program.text(zh, en));
        command->add_option("--scheme", arguments->scheme, program.text("憑證種類", "scheme"));
        command->callback([&program, arguments, act] {
            with_desk(program, [&](Desk& desk) { return act(program, desk, *arguments); });
        });
        return command;
    };
    auto* added = add("add", "登錄註冊中心憑證（管理員）",
                      "register an RA's certificate (administrator)", add_ra);
    added->add_option("--name", arguments->name, program.text("名稱", "its name"))->required();
    added->add_option("--certificate", arguments->certificate, "PEM, DER")->required();
    added->footer(program.text("例： ", "Example: ") +
                  "sealdesk --as amy ca ra add --scheme SCHEME --name north --certificate ra.pem");
    add("list", "清單", "list", list_ras);
    add("key", "製作本案場簽署指令之金鑰，印出憑證（CA 在他處時）",
        "make this desk's key for orders to a CA elsewhere, print its certificate", make_key);
    add("dismiss", "停止採信（管理員）", "no longer carry out its orders (administrator)",
        dismiss_ra)
        ->add_option("FINGERPRINT", arguments->fingerprint,
                     program.text("憑證 SHA-256 指紋，或其開頭 8 碼以上",
                                  "SHA-256 of its certificate, or its first 8 digits or more"))
        ->required();
}

}  // namespace sealdesk::cli
