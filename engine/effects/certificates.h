#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "effects/works.h"
#include "subscribers/account.h"

namespace sealdesk::effects {

/// The subscriber puts all living certificates on hold, as on the website (T 4.5.1): the password
/// is checked with its strikes, the holds are opened, and a job asks the CA. Says what the login
/// came to; nothing is held unless it was accepted. Refused: account.unknown,
/// certificate.none_alive.
[[nodiscard]] Result<subscribers::Login> hold_by_subscriber(store::Database& database,
                                                            std::string_view account,
                                                            const Secret& password,
                                                            int strikes_max);

}  // namespace sealdesk::effects
