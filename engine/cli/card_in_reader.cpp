#include "cli/card_in_reader.h"

#include <algorithm>
#include <array>

#include "base/password_file.h"
#include "base/text.h"
#include "cards/piv_card.h"

namespace sealdesk::cli {
namespace {

struct KeyKind {
    std::string_view name;
    cards::ManagementKey::Kind kind;
    std::size_t bytes;
};

// SP 800-78-4, table 6-2.
constexpr std::array<KeyKind, 4> kKeyKinds{{{"3des", cards::ManagementKey::Kind::TripleDes, 24},
                                            {"aes128", cards::ManagementKey::Kind::Aes128, 16},
                                            {"aes192", cards::ManagementKey::Kind::Aes192, 24},
                                            {"aes256", cards::ManagementKey::Kind::Aes256, 32}}};

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Straight into the secret: no copy stays behind. Nothing when it is no hexadecimal number.
std::optional<Secret> secret_from_hex(const Secret& text) {
    const std::string_view digits = text.reveal();
    Secret bytes(digits.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_value(digits[2 * i]);
        const int low = hex_value(digits[2 * i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes.fill()[i] = static_cast<char>(high * 16 + low);
    }
    return digits.size() % 2 == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace

Result<CardInReader> open_card(Random& random, const std::string& part) {
    auto readers = cards::Readers::open();
    if (!readers) {
        return readers.error();
    }
    auto reader = readers->choose(part);
    if (!reader) {
        return reader.error();
    }
    auto wire = readers->connect(*reader);
    if (!wire) {
        return wire.error();
    }
    auto card = std::make_unique<cards::PivCard>(**wire, random);
    const Outcome selected = card->select();
    if (!selected) {
        return selected.error();
    }
    return CardInReader{*std::move(readers), *std::move(reader), *std::move(wire), std::move(card)};
}

Result<cards::ManagementKey> management_key(const Settings& settings) {
    const Error bad{ErrorKind::Invalid,
                    "card.bad_management_key",
                    "The cards' management key is not as long as its kind, or not hexadecimal; see "
                    "the settings card.management_key_file and card.management_key_kind.",
                    settings.card_management_key_file.string(),
                    {}};
    if (settings.card_management_key_file.empty()) {
        return bad;
    }
    const auto text = read_password_file(settings.card_management_key_file);
    if (!text) {
        return text.error();
    }
    const auto kind =
        std::ranges::find(kKeyKinds, settings.card_management_key_kind, &KeyKind::name);
    auto bytes = secret_from_hex(*text);
    if (kind == kKeyKinds.end() || !bytes || bytes->size() != kind->bytes) {
        return bad;
    }
    return cards::ManagementKey{kind->kind, *std::move(bytes)};
}

}  // namespace sealdesk::cli
