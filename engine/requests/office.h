#pragma once

#include <vector>

#include "base/calendar.h"
#include "requests/request.h"
#include "scheme/scheme.h"
#include "store/files.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// What every use case of the counter works with: the database, the desk's files, the schemes.
struct Office {
    store::Database& database;
    store::FileStore& files;
    const std::vector<scheme::Scheme>& schemes;
    const Calendar& calendar;
};

/// The definition a request was received under. Failure request.no_form (Internal) when the desk's
/// forms folder does not have it any more.
[[nodiscard]] const scheme::Form& form_of(const Office& office, const Request& request);
[[nodiscard]] const scheme::Scheme& scheme_of(const Office& office, const Request& request);

/// The normalised fields of a request, from its canonical JSON.
[[nodiscard]] scheme::Values values_of(const Request& request);

/// One request, read in a transaction of its own. Refused: request.not_found.
[[nodiscard]] Result<Request> look_up(const Office& office, std::string_view number);

}  // namespace sealdesk::requests
