// The counter's work, on both databases: receive, examine, return, decide.
#include "requests/office_desk.h"
#include "requests/request_store.h"
#include "requests/sheet.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using intake::FateKind;

class Counter : public test::OfficeDesk {};

TEST_P(Counter, AFormBecomesARequestWithItsChecksOpen) {
    const auto fate = receive("registration", registration());

    ASSERT_EQ(fate.kind, FateKind::Accepted);
    const Request request = load(fate.request);
    EXPECT_EQ(request.state, State::Received);
    EXPECT_EQ(request.applicant_name, "吳𠮷");  // rare characters stay
    EXPECT_EQ(rows_in("request_check"), 4);
    EXPECT_TRUE(request.due_at);  // T 5.1.5
}

TEST_P(Counter, TheSameFormAgainChangesNothing) {
    const auto first = receive("registration", registration());
    const auto again = receive("registration", registration());

    EXPECT_EQ(again.kind, FateKind::Accepted);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.request, first.request);
    EXPECT_EQ(rows_in("request"), 1);
    EXPECT_EQ(rows_in("submission"), 1);
}

TEST_P(Counter, AnotherFormOfTheSameApplicantIsADuplicate) {
    const auto first = receive("registration", registration());
    auto form = registration();
    form["record_number"] = "T-2";

    const auto second = receive("registration", form);

    EXPECT_EQ(second.kind, FateKind::Duplicate);
    EXPECT_EQ(second.duplicate_of, first.request);
    EXPECT_EQ(rows_in("request"), 1);
}

// T 5.12.1: without a registration there is no password to reset.
TEST_P(Counter, AResetWithoutSubscriberIsRefusedUntilThereIsOne) {
    const auto refused = receive("password-reset", reset());
    ASSERT_EQ(refused.kind, FateKind::Refused);
    EXPECT_EQ(rows_in("submission"), 1);

    EXPECT_TRUE(receive("password-reset", reset()).repeated);
    EXPECT_EQ(rows_in("submission"), 1);

    receive("registration", registration());
    const auto accepted = receive("password-reset", reset());

    EXPECT_EQ(accepted.kind, FateKind::Accepted);
    EXPECT_FALSE(accepted.repeated);
}

// A reset that comes with its registration waits for it: there is no seal to compare with yet.
TEST_P(Counter, ASealIsNotComparedBeforeItsRegistrationIsApproved) {
    const auto registered = receive("registration", registration());
    const auto asked = receive("password-reset", reset());
    ASSERT_EQ(asked.kind, FateKind::Accepted);

    EXPECT_EQ(examine(asked.request, "seal", true, "ann"), "seal.no_specimen");

    examine_all(registered.request);
    decide(registered.request, Verdict::Approve, "ben");
    run_effects();
    EXPECT_EQ(examine(asked.request, "seal", true, "ann"), "received");
}

// M 5.2.3: who examined the seal does not decide.
TEST_P(Counter, FourEyesDecide) {
    const auto fate = receive("registration", registration());
    EXPECT_EQ(examine_all(fate.request, "ann"), "examined");

    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ann"), "request.same_officer");
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ben"), "approved");
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "cai"), "request.not_now");
}

TEST_P(Counter, AnEditReopensEveryCheck) {
    const auto fate = receive("registration", registration());
    examine_all(fate.request, "ann");

    Request before = load(fate.request);
    const Amendment amendment{before.payload, "[]", "吳吉", before.applicant_kind, {}, "dee"};
    const auto state = amend(office_on(db()), fate.request, amendment);

    ASSERT_TRUE(state);
    EXPECT_EQ(*state, State::Received);
    const auto open = store::transact(db(), "test.checks",
                                      [&](store::Tx& tx) { return checks_of(tx, before.id); });
    for (const Check& check : open) {
        EXPECT_EQ(check.state, CheckState::Open) << check.kind;
        EXPECT_EQ(check.times_reopened, 1) << check.kind;
    }
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ben"), "request.checks_open");
}

TEST_P(Counter, AReturnedFormComesBack) {
    const auto fate = receive("registration", registration());

    EXPECT_EQ(decide(fate.request, Verdict::Return, "ann"), "returned");
    EXPECT_FALSE(load(fate.request).due_at);  // the clock stands
    EXPECT_EQ(examine(fate.request, "documents", true, "ann"), "request.not_now");

    const Request before = load(fate.request);
    const auto state =
        amend(office_on(db()), fate.request,
              {before.payload, "[]", before.applicant_name, before.applicant_kind, {}, "dee"});
    ASSERT_TRUE(state);
    EXPECT_EQ(*state, State::Received);
}

