#include "requests/scan_import.h"

#include <algorithm>

#include "audit/log.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "intake/intake_store.h"
#include "officers/officer.h"
#include "requests/file_page.h"
#include "requests/request_store.h"
#include "scan/pages.h"

namespace sealdesk::requests {
namespace {

using scan::Doubt;
using scan::PageState;
using scan::ScanPage;

/// Base names kept: more is no name that a scanner gives.
constexpr std::size_t kFileNameMax = 100;  ///< bytes

/// The name, cut between characters.
std::string kept_name(const std::filesystem::path& path) {
    std::string name = path.filename().string();
    while (name.size() > kFileNameMax) {
        name.pop_back();
        while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80U) {
            name.pop_back();
        }
    }
    return name;
}

class ScanImport {
public:
    ScanImport(const Office& office, const ScanOptions& options)
        : office_(office), options_(options), shelf_(office.schemes) {}

    void take(const std::filesystem::path& path);
    [[nodiscard]] const ScanSummary& summary() const { return summary_; }

private:
    void take_file(const std::filesystem::path& path);
    void refuse(const std::string& name, const std::string& sha256, const Error& error);
    void take_page(scan::PageSource& pages, int number, const std::string& name,
                   const std::string& sha256);
    [[nodiscard]] ScanPage read(scan::PageSource& pages, ScanPage page);
    void report(const ScanPage& page, const std::string& request, bool repeated);

    const Office& office_;
    const ScanOptions& options_;
    scan::FormShelf shelf_;
    ScanSummary summary_;
};

void ScanImport::report(const ScanPage& page, const std::string& request, bool repeated) {
    ++(page.state == PageState::Open ? summary_.open : summary_.filed);
    summary_.repeated += repeated ? 1 : 0;
    options_.on_page({page.file_name, page.page, page.number, page.state, page.doubts, page.scheme,
                      page.form, page.form_page, page.record, request, repeated});
}

/// What the reading says, as it is kept. The pictures go to the desk's files, which refer to
/// nothing until a row refers to them.
void keep_reading(const Office& office, bool dry_run, const scan::PageReading& reading,
                  ScanPage& page) {
    scan::KeptReading kept{reading.turn_deg, reading.dpi, reading.ticks, {}};
    for (const scan::Cutting& cutting : reading.cuttings) {
        const bool has_picture = !cutting.picture.rgb.empty() && !dry_run;
        kept.cuttings.push_back(
            {cutting.field, cutting.is_seal, cutting.empty, cutting.doubtful,
             has_picture ? office.files.put(image::encode_png(cutting.picture)) : "",
             cutting.outline});
    }
    page.reading = to_json(kept);
    page.doubts = reading.doubts;
    if (reading.identified) {
        page.scheme = reading.code->scheme;
        page.form = reading.code->form;
        page.form_version = reading.code->version;
        page.form_page = reading.code->page;
        page.record = reading.code->record;
    }
}

ScanPage ScanImport::read(scan::PageSource& pages, ScanPage page) {
    const auto picture = pages.read(page.page);
    if (!picture) {
        page.doubts = {Doubt::PageUnreadable};
        return page;
    }
    if (!options_.dry_run) {
        page.picture_sha = office_.files.put(picture->bytes);
    }
    keep_reading(office_, options_.dry_run, read_page(picture->picture, shelf_), page);
    return page;
}

/// Enters a page into the ledger and files it when nothing is doubtful.
ScanPage enter(store::Tx& tx, const Office& office, ScanPage page) {
    scan::insert_page(tx, page);
    audit::append(tx, {"scan.entered",
                       officers::actor_of(page.scanned_by),
                       "page:" + page.number,
                       {{"file_sha256", page.file_sha256},
                        {"page", page.page},
                        {"reasons", to_text(page.doubts)}}});
    if (page.doubts.empty()) {
        try_to_file(tx, office, page, page.scanned_by);
        if (!scan::save_page(tx, page)) {
            throw_internal("scan.lost", "a page vanished in the transaction that made it");
        }
    }
    return page;
}

std::string request_number(store::Tx& tx, const ScanPage& page) {
    return page.request ? get_request(tx, *page.request).number : "";
}

void ScanImport::take_page(scan::PageSource& pages, int number, const std::string& name,
                           const std::string& sha256) {
    std::string request;
    const auto known = store::transact(office_.database, "scan.look", [&](store::Tx& tx) {
        auto found = scan::find_page(tx, sha256, number);
        request = found ? request_number(tx, *found) : "";
        return found;
    });
    if (known) {
        report(*known, request, true);
        return;
    }
    ScanPage page;
    page.file_sha256 = sha256;
    page.page = number;
    page.file_name = name;
    page.scanned_by = options_.by;
    page = read(pages, std::move(page));
    if (!options_.dry_run) {
        page = store::transact(office_.database, "scan.page", [&](store::Tx& tx) {
            ScanPage entered = enter(tx, office_, page);
            request = request_number(tx, entered);
            return entered;
        });
    }
    report(page, request, false);
}

void ScanImport::refuse(const std::string& name, const std::string& sha256, const Error& error) {
    ++summary_.files_refused;
    options_.on_refused(name, error);
    if (options_.dry_run || sha256.empty()) {
        return;
    }
    store::transact(office_.database, "scan.refuse-file", [&](store::Tx& tx) {
        if (intake::note_refused_file(tx, {name, sha256, error.code})) {
            audit::append(tx, {"file.refused",
                               officers::actor_of(options_.by),
                               "file:" + sha256.substr(0, 16),
                               {{"code", error.code}, {"sha256", sha256}}});
        }
    });
}

void ScanImport::take_file(const std::filesystem::path& path) {
    ++summary_.files;
    const std::string name = kept_name(path);
    std::error_code trouble;
    const auto size = std::filesystem::file_size(path, trouble);
    const scan::FileLimits limits;
    if (trouble || !std::filesystem::is_regular_file(path)) {
        refuse(name, "", {ErrorKind::Invalid, "scan.not_a_file", "Not a plain file.", name, {}});
        return;
    }
    if (size > limits.bytes_max) {
        refuse(name, sha256_hex_of_file(path),
               {ErrorKind::Invalid,
                "scan.file_too_large",
                "The file is too large; split it.",
                name,
                {}});
        return;
    }
    const std::string bytes = read_file(path);
    const std::string sha256 = sha256_hex(bytes);
    const auto pages = scan::open_pages(bytes, limits);
    if (!pages) {
        refuse(name, sha256, pages.error());
        return;
    }
    for (int number = 1; number <= (*pages)->pages(); ++number) {
        if (options_.watch.stopped()) {
            summary_.stopped = true;
            return;
        }
        take_page(**pages, number, name, sha256);
        options_.watch.at(summary_.filed + summary_.open);
    }
}

void ScanImport::take(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) {
        take_file(path);
        return;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        if (entry.is_regular_file() && scan::is_page_file(entry.path().filename().string())) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);  // scanners number their files
    for (const auto& file : files) {
        if (summary_.stopped) {
            return;
        }
        take_file(file);
    }
}

