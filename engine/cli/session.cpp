#include "cli/session.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/officer_card.h"
#include "crypto/cms.h"

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

using Key = std::shared_ptr<officers::OfficerKey>;

Result<Key> open_file(const Program& program, const Desk& desk) {
    const auto password = read_password(password_file(program, desk),
                                        program.text("金鑰密碼（", "Key password (") +
                                            program.officer + program.text("）：", "): "));
    if (!password) {
        return password.error();
    }
    auto key =
        officers::SoftwareKey::open(desk.settings.officers / (program.officer + ".p12"), *password);
    return key ? Result<Key>(std::make_shared<officers::SoftwareKey>(*std::move(key)))
               : key.error();
}

/// On a card when a reader is named: by whoever calls, or by the desk and there is no file.
bool is_on_card(const Program& program, const Desk& desk) {
    return !program.reader.empty() ||
           (!desk.settings.officer_reader.empty() &&
            !std::filesystem::exists(desk.settings.officers / (program.officer + ".p12")));
}

Result<Key> open_card_key(const Program& program, Desk& desk) {
    auto card = OfficerCard::open(program, desk, desk.settings.officer_pin_life);
    return card ? Result<Key>(*std::move(card)) : card.error();
}

/// That of the session, while its card lies in the reader; or another.
Result<Key> open_key(const Program& program, Desk& desk, bool on_card) {
    if (program.session) {
        return program.session->key;
    }
    return on_card ? open_card_key(program, desk) : open_file(program, desk);
}

/// A certificate is public, so a card that shows it proves nothing.
Outcome prove(officers::OfficerKey& key, Desk& desk) {
    std::string number(16, '\0');
    desk.random.fill(number);
    const Instant now = desk.clock.now();
    const std::string challenge = nlohmann::json{
        {"schema", "sealdesk-sign-in-1"},
        {"number", to_hex(number)},
        {"at", to_utc_text(now)}}.dump();
    const auto signature = key.sign(challenge, now);
    if (!signature) {
        return signature.error();
    }
    const auto signer = crypto::verify_detached(*signature, challenge, {&key.certificate(), 1});
    return signer ? done() : signer.error();
}

}  // namespace

Result<Session> sign_in(const Program& program, Desk& desk, officers::Action action, Proof proof) {
    auto officer = authorise(program, desk, action);
    if (!officer) {
        return officer.error();
    }
    const bool on_card = is_on_card(program, desk);
    auto key = open_key(program, desk, on_card);
    if (!key) {
        return key.error();
    }
    if (!((*key)->certificate() == officer->certificate)) {
        return Error{ErrorKind::Refused, "session.other_key",
                     "This is not the key registered for the officer.", program.officer, "M 5.2"};
    }
    if (on_card && proof == Proof::Now) {
        const Outcome proved = prove(**key, desk);
        if (!proved) {
            return proved.error();
        }
    }
    return Session{*std::move(officer), *std::move(key)};
}

Result<std::string> acting(const Program& program, Desk& desk, officers::Action action) {
    const auto officer = authorise(program, desk, action);
    if (!officer) {
        return officer.error();
    }
    return officer->login;
}

}  // namespace sealdesk::cli
