#include "subscribers/token_life.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, kTokenStateCount> kLifeStates{
    "ordered",   "personalised", "shipped", "at_counter", "handed_over", "accepted",
    "suspended", "lost",         "damaged", "returned",   "retired"};
constexpr std::array<std::string_view, kTokenEventCount> kLifeEvents{
    "personalise", "post", "keep_at_counter", "receive", "collect", "accept", "suspend",
    "resume",      "lose", "damage",          "return",  "retire",  "spend",  "spoil"};
constexpr std::array<std::string_view, 4> kOnCertificates{"nothing", "hold", "release", "revoke"};

template <class Enum, std::size_t Count>
std::optional<Enum> life_word(const std::array<std::string_view, Count>& names,
                              std::string_view text) {
    const auto* const found = std::ranges::find(names, text);
    return found == names.end() ? std::nullopt
                                : std::optional(static_cast<Enum>(found - names.begin()));
}

}  // namespace

std::string_view to_text(TokenState state) {
    return kLifeStates.at(static_cast<std::size_t>(state));
}
std::string_view to_text(TokenEvent event) {
    return kLifeEvents.at(static_cast<std::size_t>(event));
}
std::string_view to_text(OnCertificates what) {
    return kOnCertificates.at(static_cast<std::size_t>(what));
}
std::optional<TokenState> token_state_from(std::string_view text) {
    return life_word<TokenState>(kLifeStates, text);
}
std::optional<TokenEvent> token_event_from(std::string_view text) {
    return life_word<TokenEvent>(kLifeEvents, text);
}

std::string possible_from(TokenState state) {
    std::string text;
    for (const Transition& one : kTokenLife) {
        if (one.from == state && one.event != TokenEvent::Spend) {
            text += (text.empty() ? "" : ", ");
            text += to_text(one.event);
        }
    }
    return text;
}

}  // namespace sealdesk::subscribers
