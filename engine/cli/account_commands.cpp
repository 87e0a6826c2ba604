#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/website.h"
#include "cli/words.h"
#include "effects/login.h"
#include "subscribers/subscriber.h"

namespace sealdesk::cli {
namespace {

struct LoginArguments {
    std::string name;
    std::string password_file;
    std::string new_password_file;
};

using SharedAccountArguments = std::shared_ptr<LoginArguments>;
using subscribers::Account;

constexpr int kAccountPage = 500;

Outcome list_all_accounts(Program& program, Desk& desk) {
    Table table(program, {{"帳號", "account"},
                          {"狀態", "state"},
                          {"須改密碼", "must change"},
                          {"錯誤次數", "failures"}});
    std::int64_t after = 0;
    for (;;) {
        const auto page = store::transact(desk.database, "account.list", [&](store::Tx& tx) {
            return subscribers::list_accounts(tx, after, kAccountPage);
        });
        for (const Account& one : page) {
            if (program.json) {
                program.out << nlohmann::json{{"account", one.name},
                                              {"state", subscribers::to_text(one.state)},
                                              {"must_change", one.must_change},
                                              {"failures", one.failures},
                                              {"generation", one.generation}}
                                   .dump()
                            << '\n';
            }
            table.add({one.name, shown(program, subscribers::to_text(one.state)),
                       one.must_change ? "v" : "", std::to_string(one.failures)});
        }
        if (page.size() < kAccountPage) {
            break;
        }
        after = page.back().id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome try_account(Program& program, Desk& desk, const LoginArguments& arguments) {
    const auto strikes = effects::strikes_for(desk.office, arguments.name);
    if (!strikes) {
        return strikes.error();
    }
    const auto password =
        read_password(arguments.password_file, program.pick("密碼：", "Password: "));
    if (!password) {
        return password.error();
    }
    const auto login = effects::log_in(desk.database, arguments.name, *password, *strikes);
    if (!login) {
        return login.error();
    }
    print_login(program, arguments.name, *login);
    return done();
}

Outcome set_password(Program& program, Desk& desk, const LoginArguments& arguments) {
    const auto strikes = effects::strikes_for(desk.office, arguments.name);
    if (!strikes) {
        return strikes.error();
    }
    const auto old_password =
        read_password(arguments.password_file, program.pick("原密碼：", "Old password: "));
    if (!old_password) {
        return old_password.error();
    }
    const auto fresh =
        read_password(arguments.new_password_file, program.pick("新密碼：", "New password: "));
    if (!fresh) {
        return fresh.error();
    }
    return effects::change_password(desk.database, arguments.name, *old_password, *fresh, *strikes);
}

}  // namespace

void add_account_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<LoginArguments>();
    auto* account = app.add_subcommand(
        "account", program.text("網站帳號：清單、登入、改密碼",
                                "website accounts: list, log in, change password"));
    account->require_subcommand(1);
    account->add_subcommand("list", program.text("列出帳號", "all accounts"))->callback([&program] {
        with_desk(program, [&](Desk& desk) { return list_all_accounts(program, desk); });
    });
    auto* login = account->add_subcommand(
        "login",
        program.text("驗證密碼（連續錯誤三次即暫停）", "try a password; three wrong ones suspend"));
    login->add_option("ACCOUNT", arguments->name)->required();
    login->add_option("--account-password-file", arguments->password_file);
    login->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return try_account(program, desk, *arguments); });
    });
    auto* change = account->add_subcommand(
        "password", program.text("更改密碼（首次登入必改）", "set a new password"));
    change->add_option("ACCOUNT", arguments->name)->required();
    change->add_option("--account-password-file", arguments->password_file);
    change->add_option("--new-password-file", arguments->new_password_file);
    change->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return set_password(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
