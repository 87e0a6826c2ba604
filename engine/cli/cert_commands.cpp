#include "cli/cert_commands.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/subscriber_named.h"
#include "cli/table.h"
#include "cli/website.h"
#include "cli/words.h"
#include "effects/certificates.h"
#include "effects/login.h"
#include "subscribers/acceptance.h"
#include "subscribers/certificate.h"
#include "subscribers/expiry_notice.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"

namespace sealdesk::cli {
namespace {

struct CertArguments {
    std::string account;  ///< of `list`: or the number of a request
    std::string password_file;
    CodeArguments code;
};

using SharedCertArguments = std::shared_ptr<CertArguments>;

/// A certificate with the sources of its open holds.
struct ListedCertificate {
    subscribers::Certificate certificate;
    std::string holds;  ///< joined by commas
    std::optional<Instant> accepted_at;
    std::vector<subscribers::ExpiryStanding> expiry;  ///< what was told of its end
};

Result<std::vector<ListedCertificate>> read_certificates(store::Tx& tx, const std::string& name) {
    const auto subscriber = subscriber_named(tx, name);
    if (!subscriber) {
        return subscriber.error();
    }
    std::vector<ListedCertificate> listed;
    for (auto& one : subscribers::certificates_of(tx, *subscriber)) {
        std::string holds;
        for (const subscribers::HoldSource source : subscribers::open_holds(tx, one.id)) {
            holds.append(holds.empty() ? "" : ",").append(subscribers::to_text(source));
        }
        const auto accepted = subscribers::accepted_at(tx, one.id);
        auto expiry = subscribers::expiry_standings(tx, one.id);
        listed.push_back({std::move(one), std::move(holds), accepted, std::move(expiry)});
    }
    return listed;
}

nlohmann::json expiry_json(const ListedCertificate& one) {
    nlohmann::json list = nlohmann::json::array();
    for (const subscribers::ExpiryStanding& told : one.expiry) {
        list.push_back({{"stage", told.stage},
                        {"state", told.state},
                        {"reason", told.reason},
                        {"at", to_utc_text(told.found_at)}});
    }
    return list;
}

std::string accepted_text(const ListedCertificate& one, std::string (*to_text)(Instant)) {
    return one.accepted_at ? to_text(*one.accepted_at) : "";
}

Outcome list_certificates(Program& program, Desk& desk, const CertArguments& arguments) {
    const auto listed = store::transact(desk.database, "cert.list", [&](store::Tx& tx) {
        return read_certificates(tx, arguments.account);
    });
    if (!listed) {
        return listed.error();
    }
    Table table(program, {{"憑證序號", "serial"},
                          {"憑證格式", "profile"},
                          {"狀態", "state"},
                          {"停用來源", "held by"},
                          {"接受日", "accepted"},
                          {"有效至", "not after"}});
    for (const ListedCertificate& one : *listed) {
        const auto state = subscribers::to_text(one.certificate.state);
        if (program.json) {
            program.out << nlohmann::json{{"serial", one.certificate.serial},
                                          {"profile", one.certificate.profile},
                                          {"state", state},
                                          {"holds", split(one.holds, ',')},
                                          {"accepted_at", accepted_text(one, to_utc_text)},
                                          {"not_before", to_utc_text(one.certificate.not_before)},
                                          {"not_after", to_utc_text(one.certificate.not_after)},
                                          {"expiry_notices", expiry_json(one)}}
                               .dump()
                        << '\n';
        }
        table.add({one.certificate.serial, one.certificate.profile, shown(program, state),
                   shown_list(program, one.holds, ','), accepted_text(one, to_taipei_text),
                   to_taipei_text(one.certificate.not_after)});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome hold_certificates(Program& program, Desk& desk, const CertArguments& arguments) {
    if (arguments.account.empty()) {
        return move_hold_with_code(program, desk, arguments.code, effects::hold_with_code);
    }
    const auto strikes = effects::strikes_for(desk.office, arguments.account);
    if (!strikes) {
        return strikes.error();
    }
    const auto password =
        read_password(arguments.password_file, program.pick("網站密碼：", "Website password: "));
    if (!password) {
        return password.error();
    }
    const auto login =
        effects::hold_by_subscriber(desk.database, arguments.account, *password, *strikes);
    if (!login) {
        return login.error();
    }
    print_login(program, arguments.account, *login);
    return done();
}

}  // namespace

void add_cert_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<CertArguments>();
    auto* cert = app.add_subcommand(
        "cert",
        program.text("憑證：清單、申請、接受、展期、下載、停用、復用",
                     "certificates of a subscriber: list, apply, accept, renew, hold, release"));
    cert->require_subcommand(1);
    auto* list = cert->add_subcommand(
        "list", program.text("一個帳號（或申請案之申請人）之憑證、狀態與停用來源",
                             "certificates of an account, or of a request's applicant, their "
                             "states and holds"));
    list->footer(program.text("例： ", "Example: ") + "sealdesk cert list T00000015");
    list->add_option("ACCOUNT|REQUEST", arguments->account)->required();
    list->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return list_certificates(program, desk, *arguments); });
    });
    auto* hold = cert->add_subcommand(
        "hold", program.text("用戶自行停用憑證（驗證網站密碼或用戶代碼）",
                             "the subscriber's own hold, with website password or user code"));
    hold->add_option("ACCOUNT", arguments->account,
                     program.text("名下全部憑證（驗證網站密碼）", "all its certificates"));
    add_code_options(*hold, program, arguments->code);
    hold->add_option("--account-password-file", arguments->password_file,
                     program.text("網站密碼檔", "file with the website password"));
    hold->footer(program.text("例： ", "Example: ") + "sealdesk cert hold T00000015\n" +
                 "  sealdesk cert hold --serial 4f0a… --user-code-file code.txt");
    hold->callback([&program, arguments] {
        const CodeArguments& code = arguments->code;
        if (arguments->account.empty() == (code.serial.empty() && code.card.empty())) {
            throw CLI::RequiredError("ACCOUNT, --serial or --card");
        }
        with_desk(program,
                  [&](Desk& desk) { return hold_certificates(program, desk, *arguments); });
    });
    add_release_command(*cert, program);
    add_accept_command(*cert, program);
    add_own_certificate_commands(*cert, program);
    add_rekey_command(*cert, program);
    add_key_file_command(*cert, program);
    add_formation_commands(*cert, program);
}

}  // namespace sealdesk::cli
