#include "effects/formation.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "crypto/verifier.h"
#include "effects/certificate_order.h"
#include "effects/key_file_steps.h"
#include "effects/with_user_code.h"
#include "intake/field_rules.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

using subscribers::ApplicationState;
using subscribers::CodeTry;

constexpr const char* kTermsAccepted = "terms_accepted";
constexpr const char* kContentAccepted = "content_accepted";

Error formation_refused(std::string code, std::string detail, std::string where,
                        const std::string& rule) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), std::move(where), rule};
}

Error formation_unknown(std::string_view number) {
    return formation_refused("formation.unknown",
                             "There is no confirmed name reservation of this number; what was "
                             "approved today comes with the next file.",
                             std::string(number), "M 4.2.4");
}

/// A form on whose rows certificates are ordered.
struct Offered {
    const scheme::Scheme& scheme;
    const scheme::Form& form;
};

std::vector<Offered> offered_in(const requests::Office& office) {
    std::vector<Offered> offered;
    for (const scheme::Scheme& scheme : office.schemes) {
        for (const scheme::Form& form : scheme.forms) {
            if (form.key_file) {
                offered.push_back({scheme, form});
            }
        }
    }
    return offered;
}

/// Fields that an applicant states: the number, and what is compared.
std::vector<std::string> fields_stated(const scheme::Form& form) {
    std::vector<std::string> fields{form.roles.id_number};
    fields.insert(fields.end(), form.key_file->compared.begin(), form.key_file->compared.end());
    return fields;
}

bool has_keys_of(const scheme::Form& form, const nlohmann::json& json) {
    return std::ranges::all_of(fields_stated(form), [&](const std::string& key) {
        return json.contains(key) && json[key].is_string();
    });
}

bool is_yes(const nlohmann::json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_boolean() && found->get<bool>();
}

/// As the row's own cell was read.
intake::Reading read_as(const scheme::Form& form, const std::string& key, const std::string& text) {
    const scheme::Field& field = *form.find_field(key);
    if (field.type == scheme::FieldType::Name) {
        return intake::read_name(text);
    }
    std::vector<scheme::IdType> types;
    for (const scheme::AllowedId& allowed : field.id_types) {
        types.push_back(allowed.type);
    }
    return intake::read_id_number(text, types);
}

Error formation_unreadable(std::string detail, std::string where) {
    return {ErrorKind::Invalid, "formation.unreadable", std::move(detail), std::move(where),
            "M 4.1.1.4"};
}

Result<FormationRequest> read_stated(const scheme::Scheme& scheme, const scheme::Form& form,
                                     const nlohmann::json& json) {
    FormationRequest request{
        scheme, form, {}, {}, is_yes(json, kTermsAccepted) && is_yes(json, kContentAccepted)};
    for (const std::string& key : fields_stated(form)) {
        auto reading = read_as(form, key, json[key].get<std::string>());
        if (reading.fault) {
            return formation_unreadable(reading.fault->message.en, key);
        }
        request.stated[key] = std::move(reading.value);
    }
    request.number = request.stated.at(form.roles.id_number);
    return request;
}

/// A reservation as it stands, and how an order on it is called now.
struct Reserved {
    Standing standing;
    const ca::Profile& profile;
    std::string word;
    std::string order_key;
    bool ordered;  ///< by an order that is open or has its certificate
};

/// What is kept with the order: what was stated and accepted, the officer's decision on the row
/// that says the same, and the certificate before, so that what ended can be followed by another.
std::string word_of(const FormationRequest& request, const Standing& standing,
                    const std::string& after) {
    return nlohmann::json{{"schema", "sealdesk-formation-1"},
                          {"scheme", request.scheme.id},
                          {"request", standing.request.number},
                          {"decision_sha256", standing.approval_sha256},
                          {"stated", request.stated},
                          {kTermsAccepted, true},
                          {kContentAccepted, true},
                          {"after", after}}
        .dump();
}

