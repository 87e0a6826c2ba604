#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "requests/office.h"
#include "scan/page_store.h"

namespace sealdesk::requests {

/// Which of a page's cut-out pictures are filed.
enum class Crops {
    Certain,  ///< all but those with a doubt
    All,      ///< a person has looked at them (`scan show`)
    None,     ///< only the page
};

/// A person's word about a page. One of `request` and `record` is given.
struct Filing {
    std::string request{};  ///< number of the request it belongs to
    std::string record{};   ///< or the paper's record number, whose form may be keyed later
    Crops crops = Crops::Certain;
    bool replace = false;  ///< pictures that the request has already are replaced
    std::string by{};      ///< login
};

/// Files a page by a person's word: whatever was doubtful about its reading is settled by it.
/// Refused: scan.settled (it is filed or dismissed already), scan.already (the request has other
/// pictures of this page or seal: see Filing::replace), scan.request_closed, scan.other_form (the
/// page is of another form), scan.no_form (a page whose form is not known is filed with a request),
/// request.not_found.
[[nodiscard]] Result<scan::ScanPage> file_page(const Office& office, std::string_view page,
                                               const Filing& filing);

/// Ends a page that belongs to no request. Refused: scan.settled, scan.no_reason (why is empty).
[[nodiscard]] Outcome dismiss_page(const Office& office, std::string_view page,
                                   const std::string& why, const std::string& by);

/// Tries every open page again whose only doubt is that its request was not known; how many could
/// be filed. For pages scanned before their forms were keyed elsewhere than by import.
[[nodiscard]] std::int64_t match_pages(const Office& office, const std::string& by);

/// scan.settled: what a page is told that is filed or dismissed already.
[[nodiscard]] Error settled_page(const scan::ScanPage& page);

// ---- Inside a unit of work -------------------------------------------------------------------

/// Files a page that nothing is doubtful about with the one request that has its record number;
/// else says in `page.doubts` why not. The page's row is not saved here. The check-boxes are
/// compared with what was keyed: each difference is a finding for the examiner, a value that was
/// not keyed is proposed; nothing that was keyed is changed. New seals open every check again, as
/// an edit does.
void try_to_file(store::Tx& tx, const Office& office, scan::ScanPage& page, const std::string& by);

/// Saves the page's row. Throws Failure scan.changed_meanwhile (Conflict) when somebody else did
/// since it was read.
void save_seen(store::Tx& tx, const scan::ScanPage& page);

/// Files the open pages of papers whose forms were just received (record numbers as keyed).
void file_open_pages(store::Tx& tx, const Office& office, std::string_view scheme,
                     std::string_view form, const std::vector<std::string>& records,
                     const std::string& by);

}  // namespace sealdesk::requests
