#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parcels/mail_list.h"
#include "requests/office.h"
#include "slips/template.h"

// What is handed to the post together: parcels and posted slips, on one 大宗掛號函件 list.
namespace sealdesk::effects {

/// What waits for the post and stands on no list yet.
struct MailWaiting {
    std::vector<parcels::MailLine> lines;
    /// Items that this person may not hand over now, or that must not travel with what is on the
    /// list, and why: they come on another one.
    std::vector<std::pair<std::string, Error>> held_back;
    bool more = false;  ///< beyond parcels::kMailLinesMax
};
[[nodiscard]] MailWaiting mail_waiting(store::Tx& tx, const requests::Office& office,
                                       std::string_view actor);

/// Closes a list of what waits, in one unit of work ("parcel.close-list"). A card and its PIN slip
/// never stand on one list where the scheme sends them apart (M 6.4.2). Errors: those of
/// parcels::close_mail_list().
[[nodiscard]] Result<parcels::MailList> close_list(const requests::Office& office,
                                                   std::string_view actor);

struct ListPosting {
    std::string list;
    std::vector<std::string> except;  ///< items that the post did not take
    std::string actor;
};

/// What came of it.
struct PostedList {
    std::int64_t posted = 0;
    std::vector<std::string> left_out;        ///< excepted, void, or posted otherwise
    std::vector<std::string> closed_batches;  ///< print batches that are finished by it
};

/// Everything on the list was handed to the post under its number, all or none, in one unit of work
/// ("parcel.post-list"); the same list again changes nothing. Errors: those of find_mail_list(),
/// post_parcel(), slips::acknowledge_slip() and check_slip_apart(); post.not_on_list (Invalid: an
/// exception that is not on it).
[[nodiscard]] Result<PostedList> post_list(const requests::Office& office,
                                           const ListPosting& posting);

/// The list as a spreadsheet reads it: UTF-8 with BOM, every cell safe.
[[nodiscard]] std::string mail_list_csv(const std::vector<parcels::MailLine>& lines);

/// The list as the post stamps it, from the templates "mail-list" and "mail-line", as a PDF.
/// Errors: those of the templates; post.no_grid (Invalid) when the stock of "mail-line" has no
/// labels, or that of "mail-list" is not its sheet.
[[nodiscard]] Result<std::string> mail_list_pdf(slips::TemplateShelf& templates,
                                                const parcels::MailList& list,
                                                const std::vector<parcels::MailLine>& lines);

/// Address labels, from the template "parcel-label", as a PDF. `first` (from 1) is the first label
/// that is left on the sheet. Errors: those of the template; post.no_grid; post.no_such_label
/// (Invalid).
struct Label {
    std::string number;  ///< of the parcel
    parcels::Addressee to;
};
[[nodiscard]] Result<std::string> label_sheets(slips::TemplateShelf& templates,
                                               const std::vector<Label>& labels, int first,
                                               Instant now);

}  // namespace sealdesk::effects
