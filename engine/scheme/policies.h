#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a scheme lays down once for all its forms.
namespace sealdesk::scheme {

/// How website accounts are named and guarded.
struct AccountPolicy {
    std::string prefix;               ///< account names are prefix + digits
    std::int64_t digits;              ///< how many digits follow the prefix, check digit included
    std::int64_t strikes;             ///< consecutive wrong passwords that suspend login (T 4.1.2)
    std::int64_t password_length;     ///< characters of the first password on a slip
    bool must_change_at_first_login;  ///< T 4.3.2
};

/// How user codes 用戶代碼 are chosen and guarded (M 4.1.1.1).
struct UserCodePolicy {
    std::int64_t min;      ///< characters
    std::int64_t max;      ///< characters
    std::int64_t strikes;  ///< consecutive wrong codes that lock it

    /// Letters, digits and signs of ASCII without blanks, `min` to `max` of them.
    [[nodiscard]] bool allows(std::string_view code) const;
};

/// When a certificate may be replaced on-line by one of the same kind for a new key, on whose word.
struct RenewalPolicy {
    enum class By {
        Account,      ///< the website password (T 4.4.1)
        PrimaryCard,  ///< a signature of the subscriber's primary card (M 3.1.8)
    };
    By by;
    int months;                ///< before the end of validity, at the earliest
    bool once;                 ///< what was replaced on-line is not replaced on-line again
    std::string rule;          ///< citation of all this
    std::string held_rule;     ///< why one on hold is not replaced
    std::string revoked_rule;  ///< why a revoked one is not
};

/// When subscribers are told that a certificate ends (T 4.4.2, P 4).
struct ExpiryStage {
    int months = 0;  ///< before the end, by the calendar; or
    int days = 0;    ///< so many days before the day of the end

    /// "1m", "45d": as records name it.
    [[nodiscard]] std::string key() const {
        return months > 0 ? std::to_string(months) + "m" : std::to_string(days) + "d";
    }
};

struct ExpiryPolicy {
    std::vector<ExpiryStage> stages = {};   ///< the earliest first; none: nobody is told
    std::vector<std::string> not_for = {};  ///< profiles of which nobody is told
    bool per_contact = true;  ///< one mail for all that goes to one address; else one a certificate
    bool tells_on_hold = true;  ///< also of those on hold, saying that they must be released first
    bool writes_letters = false;  ///< to whom no mail address is known
    std::string rule = {};
};

/// A certificate that the primary card's signature orders, delivered with its key as PKCS#12 under
/// the applicant's password (M 4.2.2).
struct KeyFileOffer {
    std::string name;                             ///< as the subscriber writes it: "one_stop"
    std::map<std::string, std::string> profiles;  ///< applicant kind → certificate profile
};

/// How account slips that go by mail are locked, and what time brings to slips that nobody uses.
/// Calendar days: the day the slip leaves does not count, the last day counts in full.
struct SlipPolicy {
    /// Encrypted to the subscriber's own certificate where it has one; else, or without this, the
    /// PDF opens with a code that goes by paper.
    bool to_certificate = false;
    std::optional<int> remind_after_days = {};  ///< of e-delivered ones; none: no reminder
    std::optional<int> void_after_days = {};    ///< of e-delivered ones; none: never
    std::string rule = {};                      ///< of these two
    std::optional<int> void_paper_after_days = {};
    std::string paper_rule = {};
};

/// How cards reach their subscribers.
struct CardPolicy {
    /// The card goes out empty, under a PIN, and its subscriber makes the keys at home (T 5.2.1);
    /// else the station makes them in the card.
    bool keys_at_home = false;
    /// A card and its PIN slip go neither in one parcel nor through one person's hands (M 6.4.2).
    bool pin_slip_apart = false;
    /// What is in a card is accepted only after the card has been received (M 4.3.1).
    bool receipt_unlocks_activation = false;
};

}  // namespace sealdesk::scheme
