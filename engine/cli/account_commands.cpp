#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/login.h"
#include "subscribers/subscriber.h"

namespace sealdesk::cli {
namespace {

struct AccountArguments {
    std::string name;
    std::string password_file;
    std::string new_password_file;
};

using SharedAccountArguments = std::shared_ptr<AccountArguments>;
using subscribers::Account;
using subscribers::Login;

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

/// How many wrong passwords the account's scheme allows (T 4.1.2).
Result<int> strikes_for(Desk& desk, const std::string& name) {
    return store::transact(desk.database, "account.find", [&](store::Tx& tx) -> Result<int> {
        const auto account = subscribers::find_account(tx, name);
        if (!account) {
            return Error{
                ErrorKind::NotFound, "account.unknown", "There is no such account.", name, {}};
        }
        const auto subscriber = subscribers::get_subscriber(tx, account->subscriber);
        const scheme::Scheme* scheme = scheme::find_scheme(desk.schemes, subscriber.scheme);
        if (scheme == nullptr) {
            throw_internal("request.no_form", "The account's scheme is not among the forms.");
        }
        return int(scheme->accounts.strikes);
    });
}

std::string_view text_of(const Program& program, Login login) {
    switch (login) {
        case Login::Accepted: return program.pick("登入成功", "accepted");
        case Login::MustChange:
            return program.pick("登入成功，須先更改密碼", "accepted; a new password must be set");
        case Login::WrongPassword: return program.pick("密碼錯誤", "wrong password");
        case Login::Suspended: return program.pick("帳號已暫停", "suspended");
        case Login::Waiting: return program.pick("密碼單製作中", "a new slip is being made");
    }
    return "";
}

std::string_view code_of(Login login) {
    switch (login) {
        case Login::Accepted: return "accepted";
        case Login::MustChange: return "must_change";
        case Login::WrongPassword: return "wrong_password";
        case Login::Suspended: return "suspended";
        case Login::Waiting: return "waiting_for_slip";
    }
    return "";
}

Outcome try_account(Program& program, Desk& desk, const AccountArguments& arguments) {
    const auto strikes = strikes_for(desk, arguments.name);
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
    if (program.json) {
        program.out << nlohmann::json{{"account", arguments.name}, {"login", code_of(*login)}}
                    << '\n';
    } else {
        program.out << arguments.name << "  " << text_of(program, *login) << '\n';
    }
    if (*login != Login::Accepted && *login != Login::MustChange) {
        program.exit = Exit::Refused;
    }
    return done();
}

Outcome set_password(Program& program, Desk& desk, const AccountArguments& arguments) {
    const auto strikes = strikes_for(desk, arguments.name);
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
    auto arguments = std::make_shared<AccountArguments>();
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
