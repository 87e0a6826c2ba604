#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/ca_of.h"
#include "jobs/crls.h"

namespace sealdesk::cli {

/// Where the CRLs of this desk's own CAs are; none of CAs elsewhere (ca.url).
[[nodiscard]] std::vector<jobs::CrlPlace> crl_places(const Desk& desk);

/// The CAs of this desk whose CRLs the jobs issue: those with a key here that opens without people,
/// or whose holders have brought their shares. Each is opened at most once.
class CrlsOfDesk {
public:
    CrlsOfDesk(const Program& program, Desk& desk);
    CrlsOfDesk(const CrlsOfDesk&) = delete;
    CrlsOfDesk& operator=(const CrlsOfDesk&) = delete;

    [[nodiscard]] std::span<const jobs::CrlSource> sources() const { return sources_; }

private:
    std::vector<jobs::CrlSource> sources_;
    std::map<std::string, std::unique_ptr<CaOfDesk>> opened_;
};

}  // namespace sealdesk::cli
