#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/watching.h"
#include "cli/words.h"
#include "image/image.h"
#include "requests/file_page.h"
#include "requests/request_store.h"
#include "requests/scan_import.h"
#include "scan/page_picture.h"

namespace sealdesk::cli {
namespace {

struct ScanArguments {
    std::vector<std::filesystem::path> paths;
    bool dry_run = false;
    std::string page;
    std::string output;
    std::string state = "open";
    std::string crops = "certain";
    std::string why;
    std::string code;
    requests::Filing filing;
};

constexpr int kListAtOnce = 500;

nlohmann::json names_of(const std::vector<scan::Doubt>& doubts) {
    nlohmann::json names = nlohmann::json::array();
    for (const scan::Doubt doubt : doubts) {
        names.push_back(name_of(doubt));
    }
    return names;
}

std::string paper_of(const std::string& scheme, const std::string& form, int page) {
    return form.empty() ? "" : scheme + "/" + form + " " + std::to_string(page);
}

void print_fate(const Program& program, const requests::PageFate& fate) {
    if (program.json) {
        program.out << nlohmann::json{{"file", fate.file},
                                      {"page", fate.page},
                                      {"number", fate.number},
                                      {"state", name_of(fate.state)},
                                      {"reasons", names_of(fate.doubts)},
                                      {"scheme", fate.scheme},
                                      {"form", fate.form},
                                      {"form_page", fate.form_page},
                                      {"record", fate.record},
                                      {"request", fate.request},
                                      {"repeated", fate.repeated}}
                           .dump()
                    << '\n';
        return;
    }
    program.out << fate.file << ' ' << fate.page << "  " << fate.number << "  "
                << shown(program, name_of(fate.state));
    for (const std::string& word : {paper_of(fate.scheme, fate.form, fate.form_page), fate.record,
                                    fate.request, shown_list(program, to_text(fate.doubts), ',')}) {
        program.out << (word.empty() ? "" : "  ") << word;
    }
    program.out << '\n';
}

/// As for import: a folder that no person brings is the clerk's.
Result<std::string> who_scans(Program& program, Desk& desk) {
    if (program.officer.empty()) {
        return std::string("clerk");
    }
    return acting(program, desk, officers::Action::ReceiveForms);
}

Outcome import_scans(Program& program, Desk& desk, const ScanArguments& arguments) {
    const auto by = who_scans(program, desk);
    if (!by) {
        return by.error();
    }
    requests::ScanOptions options;
    options.dry_run = arguments.dry_run;
    options.by = *by;
    options.on_page = [&](const requests::PageFate& fate) { print_fate(program, fate); };
    options.on_refused = [&](const std::string& file, Error error) {
        error.where = file;
        report(program, error);
    };
    Watching watching(program);
    options.watch = watching.watch();
    const auto summary = requests::import_pages(desk.office, arguments.paths, options);
    end_progress(program);
    program.err << program.pick("檔案 ", "files ") << summary.files
                << program.pick("，已歸檔 ", ", filed ") << summary.filed
                << program.pick("，待處理 ", ", open ") << summary.open
                << program.pick("，檔案退件 ", ", files refused ") << summary.files_refused;
    if (summary.repeated > 0) {
        program.err << program.pick("（其中先前已掃描、未變更 ",
                                    " (of these scanned before, unchanged: ")
                    << summary.repeated << program.pick("）", ")");
    }
    program.err << '\n';
    if (summary.stopped) {
        return watching.stopped_error(program.text("頁數 ", "pages ") +
                                      std::to_string(summary.filed + summary.open));
    }
    if (summary.files_refused > 0) {
        program.exit = Exit::Refused;
    }
    return done();
}

Result<scan::PageState> state_named(const std::string& name) {
    for (const scan::PageState state :
         {scan::PageState::Open, scan::PageState::Filed, scan::PageState::Dismissed}) {
        if (name == name_of(state)) {
            return state;
        }
    }
    return Error{ErrorKind::Invalid,
                 "scan.state_name",
                 "The states of a page are open, filed and dismissed.",
                 name,
                 {}};
}

Outcome list_scans(Program& program, Desk& desk, const ScanArguments& arguments) {
    const auto state = state_named(arguments.state);
    if (!state) {
        return state.error();
    }
    Table table(program, {{"頁", "page"},
                          {"檔案", "file"},
                          {"申請單", "form"},
                          {"收件編號", "record"},
                          {"待處理原因", "reasons"}});
    std::int64_t after = 0;
    for (;;) {
        const auto pages = store::transact(desk.office.database, "scan.list", [&](store::Tx& tx) {
            return scan::list_pages(tx, *state, after, kListAtOnce);
        });
        for (const scan::ScanPage& page : pages) {
            after = page.id;
            table.add({page.number, page.file_name + " " + std::to_string(page.page),
                       paper_of(page.scheme, page.form, page.form_page), page.record,
                       shown_list(program, to_text(page.doubts), ',')});
            if (program.json) {
                program.out << nlohmann::json{{"number", page.number},
                                              {"file", page.file_name},
                                              {"page", page.page},
                                              {"state", name_of(page.state)},
                                              {"reasons", names_of(page.doubts)},
                                              {"scheme", page.scheme},
                                              {"form", page.form},
                                              {"form_page", page.form_page},
                                              {"record", page.record},
                                              {"note", page.note}}
                                   .dump()
                            << '\n';
            }
        }
        if (int(pages.size()) < kListAtOnce) {
            break;
        }
    }
    if (!program.json) {
        table.print(program.out, 44);
    }
    return done();
}

Result<scan::ScanPage> page_named(Desk& desk, const std::string& number) {
    return store::transact(desk.office.database, "scan.find",
                           [&](store::Tx& tx) { return scan::find_page(tx, number); });
}

nlohmann::json fields_of(const scan::ScanPage& page) {
    nlohmann::json fields = nlohmann::json::parse(page.reading);
    fields.update({{"number", page.number},
                   {"state", name_of(page.state)},
                   {"reasons", names_of(page.doubts)},
                   {"scheme", page.scheme},
                   {"form", page.form},
                   {"form_version", page.form_version},
                   {"form_page", page.form_page},
                   {"record", page.record},
                   {"note", page.note}});
    return fields;
}

Outcome show_scan(Program& program, Desk& desk, const ScanArguments& arguments) {
    const auto page = page_named(desk, arguments.page);
    if (!page) {
        return page.error();
    }
    program.out << fields_of(*page).dump(program.json ? -1 : 2) << '\n';
    if (arguments.output.empty()) {
        return done();
    }
    if (page->picture_sha.empty()) {
        return Error{ErrorKind::Invalid,
                     "scan.no_picture",
                     "The page could not be read; there is no picture of it.",
                     page->number,
                     {}};
    }
    const auto picture = image::decode(desk.office.files.get(page->picture_sha));
    if (!picture) {
        return picture.error();
    }
    write_file_durably(arguments.output,
                       scan::draw_reading(*picture, scan::reading_from_json(page->reading)),
                       FileAccess::Owner);
    program.err << arguments.output << '\n';
    return done();
}

void print_page(const Program& program, const scan::ScanPage& page) {
    program.out << (program.json ? fields_of(page).dump()
                                 : page.number + "  " + shown(program, name_of(page.state)) + "  " +
                                       shown_list(program, to_text(page.doubts), ','))
                << '\n';
}

/// Does it by the word of whoever signed in, and prints the page as it is then.
using PageAct = std::function<Result<scan::ScanPage>(const std::string& by)>;

Outcome change_page(Program& program, Desk& desk, const PageAct& act) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    const auto page = act(*by);
    if (!page) {
        return page.error();
    }
    print_page(program, *page);
    return done();
}

Outcome file_scan(Program& program, Desk& desk, const ScanArguments& arguments) {
    return change_page(program, desk, [&](const std::string& by) {
        requests::Filing filing = arguments.filing;
        filing.by = by;
        filing.crops = arguments.crops == "all"    ? requests::Crops::All
                       : arguments.crops == "none" ? requests::Crops::None
                                                   : requests::Crops::Certain;
        return requests::file_page(desk.office, arguments.page, filing);
    });
}

Outcome read_scan_as(Program& program, Desk& desk, const ScanArguments& arguments) {
    return change_page(program, desk, [&](const std::string& by) {
        return requests::read_page_as(desk.office, arguments.page, arguments.code, by);
    });
}

Outcome dismiss_scan(Program& program, Desk& desk, const ScanArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    return requests::dismiss_page(desk.office, arguments.page, arguments.why, *by);
}

Outcome match_scans(Program& program, Desk& desk) {
    const auto by = who_scans(program, desk);
    if (!by) {
        return by.error();
    }
    const std::int64_t filed = requests::match_pages(desk.office, *by);
    if (program.json) {
        program.out << nlohmann::json{{"filed", filed}}.dump() << '\n';
    } else {
        program.out << program.pick("已歸檔 ", "filed ") << filed << '\n';
    }
    return done();
}

using Arguments = std::shared_ptr<ScanArguments>;

void add_import(CLI::App& scan, Program& program, const Arguments& arguments) {
    auto* command = scan.add_subcommand(
        "import", program.text("讀入掃描檔：PDF、TIFF、PNG、JPEG 或資料夾",
                               "take scanned pages in: PDF, TIFF, PNG, JPEG, folders"));
    command->footer(program.text(
        "每頁一個結果：已歸檔（附申請案號）或待處理（附原因）。同一檔案讀入兩次不會改變任何資料。\n"
        "例： sealdesk scan import 20261120.pdf     sealdesk scan import inbox/ --dry-run",
        "One line a page: filed (with its request) or open (with named reasons). The same file "
        "again changes nothing. A page whose form is not keyed yet waits for it.\n"
        "Examples: sealdesk scan import 20261120.pdf     sealdesk scan import inbox/ --dry-run"));
    command->add_option("PATH", arguments->paths, "PDF, TIFF, PNG, JPEG, folder")->required();
    command->add_flag("--dry-run", arguments->dry_run,
                      program.text("只顯示結果，不寫入", "show the fates, touch nothing"));
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return import_scans(program, desk, *arguments); });
    });
}

