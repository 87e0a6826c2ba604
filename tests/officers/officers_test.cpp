#include <gtest/gtest.h>

#include "audit/verify.h"
#include "base/durable_file.h"
#include "crypto/cms.h"
#include "officers/officer.h"
#include "officers/officer_key.h"
#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::officers {
namespace {

using namespace std::chrono_literals;

const Instant kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

crypto::Pkcs12 make_person(const std::string& name) {
    SystemRandom random;
    crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
    auto certificate = crypto::make_self_signed(
        key, {name, crypto::SelfSignedUse::Signing, kStart, kStart + 24h * 365}, random);
    return {std::move(key), std::move(certificate), {}};
}

crypto::Certificate person_certificate(int index) {
    static const std::vector<crypto::Certificate> made{
        make_person("a").certificate, make_person("b").certificate, make_person("c").certificate};
    return made.at(std::size_t(index));
}

TEST(Roles, ExactlyTheExcludingOnesExcludeOneAnother) {  // M 5.2
    using enum Role;
    EXPECT_EQ(code_of(check_roles({Administrator, Operator})), "ok");
    EXPECT_EQ(code_of(check_roles({Officer, Operator})), "ok");
    EXPECT_EQ(code_of(check_roles({Auditor, Operator})), "ok");
    EXPECT_EQ(code_of(check_roles({Operator})), "ok");
    EXPECT_EQ(code_of(check_roles({Administrator, Officer})), "officer.roles_exclude");
    EXPECT_EQ(code_of(check_roles({Officer, Auditor})), "officer.roles_exclude");
    EXPECT_EQ(code_of(check_roles({Administrator, Auditor})), "officer.roles_exclude");
    EXPECT_EQ(code_of(check_roles({})), "officer.no_role");
}

TEST(Roles, OnlyOfficersDecideAndOnlyAuditorsReadTheLog) {
    for (const Role role : {Role::Administrator, Role::Officer, Role::Auditor, Role::Operator}) {
        EXPECT_EQ(may(role, Action::Decide), role == Role::Officer);
        EXPECT_EQ(may(role, Action::Examine), role == Role::Officer);
        EXPECT_EQ(may(role, Action::ReadLog), role == Role::Auditor);
        EXPECT_EQ(may(role, Action::ManageOfficers), role == Role::Administrator);
        EXPECT_EQ(may(role, Action::HandleSlips), role == Role::Operator);
        EXPECT_EQ(may(role, Action::UnblockCards), role == Role::Officer || role == Role::Operator);
        EXPECT_TRUE(may(role, Action::ReadRequests));
    }
    // Nobody audits oneself: an auditor changes nothing.
    for (const Action action : {Action::ManageDesk, Action::ReceiveForms, Action::RunJobs}) {
        EXPECT_FALSE(may(Role::Auditor, action));
    }
    EXPECT_TRUE(may(Roles{Role::Officer, Role::Operator}, Action::HandleSlips));
}

TEST(Roles, AreWrittenAndReadBack) {
    const Roles roles{Role::Operator, Role::Officer};
    EXPECT_EQ(to_text(roles), "officer,operator");
    EXPECT_EQ(*parse_roles("operator, officer"), roles);
    EXPECT_EQ(code_of(parse_roles("boss")), "officer.unknown_role");
}

TEST(SoftwareOfficerKey, SignsWhatVerifiesWithTheOfficersCertificate) {
    test::TempFolder folder;
    const crypto::Pkcs12 person = make_person("a");
    const auto file = folder.path() / "a.p12";
    write_file_durably(file, crypto::make_pkcs12(person, "a", Secret("pass"), 1000),
                       FileAccess::Owner);

    auto key = SoftwareKey::open(file, Secret("pass"));
    ASSERT_EQ(code_of(key), "ok");
    const auto signature = key->sign("the request", kStart + 24h);
    ASSERT_EQ(code_of(signature), "ok");
    EXPECT_EQ(code_of(crypto::verify_detached(*signature, "the request", {&person.certificate, 1})),
              "ok");
    EXPECT_EQ(code_of(SoftwareKey::open(file, Secret("wrong"))), "pkcs12.wrong_password");
    EXPECT_EQ(code_of(key->sign("the request", kStart - 24h)), "cms.certificate_not_valid");
}

class Officers : public test::OnEveryBackend {
protected:
    std::string add_one(const std::string& login, int certificate,
                        const Roles& roles = {Role::Officer}) {
        return code_of(store::transact(db(), "officer.add", [&](store::Tx& tx) {
            return add(tx, {login, "林核定", roles, person_certificate(certificate)}, "system");
        }));
    }
    std::string authorised(const std::string& login, Action action) {
        return code_of(store::transact(
            db(), "test.read", [&](store::Tx& tx) { return authorise(tx, login, action); }));
    }
};

TEST_P(Officers, AreAddedOnceAndFoundAgain) {
    ASSERT_EQ(add_one("lin", 0), "ok");
    EXPECT_EQ(add_one("lin", 1), "officer.login_taken");
    EXPECT_EQ(add_one("lin2", 0), "officer.certificate_taken");
    EXPECT_EQ(add_one("Lin", 1), "officer.bad_login");
    EXPECT_EQ(add_one("chen", 1, {Role::Officer, Role::Auditor}), "officer.roles_exclude");
    ASSERT_EQ(add_one("chen", 1, {Role::Auditor}), "ok");

    const auto everyone =
        store::transact(db(), "test.read", [](store::Tx& tx) { return list(tx); });
    ASSERT_EQ(everyone.size(), 2U);
    EXPECT_EQ(everyone[0].login, "chen");
    EXPECT_EQ(everyone[1].display_name, "林核定");
    EXPECT_TRUE(everyone[1].certificate == person_certificate(0));
    EXPECT_EQ(audit::verify(db(), {}, {}).events, 2);
}

TEST_P(Officers, ACertificateThatHasRunOutIsNotTaken) {
    clock().advance(24h * 365);
    EXPECT_EQ(add_one("lin", 0), "officer.certificate_not_valid");
}

TEST_P(Officers, ASuspendedOfficerMayDoNothingUntilReinstated) {
    ASSERT_EQ(add_one("lin", 0), "ok");
    EXPECT_EQ(authorised("lin", Action::Decide), "ok");
    EXPECT_EQ(authorised("lin", Action::ManageOfficers), "officer.not_allowed");
    EXPECT_EQ(authorised("nobody", Action::Decide), "officer.unknown");

    const auto seen =
        store::transact(db(), "test.read", [](store::Tx& tx) { return *find_by_login(tx, "lin"); });
    const auto change = [&](OfficerState state) {
        return code_of(store::transact(db(), "officer.state", [&](store::Tx& tx) {
            return set_state(tx, seen, state, "officer:9");
        }));
    };
    EXPECT_EQ(change(OfficerState::Suspended), "ok");
    EXPECT_EQ(authorised("lin", Action::Decide), "officer.suspended");
    EXPECT_EQ(change(OfficerState::Active), "officer.changed_meanwhile");  // `seen` is stale
    EXPECT_EQ(audit::verify(db(), {}, {}).events, 2);
}

TEST_P(Officers, WhicheverWriteFailsNobodyIsHalfAdded) {
    for (int write = 0; write < 20; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            const auto added = store::transact(broken, "officer.add", [&](store::Tx& tx) {
                return add(tx, {"lin", "Lin", {Role::Officer}, person_certificate(0)}, "system");
            });
            ASSERT_EQ(code_of(added), "ok");
        } catch (const Failure&) {
            ASSERT_EQ(authorised("lin", Action::Decide), "officer.unknown") << write;
            ASSERT_EQ(audit::verify(db(), {}, {}).events, 0) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        EXPECT_GE(write, 6);
        break;
    }
    EXPECT_EQ(authorised("lin", Action::Decide), "ok");
}

SEALDESK_ON_EVERY_BACKEND(Officers);

}  // namespace
}  // namespace sealdesk::officers
