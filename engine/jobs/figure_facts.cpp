#include "jobs/figure_facts.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "requests/request_facts.h"
#include "requests/request_store.h"
#include "slips/slip.h"
#include "subscribers/account.h"
#include "subscribers/application.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"

namespace sealdesk::jobs {
namespace {

using nlohmann::json;

std::string text_in(const json& detail, const char* member) {
    const auto found = detail.find(member);
    return found == detail.end() || !found->is_string() ? "" : found->get<std::string>();
}

/// "certificate:0a1b" → "0a1b".
std::string named_by(const std::string& subject) {
    const auto colon = subject.find(':');
    return colon == std::string::npos ? "" : subject.substr(colon + 1);
}

json certificate_record(store::Tx& tx, const audit::Record& event, const json& detail) {
    const std::string serial =
        detail.contains("serial") ? text_in(detail, "serial") : named_by(event.subject);
    const auto certificate = subscribers::find_certificate(tx, serial);
    return certificate ? subscribers::facts_of(tx, *certificate) : json::object();
}

json request_record(store::Tx& tx, const std::string& number) {
    const auto request = requests::find_request(tx, number);
    return request ? requests::facts_of(*request) : json::object();
}

json account_record(store::Tx& tx, const audit::Record& event) {
    const auto account = subscribers::find_account(tx, named_by(event.subject));
    return account ? json{{"scheme", subscribers::get_subscriber(tx, account->subscriber).scheme}}
                   : json::object();
}

json slip_record(store::Tx& tx, const audit::Record& event) {
    const auto id = parse_number(named_by(event.subject));
    const auto slip = id ? slips::find_slip(tx, SlipId{*id})
                         : Result<slips::Slip>(Error{ErrorKind::NotFound, {}, {}, {}, {}});
    return slip ? json{{"scheme", slip->scheme}} : json::object();
}

/// The records that an event of a former version names.
json record_of(store::Tx& tx, About about, const audit::Record& event, const json& detail) {
    switch (about) {
        case About::Certificate:
        case About::Notice: return certificate_record(tx, event, detail);
        case About::Request: return request_record(tx, named_by(event.subject));
        case About::Account: return account_record(tx, event);
        case About::Slip: return slip_record(tx, event);
        case About::Mail: return json::object();
    }
    return json::object();
}

}  // namespace

FigureKey facts_of_event(store::Tx& tx, About about, const audit::Record& event,
                         const json& detail) {
    const json facts = about == About::Mail || detail.contains("scheme")
                           ? detail
                           : record_of(tx, about, event, detail);
    FigureKey key{{}, text_in(facts, "scheme"), {}, text_in(facts, "applicant"), {}};
    switch (about) {
        case About::Certificate:
            key.kind = text_in(facts, "profile");
            key.reason = text_in(detail, "reason");
            break;
        case About::Request: key.kind = text_in(facts, "form"); break;
        case About::Slip: key.kind = text_in(detail, "delivery"); break;
        case About::Mail: key.kind = text_in(detail, "kind"); break;
        case About::Account:
        case About::Notice: key.applicant.clear(); break;
    }
    return key;
}

bool is_renewal_by_record(store::Tx& tx, const json& detail) {
    const auto certificate = subscribers::find_certificate(tx, text_in(detail, "serial"));
    const auto applied =
        certificate ? subscribers::find_application(tx, certificate->order_key) : std::nullopt;
    return applied && applied->replaces;
}

}  // namespace sealdesk::jobs
