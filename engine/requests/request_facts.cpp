#include "requests/request_facts.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace sealdesk::requests {

nlohmann::json facts_of(const Request& request) {
    return {
        {"scheme", request.scheme}, {"form", request.form}, {"applicant", request.applicant_kind}};
}

nlohmann::json with_facts(const Request& request, nlohmann::json detail) {
    detail.update(facts_of(request));
    return detail;
}

}  // namespace sealdesk::requests
