#include "cli/card_station.h"

#include "base/text.h"
#include "crypto/mac.h"

namespace sealdesk::cli {
namespace {

// The values that PIV cards are commonly delivered with; everybody knows them.
constexpr std::string_view kDeliveredPin = "123456";
constexpr std::string_view kDeliveredPuk = "12345678";

constexpr std::size_t kMasterKeyDigits = 64;  // 256 bits

/// 01 to 08, three times.
cards::ManagementKey delivered_key() {
    Secret bytes(24);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes.fill()[i] = static_cast<char>(i % 8 + 1);
    }
    return {cards::ManagementKey::Kind::TripleDes, std::move(bytes)};
}

Result<Secret> secret_or(const std::filesystem::path& file, std::string_view delivered) {
    return file.empty() ? Result<Secret>(Secret(delivered)) : read_password(file, {});
}

Secret bytes_of(std::string_view hex) {
    Secret bytes(hex.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes.fill()[i] = from_hex(hex.substr(2 * i, 2))[0];
    }
    return bytes;
}

/// Each card's own key is made from the office's master key and the card's number, so that none has
/// to be kept (SP 800-108 in its simplest form: one HMAC).
effects::CardKeyOf own_keys(std::shared_ptr<const Secret> master, cards::ManagementKey::Kind kind,
                            std::size_t bytes) {
    return [master = std::move(master), kind, bytes](std::string_view identity) {
        std::string made =
            crypto::hmac_sha256(*master, "sealdesk card management key " + std::string(identity));
        cards::ManagementKey key{kind, Secret(std::string_view(made).substr(0, bytes))};
        wipe({made.data(), made.size()});
        return key;
    };
}

}  // namespace

Result<effects::TransportSecrets> transport_secrets(const Desk& desk) {
    auto pin = secret_or(desk.settings.card_pin_file, kDeliveredPin);
    if (!pin) {
        return pin.error();
    }
    auto puk = secret_or(desk.settings.card_puk_file, kDeliveredPuk);
    if (!puk) {
        return puk.error();
    }
    auto key = desk.settings.card_management_key_file.empty()
                   ? Result<cards::ManagementKey>(delivered_key())
                   : management_key(desk.settings);
    if (!key) {
        return key.error();
    }
    return effects::TransportSecrets{*std::move(puk), *std::move(pin), *std::move(key)};
}

StationOfDesk::StationOfDesk(Desk& desk, std::unique_ptr<WorksOfDesk> works,
                             crypto::Certificate vault, effects::TransportSecrets transport,
                             const std::string& actor)
    : station{.works = works->works,
              .profiles = [this,
                           &desk](const std::string& scheme) { return profiles_of(desk, scheme); },
              .vault = vault_,
              .transport = transport_,
              .actor = actor},
      works_(std::move(works)),
      vault_(desk.database, std::move(vault)),
      transport_(std::move(transport)) {}

Result<std::unique_ptr<StationOfDesk>> StationOfDesk::open(const Program& program, Desk& desk,
                                                           const std::string& actor) {
    auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    auto vault = crypto::Certificate::load(desk.settings.unblock_certificate);
    if (!vault) {
        return vault.error();
    }
    auto transport = transport_secrets(desk);
    if (!transport) {
        return transport.error();
    }
    std::unique_ptr<StationOfDesk> made(new StationOfDesk(
        desk, *std::move(works), *std::move(vault), *std::move(transport), actor));
    const auto& own = desk.settings.card_own_keys_file;
    if (!own.empty()) {
        const auto digits = read_password(own, {});
        if (!digits) {
            return digits.error();
        }
        constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
        if (digits->size() != kMasterKeyDigits ||
            digits->reveal().find_first_not_of(hex_digits) != std::string_view::npos) {
            return Error{ErrorKind::Invalid,
                         "card.bad_key_file",
                         "The master key of the cards has 64 hexadecimal digits.",
                         own.string(),
                         {}};
        }
        const auto& delivered = made->transport_.management_key;
        made->station.own_key = own_keys(std::make_shared<const Secret>(bytes_of(digits->reveal())),
                                         delivered.kind, delivered.bytes.size());
    }
    return made;
}

Result<const ca::Profiles*> StationOfDesk::profiles_of(Desk& desk, const std::string& scheme) {
    auto known = profiles_.find(scheme);
    if (known == profiles_.end()) {
        const auto named = scheme_of_ca(desk, scheme);
        if (!named) {
            return named.error();
        }
        auto read = ca_profiles(**named);
        if (!read) {
            return read.error();
        }
        known = profiles_.emplace(scheme, *std::move(read)).first;
    }
    return &known->second;
}

}  // namespace sealdesk::cli
