#include "requests/transitions.h"

#include <algorithm>
#include <array>
#include <string>

namespace sealdesk::requests {
namespace {

using Guard = Outcome (*)(const Situation&);

Outcome anyone(const Situation&) { return done(); }

/// Nothing is decided on a value that two people have not keyed alike, where the form asks for two.
Outcome keyed_alike(const Situation& situation) {
    for (const Keying& keying : situation.keyings) {
        if (keying.state == KeyingState::Open) {
            return Error{ErrorKind::Refused,
                         "keying.open",
                         "A second person must key '" + keying.field +
                             "' first: `sealdesk request keying` lists what waits.",
                         keying.field,
                         {}};
        }
        if (keying.state == KeyingState::Differs) {
            return Error{ErrorKind::Refused,
                         "keying.differs",
                         "The two keyings of '" + keying.field +
                             "' differ; a third person settles it with `sealdesk request settle`.",
                         keying.field,
                         {}};
        }
    }
    return done();
}

/// Four eyes: whoever keyed the form, or one of its fields the second time, or examined the seal
/// does not decide (M 5.2.3), unless the scheme says that one person is enough.
Outcome second_person(const Situation& situation) {
    Outcome alike = keyed_alike(situation);
    if (!alike) {
        return alike;
    }
    if (situation.officers_min < 2) {
        return done();
    }
    const bool keyed =
        situation.actor == situation.keyed_by ||
        std::ranges::any_of(situation.keyings, [&](const Keying& keying) {
            return keying.first_by == situation.actor || keying.second_by == situation.actor;
        });
    const bool examined_seal = std::ranges::any_of(situation.checks, [&](const Check& check) {
        return check.kind == "seal" && check.officer == situation.actor;
    });
    if (keyed || examined_seal) {
        return Error{ErrorKind::Refused,
                     "request.same_officer",
                     keyed ? "Who keyed the form may not decide on it; another officer must."
                           : "Who examined the seal may not decide; another officer must.",
                     {},
                     "M 5.2.3"};
    }
    return done();
}

/// Approving needs every check passed; rejecting only needs a second person.
Outcome second_person_all_passed(const Situation& situation) {
    for (const Check& check : situation.checks) {
        if (check.state != CheckState::Passed) {
            return Error{ErrorKind::Refused, "request.check_failed",
                         "The check '" + check.kind +
                             "' did not pass; reject, return for "
                             "correction, or have it examined again.",
                         check.kind, "M 4.2.1.1"};
        }
    }
    return second_person(situation);
}

struct Transition {
    State from;
    Event event;
    State to;
    Guard guard;  ///< null: this event may not happen in this state
};

constexpr Guard kNever = nullptr;

using enum State;
using enum Event;

// Every state times every event, once each. "kNever" is a decision, not an omission.
// clang-format off
constexpr std::array<Transition, std::size_t{kStateCount} * kEventCount> kTransitions{{
    // from       event              to         guard
    {Received,  CheckRecorded,     Received,  anyone},
    {Received,  LastCheckRecorded, Examined,  anyone},
    {Received,  Edited,            Received,  anyone},
    {Received,  Return,            Returned,  keyed_alike},
    {Received,  Resubmitted,       Received,  kNever},
    {Received,  Approve,           Approved,  kNever},
    {Received,  Reject,            Rejected,  kNever},
    {Received,  Withdraw,          Withdrawn, anyone},
    {Received,  Settled,           Completed, kNever},
    {Received,  Lapse,             Rejected,  kNever},

    {Examined,  CheckRecorded,     Received,  anyone},  // examined again: one was reopened meanwhile
    {Examined,  LastCheckRecorded, Examined,  anyone},
    {Examined,  Edited,            Received,  anyone},
    {Examined,  Return,            Returned,  keyed_alike},
    {Examined,  Resubmitted,       Received,  kNever},
    {Examined,  Approve,           Approved,  second_person_all_passed},
    {Examined,  Reject,            Rejected,  second_person},
    {Examined,  Withdraw,          Withdrawn, anyone},
    {Examined,  Settled,           Completed, kNever},
    {Examined,  Lapse,             Rejected,  kNever},

    {Returned,  CheckRecorded,     Returned,  kNever},
    {Returned,  LastCheckRecorded, Returned,  kNever},
    {Returned,  Edited,            Returned,  kNever},
    {Returned,  Return,            Returned,  kNever},
    {Returned,  Resubmitted,       Received,  anyone},
    {Returned,  Approve,           Approved,  kNever},
    {Returned,  Reject,            Rejected,  second_person},
    {Returned,  Withdraw,          Withdrawn, anyone},
    {Returned,  Settled,           Completed, kNever},
    {Returned,  Lapse,             Rejected,  anyone},

    {Approved,  CheckRecorded,     Approved,  kNever},
    {Approved,  LastCheckRecorded, Approved,  kNever},
    {Approved,  Edited,            Approved,  kNever},
    {Approved,  Return,            Returned,  kNever},
    {Approved,  Resubmitted,       Received,  kNever},
    {Approved,  Approve,           Approved,  kNever},
    {Approved,  Reject,            Rejected,  kNever},
    {Approved,  Withdraw,          Withdrawn, kNever},
    {Approved,  Settled,           Completed, anyone},
    {Approved,  Lapse,             Rejected,  kNever},

    {Completed, CheckRecorded,     Completed, kNever},
    {Completed, LastCheckRecorded, Completed, kNever},
    {Completed, Edited,            Completed, kNever},
    {Completed, Return,            Returned,  kNever},
    {Completed, Resubmitted,       Received,  kNever},
    {Completed, Approve,           Approved,  kNever},
    {Completed, Reject,            Rejected,  kNever},
    {Completed, Withdraw,          Withdrawn, kNever},
    {Completed, Settled,           Completed, kNever},
    {Completed, Lapse,             Rejected,  kNever},

    {Rejected,  CheckRecorded,     Rejected,  kNever},
    {Rejected,  LastCheckRecorded, Rejected,  kNever},
    {Rejected,  Edited,            Rejected,  kNever},
    {Rejected,  Return,            Returned,  kNever},
    {Rejected,  Resubmitted,       Received,  kNever},
    {Rejected,  Approve,           Approved,  kNever},
    {Rejected,  Reject,            Rejected,  kNever},
    {Rejected,  Withdraw,          Withdrawn, kNever},
    {Rejected,  Settled,           Completed, kNever},
    {Rejected,  Lapse,             Rejected,  kNever},

    {Withdrawn, CheckRecorded,     Withdrawn, kNever},
    {Withdrawn, LastCheckRecorded, Withdrawn, kNever},
    {Withdrawn, Edited,            Withdrawn, kNever},
    {Withdrawn, Return,            Returned,  kNever},
    {Withdrawn, Resubmitted,       Received,  kNever},
    {Withdrawn, Approve,           Approved,  kNever},
    {Withdrawn, Reject,            Rejected,  kNever},
    {Withdrawn, Withdraw,          Withdrawn, kNever},
    {Withdrawn, Settled,           Completed, kNever},
    {Withdrawn, Lapse,             Rejected,  kNever},
}};
// clang-format on

/// Row i stands at its place: state i / events, event i % events. So nothing is missing or twice.
constexpr bool is_complete() {
    for (std::size_t i = 0; i < kTransitions.size(); ++i) {
        if (static_cast<std::size_t>(kTransitions[i].from) != i / kEventCount ||
            static_cast<std::size_t>(kTransitions[i].event) != i % kEventCount) {
            return false;
        }
    }
    return true;
}
static_assert(is_complete(), "each pair of state and event stands once, in order");

const Transition& transition_of(State state, Event event) {
    return kTransitions.at(static_cast<std::size_t>(state) * kEventCount +
                           static_cast<std::size_t>(event));
}

constexpr std::array<std::string_view, kStateCount> kStateTexts{
    "received", "examined", "returned", "approved", "completed", "rejected", "withdrawn"};
constexpr std::array<std::string_view, kStateCount> kStateChinese{
    "審驗中", "待核定", "補正中", "已核准", "結案", "駁回", "撤回"};
constexpr std::array<std::string_view, kEventCount> kEventTexts{
    "check-recorded", "last-check-recorded",
    "edited",         "return",
    "resubmitted",    "approve",
    "reject",         "withdraw",
    "settled",        "lapse"};
constexpr std::array<std::string_view, 3> kCheckStateTexts{"open", "passed", "failed"};
constexpr std::array<std::string_view, 4> kKeyingStateTexts{"open", "same", "differs", "settled"};

}  // namespace

std::string_view to_text(State state) { return kStateTexts.at(static_cast<std::size_t>(state)); }
std::string_view to_chinese(State state) {
    return kStateChinese.at(static_cast<std::size_t>(state));
}
std::string_view to_text(Event event) { return kEventTexts.at(static_cast<std::size_t>(event)); }
std::string_view to_text(CheckState state) {
    return kCheckStateTexts.at(static_cast<std::size_t>(state));
}

std::string_view to_text(KeyingState state) {
    return kKeyingStateTexts.at(static_cast<std::size_t>(state));
}

State to_state(std::string_view text) {
    const auto* const found = std::ranges::find(kStateTexts, text);
    if (found == kStateTexts.end()) {
        throw_internal("request.unknown_state", "A request is in a state this program lacks.");
    }
    return static_cast<State>(found - kStateTexts.begin());
}

bool is_possible(State state, Event event) { return transition_of(state, event).guard != kNever; }

Result<State> decide_transition(const Situation& situation, Event event) {
    const Transition& row = transition_of(situation.state, event);
    if (row.guard == kNever) {
        const bool open = situation.state == State::Received &&
                          (event == Event::Approve || event == Event::Reject);
        if (open) {
            return Error{ErrorKind::Refused,
                         "request.checks_open",
                         "Checks are still open; every check needs a result before a decision.",
                         {},
                         "M 4.2.1.1"};
        }
        return Error{
            ErrorKind::Conflict,
            "request.not_now",
            "Not possible while the request is " + std::string(to_text(situation.state)) + ".",
            {},
            {}};
    }
    const Outcome allowed = row.guard(situation);
    if (!allowed) {
        return allowed.error();
    }
    return row.to;
}

}  // namespace sealdesk::requests
