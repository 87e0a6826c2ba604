#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/desk.h"
#include "cli/table.h"
#include "intake/blank_form.h"

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

Outcome print_blank(Program& program, const FormArguments& arguments) {
    const auto schemes = schemes_of(program);
    if (!schemes) {
        return schemes.error();
    }
    const scheme::Scheme* scheme = scheme::find_scheme(*schemes, arguments.scheme);
    const scheme::Form* form = scheme == nullptr ? nullptr : scheme->find_form(arguments.form);
    if (form == nullptr) {
        return Error{ErrorKind::NotFound,
                     "form.unknown",
                     "There is no such form; `sealdesk form list` shows those there are.",
                     arguments.scheme + " " + arguments.form,
                     {}};
    }
    const std::string pdf = intake::print_blank_form(*scheme, *form, SystemClock().now());
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
    auto* form = app.add_subcommand(
        "form", program.text("申請單：清單、空白表", "forms: list, blank paper"));
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
}

}  // namespace sealdesk::cli
