#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "ca/local_ca.h"

namespace sealdesk::jobs {

/// A key of a CA by which this process issues CRLs. It is opened only when one is due.
struct CrlSource {
    std::string authority;  ///< its name for people: the scheme, or "SCHEME/2" of its second key
    std::string issuer;     ///< ca::key_id_of() its certificate
    ca::Publication publication;
    std::function<Result<ca::LocalCa*>()> open;
};

struct IssuedCrl {
    std::string authority;
    ca::CrlInfo crl;
};

/// Issues the CRL if one is due (ca::crl_is_due(); M 2.6.2, M 4.4.10). Errors: those of `open` and
/// LocalCa::issue_crl().
[[nodiscard]] Result<std::optional<ca::CrlInfo>> issue_crl_if_due(store::Database& database,
                                                                  const CrlSource& source);

/// Where the CRLs of a key are published, and by which calendar the office works.
struct CrlPlace {
    std::string authority;  ///< as CrlSource::authority
    std::string issuer;
    std::filesystem::path folder;
    const Calendar& calendar;
};

/// How the newest CRL stands.
struct CrlStanding {
    std::string authority;
    std::optional<ca::CrlInfo> crl;
    std::chrono::minutes age{0};
    bool published = false;  ///< complete.crl is this one
    bool in_time = false;    ///< published, and not more than one working day ago (M 2.6.2)
};

[[nodiscard]] std::vector<CrlStanding> crl_standings(store::Tx& tx,
                                                     std::span<const CrlPlace> places);

}  // namespace sealdesk::jobs
