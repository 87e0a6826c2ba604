#pragma once

#include <cstdint>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::mail {

/// Who acts when no person does.
inline constexpr std::string_view kSenderActor = "job:mail.send";

/// Appends "mail.<what>" about a mail to the audit log. Details hold codes and hashes only, never
/// an address or what a server said (M 2.8.1).
void append_mail_event(store::Tx& tx, std::string_view what, std::string_view actor, MailId id,
                       const nlohmann::json& detail);

/// Puts an address under suppression; nothing changes if it is there already.
void suppress(store::Tx& tx, std::string_view address, std::string_view reason, MailId learned_by);

}  // namespace sealdesk::mail
