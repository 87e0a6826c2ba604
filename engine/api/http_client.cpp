// Poco's TLS headers name functions that OpenSSL 3 deprecates. This file calls none of them; no
// file before it in a unity build has seen them, because no other file of this room uses OpenSSL.
#undef OPENSSL_NO_DEPRECATED
#include "api/http_client.h"

#include <istream>
#include <memory>
#include <ostream>

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/URI.h>

#include "base/error.h"

namespace sealdesk::api {
namespace {

namespace net = Poco::Net;

constexpr std::size_t kAnswerMax = 16U << 20U;

Error http_error(ErrorKind kind, std::string code, std::string detail, const HttpPartner& partner) {
    return {kind, std::move(code), std::move(detail), partner.url, {}};
}

Error no_answer(const HttpPartner& partner, const std::string& why) {
    return http_error(ErrorKind::Unavailable, "http.no_answer",
                      "The partner did not answer (" + why + "); run it again later.", partner);
}

bool is_this_machine(const std::string& host) {
    return host == "127.0.0.1" || host == "::1" || host == "localhost";
}

Result<std::unique_ptr<net::HTTPClientSession>> session_to(const HttpPartner& partner,
                                                           const Poco::URI& uri) {
    if (uri.getScheme() == "https") {
        net::Context::Ptr context =
            new net::Context(net::Context::TLS_CLIENT_USE, "", "", partner.ca_file.string(),
                             net::Context::VERIFY_STRICT, 9, partner.ca_file.empty());
        context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
        context->enableExtendedCertificateVerification(true);
        return std::unique_ptr<net::HTTPClientSession>(
            std::make_unique<net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context));
    }
    if (uri.getScheme() != "http" || uri.getHost().empty()) {
        return http_error(ErrorKind::Invalid, "http.bad_address",
                          "Say the address as https://HOST:PORT.", partner);
    }
    if (!is_this_machine(uri.getHost())) {
        return http_error(ErrorKind::Invalid, "http.not_private",
                          "Only this machine is spoken to without TLS; use https.", partner);
    }
    return std::make_unique<net::HTTPClientSession>(uri.getHost(), uri.getPort());
}

Result<std::string> read_answer(std::istream& stream, const HttpPartner& partner) {
    std::string body;
    std::string piece(65536, '\0');
    while (stream.good()) {
        stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        body.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
        if (body.size() > kAnswerMax) {
            return no_answer(partner, "its answer is too long");
        }
    }
    return body;
}

}  // namespace

Result<std::string> post(const HttpPartner& partner, const std::string& path,
                         const std::string& content_type, const std::string& body) {
    try {
        const Poco::URI uri(partner.url);
        const auto session = session_to(partner, uri);
        if (!session) {
            return session.error();
        }
        (*session)->setTimeout(Poco::Timespan(static_cast<long>(partner.timeout.count()), 0));
        net::HTTPRequest request(net::HTTPRequest::HTTP_POST, path, net::HTTPMessage::HTTP_1_1);
        request.setContentType(content_type);
        request.setContentLength64(static_cast<Poco::Int64>(body.size()));
        (*session)->sendRequest(request).write(body.data(),
                                               static_cast<std::streamsize>(body.size()));
        net::HTTPResponse response;
        std::istream& stream = (*session)->receiveResponse(response);
        if (response.getStatus() != net::HTTPResponse::HTTP_OK) {
            return no_answer(partner, "status " + std::to_string(response.getStatus()));
        }
        return read_answer(stream, partner);
    } catch (const Poco::SyntaxException&) {
        return http_error(ErrorKind::Invalid, "http.bad_address",
                          "Say the address as https://HOST:PORT.", partner);
    } catch (const Poco::Exception& error) {
        return no_answer(partner, error.displayText());
    }
}

}  // namespace sealdesk::api
