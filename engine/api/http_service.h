#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace sealdesk::api {

/// What a client asked, read whole.
struct HttpRequest {
    std::string method;  ///< "GET", "HEAD" or "POST"; others are refused before
    std::string path;    ///< decoded, without query
    std::string query;   ///< as it came
    std::string content_type;
    std::string body;  ///< at most HttpOptions::body_max bytes
    /// DER of the certificate whose key the client has shown to hold; empty without one. Nobody
    /// vouches for it: the endpoint compares it with those it knows.
    std::string client_certificate = {};
};

/// What goes back. Either `body` or, when it is not empty, the content of `file`.
struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    std::filesystem::path file = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
};

/// "Thu, 26 Nov 2026 19:00:00 GMT" (RFC 9110 §5.6.7).
[[nodiscard]] std::string http_date(Instant at);

/// Answers one request after another; each belongs to one thread at a time.
class Endpoint {
public:
    virtual ~Endpoint() = default;
    /// A Failure thrown here is answered with 503 or 500 and told to `trouble`, without detail to
    /// the client.
    [[nodiscard]] virtual HttpResponse answer(const HttpRequest& request) = 0;
};

struct HttpOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    int threads = 4;
    std::size_t body_max = 1U << 20U;
    std::filesystem::path certificate = {};  ///< PEM chain; with `key`: HTTPS (TLS 1.2 and later)
    std::filesystem::path key = {};          ///< PEM, not encrypted, mode 0600
    bool ask_client_certificate = false;  ///< of HTTPS clients; who has none is let in all the same
    std::chrono::seconds timeout{15};     ///< for a client that stops talking
    std::function<void(const std::string& line)> trouble = {};  ///< what the operator should know
};

/// An HTTP/1.1 server with keep-alive. Every thread works with an endpoint of its own, made when
/// first needed: an endpoint may hold a database connection.
class HttpService {
public:
    using MakeEndpoint = std::function<std::unique_ptr<Endpoint>()>;

    /// Listens and answers from now on. Throws Failure (Unavailable) http.no_port when the address
    /// cannot be had, (Invalid) http.bad_certificate.
    HttpService(const HttpOptions& options, MakeEndpoint make);
    /// Finishes the requests that are being answered, then stops.
    ~HttpService();
    HttpService(const HttpService&) = delete;
    HttpService& operator=(const HttpService&) = delete;

    [[nodiscard]] std::uint16_t port() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sealdesk::api
