#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ca/ca_client.h"
#include "ca/cmp_failure.h"
#include "ca/cmp_message.h"
#include "ca/cmp_store.h"
#include "ca/profile.h"
#include "ca/ra_registry.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// How far a message's time may be from ours. Clocks kept by NTP differ by far less; the window
/// bounds how long a request that never reached us can be delivered by someone who caught it
/// (one that did is kept from doing anything again by its transaction id, for ever).
inline constexpr std::chrono::minutes kCmpTimeWindow{10};

/// RFC 4210 §5.1.1 recommends 16 bytes; more than 24 would not fit into an order's key.
inline constexpr std::size_t kCmpTransactionIdMax = 24;

struct CmpSettings {
    std::string issuer;  ///< ca_authority.issuer: whose registered RAs are believed
    /// The CA's protection key (not its certificate-signing key) and the certificate the CA gave
    /// it: its issuer is the CA's name, by which requests name their certificates.
    crypto::KeyPair key;
    crypto::Certificate certificate;
    Profiles profiles;
    std::string default_profile;  ///< of requests without kCmpProfileOid
};

/// A CA as CMP sees it (RFC 4210; HTTP around it is RFC 9811's business): p10cr, ir, cr, kur, rr
/// and certConf, one certificate a message, protected by the signature of a registered RA
/// (M 1.3.2), pvno 2.
///
/// OpenSSL 3.0 believes raVerified from anyone it can authenticate, accepts expired pinned
/// certificates, knows no replay and puts its own reasons into errors. Therefore: the RA is found
/// in the register by senderKID, its dates and standing are checked here, and OpenSSL is pinned to
/// exactly that certificate; a transaction id is good for one request (ca_cmp_transaction); what
/// OpenSSL answered without having asked us is thrown away. An entry in the register counts for
/// more than id-kp-cmcRA in the certificate, which is therefore not asked for.
///
/// An order's key is made from the transaction id and the RA's name, the subscriber is "ra:" and
/// the name. The subject is read by the profile (cmp_subject.h); dates and other extensions that
/// were wished for are answered by grantedWithMods. An RA may hold, release, revoke and update
/// what it ordered itself by CMP, and what was ordered inside this house.
///
/// The same message again gets the stored answer. A message with the same content built anew
/// (time, nonces, signature differ) gets the same certificate again; any other message under the
/// same id gets transactionIdInUse. Implicit confirmation is granted when asked for; otherwise a
/// certConf is answered by pkiconf, and one that rejects revokes the certificate. A certificate
/// nobody confirms stays valid.
///
/// One object serves one thread (as its database does); several processes may serve one CA.
class CmpServer {
public:
    /// Errors (Invalid): ca.key_mismatch, ca.unknown_profile (the default one).
    [[nodiscard]] static Result<CmpServer> open(store::Database& database, CaClient& ca,
                                                CmpSettings settings);

    /// Always a DER PKIMessage, never an exception; call it with no transaction open.
    [[nodiscard]] std::string answer(std::string_view der_message) noexcept;

private:
    CmpServer(store::Database& database, CaClient& ca, CmpSettings settings);

    [[nodiscard]] std::string answer_message(const CmpMessage& message, std::string_view der);
    [[nodiscard]] std::string refuse(const CmpMessage* message, const CmpFailure& failure);
    [[nodiscard]] std::optional<CmpFailure> distrust(const RegisteredRa& ra);
    [[nodiscard]] std::string confirm(const CmpMessage& message, std::string_view der,
                                      const RegisteredRa& ra,
                                      const std::optional<CmpTransaction>& transaction);

    store::Database& database_;
    CaClient& ca_;
    CmpSettings settings_;
};

}  // namespace sealdesk::ca
