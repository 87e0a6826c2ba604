#include "ca/ocsp_responder.h"

#include <array>
#include <utility>

#include <openssl/x509v3.h>

#include "base/error.h"
#include "ca/ocsp_store.h"
#include "ca/ra_registry.h"

namespace sealdesk::ca {
namespace {

constexpr std::int64_t kAheadPage = 200;

using Digester = int (*)(const X509*, const EVP_MD*, unsigned char*, unsigned int*);

std::string digest_of(Digester digest, const crypto::Certificate& certificate, const EVP_MD* type) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    SEALDESK_CHECK(digest(certificate.native(), type, bytes.data(), &size) == 1);
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

int digest_name(const X509* certificate, const EVP_MD* type, unsigned char* out,
                unsigned int* size) {
    return X509_NAME_digest(X509_get_subject_name(certificate), type, out, size);
}

Error cannot_answer(ErrorKind kind, std::string code, std::string detail) {
    return {kind, std::move(code), std::move(detail), {}, "RFC 6960 §4.2.2.2"};
}

Outcome check_responder(const crypto::Certificate& authority, const crypto::KeyPair& key,
                        const crypto::Certificate& responder, Instant now) {
    if (!responder.belongs_to(key) || !key.is_rsa()) {
        return cannot_answer(ErrorKind::Invalid, "ca.ocsp_key_mismatch",
                             "The OCSP responder's key and certificate do not match.");
    }
    X509* const native = responder.native();
    const bool issued = X509_check_issued(authority.native(), native) == X509_V_OK &&
                        X509_verify(native, X509_get0_pubkey(authority.native())) == 1;
    if (!issued || (X509_get_extended_key_usage(native) & XKU_OCSP_SIGN) == 0) {
        return cannot_answer(ErrorKind::Invalid, "ca.ocsp_not_responder",
                             "The certificate was not issued by this CA to an OCSP responder.");
    }
    if (!responder.is_valid_at(now)) {
        return cannot_answer(ErrorKind::Refused, "ca.ocsp_expired",
                             "The OCSP responder's certificate has run out; make a new one with "
                             "`sealdesk ca service-keys`.");
    }
    return done();
}

crypto::PublicKey public_half(const crypto::KeyPair& key) {
    auto half = crypto::PublicKey::from_der(key.public_key());
    SEALDESK_CHECK(half.has_value());
    return *std::move(half);
}

OcspAnswer failed(OcspFailure why) { return {ocsp_failure(why), false, {}, {}}; }

}  // namespace

OcspResponder::OcspResponder(store::Database& database, std::string issuer, IssuerName name,
                             crypto::KeyPair key, const crypto::Certificate& certificate)
    : database_(database),
      issuer_(std::move(issuer)),
      name_(std::move(name)),
      key_(std::move(key)),
      public_key_(public_half(key_)),
      certificate_(certificate.der()),
      key_hash_(digest_of(&X509_pubkey_digest, certificate, EVP_sha1())),
      not_after_(certificate.not_after()) {}

Result<OcspResponder> OcspResponder::open(store::Database& database,
                                          const crypto::Certificate& authority, crypto::KeyPair key,
                                          const crypto::Certificate& certificate) {
    const Outcome sound = check_responder(authority, key, certificate, database.clock().now());
    if (!sound) {
        return sound.error();
    }
    IssuerName name{digest_of(&digest_name, authority, EVP_sha1()),
                    digest_of(&X509_pubkey_digest, authority, EVP_sha1()),
                    digest_of(&digest_name, authority, EVP_sha256()),
                    digest_of(&X509_pubkey_digest, authority, EVP_sha256())};
    return OcspResponder(database, key_id_of(authority), std::move(name), std::move(key),
                         certificate);
}

bool OcspResponder::is_ours(const CertId& id) const {
    return id.hash == IssuerHash::Sha1
               ? id.issuer_name_hash == name_.name_sha1 && id.issuer_key_hash == name_.key_sha1
               : id.issuer_name_hash == name_.name_sha256 && id.issuer_key_hash == name_.key_sha256;
}

std::string OcspResponder::sign(OcspStatement statement) {
    statement.responder_key_hash = key_hash_;
    const std::string data = ocsp_response_data(statement);
    const std::string signature = key_.sign(data);
    if (!public_key_.verifies(data, signature)) {
        throw_internal("ca.signature_wrong",
                       "The OCSP key gave a wrong signature; nothing was answered. Stop the "
                       "responder and check the machine.");
    }
    return ocsp_response(data, signature, certificate_);
}

OcspAnswer OcspResponder::answer(std::string_view bytes) {
    const auto request = read_ocsp_request(bytes);
    if (!request) {
        return failed(OcspFailure::MalformedRequest);
    }
    for (const CertId& id : request->certificates) {
        if (!is_ours(id)) {
            return failed(OcspFailure::Unauthorized);
        }
    }
    if (database_.clock().now() > not_after_) {
        return failed(OcspFailure::TryLater);
    }
    return request->nonce.empty() && request->certificates.size() == 1
               ? answer_stored(request->certificates.front())
               : answer_all(*request);
}

OcspAnswer OcspResponder::answer_stored(const CertId& id) {
    const Instant now = database_.clock().now();
    const auto subject = store::transact(database_, "ca.ocsp.look_up", [&](store::Tx& tx) {
        return find_ocsp_subject(tx, issuer_, id.serial, id.hash);
    });
    if (subject) {
        if (const SignedAnswer* const fresh = subject->fresh_answer(now)) {
            return {fresh->der, true, fresh->this_update, fresh->next_update};
        }
    }
    const Instant this_update = std::chrono::floor<std::chrono::seconds>(now);
    const Instant next_update = this_update + kOcspLife;
    OcspStatement statement{{{id, std::nullopt}}, {}, this_update, next_update, {}};
    if (!subject) {
        return {sign(std::move(statement)), false, this_update, next_update};
    }
    statement.answers.front().status = subject->stored.status;
    const SignedAnswer made{subject->stored.version, this_update, next_update,
                            sign(std::move(statement))};
    store::transact(database_, "ca.ocsp.answered",
                    [&](store::Tx& tx) { save_answer(tx, subject->stored.id, id.hash, made); });
    return {made.der, true, this_update, next_update};
}

OcspAnswer OcspResponder::answer_all(const OcspRequest& request) {
    const Instant now = std::chrono::floor<std::chrono::seconds>(database_.clock().now());
    const auto answers = store::transact(database_, "ca.ocsp.look_up", [&](store::Tx& tx) {
        std::vector<SingleAnswer> found;
        for (const CertId& id : request.certificates) {
            const auto subject = find_ocsp_subject(tx, issuer_, id.serial, id.hash);
            found.push_back({id, subject ? std::optional(subject->stored.status) : std::nullopt});
        }
        return found;
    });
    return {sign({answers, {}, now, now + kOcspLife, request.nonce}), false, now, now + kOcspLife};
}

std::int64_t OcspResponder::sign_ahead(const std::function<void(std::int64_t)>& progress) {
    std::int64_t total = 0;
    std::int64_t after = 0;
    while (true) {
        const Instant now = std::chrono::floor<std::chrono::seconds>(database_.clock().now());
        const auto page = store::transact(database_, "ca.ocsp.page", [&](store::Tx& tx) {
            return ocsp_subjects_after(tx, issuer_, IssuerHash::Sha1, after, kAheadPage);
        });
        if (page.empty()) {
            break;
        }
        after = page.back().stored.id;
        std::vector<std::pair<std::int64_t, SignedAnswer>> made;
        for (const OcspSubject& subject : page) {
            if (subject.fresh_answer(now + kOcspRenewal) != nullptr) {
                continue;
            }
            const CertificateStatus& status = subject.stored.status;
            const CertId id{IssuerHash::Sha1, name_.name_sha1, name_.key_sha1, status.serial};
            made.emplace_back(subject.stored.id,
                              SignedAnswer{subject.stored.version, now, now + kOcspLife,
                                           sign({{{id, status}}, {}, now, now + kOcspLife, {}})});
        }
        store::transact(database_, "ca.ocsp.ahead", [&](store::Tx& tx) {
            for (const auto& [certificate, answer] : made) {
                save_answer(tx, certificate, IssuerHash::Sha1, answer);
            }
        });
        total += static_cast<std::int64_t>(made.size());
        progress(total);
    }
    const Instant now = database_.clock().now();
    while (store::transact(database_, "ca.ocsp.forget", [&](store::Tx& tx) {
               return forget_answers(tx, now, kAheadPage);
           }) > 0) {
    }
    return total;
}

}  // namespace sealdesk::ca
