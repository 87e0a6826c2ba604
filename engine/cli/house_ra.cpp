#include "cli/house_ra.h"

#include <nlohmann/json.hpp>

#include "api/http_client.h"
#include "audit/log.h"
#include "base/durable_file.h"
#include "ca/cmp_ca.h"
#include "ca/generations.h"
#include "ca/ra_registry.h"
#include "ca/service_key.h"
#include "cli/ca_of.h"
#include "cli/passphrase.h"
#include "subscribers/certificate.h"

namespace sealdesk::cli {
namespace {

// As long as a certificate of the profile registration-authority.
constexpr std::chrono::days kRemoteRaLife{730};

std::filesystem::path key_file(const Desk& desk, const std::string& scheme) {
    return desk.settings.ca / scheme / "ra.p12";
}

Outcome make_key(Desk& desk, const std::string& scheme, ca::LocalCa& signer,
                 const Secret& passphrase) {
    const std::string wish =
        nlohmann::json{
            {"act", ca::kRaProfile}, {"scheme", scheme}, {"at", to_utc_text(desk.clock.now())}}
            .dump();
    const std::string approval = keep_wish(desk, {"ca.house_ra_ordered", "system", scheme, wish});
    const auto made = ca::make_service_key(
        signer, {ca::kRaProfile, "Registration authority", key_file(desk, scheme)}, approval,
        passphrase);
    return made ? done() : made.error();
}

/// The key, if there is one that is good for kRaRenewal yet.
Result<std::optional<crypto::Pkcs12>> lasting_key(const Desk& desk, const std::string& scheme,
                                                  const Secret& passphrase) {
    const auto file = key_file(desk, scheme);
    if (!std::filesystem::exists(file)) {
        return std::optional<crypto::Pkcs12>();
    }
    auto key = ca::load_service_key(file, passphrase);
    if (!key) {
        return key.error();
    }
    const bool lasts = key->certificate.not_after() >= desk.clock.now() + kRaRenewal;
    return lasts ? std::optional<crypto::Pkcs12>(*std::move(key)) : std::nullopt;
}

/// Registering again changes nothing: a crash may have come between key and register.
Outcome register_key(Desk& desk, const ca::LocalCa& signer,
                     const crypto::Certificate& certificate) {
    return store::transact(desk.database, "ca.house_ra", [&](store::Tx& tx) {
        return ca::register_ra(tx, signer.id(), "house", certificate);
    });
}

}  // namespace

std::string keep_wish(Desk& desk, const Wish& wish) {
    std::string name = desk.files.put(wish.document);
    store::transact(desk.database, wish.kind, [&](store::Tx& tx) {
        audit::append(
            tx, {wish.kind, wish.actor, "scheme:" + wish.scheme, {{"document_sha256", name}}});
    });
    return name;
}

Result<std::unique_ptr<HouseRa>> HouseRa::open(Desk& desk, const std::string& scheme,
                                               ca::LocalCa& signer) {
    const auto passphrase = own_passphrase(desk.settings.ra_passphrase_file, desk.random);
    if (!passphrase) {
        return passphrase.error();
    }
    auto key = lasting_key(desk, scheme, *passphrase);
    if (key && !*key) {
        const Outcome made = make_key(desk, scheme, signer, *passphrase);
        if (!made) {
            return made.error();
        }
        key = lasting_key(desk, scheme, *passphrase);
    }
    if (!key) {
        return key.error();
    }
    SEALDESK_CHECK(key->has_value());
    const Outcome known = register_key(desk, signer, (**key).certificate);
    if (!known) {
        return known.error();
    }
    return std::unique_ptr<HouseRa>(
        new HouseRa(desk, signer, signer.id(), {std::move((**key).key), (**key).certificate}));
}

HouseRa::HouseRa(Desk& desk, ca::LocalCa& signer, const std::string& issuer, ca::RaKey key)
    : orders_(desk.database, signer, issuer),
      ordering_(issuer, std::move(key), desk.clock,
                [this](const std::string& message) { return orders_.answer(message); }) {}

Result<ca::RaKey> load_ra_key(const Desk& desk, const std::string& scheme) {
    const auto file = key_file(desk, scheme);
    if (!std::filesystem::exists(file)) {
        return Error{ErrorKind::Refused, "ca.no_ra_key",
                     "This desk has no key to sign orders with; make one with `sealdesk ca ra key` "
                     "and have the CA register it.",
                     file.string(), "M 1.3.2"};
    }
    const auto passphrase = read_password(desk.settings.ra_passphrase_file, {});
    if (!passphrase) {
        return passphrase.error();
    }
    auto key = ca::load_service_key(file, *passphrase);
    if (!key) {
        return key.error();
    }
    return ca::RaKey{std::move(key->key), key->certificate};
}

namespace {

/// "{scheme}" in the setting stands for the scheme.
std::string cmp_path_of(const Desk& desk, const scheme::Scheme& scheme) {
    constexpr std::string_view place = "{scheme}";
    std::string path = desk.settings.ca_cmp_path;
    const auto found = path.find(place);
    return found == std::string::npos ? path : path.replace(found, place.size(), scheme.id);
}

/// What the RA was issued: CMP names a certificate by itself.
std::optional<std::string> issued_to(Desk& desk, std::string_view serial) {
    const auto found = store::transact(desk.database, "certificate.find", [&](store::Tx& tx) {
        return subscribers::find_certificate(tx, serial);
    });
    return found ? std::optional(found->der) : std::nullopt;
}

Result<std::unique_ptr<ca::CaClient>> by_cmp(Desk& desk, const scheme::Scheme& scheme,
                                             ca::RaKey key, crypto::Certificate authority) {
    const auto profiles = ca_profiles(scheme);
    if (!profiles) {
        return profiles.error();
    }
    const auto own = ca::folder_of(ca_files(desk, scheme)) / "cmp.pem";
    auto responder = std::filesystem::exists(own) ? crypto::Certificate::load(own)
                                                  : Result<crypto::Certificate>(authority);
    if (!responder) {
        return responder.error();
    }
    const api::HttpPartner partner{desk.settings.ca_url, desk.settings.ca_url_ca_file};
    const std::string path = cmp_path_of(desk, scheme);
    std::unique_ptr<ca::CaClient> client = std::make_unique<ca::CmpCa>(
        desk.clock,
        ca::CmpParties{std::move(key.key), std::move(key.certificate), *std::move(responder),
                       std::move(authority)},
        *profiles,
        [partner, path](std::string_view message) {
            return api::post(partner, path, "application/pkixcmp", std::string(message));
        },
        [&desk](std::string_view serial) { return issued_to(desk, serial); });
    return client;
}

Result<std::unique_ptr<ca::CaClient>> order_from_elsewhere(Desk& desk,
                                                           const scheme::Scheme& scheme) {
    auto authority = crypto::Certificate::load(ca_files(desk, scheme).certificate);
    if (!authority) {
        return authority.error();
    }
    auto key = load_ra_key(desk, scheme.id);
    if (!key) {
        return key.error();
    }
    if (!desk.settings.ca_cmp_path.empty()) {
        return by_cmp(desk, scheme, *std::move(key), *std::move(authority));
    }
    const api::HttpPartner partner{desk.settings.ca_url, desk.settings.ca_url_ca_file};
    const std::string path = "/orders/" + scheme.id;
    std::unique_ptr<ca::CaClient> client = std::make_unique<ca::OrderingCa>(
        ca::key_id_of(*authority), *std::move(key), desk.clock,
        [partner, path](const std::string& message) {
            return api::post(partner, path, "application/json", message);
        });
    return client;
}

}  // namespace

Result<std::unique_ptr<RaOfDesk>> open_ra(const Program& program, Desk& desk,
                                          const std::string& name) {
    const auto scheme = scheme_of_ca(desk, name);
    if (!scheme) {
        return scheme.error();
    }
    auto ra = std::make_unique<RaOfDesk>();
    if (!desk.settings.ca_url.empty()) {
        auto profiles = ca_profiles(**scheme);
        if (!profiles) {
            return profiles.error();
        }
        auto remote = order_from_elsewhere(desk, **scheme);
        if (!remote) {
            return remote.error();
        }
        ra->profiles = *std::move(profiles);
        ra->remote = *std::move(remote);
        return ra;
    }
    auto authority = open_ca(program, desk, name);
    if (!authority) {
        return authority.error();
    }
    auto house = HouseRa::open(desk, (*scheme)->id, *(*authority)->signer);
    if (!house) {
        return house.error();
    }
    ra->profiles = std::move((*authority)->profiles);
    ra->signer = std::move((*authority)->signer);
    ra->house = *std::move(house);
    return ra;
}

Result<crypto::Certificate> make_remote_ra_key(Desk& desk, const std::string& scheme) {
    const auto file = key_file(desk, scheme);
    if (std::filesystem::exists(file)) {
        return Error{ErrorKind::Refused,
                     "ca.exists",
                     "There is a key already; it is never overwritten.",
                     file.string(),
                     {}};
    }
    const auto passphrase = own_passphrase(desk.settings.ra_passphrase_file, desk.random);
    if (!passphrase) {
        return passphrase.error();
    }
    crypto::KeyPair key = crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
    const Instant now = desk.clock.now();
    const auto certificate = crypto::make_self_signed(
        key, {"Registration authority", crypto::SelfSignedUse::Signing, now, now + kRemoteRaLife},
        desk.random);
    std::filesystem::create_directories(file.parent_path());
    write_file_durably(
        file,
        crypto::make_pkcs12({std::move(key), certificate, {}}, "registration authority",
                            *passphrase, crypto::kPkcs12IterationsRandomPassword),
        FileAccess::Owner);
    return certificate;
}

}  // namespace sealdesk::cli
