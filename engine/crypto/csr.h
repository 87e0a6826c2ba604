#pragma once

#include <span>
#include <string>

#include "crypto/certificate.h"
#include "crypto/outside_key.h"

namespace sealdesk::crypto {

/// A certification request (PKCS#10, RFC 2986; DER) for a key that may lie elsewhere: who holds it
/// proves so by signing (M 3.1.7). SHA-256, no attributes. `subject`: by short names of OpenSSL
/// ("C", "O", "CN", "serialNumber"), UTF-8; it may be empty, as a CA that works by orders believes
/// the key only. Errors: those of OutsideKey::sign(), and (Invalid) csr.bad_subject for an
/// attribute that is unknown or too long.
[[nodiscard]] Result<std::string> make_csr(std::span<const NamePart> subject,
                                           const OutsideKey& key);

}  // namespace sealdesk::crypto
