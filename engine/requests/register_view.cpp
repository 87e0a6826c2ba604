#include "requests/register_view.h"

#include <algorithm>

#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"
#include "subscribers/token.h"

namespace sealdesk::requests {
namespace {

std::vector<std::string> id_numbers_of(const scheme::Form& form,
                                       std::span<const intake::Draft> drafts) {
    std::vector<std::string> id_numbers;
    for (const intake::Draft& draft : drafts) {
        const std::string id_number = draft.value(form.roles.id_number);
        if (!draft.refused() && !id_number.empty()) {
            id_numbers.push_back(id_number);
        }
    }
    std::ranges::sort(id_numbers);
    id_numbers.erase(std::unique(id_numbers.begin(), id_numbers.end()), id_numbers.end());
    return id_numbers;
}

bool asks_for(const scheme::Form& form, std::initializer_list<scheme::RuleKind> kinds) {
    return std::ranges::any_of(form.rules, [&](const scheme::Rule& rule) {
        return std::ranges::find(kinds, rule.kind) != kinds.end();
    });
}

void look_at_tokens(store::Tx& tx, SubscriberId subscriber, intake::KnownSubscriber& known) {
    known.has_primary_token = subscribers::has_primary(tx, subscriber);
    known.token_at_counter = std::ranges::any_of(
        subscribers::tokens_of(tx, subscriber), [](const subscribers::Token& one) {
            return one.state == subscribers::TokenState::AtCounter;
        });
}

void look_at_certificates(store::Tx& tx, SubscriberId subscriber, intake::KnownSubscriber& known) {
    const auto certificates = subscribers::certificates_of(tx, subscriber);
    for (const subscribers::Certificate& one : certificates) {
        const bool alive = one.is_alive_at(tx.now());
        if (!alive) {
            continue;
        }
        known.living_serials.insert(one.serial);
        known.certificate_held =
            known.certificate_held || one.state == subscribers::CertificateState::Held;
        for (const subscribers::HoldSource source : subscribers::open_holds(tx, one.id)) {
            known.hold_sources.emplace(subscribers::to_text(source));
        }
    }
    known.certificates_ended = !certificates.empty() && known.living_serials.empty();
}

}  // namespace

void look_at_subscriber(store::Tx& tx, const scheme::Form& form, SubscriberId subscriber,
                        intake::KnownSubscriber& known) {
    using enum scheme::RuleKind;
    if (asks_for(form, {NotRegistered, CertificateAlive, CertificateHeld, CertificateNamed})) {
        look_at_certificates(tx, subscriber, known);
    }
    if (asks_for(form, {PrimaryTokenFree, PrimaryTokenExists, TokenAtCounter})) {
        look_at_tokens(tx, subscriber, known);
    }
}

const scheme::Form* registering_form(const scheme::Scheme& scheme) {
    const auto found = std::ranges::find_if(
        scheme.forms, [](const scheme::Form& form) { return form.registers_applicant(); });
    return found == scheme.forms.end() ? nullptr : &*found;
}

RegisterView::RegisterView(store::Tx& tx, const scheme::Scheme& scheme, const scheme::Form& form,
                           std::span<const intake::Draft> drafts, const DryRunMemory& dry_run)
    : scheme_(scheme.id) {
    const std::vector<std::string> id_numbers = id_numbers_of(form, drafts);
    const scheme::Form* registering = registering_form(scheme);
    std::vector<std::string> keys;
    for (const std::string& id_number : id_numbers) {
        keys.push_back(open_key(scheme.id, form.id, id_number));
        if (registering != nullptr && registering->id != form.id) {
            keys.push_back(open_key(scheme.id, registering->id, id_number));
        }
    }
    open_ = open_among(tx, keys);
    for (const std::string& key : keys) {
        const auto dry = dry_run.find(key);
        if (dry != dry_run.end()) {
            open_.insert(*dry);
        }
    }
    for (const std::string& id_number : id_numbers) {
        const auto pending = registering == nullptr
                                 ? open_.end()
                                 : open_.find(open_key(scheme.id, registering->id, id_number));
        if (pending != open_.end()) {
            known_[id_number] = {pending->second.applicant_kind, pending->second.applicant_name,
                                 pending->second.number};
        }
    }
    know_registered(tx, form, id_numbers);
}

void RegisterView::know_registered(store::Tx& tx, const scheme::Form& form,
                                   const std::vector<std::string>& id_numbers) {
    const auto registered = subscribers::registered_among(tx, scheme_, id_numbers);
    std::vector<RequestId> registrations;
    registrations.reserve(registered.size());
    for (const auto& [id_number, subscriber] : registered) {
        registrations.push_back(subscriber.request);
    }
    const auto numbers = numbers_of(tx, registrations);
    for (const auto& [id_number, subscriber] : registered) {
        auto& known = known_[id_number];
        const auto number = numbers.find(subscriber.request.value());
        known = {subscriber.kind, subscriber.name,
                 number == numbers.end() ? "" : number->second};  // registered without a form
        look_at_subscriber(tx, form, subscriber.id, known);
    }
}

const intake::KnownSubscriber* RegisterView::find_subscriber(std::string_view scheme,
                                                             std::string_view id_number) const {
    const auto found = scheme == scheme_ ? known_.find(id_number) : known_.end();
    return found == known_.end() ? nullptr : &found->second;
}

std::string RegisterView::open_request(std::string_view scheme, std::string_view form,
                                       std::string_view id_number) const {
    const auto found = open_.find(open_key(scheme, form, id_number));
    return found == open_.end() ? "" : found->second.number;
}

void RegisterView::opened(std::string_view form, std::string_view id_number,
                          const OpenRequest& request) {
    open_[open_key(scheme_, form, id_number)] = request;
}

}  // namespace sealdesk::requests
