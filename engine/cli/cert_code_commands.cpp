#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cert_commands.h"
#include "cli/session.h"
#include "effects/with_user_code.h"

namespace sealdesk::cli {
namespace {

std::string_view code_of(subscribers::CodeTry tried) {
    switch (tried) {
        case subscribers::CodeTry::Accepted: return "accepted";
        case subscribers::CodeTry::MustChange: return "must_change";
        case subscribers::CodeTry::Wrong: return "wrong_code";
        case subscribers::CodeTry::Locked: return "locked";
    }
    return "";
}

std::string_view text_of(const Program& program, subscribers::CodeTry tried) {
    switch (tried) {
        case subscribers::CodeTry::Accepted: return program.pick("已受理", "accepted");
        case subscribers::CodeTry::MustChange:
            return program.pick("須先更改預設之用戶代碼（--new-user-code-file）",
                                "change the preset user code first (--new-user-code-file)");
        case subscribers::CodeTry::Wrong: return program.pick("用戶代碼錯誤", "wrong user code");
        case subscribers::CodeTry::Locked:
            return program.pick("用戶代碼已鎖定，請至註冊窗口辦理緊急掛失",
                                "the user code is locked; the counter helps");
    }
    return "";
}

void print_try(Program& program, const effects::Named& named, subscribers::CodeTry tried) {
    const std::string what = named.serial + named.card_number + named.reservation;
    if (program.json) {
        program.out << nlohmann::json{{"certificate", what}, {"code", code_of(tried)}} << '\n';
    } else {
        program.out << what << "  " << text_of(program, tried) << '\n';
    }
    if (tried != subscribers::CodeTry::Accepted) {
        program.exit = Exit::Refused;
    }
}

Outcome accept(Program& program, Desk& desk, const CodeArguments& arguments) {
    const auto code = read_password(arguments.code_file, program.pick("用戶代碼：", "User code: "));
    if (!code) {
        return code.error();
    }
    std::optional<Secret> fresh;
    if (!arguments.new_code_file.empty()) {
        auto read =
            read_password(arguments.new_code_file, program.pick("新用戶代碼：", "New user code: "));
        if (!read) {
            return read.error();
        }
        fresh = std::move(read).value();
    }
    const effects::Named named{arguments.serial, arguments.card};
    const auto tried =
        effects::accept_certificates(desk.office, named, *code, fresh ? &*fresh : nullptr);
    if (!tried) {
        return tried.error();
    }
    print_try(program, named, *tried);
    return done();
}

/// Of a subscriber that has a website account.
struct OwnAcceptance {
    AccountArguments account;
    std::string output;
};

void add_account_options(CLI::App& command, Program& program, OwnAcceptance& own) {
    auto* account = command.add_option(
        "--account", own.account.name,
        program.text("網站帳號：驗證網站密碼以啟用", "activate with this account's password"));
    account->excludes("--card", "--user-code-file", "--new-user-code-file");
    command
        .add_option("--account-password-file", own.account.password_file,
                    program.text("網站密碼檔", "file with the website password"))
        ->needs(account);
    command.add_option("-o,--output", own.output, "FILE.pem")->needs(account);
}

}  // namespace

Outcome move_hold_with_code(Program& program, Desk& desk, const CodeArguments& arguments,
                            HoldWithCode move) {
    const auto code = read_password(arguments.code_file, program.pick("用戶代碼：", "User code: "));
    if (!code) {
        return code.error();
    }
    const effects::Named named{arguments.serial, arguments.card, arguments.reservation};
    const auto tried = move(desk.office, named, *code);
    if (!tried) {
        return tried.error();
    }
    print_try(program, named, *tried);
    return done();
}

void add_code_options(CLI::App& command, Program& program, CodeArguments& arguments) {
    auto* serial = command.add_option("--serial", arguments.serial,
                                      program.text("憑證序號", "a certificate's serial number"));
    command
        .add_option("--card", arguments.card,
                    program.text("卡號：卡內憑證全部", "a card's number: all in the card"))
        ->excludes(serial);
    command.add_option("--user-code-file", arguments.code_file,
                       program.text("用戶代碼檔", "file with the user code"));
}

void add_release_command(CLI::App& cert, Program& program) {
    auto arguments = std::make_shared<CodeArguments>();
    auto* release = cert.add_subcommand(
        "release", program.text("用戶復用自行停用之憑證（驗證用戶代碼）",
                                "the subscriber releases its own hold, with the user code"));
    add_code_options(*release, program, *arguments);
    release->footer(program.text("例： ", "Example: ") +
                    "sealdesk cert release --serial 4f0a… --user-code-file code.txt");
    release->callback([&program, arguments] {
        if (arguments->serial.empty() && arguments->card.empty()) {
            throw CLI::RequiredError("--serial or --card");
        }
        with_desk(program, [&](Desk& desk) {
            return move_hold_with_code(program, desk, *arguments, effects::release_with_code);
        });
    });
}

void add_accept_command(CLI::App& cert, Program& program) {
    auto arguments = std::make_shared<CodeArguments>();
    auto* command = cert.add_subcommand(
        "accept", program.text("用戶確認憑證內容並接受、啟用（驗證用戶代碼或網站密碼）",
                               "the subscriber accepts a certificate, with user code or website "
                               "password"));
    command->add_option("SERIAL", arguments->serial);
    command->add_option("--card", arguments->card,
                        program.text("卡號：卡內憑證全部", "a card's number: all in the card"));
    command->add_option("--user-code-file", arguments->code_file,
                        program.text("用戶代碼檔", "file with the user code"));
    command->add_option("--new-user-code-file", arguments->new_code_file,
                        program.text("新用戶代碼檔（預設代碼須更改）",
                                     "file with another code; a preset one must be changed"));
    auto own = std::make_shared<OwnAcceptance>();
    add_account_options(*command, program, *own);
    command->footer(program.text("例： ", "Example: ") +
                    "sealdesk cert accept 4f0a… --user-code-file code.txt\n"
                    "  sealdesk cert accept 4f0a… --account T00000015 -o certificate.pem");
    command->callback([&program, arguments, own] {
        if (arguments->serial.empty() == arguments->card.empty()) {
            throw CLI::RequiredError("SERIAL or --card");
        }
        with_desk(program, [&](Desk& desk) {
            return own->account.name.empty() ? accept(program, desk, *arguments)
                                             : accept_with_password(program, desk, own->account,
                                                                    arguments->serial, own->output);
        });
    });
}

}  // namespace sealdesk::cli
