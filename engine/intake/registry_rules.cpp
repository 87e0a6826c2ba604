#include <algorithm>

#include "base/digest.h"
#include "intake/evaluate.h"
#include "intake/messages.h"
#include "scheme/names.h"

namespace sealdesk::intake {

namespace {

using scheme::RuleKind;

/// What the register says about one rule: broken, and for a duplicate, of which request.
struct RegistryAnswer {
    bool broken = false;
    std::string duplicate_of;
};

bool is_held(const scheme::Rule& rule, const KnownSubscriber& subscriber) {
    return rule.source.empty() ? subscriber.certificate_held
                               : subscriber.hold_sources.contains(rule.source);
}

/// The certificate of the serial in the rule's field is the applicant's and alive; a form that
/// names none is about all.
bool is_named(const Draft& draft, const scheme::Scheme& scheme, const Registry& registry,
              const scheme::Rule& rule) {
    const std::string serial = draft.value(rule.field);
    const KnownSubscriber* subscriber =
        registry.find_subscriber(scheme.id, draft.value(draft.form->roles.id_number));
    return serial.empty() || (subscriber != nullptr && subscriber->living_serials.contains(serial));
}

RegistryAnswer ask_registry(const scheme::Rule& rule, const Draft& draft,
                            const scheme::Scheme& scheme, const Registry& registry) {
    const std::string id = draft.value(rule.field);
    const KnownSubscriber* subscriber = registry.find_subscriber(scheme.id, id);
    switch (rule.kind) {
        case RuleKind::SubscriberExists: return {subscriber == nullptr, {}};
        case RuleKind::NotRegistered:
            return subscriber == nullptr || subscriber->certificates_ended
                       ? RegistryAnswer{}
                       : RegistryAnswer{true, subscriber->request_number};
        case RuleKind::OneOpenRequest: {
            std::string open = registry.open_request(scheme.id, draft.form->id, id);
            const bool broken = !open.empty();
            return {broken, std::move(open)};
        }
        case RuleKind::CertificateAlive:
            return {subscriber == nullptr || subscriber->living_serials.empty(), {}};
        case RuleKind::CertificateHeld:
            return {subscriber == nullptr || !is_held(rule, *subscriber), {}};
        case RuleKind::CertificateNamed: return {!is_named(draft, scheme, registry, rule), {}};
        case RuleKind::PrimaryTokenFree:
            return {subscriber != nullptr && subscriber->has_primary_token, {}};
        case RuleKind::PrimaryTokenExists:
            return {subscriber == nullptr || !subscriber->has_primary_token, {}};
        case RuleKind::TokenAtCounter:
            return {subscriber == nullptr || !subscriber->token_at_counter, {}};
        default: return {};
    }
}

/// The form does not tell the kind, so the register decides which seals it needs.
void check_registered_seals(Draft& draft, const scheme::ApplicantKind& kind) {
    for (const std::string& role : kind.seals) {
        const scheme::SealBox* seal = draft.form->find_seal(role);
        if (seal != nullptr && draft.value(seal->field).empty()) {
            draft.reasons.push_back(missing_seal_reason(*draft.form, *seal, kind));
        }
    }
}

void compare_with_registered(Draft& draft, const KnownSubscriber& subscriber) {
    const scheme::Form& form = *draft.form;
    const std::string name = draft.value(form.roles.applicant_name);
    if (scheme::fold_name(name) != scheme::fold_name(subscriber.name)) {
        draft.findings.push_back(
            {check_or_first(form, "identity"),
             "name.differs",
             form.roles.applicant_name,
             {},
             {"申請人名稱與註冊資料不同，請核對。", "The name differs from the registered one."}});
    }
    const scheme::ApplicantKind* kind = form.find_kind(subscriber.kind);
    if (form.roles.applicant_kind.empty() && kind != nullptr) {
        draft.values[std::string(kRegisteredKind)] = subscriber.kind;
        check_registered_seals(draft, *kind);
    }
}

}  // namespace

std::optional<Draft> judge_by_registry(const Draft& draft, const scheme::Scheme& scheme,
                                       const Registry& registry) {
    if (draft.refused()) {
        return std::nullopt;
    }
    const scheme::Form& form = *draft.form;
    for (const scheme::Rule& rule : form.rules) {
        if (!scheme::holds(rule.when, draft.values)) {
            continue;
        }
        const RegistryAnswer answer = ask_registry(rule, draft, scheme, registry);
        if (answer.broken) {
            Draft judged = draft;
            judged.reasons.push_back(rule_reason(rule));
            judged.duplicate_of = answer.duplicate_of;
            return judged;
        }
    }
    const auto* subscriber = registry.find_subscriber(scheme.id, draft.value(form.roles.id_number));
    if (subscriber == nullptr) {
        return std::nullopt;
    }
    Draft judged = draft;
    compare_with_registered(judged, *subscriber);
    judged.payload = payload_of(judged);
    return judged;
}

std::string row_key(std::string_view content, std::int64_t occurrence, std::int64_t attempt) {
    Sha256 digest;
    digest.add(content);
    digest.add("|");
    digest.add(std::to_string(occurrence));
    digest.add("|");
    digest.add(std::to_string(attempt));
    return digest.finish_hex();
}

}  // namespace sealdesk::intake
