#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/certificate.h"
#include "effects/application_steps.h"
#include "effects/card_request.h"

// Certificates that come with their key as PKCS#12 under the applicant's password (M 4.2.2). The
// key is made here. Before the CA is asked it is stored, encrypted under that password, which is
// kept nowhere: after a crash or a lost answer the same request with the same password gets the
// same key and certificate, for a week; then the key is erased. Nobody but the applicant can open
// it at any time.
namespace sealdesk::effects {

/// How long a key file is handed out again after it was ordered. A house default: long enough for a
/// person to notice that the file is not there.
inline constexpr std::chrono::days kKeyFileKept{7};

/// Of keys made here (M 6.1.5).
inline constexpr int kKeyFileRsaBits = 2048;

/// What protects the file, and what lies in it beside key and certificate.
struct KeyFileWish {
    const Secret& password;
    bool legacy = false;                          ///< crypto::make_legacy_pkcs12()
    std::vector<crypto::Certificate> chain = {};  ///< the CA's certificate
};

struct KeyFile {
    std::string serial;
    std::string certificate;  ///< DER
    std::string pkcs12;
};

/// The request is {"certificate": NAME, "id_number": NUMBER} in JSON, signed by the entity's
/// primary card (M 4.1.1.3 (2)): NAME as the scheme offers it, NUMBER the entity's own. What was
/// signed counts as accepted (M 4.3.1 (3)). Refused: key_file.weak_password (8 to 64 characters of
/// ASCII with letters and digits), key_file.not_offered, key_file.wrong_password (not the one of
/// the first time), key_file.gone (the week is over: revoke it and order anew), those of
/// signing_card(), and what the CA refuses; Invalid: key_file.unreadable; Conflict:
/// key_file.changed_meanwhile.
[[nodiscard]] Result<KeyFile> order_key_file(const ApplicationDesk& desk,
                                             const CardRequest& request, const KeyFileWish& wish);

/// Erases the keys whose week is over, but for those whose order is still open at the CA. Returns
/// how many. Unit of work: "key_file.erase".
std::int64_t erase_old_keys(store::Database& database);
/// How many it would erase now.
[[nodiscard]] std::int64_t old_keys_due(store::Tx& tx);

}  // namespace sealdesk::effects
