#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/watching.h"
#include "requests/import.h"

namespace sealdesk::cli {
namespace {

struct ImportArguments {
    std::vector<std::filesystem::path> paths;
    bool dry_run = false;
    intake::SourceOptions source;
};

void print_summary(const Program& program, const requests::ImportSummary& summary, bool dry_run) {
    program.err << program.pick("檔案 ", "files ") << summary.files
                << program.pick("，收件 ", ", accepted ") << summary.accepted
                << program.pick("，退件 ", ", refused ") << summary.refused
                << program.pick("，重複 ", ", duplicate ") << summary.duplicate;
    if (summary.repeated > 0) {
        program.err << program.pick("（其中先前已匯入、未變更 ",
                                    " (of these imported before, unchanged: ")
                    << summary.repeated << program.pick("）", ")");
    }
    if (dry_run) {
        program.err << program.pick("；試行，未寫入任何資料", "; dry run, nothing was written");
    }
    program.err << '\n';
}

/// Whoever names himself must be allowed to take forms in; a folder that no person brings (a
/// night's import) is the clerk's.
Result<std::string> who_keys(Program& program, Desk& desk) {
    if (program.officer.empty()) {
        return std::string("clerk");
    }
    return acting(program, desk, officers::Action::ReceiveForms);
}

Outcome import_forms(Program& program, Desk& desk, const ImportArguments& arguments) {
    const auto by = who_keys(program, desk);
    if (!by) {
        return by.error();
    }
    std::filesystem::create_directories(desk.scratch());
    std::filesystem::create_directories(desk.results());
    requests::ImportOptions options;
    options.dry_run = arguments.dry_run;
    options.source = arguments.source;
    options.by = *by;
    options.scratch = desk.scratch();
    options.results_fallback = desk.results();
    options.language = program.language;
    options.on_fate = [&](const intake::Fate& fate) {
        program.out << (program.json ? intake::to_json_line(fate, program.language)
                                     : intake::to_text(fate, program.language))
                    << '\n';
    };
    options.on_note = [&](const std::string& note) {
        end_progress(program);
        program.err << note << '\n';
    };
    Watching watching(program);
    options.watch = watching.watch();
    const auto summary = requests::import_paths(desk.office, arguments.paths, options);
    end_progress(program);
    print_summary(program, summary, arguments.dry_run);
    if (summary.stopped) {
        return watching.stopped_error(program.text("列數 ", "rows ") +
                                      std::to_string(summary.rows()));
    }
    if (!summary.all_accepted()) {
        program.exit = Exit::Refused;
    }
    return done();
}

}  // namespace

void add_import_command(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<ImportArguments>();
    auto* command = app.add_subcommand(
        "import", program.text("匯入申請單：CSV、XLSX、JSON、XML、資料夾或 ZIP（含掃描影像）",
                               "take forms in: CSV, XLSX, JSON, XML, a folder or a ZIP, with "
                               "scans"));
    command->footer(program.text(
        "每列一個結果：收件（附申請案號）、退件（附規定、欄位、如何補正）、重複。\n"
        "同一檔案匯入兩次不會改變任何資料。結果另存於 <檔名>.result.csv。\n"
        "例： sealdesk import 20261120.csv        sealdesk import inbox/ --dry-run",
        "One fate a row: accepted (with request number), refused (rule, field, what to do), "
        "duplicate. Importing the same file twice changes nothing. Fates also go to "
        "<file>.result.csv. Exit status 1 when a row was refused.\n"
        "Examples: sealdesk import 20261120.csv     sealdesk import inbox/ --dry-run"));
    command->add_option("PATH", arguments->paths, "CSV, XLSX, JSON, XML, folder, ZIP")->required();
    command->add_flag("--dry-run", arguments->dry_run,
                      program.text("只顯示結果，不寫入",
                                   "show the fates, touch "
                                   "nothing"));
    command->add_option("--scheme", arguments->source.scheme,
                        program.text("憑證種類",
                                     "the scheme, when the file does not "
                                     "tell"));
    command->add_option("--form", arguments->source.form,
                        program.text("申請單",
                                     "the form, when the file does not "
                                     "tell"));
    command->add_option("--encoding", arguments->source.encoding, "utf-8, cp950, utf-16le");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return import_forms(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
