#include "effects/guessable.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "requests/office.h"
#include "requests/request_store.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {
namespace {

constexpr std::size_t kGuessableMin = 6;  ///< shorter words of a form are in many passwords
constexpr std::int64_t kRocOffset = 1911;
constexpr std::size_t kDateDigits = 8;  ///< YYYYMMDD

/// Letters and digits only, small: as somebody types a number or a date into a password. Returns
/// how many were written; `out` has room for the text.
std::size_t type_into(std::span<char> out, std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) {
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
            out[count++] = c;
        } else if (c >= 'A' && c <= 'Z') {
            out[count++] = static_cast<char>(c - 'A' + 'a');
        }
    }
    return count;
}

std::string as_typed(std::string_view text) {
    std::string typed(text.size(), '\0');
    typed.resize(type_into(typed, text));
    return typed;
}

/// A date of the form (ISO) as people write it.
void add_dates(std::vector<std::string>& known, const std::string& digits) {
    const auto year =
        digits.size() == kDateDigits ? parse_number(digits.substr(0, 4)) : std::nullopt;
    if (!year || *year <= kRocOffset) {
        return;
    }
    const std::string month = digits.substr(4, 2);
    const std::string day = digits.substr(6);
    for (const std::string& one :
         {std::to_string(*year - kRocOffset), digits.substr(0, 4), digits.substr(2, 2)}) {
        for (const auto& parts : {std::array{one, month, day}, std::array{day, month, one},
                                  std::array{month, day, one}}) {
            known.push_back(parts[0]);
            known.back().append(parts[1]).append(parts[2]);
        }
    }
}

/// `look` sees the secret as it is typed.
template <class Look>
bool any_known(const Secret& secret, const std::vector<std::string>& known, const Look& look) {
    Secret typed(secret.size());
    const std::size_t count = type_into(typed.fill(), secret.reveal());
    const std::string_view text = typed.reveal().substr(0, count);
    return std::ranges::any_of(known, [&](const std::string& one) { return look(text, one); });
}

}  // namespace

std::vector<std::string> guessable(store::Tx& tx, SubscriberId subscriber,
                                   const std::vector<std::string>& more) {
    std::vector<std::string> known;
    known.reserve(more.size());
    for (const std::string& one : more) {
        known.push_back(as_typed(one));
    }
    const auto registered = subscribers::get_subscriber(tx, subscriber).request;
    for (const auto& [field, value] : requests::values_of(requests::get_request(tx, registered))) {
        const std::string typed = as_typed(value.substr(0, value.find('@')));
        known.push_back(typed);
        add_dates(known, typed);
    }
    std::erase_if(known, [](const std::string& one) { return one.size() < kGuessableMin; });
    return known;
}

bool holds_guessable(const Secret& secret, const std::vector<std::string>& known) {
    return any_known(secret, known, [](std::string_view text, const std::string& one) {
        return text.find(one) != std::string_view::npos;
    });
}

bool is_piece_of_guessable(const Secret& secret, const std::vector<std::string>& known) {
    return any_known(secret, known, [](std::string_view text, const std::string& one) {
        return text.size() >= kGuessableMin && one.find(text) != std::string::npos;
    });
}

bool is_run(const Secret& secret) {
    const std::string_view text = secret.reveal();
    const int step = text.size() < 2 ? 0 : text[1] - text[0];
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] - text[i - 1] != step) {
            return false;
        }
    }
    return std::abs(step) <= 1;
}

}  // namespace sealdesk::effects
