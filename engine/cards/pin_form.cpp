#include "cards/pin_form.h"

#include <algorithm>

namespace sealdesk::cards {

Outcome check_pin_form(const Secret& pin, const PinForm& form) {
    const std::string_view text = pin.reveal();
    const bool fits = text.size() >= form.length_min && text.size() <= form.length_max;
    const bool readable = std::ranges::all_of(text, [&](char c) {
        const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        return (c >= '0' && c <= '9') || (form.letters && is_letter);
    });
    if (fits && readable) {
        return done();
    }
    return Error{ErrorKind::Invalid, "card.bad_pin_form",
                 "The card takes a PIN of another form; nothing was sent to it.",
                 std::to_string(form.length_min) + "-" + std::to_string(form.length_max),
                 "T 4.9.7"};
}

}  // namespace sealdesk::cards
