#include "ca/cmp_session.h"

#include <optional>
#include <utility>

#include <openssl/crmf.h>

#include "audit/log.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/cmp_store.h"
#include "ca/cmp_subject.h"

namespace sealdesk::ca {
namespace {

constexpr std::size_t kShortNameLength = 16;
constexpr std::size_t kSubscriberMax = 64;
constexpr unsigned kReasonRemove = 8;  // removeFromCRL (RFC 5280 §5.3.1)

Error session_error(ErrorKind kind, std::string code, std::string detail) {
    return {kind, std::move(code), std::move(detail), {}, {}};
}

std::string hex_of(const ASN1_STRING* bytes) {
    return to_hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(bytes)),
                   static_cast<std::size_t>(ASN1_STRING_length(bytes))});
}

/// What two messages have in common that ask for the same.
std::string content_hash_of(const CmpMessage& message) {
    std::string text = std::to_string(message.kind);
    for (const std::string& piece :
         {message.profile.value_or(""), message.approval_sha256.value_or(""), message.body}) {
        text += ' ';
        text += std::to_string(piece.size());
        text += ':';
        text += piece;
    }
    return sha256_hex(text);
}

/// The register's name of an RA, as an order's subscriber.
std::string subscriber_of(const RegisteredRa& ra) {
    std::string subscriber = "ra:" + ra.name;
    return subscriber.size() <= kSubscriberMax
               ? subscriber
               : "ra:" + sha256_hex(ra.name).substr(0, kSubscriberMax / 2);
}

/// What is to be certified, whichever way it was asked for.
struct Wishes {
    std::string subject;
    std::string extensions;
    std::string csr;
    std::string public_key;
    bool has_validity = false;
};

Wishes wishes_of_csr(const X509_REQ* csr, const std::string& der) {
    Wishes wishes;
    wishes.csr = der;
    wishes.subject = crypto::to_der<X509_NAME>(X509_REQ_get_subject_name(csr), &i2d_X509_NAME);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): 3.0 reads only and says otherwise
    X509_EXTENSIONS* const extensions = X509_REQ_get_extensions(const_cast<X509_REQ*>(csr));
    if (extensions != nullptr && sk_X509_EXTENSION_num(extensions) > 0) {
        wishes.extensions = crypto::to_der<X509_EXTENSIONS>(extensions, &i2d_X509_EXTENSIONS);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return wishes;
}

class Session {
public:
    Session(store::Database& database, CaClient& ca, const CmpSettings& settings,
            const CmpRequest& request)
        : database_(database),
          ca_(ca),
          settings_(settings),
          request_(request),
          transaction_{0,
                       cmp_transaction_key(settings, request.message, request.ra),
                       sha256_hex(request.der),
                       content_hash_of(request.message),
                       {},
                       {},
                       {},
                       {}} {}

    std::variant<std::string, CmpFailure> run() {
        const CmpServerContext context = make_cmp_context(settings_, request_.ra);
        const CmpMessageHandle message = parsed_request();
        if (message == nullptr) {
            crypto::forget_errors();
            return CmpFailure{CmpFailureBit::BadDataFormat, "The message cannot be read."};
        }
        crypto::require(
            OSSL_CMP_SRV_CTX_init(context.get(), this, &Session::on_certificate_request,
                                  &Session::on_revocation, nullptr, nullptr, nullptr, nullptr) == 1,
            "OSSL_CMP_SRV_CTX_init");
        const CmpMessageHandle answer(OSSL_CMP_SRV_process_request(context.get(), message.get()));
        crypto::forget_errors();
        if (!was_asked_) {
            return why_not_asked(answer.get());
        }
        if (answer == nullptr ||
            OSSL_CMP_MSG_get_bodytype(answer.get()) == static_cast<int>(cmp_body::kErrorMessage)) {
            return CmpFailure{CmpFailureBit::SystemFailure, "The CA failed; call its operator.",
                              false};
        }
        transaction_.response = cmp_to_der(answer.get());
        if (is_final_ && transaction_.id != 0) {
            store::transact(database_, "ca.cmp_answer",
                            [&](store::Tx& tx) { save_cmp_response(tx, transaction_); });
        }
        return transaction_.response;
    }

private:
    /// Where an RA vouches for the possession of the key (M 3.1.7), nothing is verified by it.
    [[nodiscard]] CmpMessageHandle parsed_request() const {
        const std::string der = without_extra_certificates(request_.der);
        const auto wanted = request_.message.kind == cmp_body::kPkcs10Request
                                ? std::nullopt
                                : read_certificate_request(request_.message.body);
        if (wanted && wanted->is_ra_verified) {
            const crypto::KeylessDecoding keyless;
            return parse_cmp(der);
        }
        return parse_cmp(der);
    }

