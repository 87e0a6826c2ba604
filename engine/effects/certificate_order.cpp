#include "effects/certificate_order.h"

#include <algorithm>

#include "audit/log.h"
#include "base/digest.h"
#include "effects/card_queue.h"
#include "effects/matter.h"
#include "queue/queue.h"
#include "requests/decide.h"
#include "requests/request_store.h"
#include "requests/service_end.h"
#include "subscribers/acceptance.h"
#include "subscribers/account.h"
#include "subscribers/application.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

using requests::State;

Error not_approved(const std::string& number) {
    return {ErrorKind::Refused, "certificate.not_approved",
            "A certificate needs an approved registration whose account or token exists.", number,
            "T 4.2.1"};
}

/// A foreign number says nothing of the country; the profile then asks for it in vain, and the CA
/// refuses rather than guesses.
bool is_domestic(const scheme::Form& form, const scheme::Values& values) {
    const auto type = values.find(form.roles.id_number + ".type");
    return type == values.end() || (type->second != scheme::name_of(scheme::IdType::Passport) &&
                                    type->second != scheme::name_of(scheme::IdType::ForeignNumber));
}

/// M 1.3.5.1: what is no card counts as secondary.
std::string rank_of(const std::optional<subscribers::Token>& token) {
    const bool primary = token && token->kind == subscribers::TokenKind::Primary;
    return std::string(subscribers::to_text(primary ? subscribers::TokenKind::Primary
                                                    : subscribers::TokenKind::Secondary));
}

/// The approved subject, by the names profiles use; only what this profile asks for is ordered.
std::map<std::string, std::string> subject_for(const Standing& standing,
                                               const ca::Profile& profile) {
    const bool has_common_name = std::ranges::any_of(
        profile.subject,
        [](const ca::NameAttribute& attribute) { return attribute.field == "common_name"; });
    std::map<std::string, std::string> known{
        {"common_name", standing.subscriber.name},
        {"serial_number", standing.subject_number},
        {"id_number", standing.subscriber.id_number},
        {"locality", standing.value(standing.form.roles.county)},
        {"token_kind", rank_of(standing.token)}};
    const std::string parent = standing.value(standing.form.roles.parent_name);
    if (!parent.empty()) {  // M 3.1.4: a branch stands under the entity it belongs to
        known["organization"] = parent;
        known["organizational_unit"] = standing.subscriber.name;
    } else if (!has_common_name) {
        known["organization"] = standing.subscriber.name;
    }
    if (standing.domestic) {
        known["country"] = "TW";
    }
    std::map<std::string, std::string> subject;
    const auto take = [&](const std::string& field) {
        const auto found = known.find(field);
        if (found != known.end() && !found->second.empty()) {
            subject.insert(*found);
        }
    };
    for (const ca::NameAttribute& attribute : profile.subject) {
        take(attribute.field);
    }
    for (const ca::DirectoryAttribute& attribute : profile.directory_attributes) {
        take(attribute.field);
    }
    return subject;
}

Error no_profile(const std::string& where, std::string detail) {
    return {ErrorKind::Refused, "certificate.no_profile", std::move(detail), where, {}};
}

bool signs(const ca::Profile& profile) {
    return std::ranges::find(profile.key_usage, ca::KeyUsage::DigitalSignature) !=
           profile.key_usage.end();
}

/// Whether the token is to carry a certificate of this profile.
bool is_asked_for(const std::optional<subscribers::Token>& token, const ca::Profile& profile) {
    return !token || token->use == subscribers::CertificateUse::Both ||
           (token->use == subscribers::CertificateUse::Signature) == signs(profile);
}

/// The profiles the approved form asks for, by name: those of the product it names, but of a token
/// for one certificate only that.
std::vector<std::string> profiles_asked_for(const ca::Profiles& profiles, const Standing& standing,
                                            const std::string& product) {
    const auto listed = profiles.products.find(product);
    std::vector<std::string> names =
        listed == profiles.products.end() ? std::vector{product} : listed->second;
    std::erase_if(names, [&](const std::string& name) {
        const ca::Profile* profile = profiles.find(name);
        return profile != nullptr && !is_asked_for(standing.token, *profile);
    });
    return names;
}

