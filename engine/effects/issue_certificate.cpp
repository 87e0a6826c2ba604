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
    subscribers::Contact contact;
    std::string account_name;
    std::string approval_sha256;
};

Error not_approved(const std::string& number) {
    return {ErrorKind::Refused, "certificate.not_approved",
            "A certificate needs an approved registration whose account exists.", number,
            "T 4.2.1"};
}

Result<Standing> read_standing(store::Tx& tx, const std::string& number) {
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
    return Standing{*std::move(request), *subscriber,
                    subscribers::current_contact(tx, subscriber->id), account->name,
                    sha256_hex(approval->document)};
}

/// The approved subject, by the names profiles use; only what this profile asks for is ordered.
std::map<std::string, std::string> subject_for(const Standing& standing,
                                               const ca::Profile& profile) {
    const std::map<std::string, std::string> known{
        {"common_name", standing.subscriber.name}, {"organization", standing.subscriber.name},
        {"name", standing.subscriber.name},        {"serial_number", standing.account_name},
        {"account_name", standing.account_name},   {"id_number", standing.subscriber.id_number}};
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

Result<std::string> profile_name(const requests::Office& office, const Request& request) {
    const scheme::Form& form = requests::form_of(office, request);
    const auto values = requests::values_of(request);
    const auto kind = values.find(form.roles.certificate);
    const auto profile =
        kind == values.end() ? form.profiles.end() : form.profiles.find(kind->second);
    if (profile == form.profiles.end()) {
        return Error{ErrorKind::Refused,
                     "certificate.no_profile",
                     "The form names no certificate profile for this request.",
                     request.number,
                     {}};
    }
    return profile->second;
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
        return read_standing(tx, application.request_number);
    });
    if (!standing) {
        return standing.error();
    }
    const auto name = profile_name(office, standing->request);
    if (!name) {
        return name.error();
    }
    const ca::Profile* profile = profiles.find(*name);
    if (profile == nullptr) {
        return Error{ErrorKind::Refused,
                     "certificate.no_profile",
                     "The scheme's profiles.yaml lacks the profile that the form names.",
                     *name,
                     {}};
    }
    const ca::Order order{
        .key = standing->request.number + "/" + sha256_hex(application.csr).substr(0, 40),
        .subscriber = "subscriber:" + std::to_string(standing->subscriber.id.value()),
        .profile = *name,
        .subject = subject_for(*standing, *profile),
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
