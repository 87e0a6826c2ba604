#pragma once

#include <filesystem>
#include <string>

#include "support/program_desk.h"

namespace sealdesk::test {

/// Another desk whose CAs answer at http://127.0.0.1 as long as this lives: `sealdesk ca serve
/// --sign` as a process of its own.
class CaElsewhere {
public:
    explicit CaElsewhere(const std::filesystem::path& folder);
    ~CaElsewhere();
    CaElsewhere(const CaElsewhere&) = delete;
    CaElsewhere& operator=(const CaElsewhere&) = delete;

    /// The desk keeps no key of a CA from here on: it knows the CAs' certificates, they know its
    /// key, and its settings say where they are. `protocol`: orders or cmp.
    void serve(const ProgramDesk& desk, const std::string& protocol);

private:
    void introduce(const ProgramDesk& desk, const std::string& scheme);

    std::filesystem::path folder_;
    ProgramDesk elsewhere_;
    pid_t server_ = -1;
};

}  // namespace sealdesk::test
