#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// A registration authority on whose signed word this CA acts.
struct RegisteredRa {
    std::string name;  ///< 1 to 64 bytes, as in the audit log
    crypto::Certificate certificate;
    Instant since;
    std::optional<Instant> until;

    [[nodiscard]] bool is_believed_at(Instant at) const {
        return since <= at && (!until || at < *until) && certificate.is_valid_at(at);
    }
};

/// subjectKeyIdentifier in hexadecimal: how rows name a CA, and CMP an RA; empty when there is
/// none.
[[nodiscard]] std::string key_id_of(const crypto::Certificate& certificate);

/// Registers an RA's certificate; registering it again changes nothing. Errors (Invalid):
/// ca.ra_no_key_id (a certificate without subjectKeyIdentifier cannot be found by CMP),
/// ca.ra_name (empty or too long).
[[nodiscard]] Outcome register_ra(store::Tx& tx, std::string_view issuer, const std::string& name,
                                  const crypto::Certificate& certificate);

/// From now on no order signed by it is carried out. Error (NotFound) ca.unknown_ra.
[[nodiscard]] Outcome dismiss_ra(store::Tx& tx, std::string_view issuer,
                                 std::string_view fingerprint);

/// Every RA ever registered, the oldest first.
[[nodiscard]] std::vector<RegisteredRa> all_ras(store::Tx& tx, std::string_view issuer);

/// Those believed now; usually one.
[[nodiscard]] std::vector<RegisteredRa> believed_ras(store::Tx& tx, std::string_view issuer);

/// The believed one with this subjectKeyIdentifier (hexadecimal).
[[nodiscard]] std::optional<RegisteredRa> find_ra(store::Tx& tx, std::string_view issuer,
                                                  std::string_view key_id);

}  // namespace sealdesk::ca
