#include "cli/command_line.h"

#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/help.h"

namespace sealdesk::cli {
namespace {

void add_global_options(CLI::App& app, Program& program) {
    auto* desk = app.add_option("--desk", program.desk,
                                program.text("案場資料夾（預設 $SEALDESK_DESK，再來 ./desk）",
                                             "the desk's folder ($SEALDESK_DESK, then ./desk)"));
    if (program.desk.empty()) {  // else a session has it
        desk->envname("SEALDESK_DESK")->default_val("./desk");
    }
    app.add_flag("--json", program.json,
                 program.text("以 JSON 輸出，供程式使用", "results as JSON"));
    app.add_option(
        "--as", program.officer,
        program.text("操作人員帳號（$SEALDESK_OFFICER）", "login of who acts ($SEALDESK_OFFICER)"));
    app.add_option("--password-file", program.password_file,
                   program.text("操作人員金鑰密碼檔（或卡片 PIN 碼檔）",
                                "file with the officer key's "
                                "password, or the card's PIN"));
    auto* reader = app.add_option(
        "--reader", program.reader,
        program.text("操作人員卡片所在讀卡機，名稱之一部分即可（$SEALDESK_READER）",
                     "reader with the officer's card, or a part of its name ($SEALDESK_READER)"));
    if (program.reader.empty()) {
        reader->envname("SEALDESK_READER");
    }
}

void add_commands(CLI::App& app, Program& program) {
    add_init_command(app, program);
    add_import_command(app, program);
    add_request_commands(app, program);
    add_form_commands(app, program);
    add_rule_commands(app, program);
    add_scan_commands(app, program);
    add_seal_commands(app, program);
    add_run_command(app, program);
    add_template_commands(app, program);
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
    add_service_end_commands(app, program);
    add_repository_commands(app, program);
    add_notice_commands(app, program);
    add_report_commands(app, program);
    add_serve_command(app, program);
    add_doctor_command(app, program);
}

/// `parse` hands the words over to CLI11, in whichever form the caller has them.
Exit run_app(Program& program, const std::function<void(CLI::App&)>& parse) {
    CLI::App app{program.text("憑證註冊窗口：從紙本申請單到密碼單。",
                              "The registration authority's counter: from paper form "
                              "to password slip."),
                 "sealdesk"};
    app.formatter(help_formatter(program.language));
    app.set_help_flag("-h,--help", program.text("顯示此說明", "show this help"));
    app.require_subcommand(1);
    app.fallthrough();
    add_global_options(app, program);
    add_commands(app, program);
    try {
        parse(app);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, program.out, program.err) == 0 ? Exit::Done : Exit::Usage;
    }
    return program.exit;
}

}  // namespace

Exit run_command_line(Program& program, int argc, char** argv) {
    return run_app(program, [&](CLI::App& app) { app.parse(argc, argv); });
}

Exit run_command_line(Program& program, const std::string& line) {
    return run_app(program, [&](CLI::App& app) { app.parse(line); });
}

}  // namespace sealdesk::cli
