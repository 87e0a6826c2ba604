#include "api/officer_endpoint.h"

#include <algorithm>
#include <array>

#include <Poco/Exception.h>
#include <Poco/URI.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace sealdesk::api {
namespace {

using requests::Verdict;

constexpr const char* kJson = "application/json";
constexpr std::string_view kNobody = "session.unknown_certificate";

HttpResponse json_response(int status, std::string body) {
    HttpResponse response{status, kJson, std::move(body)};
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

int status_of(const Error& error) {
    if (error.code == kNobody) {
        return 401;
    }
    switch (error.kind) {
        case ErrorKind::Invalid: return 400;
        case ErrorKind::NotFound: return 404;
        case ErrorKind::Conflict: return 409;
        case ErrorKind::Refused: return 403;
        case ErrorKind::Unavailable: return 503;
        case ErrorKind::Internal: break;
    }
    return 500;
}

HttpResponse error_response(const Error& error) {
    return json_response(status_of(error),
                         nlohmann::json{{"error",
                                         {{"code", error.code},
                                          {"message", error.detail},
                                          {"where", error.where},
                                          {"rule", error.rule}}}}
                                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
                             "\n");
}

Error no_such_address(const std::string& path) {
    return {
        ErrorKind::NotFound, "http.no_such_address", "There is nothing at this address.", path, {}};
}

std::optional<Verdict> verdict_named(std::string_view name) {
    for (const Verdict one :
         {Verdict::Approve, Verdict::Reject, Verdict::Return, Verdict::Withdraw}) {
        if (requests::to_text(one) == name) {
            return one;
        }
    }
    return std::nullopt;
}

/// What is asked to be decided; the decision itself names it when it comes back signed.
Result<requests::Ruling> ruling_of(const HttpRequest& request, const std::string& login) {
    Poco::URI address;
    address.setRawQuery(request.query);
    std::optional<Verdict> verdict;
    requests::Ruling ruling{Verdict::Approve, {}, login};
    for (const auto& [name, value] : address.getQueryParameters()) {
        if (name == "verdict") {
            verdict = verdict_named(value);
        } else if (name == "reason") {
            ruling.reasons.push_back(value);
        } else if (name == "deficiency") {
            ruling.deficiencies.push_back(value);
        }
    }
    const bool readable = is_utf8(request.query) && std::ranges::all_of(ruling.reasons, is_utf8);
    if (!verdict || !readable) {
        return Error{ErrorKind::Invalid,
                     "http.no_verdict",
                     "Say verdict=approve, reject, return or withdraw; texts in UTF-8.",
                     "verdict",
                     {}};
    }
    ruling.verdict = *verdict;
    return ruling;
}

std::string me(const officers::Officer& officer) {
    return nlohmann::json{{"login", officer.login},
                          {"name", officer.display_name},
                          {"roles", officers::to_text(officer.roles)},
                          {"certificate_sha256", officer.certificate.fingerprint()},
                          {"certificate_not_after", to_utc_text(officer.certificate.not_after())}}
               .dump() +
           "\n";
}

Result<HttpResponse> as_json(const Result<std::string>& text) {
    return text ? Result<HttpResponse>(json_response(200, *text)) : text.error();
}

}  // namespace

/// The officer whose registered certificate the client holds, when it is valid today.
Result<officers::Officer> OfficerEndpoint::who(const HttpRequest& request,
                                               officers::Action action) {
    return store::transact(
        office_.database, "session.authorise", [&](store::Tx& tx) -> Result<officers::Officer> {
            for (const officers::Officer& one : officers::list(tx)) {
                if (one.certificate.der() == request.client_certificate &&
                    one.certificate.is_valid_at(tx.now())) {
                    return officers::authorise(tx, one.login, action);
                }
            }
            return Error{ErrorKind::Refused,
                         std::string(kNobody),
                         "Sign in with the certificate that is registered for an officer and valid "
                         "today.",
                         {},
                         "M 5.2"};
        });
}

Result<HttpResponse> OfficerEndpoint::decision(const HttpRequest& request,
                                               const std::string& number) {
    const auto officer = who(request, officers::Action::Decide);
    if (!officer) {
        return officer.error();
    }
    if (request.method == "POST") {
        const auto state = requests::decide_signed(office_, number, *officer, request.body);
        if (!state) {
            return state.error();
        }
        return json_response(
            200, nlohmann::json{{"request", number}, {"state", requests::to_text(*state)}}.dump() +
                     "\n");
    }
    const auto ruling = ruling_of(request, officer->login);
    if (!ruling) {
        return ruling.error();
    }
    return as_json(requests::document_to_sign(office_, number, *ruling, officer->certificate));
}

Result<HttpResponse> OfficerEndpoint::serve(const HttpRequest& request) {
    const auto parts = split(request.path, '/');
    const std::string first = parts.size() > 1 ? parts[1] : std::string();
    if (request.method == "POST" && !(first == "requests" && parts.size() == 4)) {
        return no_such_address(request.path);
    }
    if (first == "requests" && parts.size() == 4 && parts[3] == "decision") {
        return decision(request, parts[2]);
    }
    const auto officer = who(request, officers::Action::ReadRequests);
    if (!officer) {
        return officer.error();
    }
    if (request.path == "/officer/me") {
        return json_response(200, me(*officer));
    }
    if (request.path == "/requests") {
        return as_json(views_.list());
    }
    if (first == "requests" && parts.size() == 3) {
        return as_json(views_.show(parts[2]));
    }
    return no_such_address(request.path);
}

HttpResponse OfficerEndpoint::answer(const HttpRequest& request) {
    auto response = serve(request);
    return response ? *std::move(response) : error_response(response.error());
}

}  // namespace sealdesk::api
