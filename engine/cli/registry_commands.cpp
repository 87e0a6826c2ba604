#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/registry_views.h"
#include "cli/session.h"
#include "cli/watching.h"
#include "requests/registry_confirm.h"
#include "requests/registry_import.h"

namespace sealdesk::cli {
namespace {

struct RegistryArguments {
    std::filesystem::path file;
    bool dry_run = false;
    intake::SourceOptions source;
    std::string batch;
    std::vector<std::string> only;
    std::string note;
};

using SharedRegistryArguments = std::shared_ptr<RegistryArguments>;

/// A file that no person brings (a night's transfer) is the clerk's, as with import.
Result<std::string> who_imports(Program& program, Desk& desk) {
    if (program.officer.empty()) {
        return std::string("clerk");
    }
    return acting(program, desk, officers::Action::ReceiveForms);
}

/// Which of the register's forms a command takes: those that issue to entities that have not
/// applied, or all others. The file's headings, or --form, say which of them it is.
std::vector<scheme::Scheme> schemes_for(const Desk& desk, bool issue) {
    std::vector<scheme::Scheme> schemes = desk.schemes;
    for (scheme::Scheme& scheme : schemes) {
        std::erase_if(scheme.forms, [&](const scheme::Form& form) {
            return form.origin != scheme::Origin::Register ||
                   form.preset_user_code.empty() == issue;
        });
    }
    return schemes;
}

Outcome import_registry(Program& program, Desk& desk, const RegistryArguments& arguments,
                        bool issue) {
    const auto by = who_imports(program, desk);
    if (!by) {
        return by.error();
    }
    std::filesystem::create_directories(desk.scratch());
    requests::RegistryOptions options;
    options.dry_run = arguments.dry_run;
    options.source = arguments.source;
    options.source.origin = scheme::Origin::Register;
    options.by = *by;
    options.scratch = desk.scratch();
    options.language = program.language;
    options.on_row = [&](const requests::RowReport& report) { print_row(program, report); };
    options.on_note = [&](const std::string& note) {
        end_progress(program);
        program.err << note << '\n';
    };
    Watching watching(program);
    options.watch = watching.watch();
    const auto schemes = schemes_for(desk, issue);
    const auto summary =
        requests::import_registry_file(desk.office, schemes, arguments.file, options);
    end_progress(program);
    if (!summary) {
        return summary.error();
    }
    print_summary(program, *summary, arguments.dry_run);
    if (summary->stopped) {
        return watching.stopped_error(program.text("列數 ", "rows ") +
                                      std::to_string(summary->rows));
    }
    if (summary->fates.contains(requests::RowFate::Refused)) {
        program.exit = Exit::Refused;
    }
    return done();
}

Outcome confirm_registry(Program& program, Desk& desk, const RegistryArguments& arguments) {
    const auto session = sign_in(program, desk, officers::Action::Decide, Proof::WithSignature);
    if (!session) {
        return session.error();
    }
    return requests::confirm_batch(
        desk.office, {arguments.batch, arguments.only, session->officer.login, arguments.note},
        *session->key, [&](const std::string& number, const Result<requests::State>& state) {
            if (!state) {
                Error why = state.error();
                why.where = why.where.empty() ? number : why.where;
                report(program, why);
            } else if (program.json) {
                program.out << nlohmann::json{{"request", number},
                                              {"state", requests::to_text(*state)}}
                            << '\n';
            } else {
                program.out << number << "  "
                            << program.pick(requests::to_chinese(*state), requests::to_text(*state))
                            << '\n';
            }
        });
}

void add_import(CLI::App& registry, Program& program, const SharedRegistryArguments& arguments,
                bool issue, std::pair<std::string_view, std::string_view> help) {
    const std::string_view name = issue ? "issue" : "import";
    auto* command =
        registry.add_subcommand(std::string(name), program.text(help.first, help.second));
    command->add_option("FILE", arguments->file, "CSV, JSON, ZIP")->required();
    command->add_flag(
        "--dry-run", arguments->dry_run,
        program.text("只顯示將發生之事，不寫入", "show what would come of it, touch nothing"));
    command->add_option("--scheme", arguments->source.scheme,
                        program.text("憑證種類", "the scheme, when the file does not tell"));
    command->add_option("--form", arguments->source.form,
                        program.text("哪一種登記檔",
                                     "which file of the register it is, when its "
                                     "headings do not tell"));
    command->add_option("--encoding", arguments->source.encoding, "utf-8, cp950, utf-16le");
    command->footer(
        program.text(
            "每列一個結果：待確認（成為申請案）、不影響憑證、退件、重複；非本中心用戶只計數。\n"
            "最後一行為總數。同一檔案匯入兩次不會改變任何資料。格式見 forms/ 內各憑證種類之 "
            "registry.md。\n例： sealdesk registry ",
            "One result a row: proposal (a request waits for an officer), no effect, refused, "
            "duplicate; rows of others are only counted. The last line has the sums. The same "
            "file twice changes nothing. The format stands in the scheme's registry.md in forms/.\n"
            "Example: sealdesk registry ") +
        std::string(name) + " 20261120.csv --dry-run");
    command->callback([&program, arguments, issue] {
        with_desk(program,
                  [&](Desk& desk) { return import_registry(program, desk, *arguments, issue); });
    });
}

void add_views(CLI::App& registry, Program& program, const SharedRegistryArguments& arguments) {
    auto* list = registry.add_subcommand(
        "list", program.text("登記檔批次清單", "batches: rows, how they ended, what is open"));
    list->footer(program.text("例： ", "Example: ") + "sealdesk registry list");
    list->callback([&program] {
        with_desk(program, [&](Desk& desk) { return list_batches(program, desk); });
    });
    auto* show = registry.add_subcommand(
        "show", program.text("一批次之各列結果", "the rows of a batch and what became of them"));
    show->add_option("BATCH", arguments->batch, "B115-000001-2")->required();
    show->footer(program.text("例： ", "Example: ") + "sealdesk registry show B115-000001-2");
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_batch(program, desk, arguments->batch); });
    });
}