Outcome compare_with(store::Tx& tx, const FormationRequest& request, const Standing& standing) {
    const scheme::KeyFileOnData& asked = *request.form.key_file;
    const bool same = std::ranges::all_of(asked.compared, [&](const std::string& key) {
        return standing.value(key) == request.stated.at(key);
    });
    if (!same) {
        return formation_refused("formation.differs",
                                 "What is stated is not what the reservation says; compare name "
                                 "and ID number with the approval.",
                                 request.number, asked.rule);
    }
    if (to_iso_text(day_in_taipei(tx.now())) > standing.value(asked.valid_until)) {
        return formation_refused(
            "formation.lapsed", "The name is not reserved any more; apply for another reservation.",
            request.number, "M 4.4.1");
    }
    return done();
}

Result<Reserved> compare(store::Tx& tx, const requests::Office& office,
                         const ca::Profiles& profiles, const FormationRequest& request) {
    const auto subscriber = find_reservation(tx, office, request.number);
    if (!subscriber) {
        return subscriber.error();
    }
    auto standing =
        read_standing(tx, office, requests::get_request(tx, subscriber->request).number);
    if (!standing) {
        return standing.error();
    }
    const Outcome same = compare_with(tx, request, *standing);
    if (!same) {
        return same.error();
    }
    const auto profile = chosen_profile(profiles, *standing, {});
    if (!profile) {
        return profile.error();
    }
    std::string after;
    std::vector<std::string> in_force;
    for (const subscribers::Certificate& one : subscribers::certificates_of(tx, subscriber->id)) {
        if (one.is_alive_at(tx.now())) {
            in_force.push_back(one.order_key);
        } else {
            after = one.serial;
        }
    }
    std::string word = word_of(request, *standing, after);
    std::string key = order_key_for(standing->request.number, word);
    if (std::ranges::any_of(in_force, [&](const std::string& one) { return one != key; })) {
        return formation_refused("formation.in_force",
                                 "This reservation has a certificate in force; revoke it first.",
                                 request.number, request.form.key_file->rule);
    }
    const auto known = subscribers::find_application(tx, key);
    const bool ordered = known && known->state != ApplicationState::Refused;
    return Reserved{*std::move(standing), **profile, std::move(word), std::move(key), ordered};
}

/// The same with a trace of what was refused, without what was stated.
Result<Reserved> compare_and_note(const requests::Office& office, const ca::Profiles& profiles,
                                  const FormationRequest& request) {
    auto reserved = store::transact(office.database, "formation.compare", [&](store::Tx& tx) {
        return compare(tx, office, profiles, request);
    });
    if (!reserved) {
        store::transact(office.database, "formation.refused", [&](store::Tx& tx) {
            audit::append(tx, {"formation.refused",
                               "applicant",
                               "reservation:" + request.number,
                               {{"code", reserved.error().code}}});
        });
    }
    return reserved;
}

Outcome check_code_chosen(const FormationRequest& request, const Secret& code) {
    const scheme::UserCodePolicy& policy = *request.scheme.user_codes;
    if (!policy.allows(code.reveal())) {
        return formation_refused("user_code.shape",
                                 "A user code has " + std::to_string(policy.min) + " to " +
                                     std::to_string(policy.max) +
                                     " letters, digits or signs of ASCII.",
                                 {}, "M 4.1.1.1");
    }
    const bool stated = std::ranges::any_of(
        request.stated, [&](const auto& value) { return value.second == code.reveal(); });
    if (stated) {
        return formation_refused("user_code.guessable",
                                 "The user code is a number of the request; choose another.", {},
                                 "M 4.1.1.1");
    }
    return done();
}

/// Who asks for what was ordered before knows the code that was set then.
Outcome check_code_known(const requests::Office& office, const FormationRequest& request,
                         SubscriberId subscriber, const Secret& code) {
    const auto tried = store::transact(office.database, "formation.code", [&](store::Tx& tx) {
        const auto seen = subscribers::user_code_of(tx, subscriber);
        SEALDESK_CHECK(seen.has_value());  // set in the commit that stored the order
        return try_code_of(tx, *seen, code, *request.scheme.user_codes);
    });
    if (tried == CodeTry::Accepted) {
        return done();
    }
    if (tried == CodeTry::Locked) {
        return formation_refused("user_code.locked",
                                 "The user code is locked after too many wrong tries.",
                                 request.number, "M 4.4.7");
    }
    return formation_refused("user_code.wrong",
                             "This is not the user code that was set with the order.",
                             request.number, "M 4.4.3");
}

}  // namespace

