#include "requests/keying.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "officers/officer.h"
#include "requests/corrected.h"
#include "requests/keying_store.h"
#include "requests/matter.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

Error nothing_waits(std::string_view number) {
    return {ErrorKind::NotFound,
            "keying.none",
            "No such field of this request waits for that; see `sealdesk request keying`.",
            std::string(number),
            {}};
}

/// Keying belongs to the time before a decision; a form at the applicant's waits for him.
Outcome is_being_examined(const Request& request) {
    if (request.state == State::Received || request.state == State::Examined) {
        return done();
    }
    return Error{ErrorKind::Conflict,
                 "request.not_now",
                 "Not possible while the request is " + std::string(to_text(request.state)) + ".",
                 request.number,
                 {}};
}

std::vector<Keying> in_state(const std::vector<Keying>& all, KeyingState state) {
    std::vector<Keying> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](const Keying& one) { return one.state == state; });
    return chosen;
}

/// Exactly the fields that wait: who keys a few only would choose them.
Outcome check_fields(const Matter& matter, const Keyed& keyed, const std::string& by) {
    const auto open = in_state(matter.keyings, KeyingState::Open);
    if (open.empty()) {
        return nothing_waits(matter.request.number);
    }
    std::string fields;
    bool all = keyed.size() == open.size();
    for (const Keying& one : open) {
        if (one.first_by == by) {
            return Error{ErrorKind::Refused, "keying.same_person",
                         "You keyed this form; another person keys it the second time.",
                         matter.request.number, "M 5.2.3"};
        }
        fields += (fields.empty() ? "" : ", ") + one.field;
        all = all && keyed.contains(one.field);
    }
    if (!all) {
        return Error{ErrorKind::Invalid,
                     "keying.fields",
                     "The second keying holds these fields and no other: " + fields + ".",
                     matter.request.number,
                     {}};
    }
    return done();
}

/// The second keying as the form's rules read it.
Result<scheme::Values> read_keyed(const Office& office, const Request& request,
                                  const Keyed& keyed) {
    const intake::Draft draft = judged_form(office, request, {keyed, {}});
    scheme::Values values;
    for (const auto& [field, text] : keyed) {
        const std::string& name = field;
        const auto broken = std::ranges::find_if(
            draft.reasons, [&](const intake::Reason& reason) { return reason.field == name; });
        if (broken != draft.reasons.end()) {
            return Error{ErrorKind::Invalid, "keying.invalid",
                         broken->message.zh + " / " + broken->message.en,
                         request.number + ", " + field, broken->rule()};
        }
        values[field] = draft.value(field);
    }
    return values;
}

std::string value_of(const Request& request, const std::string& field) {
    const auto values = values_of(request);
    const auto found = values.find(field);
    return found == values.end() ? "" : found->second;
}

Result<std::vector<std::string>> record(store::Tx& tx, const Request& seen,
                                        const scheme::Values& second, const std::string& by) {
    const auto matter = read_matter(tx, seen.number);
    if (!matter) {
        return matter.error();
    }
    // The version is the lock: the first keying cannot be edited while it is compared.
    const auto locked = matter->request.version == seen.version
                            ? save_state(tx, matter->request, matter->request.state)
                            : Error{ErrorKind::Conflict,
                                    "request.changed_meanwhile",
                                    "Somebody else changed the request at the same moment; look "
                                    "at it again.",
                                    seen.number,
                                    {}};
    if (!locked) {
        return locked.error();
    }
    std::vector<std::string> differing;
    for (const Keying& one : in_state(matter->keyings, KeyingState::Open)) {
        const std::string& value = second.at(one.field);
        const bool same = value == value_of(matter->request, one.field);
        Keying next = one;
        next.state = same ? KeyingState::Same : KeyingState::Differs;
        next.second_by = by;
        next.second_value = value;
        save_keying(tx, one, next);
        if (!same) {
            differing.push_back(one.field);
        }
    }
    audit::append(tx, {"request.keyed_again",
                       officers::actor_of(by),
                       "request:" + seen.number,
                       {{"fields", second.size()}, {"differing", differing}}});
    return differing;
}

/// The difference that waits, when `by` may settle it.
Result<Keying> difference_for(const Matter& matter, const std::string& field,
                              const std::string& by) {
    const Outcome now = is_being_examined(matter.request);
    if (!now) {
        return now.error();
    }
    const auto found = std::ranges::find_if(matter.keyings, [&](const Keying& one) {
        return one.field == field && one.state == KeyingState::Differs;
    });
    if (found == matter.keyings.end()) {
        return nothing_waits(matter.request.number);
    }
    if (found->first_by == by || found->second_by == by) {
        return Error{ErrorKind::Refused, "keying.third_person",
                     "You keyed this field; a third person settles the difference.",
                     matter.request.number + ", " + field, "M 5.2.3"};
    }
    return *found;
}