void add_confirm(CLI::App& registry, Program& program, const SharedRegistryArguments& arguments) {
    auto* confirm = registry.add_subcommand(
        "confirm", program.text("確認一批次之待確認案（已查詢登記資料；每案一個簽章）",
                                "confirm a batch's proposals, one signature each: you have looked "
                                "each entity up"));
    confirm->add_option("BATCH", arguments->batch, "B115-000001-2")->required();
    confirm->add_option("REQUEST", arguments->only,
                        program.text("只確認這些申請案", "only these requests"));
    confirm->add_option("--note", arguments->note,
                        program.text("查詢情形", "how they were looked up"));
    confirm->footer(
        program.text(
            "匯入者不得確認。不符者以 request decide --reject 駁回。\n例： ",
            "Who imported the file may not confirm. Reject one with request decide --reject.\n"
            "Example: ") +
        "sealdesk --as ben registry confirm B115-000001-2");
    confirm->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return confirm_registry(program, desk, *arguments); });
    });
}

}  // namespace

void add_registry_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<RegistryArguments>();
    auto* registry = app.add_subcommand(
        "registry",
        program.text("登記機關之檔案：異動、名稱預查、逕行發證",
                     "files of the register: a day's changes, names reserved, direct issuance"));
    registry->require_subcommand(1);
    add_import(*registry, program, arguments, false,
               {"匯入登記異動檔或名稱預查檔", "take in the register's changes, or names reserved"});
    add_import(*registry, program, arguments, true,
               {"匯入逕行發證檔（未申請之事業主體）",
                "direct issuance: cards for entities that have not applied"});
    add_views(*registry, program, arguments);
    add_confirm(*registry, program, arguments);
}

}  // namespace sealdesk::cli
