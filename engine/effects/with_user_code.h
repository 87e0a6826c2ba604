#pragma once

#include <string>

#include "base/secret.h"
#include "requests/office.h"
#include "subscribers/user_code.h"

// What a subscriber does on-line with the user code 用戶代碼. Each call tries the code, counts
// strikes and acts in one commit, and says what the try came to: nothing is done unless it was
// Accepted. Refused: certificate.unknown, card.unknown, formation.unknown, user_code.none,
// certificate.none_alive.
namespace sealdesk::effects {

/// The certificates meant: one by its serial number, all in a card by the card's number, or all of
/// a name reservation by its number (M 4.4.3).
struct Named {
    std::string serial;  ///< lower-case hexadecimal
    std::string card_number = {};
    std::string reservation = {};
};

/// The subscriber has checked the content and accepts it (M 4.3): it may be published from now on.
/// A preset code must be changed here: `fresh` takes its place (M 4.3.2). Refused:
/// certificate.on_hold, card.not_received, user_code.shape, user_code.unchanged.
[[nodiscard]] Result<subscribers::CodeTry> accept_certificates(const requests::Office& office,
                                                               const Named& named,
                                                               const Secret& code,
                                                               const Secret* fresh = nullptr);

/// The subscriber's own hold on what is named, and on nothing else (M 4.4.7).
[[nodiscard]] Result<subscribers::CodeTry> hold_with_code(const requests::Office& office,
                                                          const Named& named, const Secret& code);

/// Closes the subscriber's own hold (M 4.4.9). Refused: certificate.not_own_hold when it is
/// another's, or none.
[[nodiscard]] Result<subscribers::CodeTry> release_with_code(const requests::Office& office,
                                                             const Named& named,
                                                             const Secret& code);

/// Revokes them: a job asks the CA, and a mail tells the subscriber who has an address (M 4.4.3).
[[nodiscard]] Result<subscribers::CodeTry> revoke_with_code(const requests::Office& office,
                                                            const Named& named, const Secret& code);

/// Tries a subscriber's code in the caller's transaction, with the strikes in the audit log.
[[nodiscard]] subscribers::CodeTry try_code_of(store::Tx& tx, const subscribers::UserCode& seen,
                                               const Secret& code,
                                               const scheme::UserCodePolicy& policy);

}  // namespace sealdesk::effects
