#pragma once

#include <string>

#include "crypto/certificate.h"
#include "slips/slip.h"
#include "slips/template.h"

// The slip that carries a card's PIN. The PIN is in the card before anything is printed, so its
// page is drawn and sealed at the station, and waits until the card is complete.
namespace sealdesk::slips {

/// A page for the print room's eyes only.
struct SealedPage {
    std::string bytes;  ///< CMS EnvelopedData
    std::int64_t pages = 0;
};

/// Draws the slip (NewSlip::carries_pin) with the PIN on it and encrypts it to the print room at
/// once. Errors: those of the templates.
[[nodiscard]] Result<SealedPage> seal_pin_page(TemplateShelf& templates,
                                               const crypto::Certificate& print_room,
                                               const Slip& slip, const Secret& pin, Instant now);

/// Puts the sealed page into the next print batch; once a slip.
void print_pin_page(store::Tx& tx, const Slip& slip, const SealedPage& page);

}  // namespace sealdesk::slips
