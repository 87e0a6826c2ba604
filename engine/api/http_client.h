#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace sealdesk::api {

/// Where a partner answers.
struct HttpPartner {
    std::string url;                     ///< "https://ca.example:8443"; http to this machine only
    std::filesystem::path ca_file = {};  ///< PEM; who must have certified it (https)
    std::chrono::seconds timeout{60};    ///< for a full batch of orders
};

/// Posts one message and gives back the answer's body, at most 16 MiB. Errors (Invalid):
/// http.bad_address, http.not_private (http to another machine); (Unavailable)
/// http.no_answer: it may have arrived.
[[nodiscard]] Result<std::string> post(const HttpPartner& partner, const std::string& path,
                                       const std::string& content_type, const std::string& body);

}  // namespace sealdesk::api
