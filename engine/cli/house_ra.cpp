#include "cli/house_ra.h"

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/durable_file.h"
#include "ca/ra_registry.h"
#include "ca/service_key.h"

namespace sealdesk::cli {
namespace {

/// 20 symbols over 32: 100 bits for a passphrase that only files hold.
constexpr std::string_view kPassphraseSymbols = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
constexpr std::size_t kPassphraseLength = 20;

std::filesystem::path key_file(const Desk& desk, const std::string& scheme) {
    return desk.settings.ca / scheme / "ra.p12";
}

Outcome make_key(Desk& desk, const std::string& scheme, ca::LocalCa& signer,
                 const Secret& passphrase) {
    const std::string wish =
        nlohmann::json{
            {"act", ca::kRaProfile}, {"scheme", scheme}, {"at", to_utc_text(desk.clock.now())}}
            .dump();
    const std::string approval = keep_wish(desk, "ca.house_ra_ordered", "system", wish);
    const auto made = ca::make_service_key(
        signer, {ca::kRaProfile, "Registration authority", key_file(desk, scheme)}, approval,
        passphrase);
    return made ? done() : made.error();
}

/// Registering again changes nothing: a crash may have come between key and register.
Outcome register_key(Desk& desk, const ca::LocalCa& signer,
                     const crypto::Certificate& certificate) {
    return store::transact(desk.database, "ca.house_ra", [&](store::Tx& tx) {
        return ca::register_ra(tx, signer.id(), "house", certificate);
    });
}

}  // namespace

Result<Secret> own_passphrase(Desk& desk, const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) {
        const Secret made = random_text(desk.random, kPassphraseSymbols, kPassphraseLength);
        write_file_durably(file, made.reveal(), FileAccess::Owner);
    }
    return read_password(file, {});
}

std::string keep_wish(Desk& desk, const std::string& kind, const std::string& actor,
                      const std::string& document) {
    const std::string name = desk.files.put(document);
    store::transact(desk.database, kind, [&](store::Tx& tx) {
        audit::append(tx, {kind, actor, "file:" + name, {}});
    });
    return name;
}

Result<std::unique_ptr<HouseRa>> HouseRa::open(Desk& desk, const std::string& scheme,
                                               ca::LocalCa& signer) {
    const auto passphrase = own_passphrase(desk, desk.settings.ra_passphrase_file);
    if (!passphrase) {
        return passphrase.error();
    }
    const auto file = key_file(desk, scheme);
    for (const bool may_make : {true, false}) {
        if (std::filesystem::exists(file)) {
            auto key = ca::load_service_key(file, *passphrase);
            if (!key) {
                return key.error();
            }
            const bool lasts = key->certificate.not_after() >= desk.clock.now() + kRaRenewal;
            if (lasts || !may_make) {
                const Outcome known = register_key(desk, signer, key->certificate);
                if (!known) {
                    return known.error();
                }
                return std::unique_ptr<HouseRa>(new HouseRa(
                    desk, signer, signer.id(), {std::move(key->key), key->certificate}));
            }
        }
        const Outcome made = make_key(desk, scheme, signer, *passphrase);
        if (!made) {
            return made.error();
        }
    }
    SEALDESK_CHECK(false);
}

HouseRa::HouseRa(Desk& desk, ca::LocalCa& signer, std::string issuer, ca::RaKey key)
    : orders_(desk.database, signer, issuer),
      ordering_(issuer, std::move(key), desk.clock,
                [this](const std::string& message) { return orders_.answer(message); }) {}

}  // namespace sealdesk::cli
