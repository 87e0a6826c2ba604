#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::cards {

/// The wire to one card, as long as it lies in its reader: a command APDU in, a response APDU out
/// (ISO/IEC 7816-4), nothing understood. Commands are secrets because some carry PINs.
///
/// Errors (Unavailable), the same for every implementation; all mean that the card may or may not
/// have done what it was told: card.removed, card.reader_gone, card.was_reset (another program
/// reset it: begin again with SELECT), card.silent (the reader gave up).
class Transport {
public:
    virtual ~Transport() = default;

    /// Response data and the two bytes of the status word: at least two bytes.
    [[nodiscard]] virtual Result<Secret> transmit(const Secret& command) = 0;

    /// The reader's name, for messages.
    [[nodiscard]] virtual const std::string& reader() const = 0;
};

}  // namespace sealdesk::cards
