#include "ca/cmp_server.h"

#include <exception>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/cmp_answer.h"
#include "ca/cmp_session.h"
#include "crypto/mac.h"

namespace sealdesk::ca {
namespace {

constexpr std::uint64_t kCmpVersion = 2;  // what OpenSSL 3.0 speaks; RFC 9810 servers take it

CmpFailure server_failed() {
    return {CmpFailureBit::SystemFailure, "The CA failed; call its operator.", false};
}

bool is_request(unsigned kind) {
    switch (kind) {
        case cmp_body::kInitialRequest:
        case cmp_body::kCertificateRequest:
        case cmp_body::kPkcs10Request:
        case cmp_body::kKeyUpdateRequest:
        case cmp_body::kRevocationRequest:
        case cmp_body::kCertificateConfirm: return true;
        default: return false;
    }
}

/// Whether the body of a request is one we can read: exactly one certificate.
bool is_sound_body(const CmpMessage& message) {
    switch (message.kind) {
        case cmp_body::kPkcs10Request: return true;  // the core reads it
        case cmp_body::kRevocationRequest: return read_revocation_reason(message.body).has_value();
        case cmp_body::kCertificateConfirm: return read_confirmation(message.body).has_value();
        default: return read_certificate_request(message.body).has_value();
    }
}

/// What can be said of a message before its sender is known.
std::optional<CmpFailure> check_message_form(const CmpMessage& message) {
    if (message.version != kCmpVersion) {
        return CmpFailure{CmpFailureBit::UnsupportedVersion, "Only pvno 2 is spoken here."};
    }
    if (!is_request(message.kind)) {
        return CmpFailure{CmpFailureBit::BadRequest,
                          "Only ir, cr, p10cr, kur, rr and certConf are answered here."};
    }
    if (message.transaction_id.empty() || message.transaction_id.size() > kCmpTransactionIdMax) {
        return CmpFailure{CmpFailureBit::BadDataFormat,
                          "A transactionID of 1 to 24 bytes is needed; RFC 4210 recommends 16."};
    }
    if (message.protection_algorithm.empty()) {
        return CmpFailure{CmpFailureBit::BadMessageCheck, "The message is not signed."};
    }
    if (!is_acceptable_signature(message.protection_algorithm)) {
        return CmpFailure{CmpFailureBit::BadAlgorithm,
                          "Messages are signed by RSA or ECDSA with SHA-256, -384 or -512."};
    }
    if (message.sender.empty() || message.sender_key_id.empty()) {
        return CmpFailure{CmpFailureBit::SignerNotTrusted,
                          "The sender is named by a directoryName and a senderKID."};
    }
    if (!is_sound_body(message)) {
        return CmpFailure{CmpFailureBit::BadRequest,
                          "The body cannot be read, or asks for more than one certificate."};
    }
    return std::nullopt;
}

std::optional<CmpFailure> check_message_time(const CmpMessage& message, Instant now) {
    if (!message.time) {
        return CmpFailure{CmpFailureBit::MissingTimeStamp, "The message has no messageTime."};
    }
    if (std::chrono::abs(*message.time - now) > kCmpTimeWindow) {
        return CmpFailure{CmpFailureBit::BadTime,
                          "The messageTime is more than 10 minutes off; build the message anew."};
    }
    return std::nullopt;
}

CmpFailure signer_not_trusted() {
    return {CmpFailureBit::SignerNotTrusted, "The sender is no registration authority of this CA."};
}

}  // namespace

Result<CmpServer> CmpServer::open(store::Database& database, CaClient& ca, CmpSettings settings) {
    if (!settings.certificate.belongs_to(settings.key)) {
        return Error{ErrorKind::Invalid,
                     "ca.key_mismatch",
                     "The key does not belong to the certificate.",
                     "CMP protection key",
                     {}};
    }
    if (settings.profiles.find(settings.default_profile) == nullptr) {
        return Error{ErrorKind::Invalid,
                     "ca.unknown_profile",
                     "There is no certificate profile of this name.",
                     settings.default_profile,
                     {}};
    }
    return CmpServer(database, ca, std::move(settings));
}

CmpServer::CmpServer(store::Database& database, CaClient& ca, CmpSettings settings)
    : database_(database), ca_(ca), settings_(std::move(settings)) {}

// Exceptions end here: the peer gets an answer whatever happens, and learns nothing of us.
std::string CmpServer::answer(std::string_view der_message) noexcept {
    std::optional<CmpMessage> message;
    CmpFailure failure = server_failed();
    try {
        if (der_message.size() <= kCmpMessageMax) {
            message = read_cmp_message(der_message);
        }
        if (message) {
            return answer_message(*message, der_message);
        }
        failure = {CmpFailureBit::BadDataFormat, "This is no PKIMessage in DER of at most 64 KB."};
    } catch (const Failure& fault) {
        failure = to_cmp_failure(fault.error());
    } catch (const std::exception&) {
        // a defect or no memory: as `failure` says
    }
    crypto::forget_errors();
    try {
        return refuse(message ? &*message : nullptr, failure);
    } catch (const std::exception&) {
        return write_plain_cmp_error(failure);
    }
}

std::string CmpServer::refuse(const CmpMessage* message, const CmpFailure& failure) {
    return write_cmp_error(
        {settings_.key, settings_.certificate, database_.clock().now(), database_.random()},
        message, failure);
}

std::string CmpServer::answer_message(const CmpMessage& message, std::string_view der) {
    const auto malformed = check_message_form(message);
    if (malformed) {
        return refuse(&message, *malformed);
    }
    std::optional<CmpTransaction> transaction;
    const auto ra = store::transact(database_, "ca.cmp_look_up", [&](store::Tx& tx) {
        auto found = find_ra(tx, settings_.issuer, message.sender_key_id);
        transaction =
            found ? find_cmp_transaction(tx, cmp_transaction_key(settings_, message, *found))
                  : std::nullopt;
        return found;
    });
    if (!ra) {
        return refuse(&message, signer_not_trusted());
    }
    const auto distrusted = distrust(*ra);
    if (distrusted) {
        return refuse(&message, *distrusted);
    }
    if (transaction && !transaction->response.empty() &&
        transaction->message_sha256 == sha256_hex(der)) {
        return transaction->response;
    }
    const auto untimely = check_message_time(message, database_.clock().now());
    if (untimely) {
        return refuse(&message, *untimely);
    }
    if (message.kind == cmp_body::kCertificateConfirm) {
        return confirm(message, der, *ra, transaction);
    }
    auto answer = carry_out(database_, ca_, settings_, {message, der, *ra});
    if (const auto* const failure = std::get_if<CmpFailure>(&answer)) {
        return refuse(&message, *failure);
    }
    return std::get<std::string>(std::move(answer));
}

/// The register checked the dates; an RA certified by this CA can be held or revoked, too.
std::optional<CmpFailure> CmpServer::distrust(const RegisteredRa& ra) {
    if (ra.certificate.issuer() != settings_.certificate.issuer()) {
        return std::nullopt;
    }
    const auto status = ca_.status(ra.certificate.serial());
    if (!status) {
        return status.error().kind == ErrorKind::NotFound ? std::optional<CmpFailure>()
                                                          : to_cmp_failure(status.error());
    }
    return status->state == CertificateState::Issued ? std::optional<CmpFailure>()
                                                     : signer_not_trusted();
}

/// OpenSSL's server knows a certConf only in the context of its request; here the table does.
std::string CmpServer::confirm(const CmpMessage& message, std::string_view der,
                               const RegisteredRa& ra,
                               const std::optional<CmpTransaction>& transaction) {
    const CmpServerContext context = make_cmp_context(settings_, ra);
    const CmpMessageHandle parsed = parse_cmp(without_extra_certificates(der));
    const bool is_signed =
        parsed != nullptr &&
        OSSL_CMP_validate_msg(OSSL_CMP_SRV_CTX_get0_cmp_ctx(context.get()), parsed.get()) == 1;
    crypto::forget_errors();
    const auto said = read_confirmation(message.body);
    if (!is_signed || !said) {
        return refuse(&message, {CmpFailureBit::BadMessageCheck, "The signature is wrong."});
    }
    if (!transaction || transaction->serial.empty()) {
        return refuse(&message, {CmpFailureBit::BadRequest,
                                 "No certificate of this transaction is to be confirmed."});
    }
    const bool rejects_all = said->hash.empty() && !said->is_accepted;
    if (!rejects_all && !crypto::same_bytes(to_hex(said->hash), transaction->certificate_sha256)) {
        return refuse(&message, {CmpFailureBit::BadCertificateId,
                                 "The hash is not that of the certificate given out."});
    }
    const std::string word = said->is_accepted ? "accepted" : "rejected";
    if (!transaction->confirmation.empty() && transaction->confirmation != word) {
        return refuse(&message, {CmpFailureBit::BadRequest,
                                 "The certificate was " + transaction->confirmation + " before."});
    }
    if (!said->is_accepted) {
        // RFC 4210 §5.3.18: what the client does not want is not to stay in force. The approval is
        // the request's, so that a certConf built anew is the same order.
        const Outcome revoked =
            ca_.revoke({cmp_order_key(transaction->key) + ":rejected", transaction->serial,
                        Reason::CessationOfOperation, transaction->message_sha256});
        if (!revoked && revoked.error().code != "ca.already_revoked") {
            return refuse(&message, to_cmp_failure(revoked.error()));
        }
    }
    store::transact(database_, "ca.cmp_confirm",
                    [&](store::Tx& tx) { save_cmp_confirmation(tx, transaction->id, word); });
    return write_cmp_confirmation(
        {settings_.key, settings_.certificate, database_.clock().now(), database_.random()},
        message);
}

}  // namespace sealdesk::ca
