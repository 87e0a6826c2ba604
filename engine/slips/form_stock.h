#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/number_series.h"
#include "slips/slip.h"
#include "slips/stock.h"

// Pre-numbered forms, which must not go astray (M 2.1.3 (5)): each that came is printed on,
// spoiled, or lies there still, and is counted at day end.
namespace sealdesk::slips {

/// Where all forms of a stock are that ever came.
struct FormCount {
    std::string stock;
    std::int64_t received = 0;
    std::int64_t printed = 0;
    std::int64_t spoiled = 0;
    std::int64_t counted_difference = 0;  ///< of the last count: found less expected
    std::string next;                     ///< the number that is printed on next; empty: none left

    [[nodiscard]] std::int64_t left() const { return received - printed - spoiled; }
};
/// Of every stock that forms were received of, by name.
[[nodiscard]] std::vector<FormCount> count_forms(store::Tx& tx);

/// A box of forms.
struct FormBox {
    std::string first;  ///< both numbers are in it
    std::string last;
    std::string note;  ///< delivery note; at most 200 bytes
};

/// Enters a box. Errors: forms.not_numbered (Invalid) when the stock bears no numbers;
/// forms.bad_range (Invalid) for numbers that do not run on, or more than a million;
/// forms.overlap (Refused) when some of them came before.
Outcome receive_forms(store::Tx& tx, const Stock& stock, const FormBox& box,
                      std::string_view actor);

/// A form that was torn, jammed or misprinted; one that was printed on counts as spoiled from now
/// on, and its slip is to be voided by itself. The same again changes nothing. Errors:
/// forms.unknown (NotFound), forms.note_missing (Invalid).
Outcome spoil_form(store::Tx& tx, const Stock& stock, std::string_view number, std::string_view why,
                   std::string_view actor);
/// The same of all forms of a slip that went with it.
void spoil_forms_of(store::Tx& tx, SlipId slip, std::string_view why, std::string_view actor);

/// What lay there at day end. Errors: forms.not_numbered, forms.bad_quantity (Invalid).
Outcome record_form_count(store::Tx& tx, const Stock& stock, std::int64_t found,
                          std::string_view note, std::string_view actor);

/// A form that is about to be printed on.
struct FormNumber {
    std::int64_t box;  ///< form_stock.id
    std::int64_t running;
    std::string number;
};
/// The next forms, in the order in which they lie in the printer. Error: forms.short (Refused).
[[nodiscard]] Result<std::vector<FormNumber>> next_forms(store::Tx& tx, const Stock& stock,
                                                         std::int64_t count);

/// Records what was printed on.
struct FormUse {
    FormNumber form;
    std::optional<SlipId> slip;
};
void use_forms(store::Tx& tx, const Stock& stock, PrintBatchId batch,
               const std::vector<FormUse>& uses, std::string_view actor);

/// Numbers of the forms that a slip was printed on, in their order.
[[nodiscard]] std::vector<std::string> forms_of(store::Tx& tx, SlipId slip);

}  // namespace sealdesk::slips
