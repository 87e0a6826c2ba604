#include "effects/key_file_steps.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "crypto/pkcs12.h"
#include "effects/acceptance.h"
#include "effects/login.h"
#include "subscribers/key_file.h"

namespace sealdesk::effects {
namespace {

using subscribers::ApplicationKind;
using subscribers::ApplicationState;
using subscribers::CertificateApplication;

Error key_file_error(ErrorKind kind, std::string code, std::string detail,
                     const KeyFileOrder& order) {
    return {kind, std::move(code), std::move(detail), order.where, order.rule};
}

/// ASCII only: readers disagree on how other characters become a key.
Outcome check_file_password(const KeyFileOrder& order, const Secret& password) {
    const std::string_view text = password.reveal();
    const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!printable || !is_choosable(password)) {
        return key_file_error(ErrorKind::Refused, "key_file.weak_password",
                              "The password of a key file has 8 to 64 letters, digits or signs of "
                              "ASCII, with a letter and a digit.",
                              order);
    }
    return done();
}

/// The key of this order: of the first time, or a fresh one.
struct OrderedKey {
    std::string sealed;  ///< PKCS#8 under the password
    crypto::KeyPair key;
};

Result<OrderedKey> key_of_order(const requests::Office& office, const KeyFileOrder& order,
                                const Secret& password) {
    erase_old_keys(office.database);
    bool ordered = false;  // what the CA refused begins anew
    const auto sealed = store::transact(office.database, "key_file.find", [&](store::Tx& tx) {
        const auto known = subscribers::find_application(tx, order.order_key);
        ordered = known && known->state != ApplicationState::Refused;
        return subscribers::sealed_key(tx, order.order_key);
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
                              order);
    }
    auto known = crypto::KeyPair::from_pem(*sealed, password);
    if (!known) {
        return key_file_error(ErrorKind::Refused, "key_file.wrong_password",
                              "This is not the password with which the key file was ordered.",
                              order);
    }
    return OrderedKey{*sealed, *std::move(known)};
}

Result<CertificateApplication> begin_key_file(store::Tx& tx, const KeyFileOrder& order,
                                              const OrderedKey& key) {
    const auto subject = order.judge(tx);
    if (!subject) {
        return subject.error();
    }
    CertificateApplication fresh{.subscriber = subject->subscriber,
                                 .request = subject->request,
                                 .kind = ApplicationKind::KeyFile,
                                 .profile = subject->profile,
                                 .order_key = order.order_key,
                                 .replaces = {},
                                 .csr = key.key.public_key(),
                                 .word = order.word,
                                 .by = order.by};
    if (auto first = unfinished(tx, fresh)) {
        if (first->order_key == fresh.order_key && first->csr != fresh.csr) {
            return key_file_error(ErrorKind::Conflict, "key_file.changed_meanwhile",
                                  "The same request was made at the same moment; ask again.",
                                  order);
        }
        return *std::move(first);
    }
    store_application(tx, fresh, order.request_number);
    subscribers::keep_sealed_key(tx, fresh.order_key, key.sealed);
    if (order.stored) {
        order.stored(tx);
    }
    return fresh;
}

/// M 4.3.1 (3), (4): the content was confirmed before it was ordered.
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

std::int64_t erase_old_keys(store::Database& database) {
    return store::transact(database, "key_file.erase", [&](store::Tx& tx) {
        const std::int64_t erased = subscribers::erase_sealed_keys(tx, tx.now() - kKeyFileKept);
        if (erased > 0) {
            audit::append(tx, {"key_file.erased", "job:key-files", "keys", {{"count", erased}}});
        }
        return erased;
    });
}

std::int64_t old_keys_due(store::Tx& tx) {
    return subscribers::count_sealed_keys(tx, tx.now() - kKeyFileKept);
}

Result<KeyFile> carry_through_key_file(const ApplicationDesk& desk, const KeyFileOrder& order,
                                       const KeyFileWish& wish) {
    Outcome strong = check_file_password(order, wish.password);
    if (!strong) {
        return strong.error();
    }
    auto key = key_of_order(desk.office, order, wish.password);
    if (!key) {
        return key.error();
    }
    const auto issued =
        carry_through(desk, ApplicationKind::KeyFile, key->key.public_key(),
                      [&](store::Tx& tx) { return begin_key_file(tx, order, *key); });
    if (!issued) {
        return issued.error();
    }
    auto certificate = crypto::Certificate::parse(issued->der);
    if (!certificate) {
        return certificate.error();
    }
    const Outcome handed =
        store::transact(desk.office.database, "key_file.hand-over",
                        [&](store::Tx& tx) { return hand_over(tx, issued->serial, order.by); });
    if (!handed) {
        return handed.error();
    }
    const crypto::Pkcs12 content{std::move(key->key), *std::move(certificate), wish.chain};
    return KeyFile{issued->serial, issued->der,
                   wish.legacy ? crypto::make_legacy_pkcs12(content, issued->serial, wish.password)
                               : crypto::make_pkcs12(content, issued->serial, wish.password)};
}

}  // namespace sealdesk::effects
