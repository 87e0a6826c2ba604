#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/desk.h"
#include "cli/table.h"
#include "intake/blank_form.h"
#include "intake/form_template.h"

namespace sealdesk::cli {
namespace {

struct FormArguments {
    std::string scheme;
    std::string form;
    std::string output;
};

/// Definitions are read from the desk when there is one, else from the program's own forms.
Result<std::vector<scheme::Scheme>> schemes_of(const Program& program) {
    const auto settings = read_settings(program.desk);
    return scheme::load_all(settings ? settings->forms : share_folder() / "forms");
}

/// A form and the schemes it stands in.
struct ChosenForm {
    std::vector<scheme::Scheme> schemes;
    const scheme::Scheme* scheme;
    const scheme::Form* form;
};

Result<ChosenForm> choose_form(const Program& program, const FormArguments& arguments) {
    auto schemes = schemes_of(program);
    if (!schemes) {
        return schemes.error();
    }
    ChosenForm chosen{std::move(*schemes), nullptr, nullptr};
    chosen.scheme = scheme::find_scheme(chosen.schemes, arguments.scheme);
    chosen.form = chosen.scheme == nullptr ? nullptr : chosen.scheme->find_form(arguments.form);
    if (chosen.form == nullptr) {
        return Error{ErrorKind::NotFound,
                     "form.unknown",
                     "There is no such form; `sealdesk form list` shows those there are.",
                     arguments.scheme + " " + arguments.form,
                     {}};
    }
    return chosen;
}

Outcome write_template(Program& program, const FormArguments& arguments) {
    const auto chosen = choose_form(program, arguments);
    if (!chosen) {
        return chosen.error();
    }
    intake::write_form_template(*chosen->scheme, *chosen->form, arguments.output,
                                SystemClock().now());
    program.err << arguments.output << '\n';
    return done();
}

Outcome print_blank(Program& program, const FormArguments& arguments) {
    const auto chosen = choose_form(program, arguments);
    if (!chosen) {
        return chosen.error();
    }
    const std::string pdf =
        intake::print_blank_form(*chosen->scheme, *chosen->form, SystemClock().now());
    if (arguments.output == "-") {
        program.out << pdf;
        return done();
    }
    write_file_durably(arguments.output, pdf, FileAccess::Everyone);
    program.err << arguments.output << '\n';
    return done();
}

Outcome list_forms(Program& program) {
    const auto schemes = schemes_of(program);
    if (!schemes) {
        return schemes.error();
    }
    Table table(
        program,
        {{"憑證種類", "scheme"}, {"申請單", "form"}, {"版本", "version"}, {"名稱", "title"}});
    for (const scheme::Scheme& scheme : *schemes) {
        for (const scheme::Form& form : scheme.forms) {
            if (program.json) {
                program.out << nlohmann::json{{"scheme", scheme.id},
                                              {"form", form.id},
                                              {"version", form.version},
                                              {"title_zh", form.title.zh},
                                              {"title_en", form.title.en},
                                              {"sha256", form.hash}}
                                   .dump()
                            << '\n';
            }
            table.add({scheme.id, form.id, form.version, form.title.in(program.language)});
        }
    }
    if (!program.json) {
        table.print(program.out, 60);
    }
    return done();
}

}  // namespace

void add_form_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<FormArguments>();
    auto* form = app.add_subcommand("form", program.text("申請單：清單、空白表、試算表",
                                                         "forms: list, blank paper, spreadsheet"));
    form->require_subcommand(1);
    form->add_subcommand("list", program.text("列出申請單", "the forms there are"))
        ->callback([&program] { run_guarded(program, [&] { return list_forms(program); }); });
    auto* blank = form->add_subcommand(
        "blank", program.text("列印空白申請單（A4，含 QR 與印鑑框）",
                              "an empty form, A4, with QR code and seal boxes"));
    blank->add_option("SCHEME", arguments->scheme)->required();
    blank->add_option("FORM", arguments->form)->required();
    blank->add_option("-o,--output", arguments->output, "FILE.pdf")->required();
    blank->callback([&program, arguments] {
        run_guarded(program, [&] { return print_blank(program, *arguments); });
    });
    auto* sheet = form->add_subcommand(
        "template", program.text("產生空白試算表（XLSX），填妥後可直接匯入",
                                 "an empty spreadsheet that the import reads back"));
    sheet->footer(program.text(
        "每欄有標題（中、英）、說明、選單；所有儲存格為文字格式，開頭的 0 不會遺失。\n"
        "例： sealdesk form template 憑證種類 申請單 -o 申請單.xlsx",
        "Headings in both languages, notes and drop-downs; every cell is text, so that leading\n"
        "zeros stay. Example: sealdesk form template SCHEME FORM -o form.xlsx"));
    sheet->add_option("SCHEME", arguments->scheme)->required();
    sheet->add_option("FORM", arguments->form)->required();
    sheet->add_option("-o,--output", arguments->output, "FILE.xlsx")->required();
    sheet->callback([&program, arguments] {
        run_guarded(program, [&] { return write_template(program, *arguments); });
    });
}

}  // namespace sealdesk::cli
