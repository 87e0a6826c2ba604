#pragma once

#include <functional>
#include <string>

#include "effects/key_file.h"

// The way of a key file, whoever orders it: the key made and stored, the certificate ordered for
// it, both handed out as PKCS#12. For this room.
namespace sealdesk::effects {

/// What a key file stands on.
struct KeyFileSubject {
    SubscriberId subscriber;
    RequestId request;
    std::string profile;
};

/// One order, by one name: the same again gets the same key and certificate.
struct KeyFileOrder {
    std::string order_key;
    std::string request_number;  ///< of the approval it stands on
    std::string word;            ///< kept with it: what was asked for
    std::string by;              ///< actor
    std::string where;           ///< of an error
    std::string rule;            ///< of an error
    /// Judges it, in the transaction that stores it or finds it there.
    std::function<Result<KeyFileSubject>(store::Tx&)> judge;
    /// Follows in that commit when the order was not there yet.
    std::function<void(store::Tx&)> stored = {};
};

/// Carries it out. What was ordered counts as accepted (M 4.3.1 (3), (4)). Errors: those named at
/// order_key_file(), and the judge's.
[[nodiscard]] Result<KeyFile> carry_through_key_file(const ApplicationDesk& desk,
                                                     const KeyFileOrder& order,
                                                     const KeyFileWish& wish);

}  // namespace sealdesk::effects
