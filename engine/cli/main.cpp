#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/program.h"

namespace {

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return value == nullptr ? "" : value;
}

/// LC_ALL, LC_MESSAGES, LANG, in this order (POSIX); zh* means Chinese.
sealdesk::Language language() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const std::string value = from_environment(name);
        if (!value.empty()) {
            return value.starts_with("zh") ? sealdesk::Language::Chinese
                                           : sealdesk::Language::English;
        }
    }
    return sealdesk::Language::English;
}

using namespace sealdesk::cli;

int run_program(int argc, char** argv) {
    Program program{.desk = {},
                    .language = language(),
                    .officer = from_environment("SEALDESK_OFFICER"),
                    .password_file = from_environment("SEALDESK_OFFICER_PASSWORD_FILE"),
                    .out = std::cout,
                    .err = std::cerr,
                    .terminal = ::isatty(STDERR_FILENO) == 1};
    CLI::App app{program.text("憑證註冊窗口：從紙本申請單到密碼單。",
                              "The registration authority's counter: from paper form "
                              "to password slip."),
                 "sealdesk"};
    app.formatter(help_formatter(program.language));
    app.set_help_flag("-h,--help", program.text("顯示此說明", "show this help"));
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--desk", program.desk,
                   program.text("案場資料夾（預設 $SEALDESK_DESK，再來 ./desk）",
                                "the desk's folder ($SEALDESK_DESK, then ./desk)"))
        ->envname("SEALDESK_DESK")
        ->default_val("./desk");
    app.add_flag("--json", program.json,
                 program.text("以 JSON 輸出，供程式使用", "results as JSON"));
    app.add_option(
        "--as", program.officer,
        program.text("操作人員帳號（$SEALDESK_OFFICER）", "login of who acts ($SEALDESK_OFFICER)"));
    app.add_option("--password-file", program.password_file,
                   program.text("操作人員金鑰密碼檔（或卡片 PIN 碼檔）",
                                "file with the officer key's "
                                "password, or the card's PIN"));
    app.add_option("--reader", program.reader,
                   program.text("操作人員卡片所在讀卡機，名稱之一部分即可（$SEALDESK_READER）",
                                "reader with the officer's card, or a part of its name "
                                "($SEALDESK_READER)"))
        ->envname("SEALDESK_READER");
    add_init_command(app, program);
    add_import_command(app, program);
    add_request_commands(app, program);
    add_form_commands(app, program);
    add_rule_commands(app, program);
    add_scan_commands(app, program);
    add_seal_commands(app, program);
    add_run_command(app, program);
    add_slip_commands(app, program);
    add_mail_commands(app, program);
    add_account_commands(app, program);
    add_cert_commands(app, program);
    add_token_commands(app, program);
    add_card_commands(app, program);
    add_ca_commands(app, program);
    add_officer_commands(app, program);
    add_audit_commands(app, program);
    add_registry_commands(app, program);
    add_parcel_commands(app, program);
    add_calendar_commands(app, program);
    add_fee_commands(app, program);
    add_repository_commands(app, program);
    add_notice_commands(app, program);
    add_report_commands(app, program);
    add_serve_command(app, program);
    add_doctor_command(app, program);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error, std::cout, std::cerr);
        return status == 0 ? 0 : static_cast<int>(Exit::Usage);
    }
    return static_cast<int>(program.exit);
}

}  // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_DUMPABLE, 0);  // secrets pass through this process: no core dumps
    try {
        return run_program(argc, argv);
    } catch (const std::exception& trouble) {  // commands report their own; this is before them
        std::fprintf(stderr, "sealdesk: %s\n", trouble.what());
        return static_cast<int>(Exit::Defect);
    }
}