    // NOLINTNEXTLINE(readability-function-size): OpenSSL says what it takes
    static OSSL_CMP_PKISI* on_certificate_request(OSSL_CMP_SRV_CTX* context,
                                                  const OSSL_CMP_MSG* /*message*/, int /*id*/,
                                                  const OSSL_CRMF_MSG* wanted, const X509_REQ* csr,
                                                  X509** certificate, STACK_OF(X509) * * /*chain*/,
                                                  STACK_OF(X509) * * /*authorities*/) {
        auto* const session = static_cast<Session*>(OSSL_CMP_SRV_CTX_get0_custom_ctx(context));
        return session->decide([&] { return session->certify(wanted, csr, certificate); });
    }

    static OSSL_CMP_PKISI* on_revocation(OSSL_CMP_SRV_CTX* context, const OSSL_CMP_MSG* /*message*/,
                                         const X509_NAME* issuer, const ASN1_INTEGER* serial) {
        auto* const session = static_cast<Session*>(OSSL_CMP_SRV_CTX_get0_custom_ctx(context));
        return session->decide([&] { return session->change_status(issuer, serial); });
    }

    /// Stands between C and C++: no exception leaves, and every outcome is a PKIStatusInfo of ours.
    template <class Work>
    OSSL_CMP_PKISI* decide(const Work& work) noexcept {
        was_asked_ = true;
        CmpFailure failure{CmpFailureBit::SystemFailure, "The CA failed; call its operator.",
                           false};
        try {
            const Outcome outcome = work();
            if (outcome) {
                return OSSL_CMP_STATUSINFO_new(
                    is_modified_ ? OSSL_CMP_PKISTATUS_grantedWithMods : OSSL_CMP_PKISTATUS_accepted,
                    0, nullptr);
            }
            failure = to_cmp_failure(outcome.error());
        } catch (const Failure& fault) {
            failure = to_cmp_failure(fault.error());
        } catch (const std::exception&) {
            // a defect or no memory: as `failure` says
        }
        is_final_ = failure.is_final;
        return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, 1 << unsigned(failure.bit),
                                       to_cmp_text(failure.text).c_str());
    }

    /// OpenSSL refused by itself; its answer may quote its error queue and is not sent.
    static CmpFailure why_not_asked(const OSSL_CMP_MSG* answer) {
        const bool is_response = answer != nullptr && OSSL_CMP_MSG_get_bodytype(answer) !=
                                                          static_cast<int>(cmp_body::kErrorMessage);
        if (is_response) {
            return {CmpFailureBit::BadProof, "The possession of the key is not proved."};
        }
        return {CmpFailureBit::BadMessageCheck,
                "The signature is wrong, or the sender is not its signer."};
    }

    /// Takes the transaction id for this request, or finds that it is this request's already.
    Outcome begin() {
        return store::transact(database_, "ca.cmp_begin", [&](store::Tx& tx) -> Outcome {
            const auto known = find_cmp_transaction(tx, transaction_.key);
            if (!known) {
                insert_cmp_transaction(tx, transaction_, request_.der);
                audit::append(tx, {"ca.cmp_request",
                                   subscriber_of(request_.ra),
                                   cmp_order_key(transaction_.key).substr(0, kSubscriberMax),
                                   {{"message_sha256", transaction_.message_sha256}}});
                return done();
            }
            if (known->content_sha256 != transaction_.content_sha256) {
                transaction_.id = 0;  // not ours to answer
                return session_error(ErrorKind::Conflict, "ca.order_changed",
                                     "This transaction id was used before for another request.");
            }
            transaction_ = *known;
            return done();
        });
    }

    [[nodiscard]] std::string approval() const {
        return request_.message.approval_sha256.value_or(transaction_.message_sha256);
    }

    [[nodiscard]] bool is_ours(const X509_NAME* issuer) const {
        const X509_NAME* const own = X509_get_issuer_name(settings_.certificate.native());
        return issuer != nullptr && X509_NAME_cmp(issuer, own) == 0;
    }

    /// A certificate this RA may dispose of.
    Result<CertificateStatus> own_certificate(const X509_NAME* issuer, const ASN1_INTEGER* serial) {
        if (serial == nullptr || !is_ours(issuer)) {
            return session_error(ErrorKind::Invalid, "ca.cmp_wrong_authority",
                                 "The certificate named is not of this CA.");
        }
        auto status = ca_.status(hex_of(serial));
        if (status && status->subscriber.starts_with("ra:") &&
            status->subscriber != subscriber_of(request_.ra)) {
            return session_error(ErrorKind::Refused, "ca.cmp_other_ra",
                                 "Another RA ordered this certificate.");
        }
        return status;
    }

    /// The profile of the certificate to be updated, which must be in force.
    Result<std::string> updated_profile(const OSSL_CRMF_MSG* wanted) {
        const OSSL_CRMF_CERTID* const old = OSSL_CRMF_MSG_get0_regCtrl_oldCertID(wanted);
        if (old == nullptr) {
            return session_error(ErrorKind::NotFound, "ca.unknown_serial",
                                 "A key update names the certificate it is for.");
        }
        auto status = own_certificate(OSSL_CRMF_CERTID_get0_issuer(old),
                                      OSSL_CRMF_CERTID_get0_serialNumber(old));
        if (!status) {
            return status.error();
        }
        switch (status->state) {
            case CertificateState::Issued: return status->profile;
            case CertificateState::Held:
                return session_error(ErrorKind::Refused, "ca.already_held",
                                     "The certificate is on hold; release it first.");
            case CertificateState::Revoked: break;
        }
        return session_error(ErrorKind::Refused, "ca.already_revoked",
                             "The certificate is revoked, for ever.");
    }

    [[nodiscard]] Result<Wishes> wishes_of_template(const OSSL_CRMF_MSG* wanted) const {
        auto read = read_certificate_request(request_.message.body);
        if (!read || read->is_odd) {
            return session_error(ErrorKind::Invalid, "ca.bad_field",
                                 "The template sets what is the CA's to decide, such as a serial "
                                 "number.");
        }
        const X509_NAME* const issuer =
            OSSL_CRMF_CERTTEMPLATE_get0_issuer(OSSL_CRMF_MSG_get0_tmpl(wanted));
        // OpenSSL's client puts the issuer of the RA's own certificate there unasked.
        const X509_NAME* const unasked = X509_get_issuer_name(request_.ra.certificate.native());
        if (issuer != nullptr && !is_ours(issuer) && X509_NAME_cmp(issuer, unasked) != 0) {
            return session_error(ErrorKind::Invalid, "ca.cmp_wrong_authority",
                                 "The template names another CA.");
        }
        if (read->public_key.empty()) {
            return session_error(ErrorKind::Invalid, "ca.key_unreadable",
                                 "The template has no public key.");
        }
        if (!read->is_ra_verified && !is_acceptable_signature(read->signature_algorithm)) {
            return session_error(ErrorKind::Invalid, "ca.no_possession",
                                 "Sign the request with the new key and SHA-256.");
        }
        return Wishes{std::move(read->subject),
                      std::move(read->extensions),
                      {},
                      std::move(read->public_key),
                      read->has_validity};
    }

    Result<Order> order_of(const Wishes& wishes, const std::string& default_profile) {
        const std::string& name = request_.message.profile.value_or(default_profile);
        const Profile* const profile = settings_.profiles.find(name);
        if (profile == nullptr) {
            return session_error(ErrorKind::Invalid, "ca.unknown_profile",
                                 "There is no certificate profile of this name.");
        }
        auto subject = read_cmp_subject(*profile, wishes.subject, wishes.extensions);
        if (!subject) {
            return subject.error();
        }
        is_modified_ = subject->is_modified || wishes.has_validity;
        return Order{cmp_order_key(transaction_.key),
                     subscriber_of(request_.ra),
                     profile->name,
                     std::move(subject->fields),
                     wishes.csr,
                     wishes.public_key,
                     approval()};
    }

    Outcome certify(const OSSL_CRMF_MSG* wanted, const X509_REQ* csr, X509** certificate) {
        const Outcome begun = begin();
        if (!begun) {
            return begun.error();
        }
        std::string default_profile = settings_.default_profile;
        if (request_.message.kind == cmp_body::kKeyUpdateRequest) {
            auto profile = updated_profile(wanted);
            if (!profile) {
                return profile.error();
            }
            default_profile = std::move(profile).value();
        }
        const auto wishes = csr != nullptr
                                ? Result<Wishes>(wishes_of_csr(csr, request_.message.body))
                                : wishes_of_template(wanted);
        if (!wishes) {
            return wishes.error();
        }
        const auto order = order_of(*wishes, default_profile);
        if (!order) {
            return order.error();
        }
        const auto issued = ca_.issue(*order);
        if (!issued) {
            return issued.error();
        }
        const auto parsed = crypto::Certificate::parse_keyless(issued->der);
        if (!parsed) {
            return parsed.error();
        }
        transaction_.serial = issued->serial;
        transaction_.certificate_sha256 = sha256_hex(issued->der);
        X509_up_ref(parsed->native());
        *certificate = parsed->native();
        return done();
    }

    Outcome change_status(const X509_NAME* issuer, const ASN1_INTEGER* serial) {
        const Outcome begun = begin();
        if (!begun) {
            return begun.error();
        }
        const auto status = own_certificate(issuer, serial);
        if (!status) {
            return status.error();
        }
        StatusOrder order{cmp_order_key(transaction_.key), status->serial, Reason::Unspecified,
                          approval()};
        const unsigned reason = read_revocation_reason(request_.message.body).value_or(UINT8_MAX);
        switch (reason) {
            case unsigned(Reason::CertificateHold): return ca_.hold(order);
            case kReasonRemove: return ca_.release(order);
            case unsigned(Reason::Unspecified):
            case unsigned(Reason::KeyCompromise):
            case unsigned(Reason::AffiliationChanged):
            case unsigned(Reason::Superseded):
            case unsigned(Reason::CessationOfOperation):
            case unsigned(Reason::PrivilegeWithdrawn):
                order.reason = static_cast<Reason>(reason);
                return ca_.revoke(order);
            default:
                return session_error(ErrorKind::Invalid, "ca.bad_order",
                                     "This reason is not one of a subscriber's certificate.");
        }
    }

    store::Database& database_;
    CaClient& ca_;
    const CmpSettings& settings_;
    const CmpRequest& request_;
    CmpTransaction transaction_;
    bool was_asked_ = false;
    bool is_final_ = true;
    bool is_modified_ = false;
};

}  // namespace