/// The same of the product that the request's form names.
Result<std::vector<std::string>> names_of_product(const ca::Profiles& profiles,
                                                  const Standing& standing) {
    const scheme::Form& form = standing.form;
    const auto product = form.profiles.find(standing.value(form.roles.certificate));
    if (product == form.profiles.end()) {
        return no_profile(standing.request.number,
                          "The form names no certificate profile for this request.");
    }
    return profiles_asked_for(profiles, standing, product->second);
}

/// Whether the station writes it into a card: then the card is made when the station says so.
bool is_for_station(const subscribers::Token& token) {
    return token.kind != subscribers::TokenKind::NonCard &&
           token.state == subscribers::TokenState::Ordered;
}

/// The certificate lies in its token. A key store is made when nothing is missing in it; a card
/// when the card centre says so.
Outcome fill_token(store::Tx& tx, const subscribers::Token& token, CertificateId certificate,
                   const std::string& by) {
    subscribers::put_into_token(tx, certificate, token.id);
    const std::size_t wanted = token.use == subscribers::CertificateUse::Both ? 2 : 1;
    const auto now = subscribers::find_token(tx, token.id);
    const bool made = now && now->kind == subscribers::TokenKind::NonCard &&
                      now->state == subscribers::TokenState::Ordered &&
                      subscribers::certificates_in(tx, token.id).size() >= wanted;
    if (!made) {
        return done();
    }
    const auto moved = subscribers::take_step(tx, *now, subscribers::TokenEvent::Personalise, {by});
    return moved ? done() : Outcome(moved.error());
}

Outcome keep_answer(store::Tx& tx, const Standing& standing, const ca::Order& order,
                    const ca::IssuedCertificate& issued, const std::string& by) {
    subscribers::close_application(tx, order.key);
    if (subscribers::serial_of_order(tx, order.key)) {
        return done();
    }
    const CertificateId id(tx.new_id());
    subscribers::keep_certificate(
        tx, {id, standing.subscriber.id, standing.request.id, order.key, standing.request.scheme,
             order.profile, issued.serial, issued.der, issued.not_before, issued.not_after});
    const auto applied = subscribers::find_application(tx, order.key);
    audit::append(tx, {"certificate.kept",
                       by,
                       "request:" + standing.request.number,
                       {{"serial", issued.serial},
                        {"scheme", standing.request.scheme},
                        {"profile", order.profile},
                        {"applicant", standing.subscriber.kind},
                        {"renewal", applied && applied->replaces},
                        {"sha256", sha256_hex(issued.der)}}});
    if (!standing.token) {
        return done();
    }
    if (!is_for_station(*standing.token) && !standing.keys_at_home) {
        // M 4.2.1.1 (4) B: it goes to the subscriber by mail, to be checked and accepted.
        queue::enqueue(tx, "certificate.mail", issued.serial, standing.request.id.value(),
                       tx.now());
    }
    return fill_token(tx, *standing.token, id, by);
}

}  // namespace

Result<Standing> read_standing(store::Tx& tx, const requests::Office& office,
                               const std::string& number) {
    auto request = requests::find_request(tx, number);
    if (!request) {
        return request.error();
    }
    const auto subscriber = subscribers::find_subscriber(tx, request->scheme, request->id_number);
    const bool approved = request->state == State::Approved || request->state == State::Completed;
    const auto decisions = requests::decisions_of(tx, request->id);
    const auto approval = std::ranges::find(decisions, "approve", &requests::Decision::outcome);
    if (!approved || !subscriber || approval == decisions.end()) {
        return not_approved(number);
    }
    auto token = subscribers::token_of_order(tx, token_order_key(*request));
    const auto account = subscribers::account_of(tx, subscriber->id);
    const bool registered_here = account && subscriber->request == request->id;
    if (!token && !registered_here && !requests::form_of(office, *request).key_file) {
        return not_approved(number);
    }
    const scheme::Form& form = requests::form_of(office, *request);
    scheme::Values values = requests::values_of(*request);
    const bool domestic = is_domestic(form, values);
    std::vector<subscribers::Certificate> inside;
    if (token) {
        inside = subscribers::contents_of(tx, token->id);
    }
    const bool keys_at_home = token && has_keys_at_home(tx, office, *token);
    return Standing{*std::move(request),
                    form,
                    std::move(values),
                    *subscriber,
                    account ? account->name : subscribers::subject_number(tx, subscriber->id),
                    sha256_hex(approval->document),
                    std::move(token),
                    std::move(inside),
                    domestic,
                    keys_at_home};
}

