#pragma once

#include <memory>

#include "cli/desk.h"
#include "officers/officer.h"
#include "officers/officer_key.h"

namespace sealdesk::cli {

/// A person at the counter who has proved with the officer key who they are.
struct Session {
    officers::Officer officer;
    std::unique_ptr<officers::OfficerKey> key;
};

/// Opens the key of `--as` with its password and checks that it is the registered one, that the
/// officer is active and may do this. Errors: session.nobody (no --as), those of
/// officers::authorise() and SoftwareKey::open(), session.other_key.
[[nodiscard]] Result<Session> sign_in(const Program& program, Desk& desk, officers::Action action);

/// The same without a key, for work that signs nothing (lists, print room): the login must exist,
/// be active and may do this.
[[nodiscard]] Result<std::string> acting(const Program& program, Desk& desk,
                                         officers::Action action);

}  // namespace sealdesk::cli
