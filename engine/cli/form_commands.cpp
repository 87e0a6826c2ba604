#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/desk.h"
#include "cli/table.h"
#include "intake/field_rules.h"
#include "intake/form_template.h"
#include "scan/blank_form.h"

namespace sealdesk::cli {
namespace {

struct FormArguments {
    std::string scheme;
    std::string form;
    std::vector<std::string> records;
    int count = 1;
    std::string output;
};

constexpr int kCopiesMax = 10'000;

/// Definitions are read from the desk when there is one, else from the program's own forms.
Result<std::vector<scheme::Scheme>> schemes_of(const Program& program) {
    const auto settings = read_settings(program.desk);
    return scheme::load_all(settings ? settings->forms : share_folder() / "forms");
}

/// A record number as people read it, spelled as one spells it.
Result<std::string> spelled(const std::string& record) {
    const intake::Reading reading = intake::read_record_number(record);
    if (reading.fault) {
        return Error{ErrorKind::Invalid,
                     "form.bad_record",
                     "A record number is letters, digits and - _ / . , at most 40.",
                     record,
                     {}};
    }
    return reading.value;
}

/// The number after this one: its last digits count on.
Result<std::string> next_record(const std::string& record) {
    std::string next = record;
    for (std::size_t i = next.size(); i > 0 && next[i - 1] >= '0' && next[i - 1] <= '9'; --i) {
        if (next[i - 1] != '9') {
            ++next[i - 1];
            return next;
        }
        next[i - 1] = '0';
    }
    return Error{ErrorKind::Invalid,
                 "form.record_runs_out",
                 "The record number has too few digits at its end to count on.",
                 record,
                 {}};
}

/// The numbers of the copies; without --record all are without one.
Result<std::vector<std::string>> records_of(const FormArguments& arguments) {
    if (arguments.records.empty()) {
        return std::vector<std::string>(std::size_t(arguments.count));
    }
    std::vector<std::string> records;
    for (const std::string& given : arguments.records) {
        Result<std::string> record = spelled(given);
        for (int i = 0; i < arguments.count; ++i) {
            if (i > 0) {
                record = next_record(records.back());
            }
            if (!record) {
                return record.error();
            }
            records.push_back(*record);
        }
    }
    return records;
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
    const auto records = records_of(arguments);
    if (!records) {
        return records.error();
    }
    const std::string pdf =
        scan::print_blank_forms(*chosen->scheme, *chosen->form, *records, SystemClock().now());
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
    blank->footer(program.text(
        "掃描後以 QR 辨識憑證種類、申請單、版本、頁次；印有收件編號者自動歸入該號申請案（見 "
        "scan）。\n"
        "例： sealdesk form blank SCHEME FORM -o blank.pdf\n"
        "     sealdesk form blank SCHEME FORM --record C00101 --count 50 -o numbered.pdf",
        "A scan of the page is recognised by its QR code: scheme, form, version, page; with a "
        "record number it finds its request by itself (see scan).\n"
        "Examples: sealdesk form blank SCHEME FORM -o blank.pdf\n"
        "          sealdesk form blank SCHEME FORM --record C00101 --count 50 -o numbered.pdf"));
    blank->add_option("--record", arguments->records,
                      program.text("收件編號，印於 QR 與右上角（可多個）",
                                   "record number in the QR code (several: several copies)"));
    blank
        ->add_option("--count", arguments->count,
                     program.text("份數；與 --record 併用時逐號遞增",
                                  "copies; after --record its numbers count on"))
        ->check(CLI::Range(1, kCopiesMax));
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
        "Headings in both languages, notes and drop-downs; every cell is text, so that leading "
        "zeros stay.\nExample: sealdesk form template SCHEME FORM -o form.xlsx"));
    sheet->add_option("SCHEME", arguments->scheme)->required();
    sheet->add_option("FORM", arguments->form)->required();
    sheet->add_option("-o,--output", arguments->output, "FILE.xlsx")->required();
    sheet->callback([&program, arguments] {
        run_guarded(program, [&] { return write_template(program, *arguments); });
    });
}

}  // namespace sealdesk::cli