Result<FormationRequest> read_formation_request(const requests::Office& office,
                                                std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    std::string wanted;
    for (const Offered& offered : offered_in(office)) {
        if (json.is_object() && has_keys_of(offered.form, json)) {
            return read_stated(offered.scheme, offered.form, json);
        }
        for (const std::string& key : fields_stated(offered.form)) {
            wanted += (wanted.empty() ? "" : ", ") + key;
        }
    }
    if (wanted.empty()) {
        return formation_refused("formation.not_offered",
                                 "No scheme of this desk issues certificates on reserved names.",
                                 {}, "M 4.2.4");
    }
    return formation_unreadable("The request is a JSON object with " + wanted + ".", {});
}

Result<FormationContent> look_at_formation(const requests::Office& office,
                                           const ca::Profiles& profiles,
                                           const FormationRequest& request) {
    const auto reserved = compare_and_note(office, profiles, request);
    if (!reserved) {
        return reserved.error();
    }
    return FormationContent{order_for(reserved->standing, reserved->profile, {}).subject,
                            reserved->profile};
}

Result<KeyFile> order_formation(const ApplicationDesk& desk, const FormationRequest& request,
                                const Secret& code, const KeyFileWish& wish) {
    if (!request.confirmed) {
        return formation_refused("formation.not_confirmed",
                                 "Terms and content are accepted before it is ordered: "
                                 "\"terms_accepted\" and \"content_accepted\" are true.",
                                 request.number, "M 4.3.1");
    }
    const auto reserved = compare_and_note(desk.office, desk.profiles, request);
    if (!reserved) {
        return reserved.error();
    }
    const SubscriberId subscriber = reserved->standing.subscriber.id;
    const Outcome right = reserved->ordered
                              ? check_code_known(desk.office, request, subscriber, code)
                              : check_code_chosen(request, code);
    if (!right) {
        return right.error();
    }
    const std::string verifier =
        reserved->ordered ? "" : crypto::make_verifier(code, desk.office.database.random());
    const std::string by = "subscriber:" + std::to_string(subscriber.value());
    KeyFileOrder order{.order_key = reserved->order_key,
                       .request_number = reserved->standing.request.number,
                       .word = reserved->word,
                       .by = by,
                       .where = request.number,
                       .rule = request.form.key_file->rule,
                       .judge = {}};
    order.judge = [&](store::Tx& tx) -> Result<KeyFileSubject> {
        const auto now = compare(tx, desk.office, desk.profiles, request);
        if (!now) {
            return now.error();
        }
        if (now->order_key != reserved->order_key || now->ordered != reserved->ordered) {
            return Error{
                ErrorKind::Conflict, "key_file.changed_meanwhile",
                "The reservation or its certificate changed at the same moment; ask again.",
                request.number, request.form.key_file->rule};
        }
        return KeyFileSubject{subscriber, now->standing.request.id, now->profile.name};
    };
    order.stored = [&](store::Tx& tx) {
        subscribers::set_user_code(tx, subscriber, verifier);
        audit::append(tx, {"user_code.set", by, by, {{"request", order.request_number}}});
    };
    return carry_through_key_file(desk, order, wish);
}

Result<subscribers::Subscriber> find_reservation(store::Tx& tx, const requests::Office& office,
                                                 std::string_view number) {
    for (const Offered& offered : offered_in(office)) {
        auto known = subscribers::find_subscriber(tx, offered.scheme.id, number);
        if (known && requests::get_request(tx, known->request).form == offered.form.id) {
            return *std::move(known);
        }
    }
    return formation_unknown(number);
}

}  // namespace sealdesk::effects
