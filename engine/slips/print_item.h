#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slips/slip.h"

namespace sealdesk::slips {

/// Kinds of printed matter, in the order in which they lie in a parcel.
enum class PrintKind { Letter, Receipt, Slip };
[[nodiscard]] std::string_view to_text(PrintKind kind);

/// A page or two without a secret that must be printed: the official letter of a decision, a
/// receipt.
struct NewPrintItem {
    PrintKind kind;  ///< Letter or Receipt; create_slip() adds the items of slips
    RequestId request;
    /// How the parcel leaves the office: Counter or Post. Items of one request and delivery are
    /// printed one after another.
    Delivery delivery;
    std::string scheme;
    std::string template_name;  ///< such as "result-letter"
    Fields fields;              ///< all fields of the template
    /// The effect's own key, such as "letter:4711": a second call with it changes nothing.
    std::string dedup_key;
};

/// Puts the item into the next print batch. Check the fields first with the template itself
/// (TemplateShelf): an item that cannot be drawn stops its batch.
PrintItemId add_print_item(store::Tx& tx, const NewPrintItem& item);

}  // namespace sealdesk::slips
