#include "api/ca_endpoint.h"

#include <algorithm>

#include "api/repository_search.h"
#include "base/digest.h"
#include "base/text.h"
#include "ca/generations.h"

namespace sealdesk::api {
namespace {

HttpResponse not_found() { return {404, {}, "There is nothing here.\n"}; }

HttpResponse method_not_allowed(const std::string& allowed) {
    HttpResponse response{405, {}, "Use " + allowed + ".\n"};
    response.headers.emplace_back("Allow", allowed);
    return response;
}

/// "complete.crl", "delta.crl", "partition-3.crl", and those of former days, "crl-12.crl",
/// "delta-12.crl", "partition-3-12.crl": nothing that could leave the folder.
bool is_crl_name(std::string_view name) {
    constexpr std::string_view suffix = ".crl";
    if (!name.ends_with(suffix) || name == suffix) {
        return false;
    }
    const auto parts = split(name.substr(0, name.size() - suffix.size()), '-');
    const bool numbered = std::all_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
        return !part.empty() &&
               std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    });
    const std::string& kind = parts.front();
    const std::size_t numbers = parts.size() - 1;
    return numbered && ((kind == "complete" && numbers == 0) || (kind == "crl" && numbers == 1) ||
                        (kind == "delta" && numbers <= 1) ||
                        (kind == "partition" && (numbers == 1 || numbers == 2)));
}

/// How long caches may keep an answer (RFC 5019 §6.2).
void add_cache_headers(const ca::OcspAnswer& answer, Instant now, HttpResponse& response) {
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(answer.next_update - now).count();
    response.headers.emplace_back("Last-Modified", http_date(answer.this_update));
    response.headers.emplace_back("Expires", http_date(answer.next_update));
    response.headers.emplace_back("ETag", "\"" + sha256_hex(answer.der) + "\"");
    response.headers.emplace_back("Cache-Control",
                                  "max-age=" + std::to_string(std::max<long>(left, 0)) +
                                      ",public,no-transform,must-revalidate");
}

HttpResponse repository(store::Database& database, const HttpRequest& request,
                        const OfferedCa& authority, const std::string& name) {
    if (name == "ca.crt") {
        return {200, "application/pkix-cert", authority.certificate.der()};
    }
    if (authority.generation > 1 && (name == ca::kNewWithOld || name == ca::kOldWithNew)) {
        return {200, "application/pkix-cert", {}, authority.crl_folder.parent_path() / name};
    }
    if (!is_crl_name(name)) {
        return answer_from_repository(database, {authority.scheme, authority.repository}, request,
                                      name);
    }
    const auto file = authority.crl_folder / name;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) {
        return not_found();
    }
    return {200, "application/pkix-crl", {}, file};
}

/// "complete.crl" of the first key, "2/complete.crl" of the second; what is published of the scheme
/// is of no key.
HttpResponse repository_of(store::Database& database, const HttpRequest& request,
                           std::span<const OfferedCa> keys, const std::string& rest) {
    const auto slash = rest.find('/');
    const auto key = std::ranges::find_if(keys, [&](const OfferedCa& one) {
        return slash != std::string::npos &&
               std::to_string(one.generation) == rest.substr(0, slash);
    });
    return key == keys.end() ? repository(database, request, keys.front(), rest)
                             : repository(database, request, *key, rest.substr(slash + 1));
}

/// One message in, one of the same type out.
HttpResponse posted(const HttpRequest& request, const std::string& type,
                    const std::function<std::string(const std::string&)>& answer) {
    if (request.method != "POST") {
        return method_not_allowed("POST");
    }
    if (request.content_type != type) {
        return {415, {}, "Send " + type + ".\n"};
    }
    HttpResponse response{200, type, answer(request.body)};
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace

CaEndpoint::CaEndpoint(std::unique_ptr<store::Connection> connection, const Clock& clock,
                       Random& random, const OpenCas& open)
    : connection_(std::move(connection)),
      database_(*connection_, clock, random),
      authorities_(open(database_)) {}

HttpResponse CaEndpoint::answer(const HttpRequest& request) {
    // "/ocsp/SCHEME/..." or "/repository/SCHEME/NAME"; base64 may hold further slashes.
    const std::string& path = request.path;
    const auto first = path.find('/', 1);
    const auto second = first == std::string::npos ? first : path.find('/', first + 1);
    if (path.empty() || path.front() != '/' || first == std::string::npos) {
        return not_found();
    }
    const std::string service = path.substr(1, first - 1);
    const std::string scheme = path.substr(first + 1, second - first - 1);
    const std::string rest = second == std::string::npos ? std::string() : path.substr(second + 1);
    const auto oldest = std::ranges::find(authorities_, scheme, &OfferedCa::scheme);
    if (oldest == authorities_.end()) {
        return not_found();
    }
    const auto end = std::find_if(oldest, authorities_.end(),
                                  [&](const OfferedCa& one) { return one.scheme != scheme; });
    return serve(request, service, {oldest, end}, rest);
}

HttpResponse CaEndpoint::serve(const HttpRequest& request, const std::string& service,
                               std::span<OfferedCa> keys, const std::string& rest) {
    if (service == "ocsp" &&
        std::ranges::any_of(keys, [](const OfferedCa& one) { return one.responder.has_value(); })) {
        return ocsp(request, keys, rest);
    }
    if (service == "repository") {
        return request.method == "POST" ? method_not_allowed("GET, HEAD")
                                        : repository_of(database_, request, keys, rest);
    }
    const OfferedCa& authority = keys.back();  // the key that signs certificates
    if (!authority.signing || !rest.empty()) {
        return not_found();
    }
    if (service == "orders") {
        return posted(request, "application/json", [&](const std::string& message) {
            return authority.signing->orders->answer(message);
        });
    }
    if (service == "cmp" && authority.signing->cmp) {
        return posted(request, "application/pkixcmp", [&](const std::string& message) {
            return authority.signing->cmp->answer(message);
        });
    }
    return not_found();
}

HttpResponse CaEndpoint::ocsp(const HttpRequest& request, std::span<OfferedCa> keys,
                              const std::string& encoded) {
    const bool posted = request.method == "POST";
    if (posted && (request.content_type != "application/ocsp-request" || !encoded.empty())) {
        return {415, {}, "Send application/ocsp-request.\n"};
    }
    const auto asked = posted ? std::optional(request.body) : from_base64(encoded);
    ca::OcspAnswer answer{ca::ocsp_failure(ca::OcspFailure::MalformedRequest), false, {}, {}};
    static const std::string not_its_own = ca::ocsp_failure(ca::OcspFailure::Unauthorized);
    for (auto key = keys.begin(); asked && key != keys.end(); ++key) {
        if (!key->responder) {
            continue;
        }
        answer = key->responder->answer(*asked);
        if (answer.der != not_its_own) {
            break;  // the request names this key
        }
    }
    HttpResponse response{200, "application/ocsp-response", answer.der};
    if (!posted && answer.cacheable) {
        add_cache_headers(answer, database_.clock().now(), response);
    } else {
        response.headers.emplace_back("Cache-Control", "no-store");
    }
    return response;
}

}  // namespace sealdesk::api
