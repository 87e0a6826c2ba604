#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ca/ca_client.h"
#include "ca/profile.h"
#include "requests/office.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"
#include "subscribers/token.h"

// How an approved request becomes an order to the CA, and the CA's answer a certificate on file;
// for the use cases of this room.
namespace sealdesk::effects {

/// What an order is made of, read in one transaction.
struct Standing {
    requests::Request request;
    const scheme::Form& form;
    scheme::Values values;
    subscribers::Subscriber subscriber;
    std::string subject_number;  ///< the account's name, or the number that the CA gives (M 3.1.4)
    std::string approval_sha256;
    std::optional<subscribers::Token> token;            ///< of a form that orders one
    std::vector<subscribers::Certificate> inside = {};  ///< certificates in the token
    bool domestic;              ///< the applicant's number is a Taiwanese one
    bool keys_at_home = false;  ///< the token is a card that goes out empty

    [[nodiscard]] std::string value(const std::string& field) const {
        const auto found = values.find(field);
        return found == values.end() ? "" : found->second;
    }
};

/// Reads it: of a registration whose account is there, a token that was ordered, or data on which
/// a key file is ordered (M 4.2.4). Refused: certificate.not_approved.
[[nodiscard]] Result<Standing> read_standing(store::Tx& tx, const requests::Office& office,
                                             const std::string& number);

/// The profile to sign by: the form names a product, which consists of one or more certificates;
/// `wanted` is one of them, or empty for the first. Refused: certificate.no_profile.
[[nodiscard]] Result<const ca::Profile*> chosen_profile(const ca::Profiles& profiles,
                                                        const Standing& standing,
                                                        const std::string& wanted);

/// The profile of the token's certificate for one of a card's two keys (C 8.2, M 6.1.9). Refused:
/// certificate.no_profile.
enum class Purpose { Sign, Encrypt };
[[nodiscard]] Result<const ca::Profile*> profile_to(Purpose purpose, const ca::Profiles& profiles,
                                                    const Standing& standing);

/// How an order on this request for this CSR is named: a repeat gets the same certificate.
[[nodiscard]] std::string order_key_for(const std::string& request_number, std::string_view csr);

/// The order, with the subject that the register has and not the CSR's.
[[nodiscard]] ca::Order order_for(const Standing& standing, const ca::Profile& profile,
                                  const std::string& csr);

/// Whether the subscriber's own CSR is taken. The keys of a card are made in the card, by the card
/// centre (M 3.1.7), unless the scheme's cards go out empty (T 5.2.1): then the subscriber has to
/// have the card. Refused: certificate.card_centre, certificate.card_not_there.
Outcome check_own_key(const Standing& standing);

/// Asks the CA, with no transaction open, and keeps the certificate, in the token where there is
/// one; ends the subscriber's own application where there is one. The same order again changes
/// nothing. `by`: actor. Errors: what the CA says.
[[nodiscard]] Result<ca::IssuedCertificate> order_and_keep(const requests::Office& office,
                                                           ca::CaClient& authority,
                                                           const Standing& standing,
                                                           const ca::Order& order,
                                                           const std::string& by);

}  // namespace sealdesk::effects
