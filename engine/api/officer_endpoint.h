#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/http_service.h"
#include "officers/officer.h"
#include "requests/decide.h"
#include "requests/office.h"

namespace sealdesk::api {

/// What the command line shows as JSON, for the service to give on.
struct OfficerViews {
    std::function<Result<std::string>()> list;                           ///< `request list --json`
    std::function<Result<std::string>(const std::string& number)> show;  ///< `request show --json`
};

/// The counter's work by HTTPS, for officers who sign in with the certificate of their card (TLS
/// client authentication; M 1.3.2, M 5.2): it must be the one registered for an active officer
/// whose roles allow what is asked. Rules are those of the use cases.
///
///   GET  /officer/me                     who the certificate says one is
///   GET  /requests                       what waits; one JSON object a line
///   GET  /requests/NUMBER                one request
///   GET  /requests/NUMBER/decision?verdict=approve|reject|return|withdraw
///        [&reason=TEXT …][&deficiency=KEY …]
///                                        the exact bytes the decision would be signed over
///   POST /requests/NUMBER/decision       those bytes, signed: CMS with the content inside, DER
///                                        (openssl cms -sign -cades -nodetach -binary)
///
/// Errors are {"error":{"code","message","where","rule"}} with 401 (no certificate, or nobody's),
/// 403 (refused), 404, 409 (somebody else changed it), 400 (wrong), 503 (later).
class OfficerEndpoint final : public Endpoint {
public:
    OfficerEndpoint(const requests::Office& office, OfficerViews views)
        : office_(office), views_(std::move(views)) {}

    [[nodiscard]] HttpResponse answer(const HttpRequest& request) override;

private:
    [[nodiscard]] Result<officers::Officer> who(const HttpRequest& request,
                                                officers::Action action);
    [[nodiscard]] Result<HttpResponse> serve(const HttpRequest& request);
    [[nodiscard]] Result<HttpResponse> decision(const HttpRequest& request,
                                                const std::string& number);

    const requests::Office& office_;
    OfficerViews views_;
};

}  // namespace sealdesk::api
