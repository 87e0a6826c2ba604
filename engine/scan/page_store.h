#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.h"
#include "scan/read_page.h"
#include "store/tx.h"

// The ledger of scanned pages.
namespace sealdesk::scan {

enum class PageState {
    Open,       ///< waits for a person, or for the form keyed from it
    Filed,      ///< with a request
    Dismissed,  ///< by a person: a blank back, a page of something else
};
[[nodiscard]] std::string_view name_of(PageState state);  ///< "open", "filed", "dismissed"

/// A picture cut out of a page and kept in the desk's files.
struct KeptCutting {
    std::string field;
    bool is_seal = true;
    bool empty = false;
    bool doubtful = false;
    std::string sha256;  ///< empty when the box is
    Outline outline{};
};

/// A page's reading as it is kept: canonical JSON and back.
struct KeptReading {
    double turn_deg = 0;
    double dpi = 0;
    std::vector<Tick> ticks;
    std::vector<KeptCutting> cuttings;
};
[[nodiscard]] std::string to_json(const KeptReading& reading);
/// Throws Failure scan.bad_reading (Internal) when the stored text is not one.
[[nodiscard]] KeptReading reading_from_json(std::string_view json);

/// "qr_unreadable,not_straight" and back.
[[nodiscard]] std::string to_text(const std::vector<Doubt>& doubts);
[[nodiscard]] std::vector<Doubt> doubts_from(std::string_view text);

struct ScanPage {
    std::int64_t id = 0;
    std::string number;       ///< such as "P115-000042-7"
    std::string file_sha256;  ///< of the file it came in
    int page = 1;             ///< within that file
    std::string file_name;    ///< base name only
    std::string picture_sha;  ///< the page as it came; empty when it could not be read
    PageState state = PageState::Open;
    std::vector<Doubt> doubts;
    std::string scheme;
    std::string form;
    std::string form_version;
    int form_page = 0;
    std::string record;  ///< 收件編號
    std::string reading = "{}";
    std::optional<RequestId> request;
    std::string scanned_by;
    Instant scanned_at{};
    std::string settled_by;
    std::optional<Instant> settled_at;
    std::string note;
    std::int64_t version = 1;
};

/// Adds a page that find_page() does not know; gives it its id and number.
void insert_page(store::Tx& tx, ScanPage& page);
[[nodiscard]] std::optional<ScanPage> find_page(store::Tx& tx, std::string_view file_sha256,
                                                int page);
/// Error (NotFound) scan.unknown_page.
[[nodiscard]] Result<ScanPage> find_page(store::Tx& tx, std::string_view number);

/// Pages in one state, oldest first; of one request.
[[nodiscard]] std::vector<ScanPage> list_pages(store::Tx& tx, PageState state,
                                               std::int64_t after_id, int limit);
[[nodiscard]] std::vector<ScanPage> pages_of(store::Tx& tx, RequestId request);

/// Open and filed pages of the papers with these record numbers, oldest first; at most 1,000
/// numbers.
[[nodiscard]] std::vector<ScanPage> pages_of_records(store::Tx& tx, std::string_view scheme,
                                                     std::string_view form,
                                                     std::span<const std::string> records);

/// Whether a page was ever scanned: an office without a scanner need not ask further.
[[nodiscard]] bool has_pages(store::Tx& tx);

/// Saves what became of a page that was seen in a certain version; false when somebody else
/// changed it first.
[[nodiscard]] bool save_page(store::Tx& tx, const ScanPage& page);

/// How many pages were ever numbered, and how many there are by state: the two sides of the day
/// report's ledger.
[[nodiscard]] std::int64_t pages_numbered(store::Tx& tx);
[[nodiscard]] std::map<std::string, std::int64_t> count_pages(store::Tx& tx);

}  // namespace sealdesk::scan