/// What a third person decides about a difference.
struct Settling {
    const std::string& field;
    Settlement with;
    const std::string& by;
};

Result<State> settle(store::Tx& tx, const Office& office, const Request& seen, const Settling& word,
                     const Amendment* amendment) {
    const auto& [field, with, by] = word;
    const auto matter = read_matter(tx, seen.number);
    if (!matter) {
        return matter.error();
    }
    const auto difference = difference_for(*matter, field, by);
    if (!difference) {
        return difference.error();
    }
    if (matter->request.version != seen.version) {
        return request_changed_meanwhile(seen);
    }
    auto next = amendment != nullptr ? amend(tx, office, seen.number, *amendment)
                                     : Result<State>(matter->request.state);
    if (!next) {
        return next;
    }
    if (amendment == nullptr) {
        const auto saved = save_state(tx, matter->request, *next);
        if (!saved) {
            return saved.error();
        }
    }
    Keying settled = *difference;
    settled.state = KeyingState::Settled;
    settled.settled_by = by;
    if (with == Settlement::Own) {
        settled.first_by = by;  // he keyed what is now there, and does not decide on it
    }
    save_keying(tx, *difference, settled);
    audit::append(tx, {"request.keying_settled",
                       officers::actor_of(by),
                       "request:" + seen.number,
                       {{"field", field},
                        {"first_by", difference->first_by},
                        {"second_by", difference->second_by},
                        {"value", with == Settlement::First    ? "first"
                                  : with == Settlement::Second ? "second"
                                                               : "own"}}});
    return *next;
}

}  // namespace

scheme::Values shown_values(const Request& request, const std::vector<Keying>& keyings) {
    scheme::Values values = values_of(request);
    for (const Keying& one : in_state(keyings, KeyingState::Open)) {
        values[one.field] = kCovered;
    }
    return values;
}

std::vector<KeyingTask> keying_tasks(store::Tx& tx, KeyingState state, std::int64_t after_id,
                                     int limit) {
    std::vector<KeyingTask> tasks;
    for (const RequestId id : requests_with_keying(tx, state, after_id, limit)) {
        tasks.push_back({get_request(tx, id), in_state(keyings_of(tx, id), state)});
    }
    return tasks;
}

Result<std::vector<std::string>> key_again(const Office& office, std::string_view number,
                                           const Keyed& keyed, const std::string& by) {
    const auto matter = store::transact(office.database, "request.read-matter",
                                        [&](store::Tx& tx) { return read_matter(tx, number); });
    if (!matter) {
        return matter.error();
    }
    const Outcome now = is_being_examined(matter->request);
    if (!now) {
        return now.error();
    }
    const Outcome fields = check_fields(*matter, keyed, by);
    if (!fields) {
        return fields.error();
    }
    const auto second = read_keyed(office, matter->request, keyed);
    if (!second) {
        return second.error();
    }
    return store::transact(office.database, "request.key-again",
                           [&](store::Tx& tx) { return record(tx, matter->request, *second, by); });
}

Result<Difference> look_at_difference(const Office& office, std::string_view number,
                                      const std::string& field, const std::string& by) {
    return store::transact(
        office.database, "request.look-at-difference", [&](store::Tx& tx) -> Result<Difference> {
            const auto matter = read_matter(tx, number);
            if (!matter) {
                return matter.error();
            }
            const auto difference = difference_for(*matter, field, by);
            if (!difference) {
                return difference.error();
            }
            audit::append(tx, {"request.difference_shown",
                               officers::actor_of(by),
                               "request:" + matter->request.number,
                               {{"field", field}}});
            return Difference{field, value_of(matter->request, field), difference->second_value};
        });
}

Result<State> settle_keying(const Office& office, std::string_view number, const std::string& field,
                            Settlement with, const std::string& own_text, const std::string& by) {
    const auto matter = store::transact(office.database, "request.read-matter",
                                        [&](store::Tx& tx) { return read_matter(tx, number); });
    if (!matter) {
        return matter.error();
    }
    const auto difference = difference_for(*matter, field, by);
    if (!difference) {
        return difference.error();
    }
    std::optional<Amendment> amendment;
    if (with != Settlement::First) {
        const std::string text = with == Settlement::Second ? difference->second_value : own_text;
        Changes changes;
        changes.fields[field] = text;
        auto corrected = corrected_form(office, matter->request, changes, by);
        if (!corrected) {
            return corrected.error();
        }
        amendment = *std::move(corrected);
        amendment->settles = field;
    }
    return store::transact(office.database, "request.settle-keying", [&](store::Tx& tx) {
        return settle(tx, office, matter->request, {field, with, by},
                      amendment ? &*amendment : nullptr);
    });
}

}  // namespace sealdesk::requests