void add_list_and_show(CLI::App& scan, Program& program, const Arguments& arguments) {
    auto* list = scan.add_subcommand(
        "list", program.text("列出掃描頁", "the pages: open ones, or another state"));
    list->add_option("--state", arguments->state, "open, filed, dismissed");
    list->footer(program.text("例： sealdesk scan list --state filed",
                              "Example: sealdesk scan list --state filed"));
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_scans(program, desk, *arguments); });
    });
    auto* show = scan.add_subcommand(
        "show",
        program.text("查看一頁的判讀結果與影像", "what was read from a page, and its picture"));
    show->add_option("PAGE", arguments->page)->required();
    show->add_option("-o,--output", arguments->output,
                     program.text("標示判讀框的影像", "FILE.png: the page with its boxes drawn"));
    show->footer(program.text("例： sealdesk scan show P115-000042-7 -o page.png",
                              "Example: sealdesk scan show P115-000042-7 -o page.png"));
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_scan(program, desk, *arguments); });
    });
}

void add_settling(CLI::App& scan, Program& program, const Arguments& arguments) {
    auto* file = scan.add_subcommand(
        "file", program.text("由人員將一頁歸入申請案", "a person files a page"));
    file->add_option("PAGE", arguments->page)->required();
    auto* request = file->add_option("--request", arguments->filing.request,
                                     program.text("申請案號", "the request's number"));
    auto* record = file->add_option(
        "--record", arguments->filing.record,
        program.text("收件編號（尚未建檔亦可）", "the paper's record number, keyed or not"));
    request->excludes(record);
    file->add_option("--crops", arguments->crops,
                     program.text("歸入的印鑑影像：certain 無疑義者、all 全部、none 不歸入",
                                  "seals to file: certain, all (after a look), none"))
        ->check(CLI::IsMember({"certain", "all", "none"}));
    file->add_flag("--replace", arguments->filing.replace,
                   program.text("取代申請案原有的影像", "replace pictures the request has"));
    file->footer(program.text(
        "例： sealdesk --as ann scan file P115-000042-7 --request R115-000010-2\n"
        "     sealdesk --as ann scan file P115-000042-7 --record C00101 --crops all",
        "Examples: sealdesk --as ann scan file P115-000042-7 --request R115-000010-2\n"
        "          sealdesk --as ann scan file P115-000042-7 --record C00101 --crops all"));
    file->callback([&program, arguments] {
        if (arguments->filing.request.empty() == arguments->filing.record.empty()) {
            throw CLI::RequiredError("--request or --record");
        }
        with_desk(program, [&](Desk& desk) { return file_scan(program, desk, *arguments); });
    });
    auto* read = scan.add_subcommand(
        "read", program.text("QR 碼無法判讀之頁：輸入頁尾所印代碼後重新判讀",
                             "a page whose QR code cannot be read: tell its code, read it again"));
    read->add_option("PAGE", arguments->page)->required();
    read->add_option("CODE", arguments->code,
                     program.text("頁尾所印代碼", "the line printed at its foot"))
        ->required();
    read->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as ann scan read P115-000042-7 sealdesk:SCHEME/FORM/1.0/2-3/58bb8b");
    read->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return read_scan_as(program, desk, *arguments); });
    });
    auto* dismiss = scan.add_subcommand(
        "dismiss",
        program.text("註銷不屬於任何申請案的一頁", "end a page that belongs to no request"));
    dismiss->add_option("PAGE", arguments->page)->required();
    dismiss->add_option("WHY", arguments->why)->required();
    dismiss->footer(program.text("例： sealdesk --as ann scan dismiss P115-000042-7 空白背面",
                                 "Example: sealdesk --as ann scan dismiss P115-000042-7 'blank'"));
    dismiss->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return dismiss_scan(program, desk, *arguments); });
    });
    auto* match = scan.add_subcommand(
        "match",
        program.text("將等候建檔的頁再次歸檔", "file the pages whose forms are keyed by now"));
    match->footer(program.text("例： sealdesk scan match", "Example: sealdesk scan match"));
    match->callback(
        [&program] { with_desk(program, [&](Desk& desk) { return match_scans(program, desk); }); });
}

}  // namespace

void add_scan_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<ScanArguments>();
    auto* scan = app.add_subcommand(
        "scan", program.text("掃描頁：讀入、查看、歸檔", "scanned pages: import, look, file"));
    scan->require_subcommand(1);
    add_import(*scan, program, arguments);
    add_list_and_show(*scan, program, arguments);
    add_settling(*scan, program, arguments);
}

}  // namespace sealdesk::cli