Error not_readable_as(std::string code, std::string detail, std::string_view where) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), std::string(where), {}};
}

/// An open page that has a picture and no code of its own.
Result<ScanPage> page_without_code(store::Tx& tx, std::string_view number) {
    auto page = scan::find_page(tx, number);
    if (!page) {
        return page;
    }
    if (page->state != PageState::Open) {
        return settled_page(*page);
    }
    if (!page->form.empty()) {
        return not_readable_as("scan.code_known",
                               "The page's own code was read; file it or dismiss it.", number);
    }
    if (page->picture_sha.empty()) {
        return not_readable_as("scan.no_picture",
                               "The page could not be read; there is no picture of it.", number);
    }
    return page;
}

}  // namespace

Result<ScanPage> read_page_as(const Office& office, std::string_view number, std::string_view code,
                              const std::string& by) {
    const auto told = scan::parse_code(trim(code));
    if (!told) {
        return not_readable_as("scan.bad_code",
                               "Give the line at the foot of the page, such as "
                               "sealdesk:SCHEME/FORM/1.0/2-3/58bb8b.",
                               number);
    }
    auto page = store::transact(office.database, "scan.look",
                                [&](store::Tx& tx) { return page_without_code(tx, number); });
    if (!page) {
        return page;
    }
    const auto picture = image::decode(office.files.get(page->picture_sha));
    if (!picture) {
        return picture.error();
    }
    scan::FormShelf shelf(office.schemes);
    keep_reading(office, false, read_page(*picture, shelf, told), *page);
    return store::transact(office.database, "scan.read-as", [&](store::Tx& tx) {
        ScanPage read = *page;
        if (read.doubts.empty()) {
            try_to_file(tx, office, read, by);
        }
        save_seen(tx, read);
        audit::append(tx, {"scan.read_as",
                           officers::actor_of(by),
                           "page:" + read.number,
                           {{"code", to_text(*told)}, {"reasons", to_text(read.doubts)}}});
        return Result<ScanPage>(std::move(read));
    });
}

ScanSummary import_pages(const Office& office, std::span<const std::filesystem::path> paths,
                         const ScanOptions& options) {
    ScanImport import(office, options);
    for (const std::filesystem::path& path : paths) {
        if (!import.summary().stopped) {
            import.take(path);
        }
    }
    return import.summary();
}

}  // namespace sealdesk::requests
