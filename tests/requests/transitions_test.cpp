#include "requests/transitions.h"

#include <gtest/gtest.h>

namespace sealdesk::requests {
namespace {

Check check_of(const std::string& kind, CheckState state, const std::string& officer) {
    return {1, RequestId(1), kind, state, officer, "", "{}", "", 0, Instant{}};
}

struct Step {
    State state;
    Event event;
    std::string actor;
    std::string expected;  ///< the state reached, or the code of the refusal
};

class TransitionTable : public ::testing::TestWithParam<Step> {};

// Ann keyed the form, Ben examined the seal, Cai did neither. Documents passed.
TEST_P(TransitionTable, LeadsWhereTheOfficeSays) {
    const std::vector<Check> checks{check_of("documents", CheckState::Passed, "ben"),
                                    check_of("seal", CheckState::Passed, "ben")};
    const Situation situation{GetParam().state, "ann", GetParam().actor, checks};

    const auto next = decide_transition(situation, GetParam().event);

    EXPECT_EQ(next ? std::string(to_text(*next)) : next.error().code, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Office, TransitionTable,
    ::testing::Values(Step{State::Received, Event::CheckRecorded, "ben", "received"},
                      Step{State::Received, Event::LastCheckRecorded, "ben", "examined"},
                      Step{State::Received, Event::Approve, "cai", "request.checks_open"},
                      Step{State::Received, Event::Reject, "cai", "request.checks_open"},
                      Step{State::Received, Event::Return, "ben", "returned"},
                      Step{State::Examined, Event::Edited, "ann", "received"},
                      // Four eyes (M 5.2.3): who keyed or examined the seal does not decide.
                      Step{State::Examined, Event::Approve, "ann", "request.same_officer"},
                      Step{State::Examined, Event::Approve, "ben", "request.same_officer"},
                      Step{State::Examined, Event::Reject, "ben", "request.same_officer"},
                      Step{State::Examined, Event::Approve, "cai", "approved"},
                      Step{State::Examined, Event::Reject, "cai", "rejected"},
                      Step{State::Returned, Event::Resubmitted, "ann", "received"},
                      Step{State::Returned, Event::CheckRecorded, "ben", "request.not_now"},
                      Step{State::Returned, Event::Approve, "cai", "request.not_now"},
                      Step{State::Approved, Event::Withdraw, "ann", "request.not_now"},
                      Step{State::Approved, Event::Settled, "system", "completed"},
                      Step{State::Completed, Event::Approve, "cai", "request.not_now"},
                      Step{State::Rejected, Event::Settled, "system", "request.not_now"},
                      Step{State::Withdrawn, Event::Resubmitted, "ann", "request.not_now"}));

TEST(Transitions, AFailedCheckCannotBeApprovedOver) {
    const std::vector<Check> checks{check_of("seal", CheckState::Failed, "ben")};

    const auto next = decide_transition({State::Examined, "ann", "cai", checks}, Event::Approve);

    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, "request.check_failed");
}

TEST(Transitions, ClosedRequestsAreLeftByNoEvent) {
    for (int state = 0; state < kStateCount; ++state) {
        for (int event = 0; event < kEventCount; ++event) {
            if (is_closed(static_cast<State>(state))) {
                EXPECT_FALSE(is_possible(static_cast<State>(state), static_cast<Event>(event)));
            }
        }
    }
}

TEST(Transitions, EveryOpenStateHasAWayOut) {
    for (int state = 0; state < kStateCount; ++state) {
        bool way_out = is_closed(static_cast<State>(state));
        for (int event = 0; event < kEventCount; ++event) {
            way_out = way_out || is_possible(static_cast<State>(state), static_cast<Event>(event));
        }
        EXPECT_TRUE(way_out) << to_text(static_cast<State>(state));
    }
}

TEST(Transitions, TextsRoundTrip) {
    for (int state = 0; state < kStateCount; ++state) {
        EXPECT_EQ(to_state(to_text(static_cast<State>(state))), static_cast<State>(state));
    }
    EXPECT_THROW(static_cast<void>(to_state("elsewhere")), Failure);
}

}  // namespace
}  // namespace sealdesk::requests
