#include "effects/issue_certificate.h"

#include <algorithm>

#include "audit/log.h"
#include "base/digest.h"
#include "requests/decide.h"
#include "requests/request_store.h"
#include "subscribers/account.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {
namespace {

using requests::Request;
using requests::State;

/// What an order is made of, read in one transaction.
struct Standing {
    Request request;
    subscribers::Subscriber subscriber;
    std::string account_name;
    std::string approval_sha256;
    bool domestic;  ///< the applicant's number is a Taiwanese one
};

Error not_approved(const std::string& number) {
    return {ErrorKind::Refused, "certificate.not_approved",
            "A certificate needs an approved registration whose account exists.", number,
            "T 4.2.1"};
}

/// A foreign number says nothing of the country; the profile then asks for it in vain, and the CA
/// refuses rather than guesses.
bool is_domestic(const requests::Office& office, const Request& request) {
    const auto values = requests::values_of(request);
    const auto type = values.find(requests::form_of(office, request).roles.id_number + ".type");
    return type == values.end() || (type->second != scheme::name_of(scheme::IdType::Passport) &&
                                    type->second != scheme::name_of(scheme::IdType::ForeignNumber));
}

Result<Standing> read_standing(store::Tx& tx, const requests::Office& office,
                               const std::string& number) {
    auto request = requests::find_request(tx, number);
    if (!request) {
        return request.error();
    }
    const auto subscriber = subscribers::find_subscriber(tx, request->scheme, request->id_number);
    const bool approved = request->state == State::Approved || request->state == State::Completed;
    if (!approved || !subscriber || subscriber->request != request->id) {
        return not_approved(number);
    }
    const auto decisions = requests::decisions_of(tx, request->id);
    const auto approval = std::ranges::find(decisions, "approve", &requests::Decision::outcome);
    const auto account = subscribers::account_of(tx, subscriber->id);
    if (approval == decisions.end() || !account) {
        return not_approved(number);
    }
    const bool domestic = is_domestic(office, *request);
    return Standing{*std::move(request), *subscriber, account->name, sha256_hex(approval->document),
                    domestic};
}

/// The approved subject, by the names profiles use; only what this profile asks for is ordered.
std::map<std::string, std::string> subject_for(const Standing& standing,
                                               const ca::Profile& profile) {
    const bool has_common_name = std::ranges::any_of(
        profile.subject,
        [](const ca::NameAttribute& attribute) { return attribute.field == "common_name"; });
    std::map<std::string, std::string> known{{"common_name", standing.subscriber.name},
                                             {"serial_number", standing.account_name},
                                             {"id_number", standing.subscriber.id_number}};
    if (!has_common_name) {
        known["organization"] = standing.subscriber.name;
    }
    if (standing.domestic) {
        known["country"] = "TW";
    }
    std::map<std::string, std::string> subject;
    const auto take = [&](const std::string& field) {
        const auto found = known.find(field);
        if (found != known.end()) {
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

/// The profile to sign by: the form names a product, which consists of one or more certificates.
Result<const ca::Profile*> chosen_profile(const requests::Office& office,
                                          const ca::Profiles& profiles, const Request& request,
                                          const std::string& wanted) {
    const scheme::Form& form = requests::form_of(office, request);
    const auto values = requests::values_of(request);
    const auto kind = values.find(form.roles.certificate);
    const auto product =
        kind == values.end() ? form.profiles.end() : form.profiles.find(kind->second);
    if (product == form.profiles.end()) {
        return no_profile(request.number,
                          "The form names no certificate profile for this request.");
    }
    const auto listed = profiles.products.find(product->second);
    const std::vector<std::string> names =
        listed == profiles.products.end() ? std::vector{product->second} : listed->second;
    const auto name = wanted.empty() ? names.begin() : std::ranges::find(names, wanted);
    const ca::Profile* profile = name == names.end() ? nullptr : profiles.find(*name);
    if (profile == nullptr) {
        return no_profile(wanted.empty() ? product->second : wanted,
                          "The request's product has no such profile in profiles.yaml.");
    }
    return profile;
}

void keep_answer(store::Tx& tx, const Standing& standing, const ca::Order& order,
                 const ca::IssuedCertificate& issued, const std::string& by) {
    if (subscribers::serial_of_order(tx, order.key)) {
        return;
    }
    subscribers::keep_certificate(
        tx, {CertificateId(tx.new_id()), standing.subscriber.id, standing.request.id, order.key,
             standing.request.scheme, order.profile, issued.serial, issued.der, issued.not_before,
             issued.not_after});
    audit::append(tx, {"certificate.kept",
                       by,
                       "request:" + standing.request.number,
                       {{"serial", issued.serial},
                        {"profile", order.profile},
                        {"sha256", sha256_hex(issued.der)}}});
}

}  // namespace

Result<ca::IssuedCertificate> issue_certificate(const requests::Office& office,
                                                ca::CaClient& authority,
                                                const ca::Profiles& profiles,
                                                const Application& application) {
    const auto standing = store::transact(office.database, "certificate.read", [&](store::Tx& tx) {
        return read_standing(tx, office, application.request_number);
    });
    if (!standing) {
        return standing.error();
    }
    const auto profile = chosen_profile(office, profiles, standing->request, application.profile);
    if (!profile) {
        return profile.error();
    }
    const ca::Order order{
        .key = standing->request.number + "/" + sha256_hex(application.csr).substr(0, 40),
        .subscriber = "subscriber:" + std::to_string(standing->subscriber.id.value()),
        .profile = (*profile)->name,
        .subject = subject_for(*standing, **profile),
        .csr = application.csr,
        .public_key = {},
        .approval_sha256 = standing->approval_sha256};
    auto issued = authority.issue(order);  // no transaction is open
    if (!issued) {
        return issued;
    }
    store::transact(office.database, "certificate.keep", [&](store::Tx& tx) {
        keep_answer(tx, *standing, order, *issued, application.by);
    });
    return issued;
}

}  // namespace sealdesk::effects
