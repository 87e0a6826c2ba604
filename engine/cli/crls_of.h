#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/ca_of.h"
#include "jobs/crls.h"

namespace sealdesk::cli {

/// Where the CRLs of this desk's own CAs are, one a key with living certificates (M 4.7); none of
/// CAs elsewhere (ca.url).
[[nodiscard]] std::vector<jobs::CrlPlace> crl_places(Desk& desk);

/// The same keys, as far as the jobs issue CRLs by them: those that open without people, or whose
/// holders have brought their shares. Each is opened at most once.
class CrlsOfDesk {
public:
    CrlsOfDesk(const Program& program, Desk& desk);
    CrlsOfDesk(const CrlsOfDesk&) = delete;
    CrlsOfDesk& operator=(const CrlsOfDesk&) = delete;

    [[nodiscard]] std::span<const jobs::CrlSource> sources() const { return sources_; }

private:
    std::vector<jobs::CrlSource> sources_;
    std::map<std::string, std::unique_ptr<CaOfDesk>> opened_;  ///< by the key's id
};

}  // namespace sealdesk::cli
