#include "cli/session.h"

namespace sealdesk::cli {
namespace {

Result<officers::Officer> authorise(const Program& program, Desk& desk, officers::Action action) {
    if (program.officer.empty()) {
        return Error{ErrorKind::Refused,
                     "session.nobody",
                     "Say who acts: --as LOGIN or $SEALDESK_OFFICER.",
                     {},
                     "M 5.2"};
    }
    return store::transact(desk.database, "session.authorise", [&](store::Tx& tx) {
        return officers::authorise(tx, program.officer, action);
    });
}

/// In a demo desk the password lies beside the key, so that the tour needs no typing.
std::filesystem::path password_file(const Program& program, const Desk& desk) {
    const auto beside = desk.settings.officers / (program.officer + ".password");
    const bool demo = desk.settings.demo && std::filesystem::exists(beside);
    return program.password_file.empty() && demo ? beside
                                                 : std::filesystem::path(program.password_file);
}

}  // namespace

Result<Session> sign_in(const Program& program, Desk& desk, officers::Action action) {
    auto officer = authorise(program, desk, action);
    if (!officer) {
        return officer.error();
    }
    const auto password = read_password(password_file(program, desk),
                                        program.text("金鑰密碼（", "Key password (") +
                                            program.officer + program.text("）：", "): "));
    if (!password) {
        return password.error();
    }
    auto key =
        officers::SoftwareKey::open(desk.settings.officers / (program.officer + ".p12"), *password);
    if (!key) {
        return key.error();
    }
    if (!(key->certificate() == officer->certificate)) {
        return Error{ErrorKind::Refused, "session.other_key",
                     "This is not the key registered for the officer.", program.officer, "M 5.2"};
    }
    return Session{*std::move(officer), std::make_unique<officers::SoftwareKey>(*std::move(key))};
}

Result<std::string> acting(const Program& program, Desk& desk, officers::Action action) {
    const auto officer = authorise(program, desk, action);
    if (!officer) {
        return officer.error();
    }
    return officer->login;
}

}  // namespace sealdesk::cli