// M 4.2.1.1: what the checks find decides.
TEST_P(Counter, AFailedCheckNeedsWordsAndCannotBeApprovedOver) {
    const auto fate = receive("registration", registration());
    const auto without_words =
        requests::examine(office_on(db()), fate.request, {"documents", false, "", "ann"});
    ASSERT_FALSE(without_words);
    EXPECT_EQ(without_words.error().code, "check.note_missing");

    for (const char* check : {"documents", "identity", "eligibility"}) {
        examine(fate.request, check, true, "ann");
    }
    EXPECT_EQ(examine(fate.request, "seal", false, "ann"), "examined");
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ben"), "request.check_failed");
    EXPECT_EQ(decide(fate.request, Verdict::Reject, "ben"), "rejected");
    EXPECT_EQ(examine(fate.request, "unheard-of", true, "ann"), "check.unknown");
}

// M 4.2.1.1: the officer signs the decision.
TEST_P(Counter, ADecisionIsSignedOverExactlyWhatWasDecided) {
    const std::string number = approved_registration(registration());

    const auto verified = verify_decisions(office_on(db()), number);

    ASSERT_TRUE(verified) << verified.error().code;
    ASSERT_EQ(verified->size(), 1U);
    EXPECT_EQ(verified->front().officer, "ben");
    EXPECT_TRUE(verified->front().current);
}

TEST_P(Counter, AnAlteredDecisionIsFound) {
    const std::string number = approved_registration(registration());
    connection().execute("UPDATE decision SET outcome = 'reject'", {});
    auto verified = verify_decisions(office_on(db()), number);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, "decision.altered");

    connection().execute("UPDATE decision SET document = '{}', outcome = 'approve'", {});
    verified = verify_decisions(office_on(db()), number);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, "cms.bad_signature");
}

TEST_P(Counter, TheSheetShowsFieldsChecklistAndSealsInOneFile) {
    const auto fate = receive("registration", registration());

    const auto sheet = request_sheet(office_on(db()), fate.request);

    ASSERT_TRUE(sheet) << sheet.error().code;
    for (const char* part : {"吳𠮷", "身分證", "data:image/png;base64,", "印鑑"}) {
        EXPECT_NE(sheet->find(part), std::string::npos) << part;
    }
    EXPECT_NE(sheet->find(fate.request), std::string::npos);
    EXPECT_EQ(sheet->find("http-equiv"), std::string::npos);
    EXPECT_EQ(sheet->find("src=\"http"), std::string::npos);  // nothing from the network
}

// Each write of an import fails in turn: nothing half done, and the repeat does all of it.
TEST_P(Counter, AnImportIsAllOrNothingWhateverWriteFails) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            receive_on(broken, "registration", registration());
        } catch (const Failure&) {
            ASSERT_EQ(rows_in("request"), rows_in("request_scan")) << "write " << write;
            ASSERT_EQ(rows_in("submission"), rows_in("request")) << "write " << write;
            ASSERT_EQ(rows_in("request_check"), rows_in("request") * 4) << "write " << write;
            continue;
        }
        EXPECT_FALSE(failing.has_failed());
        EXPECT_GT(write, 6);  // BEGIN, batch, COMMIT, numbers, rows, events … each had its turn
        break;
    }
    EXPECT_EQ(rows_in("request"), 1);
}

// State, decision, effects and audit event are one commit.
TEST_P(Counter, ADecisionIsAllOrNothingWhateverWriteFails) {
    const auto fate = receive("registration", registration());
    examine_all(fate.request);
    const std::int64_t events = rows_in("audit_event");
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            EXPECT_EQ(decide_on(broken, fate.request, Verdict::Approve, "ben"), "approved");
        } catch (const Failure&) {
            ASSERT_EQ(state_of(fate.request), "examined") << "write " << write;
            ASSERT_EQ(rows_in("decision") + rows_in("job"), 0) << "write " << write;
            ASSERT_EQ(rows_in("audit_event"), events) << "write " << write;
            continue;
        }
        EXPECT_GE(write, 5);
        break;
    }
    EXPECT_EQ(state_of(fate.request), "approved");
    EXPECT_EQ(rows_in("decision"), 1);
    EXPECT_EQ(rows_in("audit_event"), events + 1);
}

SEALDESK_ON_EVERY_BACKEND(Counter);

}  // namespace
}  // namespace sealdesk::requests
