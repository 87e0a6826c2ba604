#pragma once

#include <optional>
#include <string>

#include "cards/card.h"
#include "cli/desk.h"
#include "cli/session.h"
#include "officers/officer.h"

namespace sealdesk::cli {

/// The person who gets a card, and where what opens it comes from: a file each, or typed by the
/// person at the terminal.
struct CardEnrolment {
    std::string login;
    std::string name;
    officers::Roles roles;
    std::string reader;  ///< part of its name
    std::string scheme;  ///< whose CA certifies the key; empty: the first that has the profile
    std::string present_pin_file;
    std::string pin_file;
    std::string present_puk_file;
    std::string puk_file;
    std::optional<officers::Officer> present = {};  ///< who gets another card instead of the first
    officers::ReplacedFor why = officers::ReplacedFor::Expiring;
};

/// The scheme of this desk whose CA issued a certificate; empty: none of them.
[[nodiscard]] std::string issuing_scheme(const Desk& desk, const crypto::Certificate& certificate);

/// Makes an officer of a person and of the card in the reader, or gives an officer this card for
/// the one before, which may be the same with a new key (M 1.3.2): PIN and PUK become the
/// person's own; a key is made in the card; the CA certifies it on the administrator's signed word
/// and the key's own proof; the certificate is written, read back, and registered. Nobody is an
/// officer before all of it: what breaks off is done anew with the same command, and a certificate
/// that was issued for nobody is revoked by a job. `card` was chosen. Errors: management_key(),
/// cards::Card, open_ra(), CaClient::issue(), officers::add(), officers::replace_certificate();
/// (Refused) officer.card_taken when
/// the card is another officer's, card.not_blank when it has a certificate that is not an
/// officer's; (Invalid) officer.no_profile; (Internal) card.not_written.
[[nodiscard]] Result<officers::Officer> enrol_on_card(Program& program, Desk& desk,
                                                      Session& administrator,
                                                      const CardEnrolment& person,
                                                      cards::Card& card);

}  // namespace sealdesk::cli
