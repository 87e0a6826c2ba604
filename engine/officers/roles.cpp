#include <array>

#include "base/error.h"
#include "base/text.h"
#include "officers/officer.h"

namespace sealdesk::officers {
namespace {

struct NamedRole {
    Role role;
    std::string_view name;
};

constexpr std::array<NamedRole, 4> kRoleNames{{{Role::Administrator, "administrator"},
                                               {Role::Officer, "officer"},
                                               {Role::Auditor, "auditor"},
                                               {Role::Operator, "operator"}}};

struct Permission {
    Action action;
    bool administrator;
    bool officer;
    bool auditor;
    bool operating;
};

// M 5.2: who may do what. Every action stands here once; the test counts them.
// clang-format off
constexpr std::array<Permission, 10> kPermissions{{
    // action                  administrator officer auditor operator
    {Action::ManageOfficers,   true,         false,  false,  false},
    {Action::ManageDesk,       true,         false,  false,  false},
    {Action::ReceiveForms,     false,        true,   false,  true},
    {Action::Examine,          false,        true,   false,  false},
    {Action::Decide,           false,        true,   false,  false},
    {Action::HandleSlips,      false,        false,  false,  true},
    {Action::UnblockCards,     false,        true,   false,  true},
    {Action::RunJobs,          true,         false,  false,  true},
    {Action::ReadLog,          false,        false,  true,   false},
    {Action::ReadRequests,     true,         true,   true,   true},
}};
// clang-format on

}  // namespace

std::string_view to_text(Role role) {
    for (const NamedRole& named : kRoleNames) {
        if (named.role == role) {
            return named.name;
        }
    }
    SEALDESK_CHECK(false);
}

std::string to_text(const Roles& roles) {
    std::string text;
    for (const NamedRole& named : kRoleNames) {
        if (roles.contains(named.role)) {
            text += text.empty() ? "" : ",";
            text += named.name;
        }
    }
    return text;
}

Result<Roles> parse_roles(std::string_view text) {
    Roles roles;
    for (const std::string& piece : split(text, ',')) {
        const std::string name = trim(piece);
        bool known = false;
        for (const NamedRole& named : kRoleNames) {
            if (named.name == name) {
                roles.insert(named.role);
                known = true;
            }
        }
        if (!known) {
            return Error{ErrorKind::Invalid,
                         "officer.unknown_role",
                         "There is no role \"" + name +
                             "\"; the roles are administrator, officer, auditor, operator.",
                         {},
                         "M 5.2"};
        }
    }
    return roles;
}

bool may(Role role, Action action) {
    for (const Permission& row : kPermissions) {
        if (row.action == action) {
            switch (role) {
                case Role::Administrator: return row.administrator;
                case Role::Officer: return row.officer;
                case Role::Auditor: return row.auditor;
                case Role::Operator: return row.operating;
            }
        }
    }
    SEALDESK_CHECK(false);
}

bool may(const Roles& roles, Action action) {
    for (const Role role : roles) {
        if (may(role, action)) {
            return true;
        }
    }
    return false;
}

Outcome check_roles(const Roles& roles) {
    if (roles.empty()) {
        return Error{ErrorKind::Invalid, "officer.no_role", "An officer needs at least one role.",
                     "roles", "M 5.2"};
    }
    const std::size_t separated = roles.size() - roles.count(Role::Operator);
    if (separated > 1) {
        return Error{ErrorKind::Refused, "officer.roles_exclude",
                     "Administrator, officer and auditor are different people.", "roles", "M 5.2"};
    }
    return done();
}

}  // namespace sealdesk::officers
