#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "base/progress.h"
#include "requests/office.h"
#include "scan/page_store.h"

namespace sealdesk::requests {

/// What became of one page, as the clerk reads it.
struct PageFate {
    std::string file;
    int page = 1;
    std::string number;  ///< of the page in the ledger; empty in a dry run
    scan::PageState state = scan::PageState::Open;
    std::vector<scan::Doubt> doubts;
    std::string scheme;
    std::string form;
    int form_page = 0;
    std::string record;
    std::string request;    ///< number, of a filed one
    bool repeated = false;  ///< scanned before, nothing changed
};

struct ScanOptions {
    bool dry_run = false;
    std::string by;
    std::function<void(const PageFate&)> on_page;
    std::function<void(const std::string& file, const Error&)> on_refused;  ///< a whole file
    Watch watch = {};  ///< told after each page
};

struct ScanSummary {
    std::int64_t files = 0;
    std::int64_t files_refused = 0;
    std::int64_t filed = 0;
    std::int64_t open = 0;
    std::int64_t repeated = 0;  ///< of all these: scanned before, nothing changed
    bool stopped = false;       ///< as the watch asked: the same files again go on
};

/// Reads every page of the files, and of the PDF, TIFF, PNG and JPEG files in the folders: each
/// becomes a row of the ledger and is filed with its request, or waits with named reasons. A page
/// is one transaction ("scan.page"), so a crash loses nothing and a repeat adds nothing; memory
/// does not grow with the number of pages. The pictures are in the desk's files before it begins.
[[nodiscard]] ScanSummary import_pages(const Office& office,
                                       std::span<const std::filesystem::path> paths,
                                       const ScanOptions& options);

/// Reads an open page again whose QR code could not be read, as the paper that a person names by
/// the line at its foot ("sealdesk:SCHEME/FORM/VERSION/PAGE-PAGES/LAYOUT", perhaps "/RECORD"). From
/// then on the page is as if its code had been read: filed when nothing is doubtful, else open with
/// its reasons. Refused: scan.unknown_page, scan.settled, scan.code_known (its own code was read),
/// scan.bad_code (not such a line), scan.no_picture.
[[nodiscard]] Result<scan::ScanPage> read_page_as(const Office& office, std::string_view page,
                                                  std::string_view code, const std::string& by);

}  // namespace sealdesk::requests
