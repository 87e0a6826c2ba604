#pragma once

#include <filesystem>
#include <string>

#include "api/http_service.h"
#include "store/tx.h"

namespace sealdesk::api {

/// What is published of one scheme, for everybody (S 12.1, M 2.6.3):
///
///   search?subject=TEXT[&exact=1]        JSON: {"certificates":[…],"complete":true}
///   search.html[?subject=TEXT&exact=1]   the same for people, with a form, in both languages
///   certificates/SERIAL.crt              one certificate, DER
struct OfferedRepository {
    std::string scheme;
    std::filesystem::path folder;  ///< <repository>/SCHEME of effects/publish.h
};

/// Answers GET of one of these names; 404 for every other. Searches keep the limits of
/// subscribers::search_repository(): what it refuses is answered with 400 and its code.
[[nodiscard]] HttpResponse answer_from_repository(store::Database& database,
                                                  const OfferedRepository& repository,
                                                  const HttpRequest& request,
                                                  const std::string& name);

}  // namespace sealdesk::api
