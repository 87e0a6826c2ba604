#pragma once

#include <memory>

#include "cli/desk.h"
#include "officers/officer.h"
#include "officers/officer_key.h"

namespace sealdesk::cli {

/// A person at the counter who has proved with the officer key who they are.
struct Session {
    officers::Officer officer;
    std::shared_ptr<officers::OfficerKey> key;
};

/// How a person proves to hold a key that is not in this process.
enum class Proof {
    Now,           ///< by signing a number drawn for it
    WithSignature  ///< by what the command signs anyway: nothing happens without
};

/// Opens the key of `--as` and checks that it is the registered one, that the officer is active and
/// may do this. The key is the one of the `officer session` this is part of; or on the card in the
/// reader that is named; or else in LOGIN.p12, opened with its password. Errors: session.nobody (no
/// --as), those of officers::authorise(), OfficerCard::open(), SoftwareKey::open(),
/// OfficerKey::sign(); session.other_key.
[[nodiscard]] Result<Session> sign_in(const Program& program, Desk& desk, officers::Action action,
                                      Proof proof = Proof::Now);

/// The same without a key, for work that signs nothing (lists, print room): the login must exist,
/// be active and may do this.
[[nodiscard]] Result<std::string> acting(const Program& program, Desk& desk,
                                         officers::Action action);

}  // namespace sealdesk::cli
