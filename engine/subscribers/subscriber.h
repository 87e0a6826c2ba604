#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// A registered holder of accounts and certificates in one scheme.
struct Subscriber {
    SubscriberId id;
    std::string scheme;
    std::string kind;       ///< applicant kind, as the scheme names it
    std::string id_number;  ///< normalised: upper case, half width
    std::string name;
    RequestId request;  ///< the registration in force: the newest
};

/// 憑證聯絡人. The one on the registration form receives slips even when another form says
/// otherwise (T 5.12.2): that is how a thief would redirect them.
struct Contact {
    std::string name;
    std::string phone;
    std::string email;        ///< ASCII (domain as A-labels); may be empty
    std::string postal_code;  ///< 3 to 6 digits; may be empty
    std::string address;
};

/// Makes a subscriber. The UNIQUE key (scheme, id_number) decides when two do it at once.
SubscriberId add_subscriber(store::Tx& tx, const Subscriber& fresh);

/// Its kind, name and registration become those of `now` (same id and number): who registers again
/// after the certificates have ended (T 4.4.1) is the same subscriber.
void register_again(store::Tx& tx, const Subscriber& now);

[[nodiscard]] std::optional<Subscriber> find_subscriber(store::Tx& tx, std::string_view scheme,
                                                        std::string_view id_number);
[[nodiscard]] Subscriber get_subscriber(store::Tx& tx, SubscriberId id);

/// Which of these id numbers are registered in the scheme, by id number. At most kLookupMax.
[[nodiscard]] std::map<std::string, Subscriber, std::less<>> registered_among(
    store::Tx& tx, std::string_view scheme, std::span<const std::string> id_numbers);
inline constexpr std::size_t kLookupMax = 1000;  ///< stays below both databases' parameter limits

/// Makes `contact` the current one and ends the one before. Doing it again for the same request
/// changes nothing.
void set_contact(store::Tx& tx, SubscriberId subscriber, RequestId from, const Contact& contact);

/// Whether a form's contact was taken over already, though another may be current now.
[[nodiscard]] bool has_contact_from(store::Tx& tx, SubscriberId subscriber, RequestId from);

/// The current contact, where there is one.
[[nodiscard]] std::optional<Contact> find_contact(store::Tx& tx, SubscriberId subscriber);

/// The same; Failure subscriber.no_contact when the data has none.
[[nodiscard]] Contact current_contact(store::Tx& tx, SubscriberId subscriber);

}  // namespace sealdesk::subscribers