Result<const ca::Profile*> chosen_profile(const ca::Profiles& profiles, const Standing& standing,
                                          const std::string& wanted) {
    const auto names = names_of_product(profiles, standing);
    if (!names) {
        return names.error();
    }
    const auto name = wanted.empty() ? names->begin() : std::ranges::find(*names, wanted);
    const ca::Profile* profile = name == names->end() ? nullptr : profiles.find(*name);
    if (profile == nullptr) {
        return no_profile(wanted.empty() ? standing.request.number : wanted,
                          "The request's product has no such profile in profiles.yaml.");
    }
    return profile;
}

Result<const ca::Profile*> profile_to(Purpose purpose, const ca::Profiles& profiles,
                                      const Standing& standing) {
    const auto names = names_of_product(profiles, standing);
    if (!names) {
        return names.error();
    }
    for (const std::string& name : *names) {
        const ca::Profile* const profile = profiles.find(name);
        if (profile != nullptr && signs(*profile) == (purpose == Purpose::Sign)) {
            return profile;
        }
    }
    return no_profile(standing.request.number,
                      "The request's product has no profile for both keys of a card.");
}

std::string order_key_for(const std::string& request_number, std::string_view csr) {
    return request_number + "/" + sha256_hex(csr).substr(0, 40);
}

ca::Order order_for(const Standing& standing, const ca::Profile& profile, const std::string& csr) {
    return {.key = order_key_for(standing.request.number, csr),
            .subscriber = "subscriber:" + std::to_string(standing.subscriber.id.value()),
            .profile = profile.name,
            .subject = subject_for(standing, profile),
            .csr = csr,
            .public_key = {},
            .approval_sha256 = standing.approval_sha256};
}

Outcome check_own_key(const Standing& standing) {
    if (!standing.token || standing.token->kind == subscribers::TokenKind::NonCard) {
        return done();
    }
    if (!standing.keys_at_home) {
        return Error{ErrorKind::Refused, "certificate.card_centre",
                     "The keys of a card are made in the card, by the card centre; a CSR is for "
                     "non-card certificates.",
                     standing.request.number, "M 3.1.7"};
    }
    using subscribers::TokenState;
    const TokenState state = standing.token->state;
    const bool has_it = state == TokenState::Shipped || state == TokenState::HandedOver ||
                        state == TokenState::Accepted;
    if (!has_it) {
        return Error{ErrorKind::Refused, "certificate.card_not_there",
                     "The subscriber's card is " + std::string(to_text(state)) +
                         ": keys are made in a card that its subscriber has.",
                     standing.token->name(), "T 5.1.4"};
    }
    return done();
}

Result<ca::IssuedCertificate> order_and_keep(const requests::Office& office,
                                             ca::CaClient& authority, const Standing& standing,
                                             const ca::Order& order, const std::string& by) {
    const Outcome in_service = store::transact(
        office.database, "certificate.in-service",
        [&](store::Tx& tx) { return requests::check_in_service(tx, standing.request.scheme); });
    if (!in_service) {
        return in_service.error();
    }
    auto issued = authority.issue(order);
    if (!issued) {
        return issued;
    }
    const Outcome kept = store::transact(office.database, "certificate.keep", [&](store::Tx& tx) {
        return keep_answer(tx, standing, order, *issued, by);
    });
    if (!kept) {
        return kept.error();
    }
    return issued;
}

}  // namespace sealdesk::effects
