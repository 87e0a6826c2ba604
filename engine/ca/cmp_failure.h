#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

/// Why a request by CMP was refused, as it goes over the wire and comes back.
namespace sealdesk::ca {

/// Bits of PKIFailureInfo (RFC 4210 §5.2.3).
enum class CmpFailureBit : unsigned {
    BadAlgorithm = 0,
    BadMessageCheck = 1,
    BadRequest = 2,
    BadTime = 3,
    BadCertificateId = 4,
    BadDataFormat = 5,
    WrongAuthority = 6,
    MissingTimeStamp = 7,
    BadProof = 9,
    CertificateRevoked = 10,
    BadTemplate = 19,
    SignerNotTrusted = 20,
    TransactionIdInUse = 21,
    UnsupportedVersion = 22,
    NotAuthorized = 23,
    SystemUnavailable = 24,
    SystemFailure = 25,
    DuplicateRequest = 26,
};

struct CmpFailure {
    CmpFailureBit bit;
    std::string text;      ///< one sentence in English, "code: detail" of an Error of ours
    bool is_final = true;  ///< false: the same request may succeed later
};

/// What the peer may know of an error: of our own troubles (Unavailable, Internal, our clock)
/// nothing but that there are some.
[[nodiscard]] CmpFailure to_cmp_failure(const Error& error);

/// The way back, in the RA: the error the CA in this process would have returned, when the text
/// names one; otherwise by the failure's bits. `where` is the order's key.
[[nodiscard]] Error from_cmp_failure(unsigned bits, std::string_view text, std::string where);

/// In PKIFreeText: UTF-8 without control characters, cut to a line.
[[nodiscard]] std::string to_cmp_text(std::string_view text);

}  // namespace sealdesk::ca
