#include "effects/key_file.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "crypto/pkcs12.h"
#include "effects/acceptance.h"
#include "effects/certificate_order.h"
#include "effects/login.h"
#include "requests/request_store.h"
#include "subscribers/key_file.h"

namespace sealdesk::effects {
namespace {

using subscribers::ApplicationKind;
using subscribers::CertificateApplication;

Error key_file_error(ErrorKind kind, std::string code, std::string detail,
                     const CardRequest& request) {
    return {kind, std::move(code), std::move(detail), request.signer().serial, "M 4.2.2"};
}

/// ASCII only: readers disagree on how other characters become a key.
Outcome check_file_password(const CardRequest& request, const Secret& password) {
    const std::string_view text = password.reveal();
    const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!printable || !is_choosable(password)) {
        return key_file_error(ErrorKind::Refused, "key_file.weak_password",
                              "The password of a key file has 8 to 64 letters, digits or signs of "
                              "ASCII, with a letter and a digit.",
                              request);
    }
    return done();
}

/// The name of the certificate that the signed text asks for.
Result<std::string> name_wanted(const CardRequest& request, const std::string& id_number) {
    const auto text = nlohmann::json::parse(request.content(), nullptr, false);
    const bool sound = text.is_object() && text.size() == 2 && text.contains("certificate") &&
                       text["certificate"].is_string() && text.contains("id_number") &&
                       text["id_number"] == id_number;
    if (!sound) {
        return key_file_error(ErrorKind::Invalid, "key_file.unreadable",
                              "The signed text is not {\"certificate\": …, \"id_number\": …} with "
                              "the entity's own number.",
                              request);
    }
    return text["certificate"].get<std::string>();
}

/// The profile that the scheme offers under this name to this kind of applicant.
Result<std::string> profile_offered(const requests::Office& office, const CardRequest& request,
                                    const std::string& name, const std::string& kind) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, request.signer().scheme);
    SEALDESK_CHECK(scheme != nullptr);  // its certificates come from there
    for (const scheme::KeyFileOffer& offer : scheme->key_files) {
        const auto profile = offer.profiles.find(kind);
        if (offer.name == name && profile != offer.profiles.end()) {
            return profile->second;
        }
    }
    return key_file_error(ErrorKind::Refused, "key_file.not_offered",
                          "This kind of entity is not offered such a certificate.", request);
}

/// The key of this order: of the first time, or a fresh one.
struct OrderedKey {
    std::string sealed;  ///< PKCS#8 under the password
    crypto::KeyPair key;
};

/// How the order is named.
std::string order_key_of(store::Tx& tx, const CardRequest& request) {
    return order_key_for(requests::get_request(tx, request.signer().request).number,
                         request.word());
}

Result<OrderedKey> key_of_order(const requests::Office& office, const CardRequest& request,
                                const Secret& password) {
    bool ordered = false;
    const auto sealed = store::transact(office.database, "key_file.find", [&](store::Tx& tx) {
        subscribers::erase_sealed_keys(tx, tx.now() - kKeyFileKept);
        const std::string order_key = order_key_of(tx, request);
        ordered = subscribers::find_application(tx, order_key).has_value();
        return subscribers::sealed_key(tx, order_key);
    });
    if (!ordered) {
        crypto::KeyPair fresh = crypto::KeyPair::generate_rsa(kKeyFileRsaBits);
        std::string text = fresh.to_pem(password);
        return OrderedKey{std::move(text), std::move(fresh)};
    }
    if (!sealed) {
        return key_file_error(ErrorKind::Refused, "key_file.gone",
                              "This key file is not handed out any more and its key is erased; if "
                              "it was never received, have the certificate revoked and order anew.",
                              request);
    }
    auto known = crypto::KeyPair::from_pem(*sealed, password);
    if (!known) {
        return key_file_error(ErrorKind::Refused, "key_file.wrong_password",
                              "This is not the password with which the key file was ordered.",
                              request);
    }
    return OrderedKey{*sealed, *std::move(known)};
}

Result<CertificateApplication> begin_key_file(store::Tx& tx, const ApplicationDesk& desk,
                                              const CardRequest& request, const OrderedKey& key) {
    const auto signer = subscribers::find_certificate_by_id(tx, request.signer().id);
    SEALDESK_CHECK(signer.has_value());  // rows are never removed
    const auto card = signing_card(tx, *signer, "M 4.2.2");
    if (!card) {
        return card.error();
    }
    const auto stands_on = requests::get_request(tx, signer->request);
    const auto name = name_wanted(request, stands_on.id_number);
    if (!name) {
        return name.error();
    }
    const auto profile = profile_offered(desk.office, request, *name, stands_on.applicant_kind);
    if (!profile) {
        return profile.error();
    }
    CertificateApplication fresh{.subscriber = signer->subscriber,
                                 .request = stands_on.id,
                                 .kind = ApplicationKind::KeyFile,
                                 .profile = *profile,
                                 .order_key = order_key_for(stands_on.number, request.word()),
                                 .replaces = {},
                                 .csr = key.key.public_key(),
                                 .word = request.word(),
                                 .by = "certificate:" + signer->serial};
    if (auto first = unfinished(tx, fresh)) {
        if (first->order_key == fresh.order_key && first->csr != fresh.csr) {
            return key_file_error(ErrorKind::Conflict, "key_file.changed_meanwhile",
                                  "The same request was made at the same moment; ask again.",
                                  request);
        }
        return *std::move(first);
    }
    store_application(tx, fresh, stands_on.number);
    if (!subscribers::sealed_key(tx, fresh.order_key)) {
        subscribers::keep_sealed_key(tx, fresh.order_key, key.sealed);
    }
    return fresh;
}

/// M 4.3.1 (3): the content was confirmed before it was ordered.
Outcome hand_over(store::Tx& tx, const std::string& serial, const std::string& by) {
    const auto certificate = subscribers::find_certificate(tx, serial);
    SEALDESK_CHECK(certificate.has_value());  // it was kept a moment ago
    Outcome accepted = accept_certificate(tx, *certificate, {by, "M 4.4.9"});
    if (accepted) {
        audit::append(
            tx, {"key_file.handed-out", by, "certificate:" + serial, nlohmann::json::object()});
    }
    return accepted;
}

}  // namespace

Result<KeyFile> order_key_file(const ApplicationDesk& desk, const CardRequest& request,
                               const KeyFileWish& wish) {
    Outcome strong = check_file_password(request, wish.password);
    if (!strong) {
        return strong.error();
    }
    auto key = key_of_order(desk.office, request, wish.password);
    if (!key) {
        return key.error();
    }
    const auto issued =
        carry_through(desk, ApplicationKind::KeyFile, key->key.public_key(),
                      [&](store::Tx& tx) { return begin_key_file(tx, desk, request, *key); });
    if (!issued) {
        return issued.error();
    }
    auto certificate = crypto::Certificate::parse(issued->der);
    if (!certificate) {
        return certificate.error();
    }
    const Outcome handed =
        store::transact(desk.office.database, "key_file.hand-over", [&](store::Tx& tx) {
            return hand_over(tx, issued->serial, "certificate:" + request.signer().serial);
        });
    if (!handed) {
        return handed.error();
    }
    const crypto::Pkcs12 content{std::move(key->key), *std::move(certificate), wish.chain};
    return KeyFile{issued->serial, issued->der,
                   wish.legacy ? crypto::make_legacy_pkcs12(content, issued->serial, wish.password)
                               : crypto::make_pkcs12(content, issued->serial, wish.password)};
}

}  // namespace sealdesk::effects
