#include "effects/matter.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/text.h"
#include "effects/papers.h"
#include "seal/specimen_store.h"

namespace sealdesk::effects {
namespace {

slips::Delivery delivery_of(const Matter& matter) {
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    if (chosen == nullptr) {
        return slips::Delivery::Counter;  // a form without a choice is picked up
    }
    switch (chosen->slip) {
        case scheme::Channel::Counter: return slips::Delivery::Counter;
        case scheme::Channel::Post: return slips::Delivery::Post;
        case scheme::Channel::Electronic: return slips::Delivery::Electronic;
    }
    return slips::Delivery::Counter;
}

/// The impressions on a registration become the subscriber's specimens (T 4.6.2 原留印鑑).
/// Specimens that came from the registry before stay (M 4.2.1.1).
void register_seals(store::Tx& tx, const Matter& matter, SubscriberId subscriber) {
    const auto scans = requests::scans_of(tx, matter.request.id);
    for (const scheme::SealBox& box : matter.form.seals) {
        const auto scan = std::ranges::find(scans, box.field, &requests::Scan::role);
        if (scan == scans.end()) {
            continue;
        }
        const seal::Role role = seal::role_named(box.role);
        if (matter.form.seal_use == scheme::SealUse::CompareIfOnFile &&
            seal::current_specimen(tx, subscriber, role)) {
            continue;
        }
        static_cast<void>(
            seal::register_specimen(tx, {subscriber, role, scan->sha256, matter.request.id}));
    }
}

/// The subscriber that a registration makes. One who registers again when all certificates have
/// ended (T 4.4.1) stays the same subscriber: name, contact and seals are the new form's.
subscribers::Subscriber ensure_subscriber(store::Tx& tx, const Matter& matter) {
    const auto known =
        subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
    const bool anew = matter.form.seal_use == scheme::SealUse::Register;
    if (known && (known->request == matter.request.id || !anew)) {
        return *known;
    }
    subscribers::Subscriber now{known ? known->id : SubscriberId(tx.new_id()),
                                matter.request.scheme,
                                matter.request.applicant_kind,
                                matter.request.id_number,
                                matter.request.applicant_name,
                                matter.request.id};
    if (known) {
        subscribers::register_again(tx, now);
    } else {
        subscribers::add_subscriber(tx, now);
    }
    subscribers::set_contact(tx, now.id, matter.request.id, contact_on_form(matter));
    register_seals(tx, matter, now.id);
    audit::append(tx, {known ? "subscriber.registered_again" : "subscriber.registered",
                       "system",
                       "subscriber:" + std::to_string(now.id.value()),
                       {{"request", matter.request.number}}});
    return now;
}

subscribers::Account open_account(store::Tx& tx, const Matter& matter,
                                  const subscribers::Subscriber& subscriber) {
    auto opened =
        subscribers::open_account(tx, subscriber.id, matter.scheme.accounts.value().prefix);
    audit::append(tx, {"account.opened",
                       "system",
                       "account:" + opened.name,
                       {{"scheme", matter.scheme.id}, {"request", matter.request.number}}});
    return opened;
}

subscribers::Account reset_account(store::Tx& tx, const Matter& matter,
                                   const subscribers::Account& seen) {
    auto reset = subscribers::begin_reset(tx, seen);
    slips::void_slips_of(tx, seen.id, "reset", "system");
    audit::append(tx, {"account.reset",
                       "system",
                       "account:" + seen.name,
                       {{"scheme", matter.scheme.id},
                        {"request", matter.request.number},
                        {"generation", reset.generation}}});
    return reset;
}

std::string slip_template(const scheme::Form& form) {
    const auto slip = std::ranges::find(form.effects, "slip", &scheme::Effect::kind);
    return slip == form.effects.end() || slip->text.empty() ? "account-slip" : slip->text;
}

slips::Slip order_slip(store::Tx& tx, const Matter& matter, const subscribers::Contact& contact,
                       const subscribers::Account& account) {
    return slips::create_slip(tx,
                              {.scheme = matter.scheme.id,
                               .template_name = slip_template(matter.form),
                               .request = matter.request.id,
                               .request_number = matter.request.number,
                               .account = account.id,
                               .account_generation = account.generation,
                               .account_name = account.name,
                               .delivery = delivery_of(matter),
                               .recipient = {contact.name, contact.postal_code, contact.address},
                               .fields = slip_texts(matter),
                               .actor = "system"});
}

}  // namespace

Result<subscribers::Subscriber> applicant_of(store::Tx& tx, const Matter& matter) {
    if (matter.form.registers_applicant()) {
        return ensure_subscriber(tx, matter);
    }
    auto known = subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
    if (!known) {
        return Error{ErrorKind::Refused, "subscriber.not_registered",
                     "No application of this subscriber was ever approved.", matter.request.number,
                     "M 4.2.1.1"};
    }
    return *std::move(known);
}

bool is_electronic(const Matter& matter) {
    return delivery_of(matter) == slips::Delivery::Electronic;
}

subscribers::Contact contact_on_form(const Matter& matter) {
    const scheme::Roles& roles = matter.form.roles;
    const std::string postal_code = matter.value(roles.contact_postal_code);
    std::string address = matter.value(roles.contact_address);
    if (!postal_code.empty() && address.starts_with(postal_code)) {
        address.erase(0, postal_code.size());  // keyed before the address: it has its own line
    }
    return {matter.value(roles.contact_name), matter.value(roles.contact_phone),
            matter.value(roles.contact_email), postal_code, trim(address)};
}

std::optional<subscribers::Contact> news_recipient(store::Tx& tx, const Matter& matter,
                                                   News::Kind kind) {
    // Who writes another contact on a form is believed when it is approved, not before.
    const bool believed = kind == News::Kind::Approved || matter.form.registers_applicant();
    if (matter.form.recipient == scheme::Recipient::ThisFormContact && believed) {
        return contact_on_form(matter);
    }
    const auto subscriber =
        subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
    if (!subscriber) {
        return std::nullopt;
    }
    return subscribers::current_contact(tx, subscriber->id);
}

std::string Matter::value(const std::string& field) const {
    const auto found = values.find(field);
    return found == values.end() ? "" : found->second;
}

Bilingual Matter::text(const std::string& name) const {
    const auto in_form = form.texts.find(name);
    if (in_form != form.texts.end()) {
        return in_form->second;
    }
    const auto in_scheme = scheme.texts.find(name);
    return in_scheme == scheme.texts.end() ? Bilingual{} : in_scheme->second;
}

Matter read_matter(store::Tx& tx, const Works& works, RequestId id) {
    requests::Request request = requests::get_request(tx, id);
    const scheme::Scheme& scheme = requests::scheme_of(works.office, request);
    const scheme::Form& form = requests::form_of(works.office, request);
    scheme::Values values = requests::values_of(request);
    return {std::move(request), scheme, form, std::move(values)};
}

Result<Issued> ensure_issued(store::Tx& tx, const Works&, const Matter& matter) {
    const auto known =
        subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
    if (!known && !matter.form.registers_applicant()) {
        return Error{ErrorKind::Refused, "account.no_subscriber",
                     "The registration of this subscriber was never approved; there is no "
                     "password to reset.",
                     matter.request.number, "T 5.12"};
    }
    const subscribers::Subscriber subscriber =
        matter.form.registers_applicant() ? ensure_subscriber(tx, matter) : *known;
    const subscribers::Contact contact = news_recipient(tx, matter, News::Kind::Approved).value();
    const auto existing = subscribers::account_of(tx, subscriber.id);
    const auto made = slips::list_slips(tx, {.request = matter.request.id});
    if (existing && !made.empty()) {
        return Issued{subscriber, contact, *existing,
                      made.back()};  // the newest: a lost one is void
    }
    const subscribers::Account account =
        existing ? reset_account(tx, matter, *existing) : open_account(tx, matter, subscriber);
    slips::Slip slip = order_slip(tx, matter, contact, account);
    return Issued{subscriber, contact, account, std::move(slip)};
}

}  // namespace sealdesk::effects
