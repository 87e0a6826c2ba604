#pragma once

#include <string>
#include <string_view>

#include "requests/office.h"
#include "subscribers/certificate.h"
#include "subscribers/token.h"

// What a subscriber asks with the signature of its card (M 3.1.8): a CMS with the content inside,
// kept as the word on which the RA orders.
namespace sealdesk::effects {

/// What a subscriber wrote and signed, verified; only read_card_request() makes one. Nothing is
/// said of whether the signer may have what it asks.
class CardRequest {
public:
    [[nodiscard]] const subscribers::Certificate& signer() const { return signer_; }
    [[nodiscard]] const std::string& content() const { return content_; }
    [[nodiscard]] const std::string& word() const { return word_; }  ///< the CMS

private:
    friend Result<CardRequest> read_card_request(const requests::Office& office,
                                                 std::string_view cms);
    CardRequest(subscribers::Certificate signer, std::string content, std::string word)
        : signer_(std::move(signer)), content_(std::move(content)), word_(std::move(word)) {}

    subscribers::Certificate signer_;
    std::string content_;
    std::string word_;
};

/// Reads a CMS, DER or PEM, and verifies it with the certificate on file that it names. Errors:
/// those of crypto::claimed_signer() and crypto::verify_attached(); certificate.unknown.
[[nodiscard]] Result<CardRequest> read_card_request(const requests::Office& office,
                                                    std::string_view cms);

/// The token of a signer that may order with its signature (M 3.1.8: the primary card). Refused,
/// with `rule`: card.not_primary; card.not_in_force when the signing certificate is revoked,
/// expired, on hold or was never accepted (M 4.3).
[[nodiscard]] Result<subscribers::Token> signing_card(store::Tx& tx,
                                                      const subscribers::Certificate& signer,
                                                      const std::string& rule);

}  // namespace sealdesk::effects
