#pragma once

#include <nlohmann/json_fwd.hpp>

#include "jobs/figures.h"

/// What an event is about, as a figure counts it; for figures.cpp only.
namespace sealdesk::jobs {

enum class About { Certificate, Request, Account, Slip, Mail, Notice };

/// All but the figure's name: from the event itself, else from the records that it names.
[[nodiscard]] FigureKey facts_of_event(store::Tx& tx, About about, const audit::Record& event,
                                       const nlohmann::json& detail);

/// Whether a certificate of which an event of a former version tells was ordered in place of
/// another one.
[[nodiscard]] bool is_renewal_by_record(store::Tx& tx, const nlohmann::json& detail);

}  // namespace sealdesk::jobs