CmpServerContext make_cmp_context(const CmpSettings& settings, const RegisteredRa& ra) {
    CmpServerContext context(OSSL_CMP_SRV_CTX_new(nullptr, nullptr));
    crypto::require(context != nullptr, "OSSL_CMP_SRV_CTX_new");
    OSSL_CMP_CTX* const inner = OSSL_CMP_SRV_CTX_get0_cmp_ctx(context.get());
    crypto::require(
        OSSL_CMP_CTX_set_log_cb(inner, &forget_cmp_log) == 1 &&
            OSSL_CMP_CTX_set1_pkey(inner, settings.key.native()) == 1 &&
            OSSL_CMP_CTX_set1_cert(inner, settings.certificate.native()) == 1 &&
            // On a server, "the server's certificate" is the peer's.
            OSSL_CMP_CTX_set1_srvCert(inner, ra.certificate.native()) == 1 &&
            // Its sender is a registered RA, so its word on possession is good (M 3.1.7).
            OSSL_CMP_SRV_CTX_set_accept_raverified(context.get(), 1) == 1 &&
            OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(context.get(), 1) == 1,
        "OSSL_CMP_SRV_CTX");
    return context;
}

std::string cmp_order_key(const CmpTransactionKey& key) {
    return "cmp:" + key.transaction_id + ":" + sha256_hex(key.ra).substr(0, kShortNameLength);
}

CmpTransactionKey cmp_transaction_key(const CmpSettings& settings, const CmpMessage& message,
                                      const RegisteredRa& ra) {
    return {settings.issuer, ra.name, to_hex(message.transaction_id)};
}

std::variant<std::string, CmpFailure> carry_out(store::Database& database, CaClient& ca,
                                                const CmpSettings& settings,
                                                const CmpRequest& request) {
    return Session(database, ca, settings, request).run();
}

}  // namespace sealdesk::ca
