#include <algorithm>
#include <utility>

#include "audit/log.h"
#include "base/error.h"
#include "base/text.h"
#include "officers/officer.h"

namespace sealdesk::officers {
namespace {

constexpr std::string_view kInsertOfficer = R"sql(
    INSERT INTO officer (id, login, display_name, roles, certificate, state, version, added_at,
                         changed_at)
    VALUES (?, ?, ?, ?, ?, 'active', 1, ?, ?)
)sql";

constexpr std::string_view kFindOfficer = R"sql(
    SELECT id, login, display_name, roles, certificate, state, version, added_at, changed_at
    FROM officer
    WHERE id = ?
)sql";

constexpr std::string_view kFindOfficerByLogin = R"sql(
    SELECT id, login, display_name, roles, certificate, state, version, added_at, changed_at
    FROM officer
    WHERE login = ?
)sql";

constexpr std::string_view kListOfficers = R"sql(
    SELECT id, login, display_name, roles, certificate, state, version, added_at, changed_at
    FROM officer
    ORDER BY login
    LIMIT 1000
)sql";

// The version in the WHERE clause is the lock: two administrators at once cannot both win.
constexpr std::string_view kSetOfficerState = R"sql(
    UPDATE officer
    SET state = ?, version = version + 1, changed_at = ?
    WHERE id = ? AND version = ?
)sql";

Error officer_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), "M 5.2"};
}

Error unknown_officer(std::string where) {
    return officer_error(ErrorKind::NotFound, "officer.unknown", "There is no such officer.",
                         std::move(where));
}

std::string_view state_text(OfficerState state) {
    return state == OfficerState::Active ? "active" : "suspended";
}

Officer to_officer(const store::Row& row) {
    auto roles = parse_roles(row.text(3));
    auto certificate = crypto::Certificate::parse(row.bytes(4));
    if (!roles || !certificate) {
        throw_internal("officer.damaged", "The stored officer " + row.text(1) +
                                              " has roles or a certificate that cannot be read.");
    }
    return {OfficerId(row.number(0)),
            row.text(1),
            row.text(2),
            std::move(roles).value(),
            std::move(certificate).value(),
            row.text(5) == "active" ? OfficerState::Active : OfficerState::Suspended,
            row.number(6),
            row.instant(7),
            row.instant(8)};
}

bool is_login(std::string_view text) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view more = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    return !text.empty() && text.size() <= 40 &&
           letters.find(text.front()) != std::string_view::npos &&
           text.find_first_not_of(more) == std::string_view::npos;
}

Outcome check_new(store::Tx& tx, const NewOfficer& officer) {
    if (!is_login(officer.login)) {
        return officer_error(ErrorKind::Invalid, "officer.bad_login",
                             "A login is 1 to 40 of a-z 0-9 . - _ and begins with a letter.",
                             "login");
    }
    if (officer.display_name.empty() || officer.display_name.size() > 80 ||
        !is_utf8(officer.display_name)) {
        return officer_error(ErrorKind::Invalid, "officer.bad_name",
                             "A display name has 1 to 80 bytes.", "display_name");
    }
    if (!officer.certificate.is_valid_at(tx.now())) {
        return officer_error(ErrorKind::Invalid, "officer.certificate_not_valid",
                             "The certificate is not valid today.", "certificate");
    }
    for (const Officer& other : list(tx)) {
        if (other.login == officer.login) {
            return officer_error(ErrorKind::Conflict, "officer.login_taken",
                                 "Another officer has this login.", "login");
        }
        if (other.certificate.public_key() == officer.certificate.public_key()) {
            return officer_error(ErrorKind::Conflict, "officer.certificate_taken",
                                 "This key belongs to officer " + other.login + ".", "certificate");
        }
    }
    return check_roles(officer.roles);
}

Result<Officer> first_officer(const std::vector<store::Row>& rows, std::string where) {
    if (rows.empty()) {
        return unknown_officer(std::move(where));
    }
    return to_officer(rows[0]);
}

}  // namespace

Result<Officer> add(store::Tx& tx, const NewOfficer& officer, std::string_view actor) {
    const Outcome sound = check_new(tx, officer);
    if (!sound) {
        return sound.error();
    }
    const OfficerId id(tx.new_id());
    tx.execute(kInsertOfficer, id.value(), officer.login, officer.display_name,
               to_text(officer.roles), store::Blob{officer.certificate.der()}, tx.now(), tx.now());
    audit::append(tx, {"officer.added",
                       std::string(actor),
                       actor_of(officer.login),
                       {{"roles", to_text(officer.roles)},
                        {"certificate_sha256", officer.certificate.fingerprint()}}});
    return find(tx, id);
}

Result<Officer> find(store::Tx& tx, OfficerId id) {
    return first_officer(tx.query(kFindOfficer, id.value()), std::to_string(id.value()));
}

Result<Officer> find_by_login(store::Tx& tx, std::string_view login) {
    return first_officer(tx.query(kFindOfficerByLogin, login), std::string(login));
}

std::vector<Officer> list(store::Tx& tx) {
    std::vector<Officer> officers;
    for (const store::Row& row : tx.query(kListOfficers)) {
        officers.push_back(to_officer(row));
    }
    return officers;
}

Outcome set_state(store::Tx& tx, const Officer& seen, OfficerState state, std::string_view actor) {
    const auto changed =
        tx.execute(kSetOfficerState, state_text(state), tx.now(), seen.id.value(), seen.version);
    if (changed == 0) {
        return officer_error(ErrorKind::Conflict, "officer.changed_meanwhile",
                             "Someone else changed this officer; look again.", seen.login);
    }
    audit::append(tx, {state == OfficerState::Active ? "officer.reinstated" : "officer.suspended",
                       std::string(actor), actor_of(seen.login), nlohmann::json::object()});
    return done();
}

Result<Officer> authorise(store::Tx& tx, std::string_view login, Action action) {
    auto officer = find_by_login(tx, login);
    if (!officer) {
        return officer.error();
    }
    if (officer->state == OfficerState::Suspended) {
        return officer_error(ErrorKind::Refused, "officer.suspended",
                             "This officer is suspended; ask the administrator.",
                             std::string(login));
    }
    if (!may(officer->roles, action)) {
        return officer_error(
            ErrorKind::Refused, "officer.not_allowed",
            "The roles of this officer (" + to_text(officer->roles) + ") do not allow it.",
            std::string(login));
    }
    return officer;
}

std::string actor_of(std::string_view login) { return "officer:" + std::string(login); }

}  // namespace sealdesk::officers
