#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "ca/cmp_failure.h"
#include "ca/cmp_message.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

/// Answers written by us: errors, because OpenSSL 3.0 puts its own reasons into them, and pkiconf,
/// because its server knows certConf only in the context of the request before.
namespace sealdesk::ca {

/// Whose hand answers.
struct CmpHand {
    const crypto::KeyPair& key;
    const crypto::Certificate& certificate;
    Instant now;
    Random& random;
};

/// DER PKIMessage with an error body. Without a readable request nobody could match it, and
/// nothing is signed.
[[nodiscard]] std::string write_cmp_error(const CmpHand& hand, const CmpMessage* request,
                                          const CmpFailure& failure);

/// DER PKIMessage with pkiconf, signed.
[[nodiscard]] std::string write_cmp_confirmation(const CmpHand& hand, const CmpMessage& request);

/// A DER PKIMessage with an error body, unsigned: when not even the key answers.
[[nodiscard]] std::string write_plain_cmp_error(const CmpFailure& failure);

}  // namespace sealdesk::ca
