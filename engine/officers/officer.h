#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "store/tx.h"

namespace sealdesk::officers {

/// Roles of M 5.2. Administrator, officer and auditor exclude one another; each may be operator
/// as well.
enum class Role {
    Administrator,  ///< people, roles and cards (M 1.3.2), configuration, keys
    Officer,        ///< examines forms and decides (憑證註冊審驗人員)
    Auditor,        ///< reads everything, changes nothing
    Operator,       ///< runs jobs, prints, posts
};

using Roles = std::set<Role>;

/// "administrator", "officer", "auditor", "operator".
[[nodiscard]] std::string_view to_text(Role role);

/// "officer,operator"; and back: Error (Invalid) officer.unknown_role.
[[nodiscard]] std::string to_text(const Roles& roles);
[[nodiscard]] Result<Roles> parse_roles(std::string_view text);

/// What people do, as far as roles decide about it. The request's own rules (four eyes) come on
/// top of it in requests/.
enum class Action {
    ManageOfficers,  ///< add, suspend, change roles
    ManageDesk,      ///< configuration, schemes, keys, CA ceremony
    ReceiveForms,    ///< key, import, scan
    Examine,         ///< checks, seals, return for correction
    Decide,          ///< sign approval or rejection
    HandleSlips,     ///< print, acknowledge, void
    UnblockCards,    ///< a new PIN for who was identified at the counter (M 6.2.8)
    RunJobs,         ///< night jobs, deliveries, CRLs
    ReadLog,         ///< audit verify and export
    ReadRequests,    ///< lists and request sheets
};

/// True when one of the roles allows the action. Pure.
[[nodiscard]] bool may(const Roles& roles, Action action);
[[nodiscard]] bool may(Role role, Action action);

/// Error (Refused, M 5.2) officer.roles_exclude for two of administrator, officer and auditor;
/// (Invalid) officer.no_role for none.
[[nodiscard]] Outcome check_roles(const Roles& roles);

enum class OfficerState { Active, Suspended };

struct Officer {
    OfficerId id;
    std::string login;
    std::string display_name;
    Roles roles;
    crypto::Certificate certificate;
    OfficerState state;
    std::int64_t version;
    Instant added_at;
    Instant changed_at;
};

struct NewOfficer {
    std::string login;         ///< 1 to 40 of a–z 0–9 . - _, beginning with a letter
    std::string display_name;  ///< 1 to 80 bytes of UTF-8
    Roles roles;
    crypto::Certificate certificate;
};

/// Adds an active officer and the audit event officer.added by `actor` ("officer:12", "system").
/// Errors (Invalid): officer.bad_login, officer.bad_name, officer.certificate_not_valid, and those
/// of check_roles; (Conflict) officer.login_taken, officer.certificate_taken (one certificate
/// speaks for one person).
[[nodiscard]] Result<Officer> add(store::Tx& tx, const NewOfficer& officer, std::string_view actor);

/// Errors (NotFound): officer.unknown.
[[nodiscard]] Result<Officer> find(store::Tx& tx, OfficerId id);
[[nodiscard]] Result<Officer> find_by_login(store::Tx& tx, std::string_view login);

/// Everybody, by login. An office has tens of people; at most 1,000 are returned.
[[nodiscard]] std::vector<Officer> list(store::Tx& tx);

/// Suspends or lets back in; appends officer.suspended or officer.reinstated. `seen` is what the
/// caller read before: Error (Conflict) officer.changed_meanwhile when that is out of date.
[[nodiscard]] Outcome set_state(store::Tx& tx, const Officer& seen, OfficerState state,
                                std::string_view actor);

/// Why an officer gets another certificate. Stored as text.
enum class ReplacedFor { Expiring, Damaged, Lost };
[[nodiscard]] std::string_view to_text(ReplacedFor why);  ///< "expiring", "damaged", "lost"

struct NewCertificate {
    crypto::Certificate certificate;
    ReplacedFor why;
    std::string issued_by = {};  ///< scheme whose CA issued the present one; empty: none of ours
};

/// Job that revokes a replaced certificate; its key is "SCHEME/SERIAL/WHY", its subject the
/// officer.
inline constexpr std::string_view kRevokeOfficerJob = "officer.revoke-certificate";

/// From here on the officer signs with another certificate; the present one is kept for what it has
/// signed, and revoked by a job when it is of a CA of ours. Appends officer.certificate_replaced.
/// Errors: (Invalid) officer.certificate_not_valid; (Conflict) officer.certificate_taken, also by
/// the officer's own key, officer.changed_meanwhile.
[[nodiscard]] Outcome replace_certificate(store::Tx& tx, const Officer& seen,
                                          const NewCertificate& fresh, std::string_view actor);

/// With which certificates the officer may have signed something at this time.
[[nodiscard]] std::vector<crypto::Certificate> certificates_at(store::Tx& tx,
                                                               const Officer& officer, Instant at);

/// The officer, when active and allowed: what every command of a person begins with. Errors:
/// officer.unknown (NotFound); (Refused) officer.suspended, officer.not_allowed (M 5.2).
[[nodiscard]] Result<Officer> authorise(store::Tx& tx, std::string_view login, Action action);

/// "officer:ann": how audit events and rows name a person.
[[nodiscard]] std::string actor_of(std::string_view login);

}  // namespace sealdesk::officers
