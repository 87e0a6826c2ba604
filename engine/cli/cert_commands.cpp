#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/website.h"
#include "cli/words.h"
#include "effects/certificates.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"

namespace sealdesk::cli {
namespace {

struct CertArguments {
    std::string account;
    std::string password_file;
};

using SharedCertArguments = std::shared_ptr<CertArguments>;

/// A certificate with the sources of its open holds.
struct Listed {
    subscribers::Certificate certificate;
    std::string holds;  ///< joined by commas
};

Result<std::vector<Listed>> read_certificates(store::Tx& tx, const std::string& name) {
    const auto account = subscribers::find_account(tx, name);
    if (!account) {
        return Error{ErrorKind::NotFound, "account.unknown", "There is no such account.", name, {}};
    }
    std::vector<Listed> listed;
    for (auto& one : subscribers::certificates_of(tx, account->subscriber)) {
        std::string holds;
        for (const subscribers::HoldSource source : subscribers::open_holds(tx, one.id)) {
            holds.append(holds.empty() ? "" : ",").append(subscribers::to_text(source));
        }
        listed.push_back({std::move(one), std::move(holds)});
    }
    return listed;
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
                          {"有效至", "not after"}});
    for (const Listed& one : *listed) {
        const auto state = subscribers::to_text(one.certificate.state);
        if (program.json) {
            program.out << nlohmann::json{{"serial", one.certificate.serial},
                                          {"profile", one.certificate.profile},
                                          {"state", state},
                                          {"holds", split(one.holds, ',')},
                                          {"not_before", to_utc_text(one.certificate.not_before)},
                                          {"not_after", to_utc_text(one.certificate.not_after)}}
                               .dump()
                        << '\n';
        }
        table.add({one.certificate.serial, one.certificate.profile, shown(program, state),
                   shown_list(program, one.holds, ','), to_taipei_text(one.certificate.not_after)});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome hold_certificates(Program& program, Desk& desk, const CertArguments& arguments) {
    const auto strikes = strikes_for(desk, arguments.account);
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
        "cert", program.text("憑證：清單、停用", "certificates of a subscriber: list, hold"));
    cert->require_subcommand(1);
    auto* list = cert->add_subcommand(
        "list", program.text("一個帳號之憑證、狀態與停用來源",
                             "an account's certificates, their states and holds"));
    list->add_option("ACCOUNT", arguments->account)->required();
    list->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return list_certificates(program, desk, *arguments); });
    });
    auto* hold = cert->add_subcommand(
        "hold", program.text("用戶自行停用名下憑證（驗證網站密碼；復用須送申請單）",
                             "the subscriber holds its certificates; a form releases them"));
    hold->add_option("ACCOUNT", arguments->account)->required();
    hold->add_option("--account-password-file", arguments->password_file,
                     program.text("網站密碼檔", "file with the website password"));
    hold->footer(program.text("例： ", "Example: ") + "sealdesk cert hold T00000015");
    hold->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return hold_certificates(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
