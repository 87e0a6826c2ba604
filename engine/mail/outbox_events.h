#pragma once

#include <cstdint>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "audit/log.h"
#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::mail {

/// Who acts when no person does.
inline constexpr std::string_view kSenderActor = "job:mail.send";

/// "mail.<what>" about a mail. Details hold codes and hashes only, never an address or what a
/// server said (M 2.8.1).
[[nodiscard]] audit::Event mail_event(std::string_view what, std::string_view actor, MailId id,
                                      const nlohmann::json& detail);
void append_mail_event(store::Tx& tx, std::string_view what, std::string_view actor, MailId id,
                       const nlohmann::json& detail);

/// Puts an address under suppression; nothing changes if it is there already.
void suppress(store::Tx& tx, std::string_view address, std::string_view reason, MailId learned_by);

}  // namespace sealdesk::mail
