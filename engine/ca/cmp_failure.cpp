#include "ca/cmp_failure.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace sealdesk::ca {
namespace {

constexpr std::size_t kTextCharactersMax = 200;

/// The errors of single orders (ca_client.h, local_ca.h), as both ends know them.
struct KnownRefusal {
    std::string_view code;
    ErrorKind kind;
    CmpFailureBit bit;
};

constexpr std::array kKnownRefusals{
    KnownRefusal{"ca.already_held", ErrorKind::Refused, CmpFailureBit::BadRequest},
    KnownRefusal{"ca.already_revoked", ErrorKind::Refused, CmpFailureBit::CertificateRevoked},
    KnownRefusal{"ca.bad_field", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.bad_order", ErrorKind::Invalid, CmpFailureBit::BadRequest},
    KnownRefusal{"ca.beyond_authority", ErrorKind::Refused, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.close_primes", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.cmp_other_ra", ErrorKind::Refused, CmpFailureBit::NotAuthorized},
    KnownRefusal{"ca.cmp_wrong_authority", ErrorKind::Invalid, CmpFailureBit::WrongAuthority},
    KnownRefusal{"ca.csr_unreadable", ErrorKind::Invalid, CmpFailureBit::BadDataFormat},
    KnownRefusal{"ca.expired", ErrorKind::Refused, CmpFailureBit::BadRequest},
    KnownRefusal{"ca.key_reused", ErrorKind::Refused, CmpFailureBit::DuplicateRequest},
    KnownRefusal{"ca.key_unreadable", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.listed_key", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.missing_field", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.no_possession", ErrorKind::Invalid, CmpFailureBit::BadProof},
    KnownRefusal{"ca.not_held", ErrorKind::Refused, CmpFailureBit::BadRequest},
    KnownRefusal{"ca.order_changed", ErrorKind::Conflict, CmpFailureBit::TransactionIdInUse},
    KnownRefusal{"ca.roca_key", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.signing_period_over", ErrorKind::Refused, CmpFailureBit::NotAuthorized},
    KnownRefusal{"ca.unknown_field", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.unknown_profile", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.unknown_serial", ErrorKind::NotFound, CmpFailureBit::BadCertificateId},
    KnownRefusal{"ca.weak_exponent", ErrorKind::Invalid, CmpFailureBit::BadTemplate},
    KnownRefusal{"ca.weak_key", ErrorKind::Invalid, CmpFailureBit::BadTemplate}};

const KnownRefusal* known_refusal(std::string_view code) {
    const auto* const found = std::ranges::find(kKnownRefusals, code, &KnownRefusal::code);
    return found == kKnownRefusals.end() ? nullptr : found;
}

bool has_bit(unsigned bits, CmpFailureBit bit) { return ((bits >> unsigned(bit)) & 1U) != 0; }

Error refusal_by_bits(unsigned bits, const std::string& text, std::string where) {
    if (has_bit(bits, CmpFailureBit::SystemUnavailable) ||
        has_bit(bits, CmpFailureBit::SystemFailure)) {
        return {ErrorKind::Unavailable,
                "ca.cmp_unavailable",
                "The CA cannot do this now: " + text,
                std::move(where),
                {}};
    }
    if (has_bit(bits, CmpFailureBit::TransactionIdInUse)) {
        return {ErrorKind::Conflict,
                "ca.order_changed",
                "This key was used before for another order.",
                std::move(where),
                {}};
    }
    if (has_bit(bits, CmpFailureBit::BadCertificateId)) {
        return {ErrorKind::NotFound,
                "ca.unknown_serial",
                "The CA issued no certificate of this serial number.",
                std::move(where),
                {}};
    }
    if (has_bit(bits, CmpFailureBit::CertificateRevoked)) {
        return {ErrorKind::Refused,
                "ca.already_revoked",
                "The certificate is revoked, for ever.",
                std::move(where),
                {}};
    }
    return {ErrorKind::Refused,
            "ca.cmp_refused",
            "The CA refused (failure bits " + std::to_string(bits) + "): " + text,
            std::move(where),
            {}};
}

}  // namespace

CmpFailure to_cmp_failure(const Error& error) {
    if (const KnownRefusal* const known = known_refusal(error.code)) {
        return {known->bit, error.code + ": " + error.detail};
    }
    if (error.kind == ErrorKind::Internal) {
        return {CmpFailureBit::SystemFailure, "The CA failed; call its operator.", false};
    }
    // Our clock, a lost database, someone faster: nothing a peer could mend.
    return {CmpFailureBit::SystemUnavailable, "The CA is not available; ask again later.", false};
}

Error from_cmp_failure(unsigned bits, std::string_view text, std::string where) {
    std::string line = to_cmp_text(text);
    const auto colon = line.find(": ");
    const KnownRefusal* const known =
        colon == std::string::npos ? nullptr : known_refusal(line.substr(0, colon));
    if (known != nullptr) {
        return {
            known->kind, std::string(known->code), line.substr(colon + 2), std::move(where), {}};
    }
    return refusal_by_bits(bits, line.empty() ? "no reason given" : line, std::move(where));
}

std::string to_cmp_text(std::string_view text) {
    std::u32string points = to_code_points(text);
    std::erase_if(points, [](char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); });
    if (points.size() > kTextCharactersMax) {
        points.resize(kTextCharactersMax);
    }
    return to_utf8(points);
}

}  // namespace sealdesk::ca
