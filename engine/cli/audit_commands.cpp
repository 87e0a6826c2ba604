#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "audit/export.h"
#include "audit/verify.h"
#include "base/durable_file.h"
#include "cli/audit_keeper.h"
#include "cli/chosen_day.h"
#include "cli/desk.h"
#include "cli/watching.h"

namespace sealdesk::cli {
namespace {

struct AuditArguments {
    std::string copy;
    std::string from;  ///< days
    std::string to;
    audit::ExportFilter filter;
};

Outcome verify_log(Program& program, Desk& desk, const AuditArguments& arguments) {
    const auto trusted = audit_certificates(desk);
    if (!trusted) {
        return trusted.error();
    }
    const std::filesystem::path copy =
        arguments.copy.empty() ? checkpoint_copy(desk) : std::filesystem::path(arguments.copy);
    Watching watching(program);
    const auto verified = audit::verify(desk.database, *trusted, copy, watching.watch());
    end_progress(program);
    if (verified.stopped && !verified.finding) {
        return watching.stopped_error(
            program.text("已驗證而無誤之事件 ", "events verified and sound ") +
                std::to_string(verified.events),
            Watching::Next::BeginsAnew);
    }
    if (program.json) {
        nlohmann::json finding;
        if (verified.finding) {
            finding = {{"code", verified.finding->code},
                       {"sequence", verified.finding->sequence},
                       {"detail", verified.finding->detail}};
        }
        program.out << nlohmann::json{{"events", verified.events},
                                      {"checkpoints", verified.checkpoints},
                                      {"sound", !verified.finding},
                                      {"finding", finding}}
                           .dump()
                    << '\n';
    } else {
        program.out << program.pick("事件 ", "events ") << verified.events
                    << program.pick("，檢查點 ", ", checkpoints ") << verified.checkpoints
                    << (verified.finding ? program.pick("：有問題", ": NOT SOUND")
                                         : program.pick("：完整", ": sound"))
                    << '\n';
    }
    if (verified.finding) {
        return Error{ErrorKind::Refused, verified.finding->code, verified.finding->detail,
                     "audit event " + std::to_string(verified.finding->sequence), "M 4.5"};
    }
    return done();
}

Outcome export_log(Program& program, Desk& desk, const AuditArguments& arguments) {
    audit::ExportFilter filter = arguments.filter;
    for (const auto& [text, moment] :
         {std::pair{&arguments.from, &filter.from}, std::pair{&arguments.to, &filter.to}}) {
        const auto day = chosen_day(desk, *text);
        if (!day) {
            return day.error();
        }
        if (!text->empty()) {
            *moment = start_of_day_in_taipei(*day);
        }
    }
    audit::export_events(desk.database, filter,
                         [&](std::string_view line) { program.out << line << '\n'; });
    return done();
}

Outcome checkpoint_log(Program& program, Desk& desk) {
    const auto made = seal_log(program, desk);
    if (!made) {
        return made.error();
    }
    if (*made) {
        program.out << (*made)->number << "  " << (*made)->sequence << "  " << (*made)->hash
                    << '\n';
    }
    return done();
}

}  // namespace

Result<std::vector<crypto::Certificate>> audit_certificates(const Desk& desk) {
    return crypto::parse_all(read_file(desk.settings.audit / "audit.pem"));
}

std::filesystem::path checkpoint_copy(const Desk& desk) {
    return desk.settings.audit / "checkpoints.jsonl";
}

Result<AuditKey> open_audit_key(const Program& program, Desk& desk) {
    const auto password = read_password(desk.settings.audit_passphrase_file,
                                        program.pick("稽核金鑰密碼：", "Audit key passphrase: "));
    if (!password) {
        return password.error();
    }
    auto key = crypto::KeyPair::load(desk.settings.audit / "audit.key", *password);
    if (!key) {
        return key.error();
    }
    auto certificates = audit_certificates(desk);
    if (!certificates) {
        return certificates.error();
    }
    return AuditKey{*std::move(key), std::move(certificates->front())};
}

Result<std::optional<audit::Checkpoint>> seal_log(const Program& program, Desk& desk) {
    const auto opened = open_audit_key(program, desk);
    if (!opened) {
        return opened.error();
    }
    return audit::make_checkpoint(desk.database, {opened->key, opened->certificate},
                                  checkpoint_copy(desk));
}

void add_audit_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<AuditArguments>();
    auto* audit_command = app.add_subcommand(
        "audit",
        program.text("稽核紀錄：驗證、匯出、檢查點", "the audit log: verify, export, checkpoint"));
    audit_command->require_subcommand(1);
    auto* verify = audit_command->add_subcommand(
        "verify",
        program.text("找出被更改、刪除或調換的紀錄", "finds any edited, removed or reordered row"));
    verify->add_option("--copy", arguments->copy,
                       program.text("異機保存的檢查點檔", "checkpoints kept on another machine"));
    verify->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return verify_log(program, desk, *arguments); });
    });
    auto* exported = audit_command->add_subcommand(
        "export", program.text("匯出為 JSON，每行一筆", "events as JSON lines"));
    exported->add_option("--kind", arguments->filter.kind, "request.decided …");
    exported->add_option("--subject", arguments->filter.subject, "request:R115-000001-2 …");
    exported->add_option("--from", arguments->from, program.text("自哪一天起", "from this day on"));
    exported->add_option("--to", arguments->to,
                         program.text("至哪一天之前", "up to this day, which does not count"));
    exported->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return export_log(program, desk, *arguments); });
    });
    audit_command
        ->add_subcommand("checkpoint", program.text("簽署目前的紀錄", "sign the log as it stands"))
        ->callback([&program] {
            with_desk(program, [&](Desk& desk) { return checkpoint_log(program, desk); });
        });
}

}  // namespace sealdesk::cli
