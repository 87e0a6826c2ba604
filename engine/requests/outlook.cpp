#include "requests/outlook.h"

#include <algorithm>
#include <array>

#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"

namespace sealdesk::requests {
namespace {

constexpr std::array<std::string_view, 5> kForesights{"held", "released", "revoked", "still_held",
                                                      "unchanged"};
constexpr std::array<std::string_view, 5> kForesightsChinese{"將停用", "將復用", "將廢止",
                                                             "維持停用", "不變"};

using subscribers::HoldSource;

Foresight after_release(const std::vector<HoldSource>& open, std::string_view source) {
    const bool ours = std::ranges::any_of(
        open, [&](HoldSource one) { return subscribers::to_text(one) == source; });
    return !ours             ? (open.empty() ? Foresight::Unchanged : Foresight::StillHeld)
           : open.size() > 1 ? Foresight::StillHeld
                             : Foresight::Released;
}

/// What one effect does with one certificate; nothing when it is none that touches certificates.
std::optional<Foresight> foresee(store::Tx& tx, const scheme::Effect& effect,
                                 const subscribers::Certificate& certificate) {
    if (effect.kind == "certificate.revoke") {
        return Foresight::Revoked;
    }
    if (effect.kind == "certificate.release") {
        return after_release(subscribers::open_holds(tx, certificate.id), effect.source);
    }
    if (effect.kind == "certificate.hold") {
        return subscribers::open_holds(tx, certificate.id).empty() ? Foresight::Held
                                                                   : Foresight::StillHeld;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_text(Foresight foresight) {
    return kForesights.at(static_cast<std::size_t>(foresight));
}
std::string_view to_chinese(Foresight foresight) {
    return kForesightsChinese.at(static_cast<std::size_t>(foresight));
}

std::vector<Outlook> outlook(store::Tx& tx, const scheme::Scheme& scheme, const scheme::Form& form,
                             const scheme::Values& values) {
    std::vector<Outlook> outlooks;
    const auto number = values.find(form.roles.id_number);
    const auto subscriber = number == values.end()
                                ? std::nullopt
                                : subscribers::find_subscriber(tx, scheme.id, number->second);
    if (!subscriber) {
        return outlooks;
    }
    for (const auto& certificate : subscribers::certificates_of(tx, subscriber->id)) {
        for (const scheme::Effect& effect : form.effects) {
            const auto foresight =
                certificate.is_alive_at(tx.now()) && scheme::holds(effect.when, values)
                    ? foresee(tx, effect, certificate)
                    : std::nullopt;
            if (foresight) {
                outlooks.push_back({certificate.serial, *foresight});
            }
        }
    }
    return outlooks;
}

}  // namespace sealdesk::requests
