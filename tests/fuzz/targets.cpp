#include "fuzz/targets.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "image/image.h"
#include "intake/bundle.h"
#include "intake/byte_stream.h"
#include "intake/encoding.h"
#include "intake/evaluate.h"
#include "intake/sheets.h"
#include "intake/xlsx_numbers.h"
#include "mail/bounce_report.h"
#include "mail/own_mail.h"
#include "scan/pages.h"
#include "scan/read_page.h"
#include "scheme/scheme.h"
#include "support/temp_folder.h"

namespace sealdesk::fuzz {

namespace {

namespace fs = std::filesystem;

/// A folder of this process, for readers that read files.
const fs::path& folder() {
    static const test::TempFolder made;
    return made.path();
}

fs::path write(const std::string& name, std::string_view bytes) {
    fs::path file = folder() / name;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    return file;
}

/// Two forms are enough to choose between, and quick to look through.
const std::vector<scheme::Scheme>& few_schemes() {
    static const std::vector<scheme::Scheme> few = [] {
        std::vector<scheme::Scheme> schemes{intake::scheme_under_test()};
        std::erase_if(schemes.front().forms, [](const scheme::Form& form) {
            return form.id != "registration" && form.id != "password-reset";
        });
        return schemes;
    }();
    return few;
}

/// Reads what is left in a bundle, judges every row.
void read_bundle(const fs::path& path) {
    static const fs::path scratch = [] {
        fs::path made = folder() / "scratch";
        fs::create_directory(made);
        return made;
    }();
    const auto bundle = intake::open_bundle(path, scratch);
    if (!bundle) {
        SEALDESK_CHECK(is_utf8(bundle.error().detail));
        return;
    }
    for (const std::string& file : (*bundle)->data_files()) {
        const auto source = intake::open_records((*bundle)->path_of(file), file, few_schemes(), {});
        if (!source) {
            SEALDESK_CHECK(is_utf8(source.error().detail));
            continue;
        }
        const intake::SourceInfo& info = (*source)->info();
        const auto scans = (*bundle)->scans_of(file);
        const intake::Evaluator evaluator(*info.scheme, *info.form);
        intake::Record record;
        std::int64_t last = 0;
        while ((*source)->next(record)) {
            SEALDESK_CHECK(record.row > last);
            last = record.row;
            SEALDESK_CHECK(record.cells.size() == info.form->fields.size());
            SEALDESK_CHECK(record.raw.size() <= intake::kRawBytesMax);
            const intake::Draft draft = evaluator.evaluate(record, *scans, intake::kToday);
            SEALDESK_CHECK(draft.content.size() == 64);
            SEALDESK_CHECK(is_utf8(draft.payload));
            SEALDESK_CHECK(!record.trouble || draft.refused());
            for (const auto& [key, value] : draft.values) {
                SEALDESK_CHECK(is_utf8(value));
            }
        }
    }
}

void run_csv(std::string_view bytes) { read_bundle(write("x.csv", bytes)); }
void run_json(std::string_view bytes) { read_bundle(write("x.json", bytes)); }
void run_xml(std::string_view bytes) { read_bundle(write("x.xml", bytes)); }

/// The bytes as a ZIP with files in it, and as a workbook.
void run_zip(std::string_view bytes) {
    read_bundle(write("x.zip", bytes));
    read_bundle(write("x.xlsx", bytes));
}

/// Rows, shared texts, styles, workbook, relations: packed into a ZIP that is whole, so that what
/// is tried are the readers of the parts.
void run_xlsx(std::string_view bytes) {
    static const std::vector<std::string> names{"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
                                                "xl/styles.xml", "xl/workbook.xml",
                                                "xl/_rels/workbook.xml.rels"};
    const std::vector<std::string> inputs = parts_of_input(bytes);
    intake::Parts parts = intake::parts_of({{{"Sheet1", "", ""}}, {}, {}, false});
    for (std::size_t i = 0; i < std::min(inputs.size(), names.size()); ++i) {
        for (auto& [name, content] : parts) {
            content = name == names[i] && !inputs[i].empty() ? inputs[i] : content;
        }
    }
    read_bundle(write("x.xlsx", intake::zip(parts)));
    for (const std::string& input : inputs) {
        const std::string head = input.substr(0, 64);
        (void)intake::style_of_code(head);
        (void)intake::place_of(head);
        (void)intake::digits_of(head);
        (void)intake::without_excel_escapes(input);
        const auto day = intake::day_of_serial(head, head.size() % 2 == 0);
        SEALDESK_CHECK(!day || day->size() == 10);
    }
}

std::string all_of(const fs::path& file, intake::Encoding encoding) {
    intake::ByteStream stream(file, encoding, /*transcode=*/true);
    std::string out;
    for (int byte = stream.get(); byte != intake::ByteStream::kEnd; byte = stream.get()) {
        out.push_back(static_cast<char>(byte));
    }
    return out;
}

void run_encoding(std::string_view bytes) {
    using intake::Encoding;
    const fs::path file = write("x.txt", bytes);
    const intake::FileSurvey survey = intake::survey_file(file);
    SEALDESK_CHECK(survey.size == static_cast<std::int64_t>(bytes.size()));
    SEALDESK_CHECK((survey.utf8_faults == 0) == is_utf8(bytes));
    for (const Encoding encoding : {Encoding::Utf8, Encoding::Cp950, Encoding::Utf16Le}) {
        SEALDESK_CHECK(!intake::certainty_of(survey, encoding, false).en.empty());
    }
    SEALDESK_CHECK(is_utf8(intake::decode_bytes(bytes, Encoding::Utf8)));
    const std::string cp950 = intake::decode_bytes(bytes, Encoding::Cp950);
    SEALDESK_CHECK(is_utf8(cp950));
    std::string streamed = all_of(file, Encoding::Cp950);
    SEALDESK_CHECK(streamed == cp950);
    SEALDESK_CHECK(is_utf8(all_of(file, Encoding::Utf16Le)));
    SEALDESK_CHECK(all_of(file, Encoding::Utf8) ==
                   bytes.substr(bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0));
}

/// Limits of a seal box's scan, so that a try costs little.
void run_image(std::string_view bytes) {
    constexpr image::Limits limits{2'000, 1'000'000, std::int64_t{1024} * 1024};
    const auto header = image::probe(bytes, limits);
    const auto picture = image::decode(bytes, limits);
    if (!picture) {
        return;
    }
    SEALDESK_CHECK(header.has_value());
    SEALDESK_CHECK(picture->width == header->width && picture->height == header->height);
    SEALDESK_CHECK(picture->rgb.size() ==
                   std::size_t(picture->width) * std::size_t(picture->height) * 3);
    SEALDESK_CHECK(picture->dpi > 0);
}

/// A scheme's file and one form's.
void run_yaml(std::string_view bytes) {
    static const fs::path home = [] {
        const fs::path forms = folder() / "forms";
        fs::create_directories(forms / "fuzzed");
        fs::copy(fs::path(SEALDESK_SOURCE_DIR) / "forms/schema", forms / "schema");
        return forms / "fuzzed";
    }();
    const std::vector<std::string> inputs = parts_of_input(bytes);
    std::ofstream(home / "scheme.yaml", std::ios::binary) << inputs.front();
    std::ofstream(home / "form.yaml", std::ios::binary)
        << (inputs.size() > 1 ? inputs[1] : std::string{});
    const auto loaded = scheme::load(home);
    if (!loaded) {
        SEALDESK_CHECK(!loaded.error().code.empty());
    }
}

/// A scanned file: opened, its first pages read. Small pictures only: what is tried is the
/// reader, not patience.
void run_page(std::string_view bytes) {
    static scan::FormShelf shelf(few_schemes());
    const auto code = scan::parse_code(bytes);
    SEALDESK_CHECK(!code || (code->page >= 1 && code->page <= code->pages));
    const scan::FileLimits limits{3, 1U << 20U, {2'000, 2'000'000, 1 << 20}};
    const auto pages = scan::open_pages(bytes, limits);
    if (!pages) {
        SEALDESK_CHECK(is_utf8(pages.error().detail));
        return;
    }
    for (int number = 1; number <= (*pages)->pages(); ++number) {
        const auto page = (*pages)->read(number);
        if (page) {
            const scan::PageReading reading = read_page(page->picture, shelf);
            SEALDESK_CHECK(reading.identified || !reading.doubts.empty());
        }
    }
}

/// A message in the bounce mailbox, and our own words in what it brings back.
void run_bounce(std::string_view bytes) {
    const mail::IncomingMail incoming = mail::read_incoming(bytes);
    SEALDESK_CHECK((incoming.kind == mail::Incoming::Report) == !incoming.recipients.empty());
    SEALDESK_CHECK(incoming.recipients.size() <= mail::kReportRecipientsMax);
    const auto is_printable = [](const std::string& text) {
        return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
    };
    SEALDESK_CHECK(is_printable(incoming.envelope_id) && is_printable(incoming.message_id));
    for (const mail::ReportedRecipient& one : incoming.recipients) {
        SEALDESK_CHECK(is_printable(one.final_address + one.original_address + one.action +
                                    one.status + one.diagnostic));
    }
    SEALDESK_CHECK(std::ranges::all_of(incoming.reached, is_printable));
    SEALDESK_CHECK(mail::read_own_mail(bytes).subject.size() <= bytes.size());
}

}  // namespace

std::vector<std::string> parts_of_input(std::string_view bytes) {
    constexpr std::string_view parting = "\n----\n";
    std::vector<std::string> parts;
    for (std::size_t at = bytes.find(parting); at != std::string_view::npos;
         at = bytes.find(parting)) {
        parts.emplace_back(bytes.substr(0, at));
        bytes.remove_prefix(at + parting.size());
    }
    parts.emplace_back(bytes);
    return parts;
}

const std::vector<Target>& targets() {
    static const std::vector<Target> all{
        {"csv", run_csv},   {"json", run_json},         {"xml", run_xml},     {"xlsx", run_xlsx},
        {"zip", run_zip},   {"encoding", run_encoding}, {"image", run_image}, {"yaml", run_yaml},
        {"page", run_page}, {"bounce", run_bounce}};
    return all;
}

}  // namespace sealdesk::fuzz
