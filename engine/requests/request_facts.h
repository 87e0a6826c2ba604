#pragma once

#include <nlohmann/json_fwd.hpp>

#include "requests/request.h"

namespace sealdesk::requests {

/// What events about a request say of it beside their own, so that statistics can be counted from
/// the audit log alone: {"scheme","form","applicant"}, the last being the applicant's kind. Never
/// personal data (M 2.8.1).
[[nodiscard]] nlohmann::json facts_of(const Request& request);

/// The detail of an event with those facts.
[[nodiscard]] nlohmann::json with_facts(const Request& request, nlohmann::json detail);

}  // namespace sealdesk::requests
