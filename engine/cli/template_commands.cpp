#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/desk.h"
#include "cli/table.h"
#include "scan/pages.h"
#include "slips/sample_values.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;

struct TemplateArguments {
    std::vector<std::string> names;
    std::string scheme;
    std::string output;
};

/// A template and the scheme it is for; "" for those of all schemes.
struct TemplateFile {
    std::string scheme;
    fs::path file;

    [[nodiscard]] std::string name() const { return file.stem().string(); }
};

constexpr double kPreviewDpi = 110;  ///< an A4 page fits on a screen twice

/// What mails say: `mail check` looks at it.
constexpr std::string_view kMailsFolder = "mails";

/// Files in templates/ that are no layouts.
bool is_layout(const fs::path& file) {
    return file.extension() == ".yaml" && file.filename() != "messages.yaml" &&
           file.filename() != "stocks.yaml";
}

void add_layouts(const fs::path& folder, const std::string& scheme,
                 std::vector<TemplateFile>& files) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file() && is_layout(entry.path())) {
            files.push_back({scheme, entry.path()});
        }
    }
}

/// The wanted templates, in the order of schemes and names.
Result<std::vector<TemplateFile>> wanted_files(const fs::path& root,
                                               const TemplateArguments& arguments) {
    std::vector<TemplateFile> files;
    std::error_code absent;
    if (!fs::is_directory(root, absent)) {
        return Error{ErrorKind::Invalid,
                     "template.no_such_file",
                     "There is no such folder of templates.",
                     root.string(),
                     {}};
    }
    add_layouts(root, "", files);
    for (const auto& entry : fs::directory_iterator(root)) {
        if (entry.is_directory() && entry.path().filename() != kMailsFolder) {
            add_layouts(entry.path(), entry.path().filename().string(), files);
        }
    }
    std::erase_if(files, [&](const TemplateFile& one) {
        const bool other_scheme =
            !arguments.scheme.empty() && !one.scheme.empty() && one.scheme != arguments.scheme;
        return other_scheme ||
               (!arguments.names.empty() && std::ranges::count(arguments.names, one.name()) == 0);
    });
    for (const std::string& name : arguments.names) {
        if (std::ranges::count(files, name, &TemplateFile::name) == 0) {
            return Error{ErrorKind::Invalid,
                         "template.no_such_file",
                         "There is no such template file.",
                         (root / (name + ".yaml")).string(),
                         {}};
        }
    }
    std::ranges::sort(files, {},
                      [](const TemplateFile& one) { return std::pair(one.scheme, one.name()); });
    return files;
}

/// NAME.pdf and NAME-1.png, NAME-2.png …; their names.
Result<std::vector<std::string>> write_preview(const fs::path& folder, const TemplateFile& one,
                                               const slips::Preview& preview) {
    const std::string name = (one.scheme.empty() ? "" : one.scheme + "-") + one.name();
    std::vector<std::string> written{(folder / (name + ".pdf")).string()};
    write_file_durably(written.back(), preview.pdf, FileAccess::Everyone);
    for (int page = 1; page <= preview.pages; ++page) {
        const auto picture = scan::draw_page(preview.pdf, page, kPreviewDpi);
        if (!picture) {
            return picture.error();
        }
        written.push_back((folder / (name + "-" + std::to_string(page) + ".png")).string());
        write_file_durably(written.back(), image::encode_png(*picture), FileAccess::Everyone);
    }
    return written;
}

Outcome check_one(Program& program, Table& table, const slips::Stocks& stocks,
                  const TemplateFile& one, const std::string& output) {
    const auto compiled = slips::CompiledTemplate::load(one.file, stocks);
    if (!compiled) {
        return compiled.error();
    }
    if (compiled->name() != one.name()) {
        return Error{ErrorKind::Invalid,
                     "template.other_name",
                     "\"template:\" says \"" + compiled->name() + "\"; it is the file's name.",
                     one.file.string() + ":1",
                     {}};
    }
    const auto preview = slips::preview_of(*compiled, from_stored(0));
    if (!preview) {
        return preview.error();
    }
    auto written = output.empty() ? Result<std::vector<std::string>>(std::vector<std::string>())
                                  : write_preview(output, one, *preview);
    if (!written) {
        return written.error();
    }
    const slips::Stock& stock = compiled->stock();
    if (program.json) {
        program.out << nlohmann::ordered_json{{"template", one.name()},
                                              {"scheme", one.scheme},
                                              {"stock", stock.name},
                                              {"pages", preview->pages},
                                              {"files", *written}}
                    << '\n';
    }
    table.add({one.name(), one.scheme, stock.name, slips::to_text(stock.page()),
               std::to_string(preview->pages)});
    return done();
}

Outcome check_templates(Program& program, const TemplateArguments& arguments) {
    const auto settings = read_settings(program.desk);
    const fs::path root = settings ? settings->templates : share_folder() / "templates";
    const auto files = wanted_files(root, arguments);
    if (!files) {
        return files.error();
    }
    slips::TemplateShelf shelf(root);
    const auto stocks = shelf.stocks();
    if (!stocks) {
        return stocks.error();
    }
    if (!arguments.output.empty()) {
        fs::create_directories(arguments.output);
    }
    Table table(program, {{"版面", "template"},
                          {"憑證種類", "scheme"},
                          {"用紙", "stock"},
                          {"尺寸", "size"},
                          {"頁數", "pages"}});
    for (const TemplateFile& one : *files) {
        const Outcome checked = check_one(program, table, **stocks, one, arguments.output);
        if (!checked) {
            report(program, checked.error());
        }
    }
    if (!program.json && !table.empty()) {
        table.print(program.out);
    }
    return done();
}

}  // namespace

void add_template_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<TemplateArguments>();
    auto* command = app.add_subcommand(
        "template",
        program.text("印件版面：檢查、預覽", "layouts of what is printed: check, look"));
    command->require_subcommand(1);
    auto* check = command->add_subcommand(
        "check", program.text("檢查版面檔，並以樣張產生 PDF 與 PNG 預覽",
                              "check layout files, and draw each with sample values"));
    check->add_option("NAME", arguments->names,
                      program.text("版面名稱（預設全部）", "names of templates (all)"));
    check->add_option("--scheme", arguments->scheme,
                      program.text("只看此憑證種類所用者", "only what this scheme uses"));
    check->add_option("-o,--output", arguments->output,
                      program.text("存放預覽的資料夾", "folder for NAME.pdf, NAME-1.png …"));
    check->footer(program.text(
        "有錯者列出檔名與行號，結束碼為 1。預覽中的密碼一律為 SAMPLE。\n"
        "例： sealdesk template check account-slip -o /tmp/look",
        "What is wrong is said with file and line (exit status 1). Passwords in a preview read "
        "SAMPLE.\nExample: sealdesk template check account-slip -o /tmp/look"));
    check->callback([&program, arguments] {
        run_guarded(program, [&] { return check_templates(program, *arguments); });
    });
}

}  // namespace sealdesk::cli
