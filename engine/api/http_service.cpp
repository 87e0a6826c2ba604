// Poco's TLS headers name functions that OpenSSL 3 deprecates. This file calls none of them; no
// file before it in a unity build has seen them, because no other file of this room uses OpenSSL.
#undef OPENSSL_NO_DEPRECATED
#include "api/http_service.h"

#include <istream>
#include <mutex>
#include <optional>
#include <ostream>
#include <utility>

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/X509Certificate.h>
#include <Poco/ThreadPool.h>
#include <Poco/Timestamp.h>
#include <Poco/URI.h>

#include "base/error.h"

namespace sealdesk::api {
namespace {

namespace net = Poco::Net;

constexpr int kQueuedMax = 256;
constexpr int kKeepAliveRequestsMax = 10000;

/// Endpoints that no thread works with just now.
class EndpointShelf {
public:
    explicit EndpointShelf(HttpService::MakeEndpoint make) : make_(std::move(make)) {}

    std::unique_ptr<Endpoint> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto endpoint = std::move(idle_.back());
                idle_.pop_back();
                return endpoint;
            }
        }
        return make_();
    }
    void put_back(std::unique_ptr<Endpoint> endpoint) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(endpoint));
    }

private:
    HttpService::MakeEndpoint make_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Endpoint>> idle_;
};

HttpResponse plain(int status, const std::string& text) { return {status, {}, text + "\n"}; }

/// The body, as long as it is allowed to be; nothing when it is longer.
std::optional<std::string> read_body(net::HTTPServerRequest& request, std::size_t most) {
    std::string body;
    std::string piece(16384, '\0');
    std::istream& stream = request.stream();
    while (stream.good()) {
        stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        body.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
        if (body.size() > most) {
            return std::nullopt;
        }
    }
    return body;
}

/// DER; empty when the client showed none. TLS has seen that the client holds its key.
std::string client_certificate(net::HTTPServerRequest& request) {
    auto& held = dynamic_cast<net::HTTPServerRequestImpl&>(request);
    if (!held.secure()) {
        return {};
    }
    const net::SecureStreamSocket socket(held.socket());
    if (!socket.havePeerCertificate()) {
        return {};
    }
    const net::X509Certificate certificate = socket.peerCertificate();
    unsigned char* bytes = nullptr;
    const int length = i2d_X509(certificate.certificate(), &bytes);
    if (length <= 0) {
        return {};
    }
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
}

class Handler : public net::HTTPRequestHandler {
public:
    Handler(EndpointShelf& shelf, const HttpOptions& options) : shelf_(shelf), options_(options) {}

    void handleRequest(net::HTTPServerRequest& request,
                       net::HTTPServerResponse& response) override {
        try {
            send(answer(request), request.getMethod() == "HEAD", response);
        } catch (const Poco::Exception&) {
            // The client went away, or stopped talking: nobody is left to be told.
            response.setKeepAlive(false);
        }
    }

private:
    HttpResponse answer(net::HTTPServerRequest& request) {
        HttpRequest asked;
        asked.method = request.getMethod();
        if (asked.method != "GET" && asked.method != "HEAD" && asked.method != "POST") {
            return plain(405, "GET, HEAD or POST");
        }
        try {
            const Poco::URI uri(request.getURI());
            asked.path = uri.getPath();
            asked.query = uri.getRawQuery();
        } catch (const Poco::Exception&) {
            return plain(400, "The address is none.");
        }
        asked.content_type = request.getContentType();
        if (options_.ask_client_certificate) {
            asked.client_certificate = client_certificate(request);
        }
        if (asked.method == "POST") {
            auto body = read_body(request, options_.body_max);
            if (!body) {
                return plain(413, "The request is too long.");
            }
            asked.body = *std::move(body);
        }
        return ask_endpoint(asked);
    }

    HttpResponse ask_endpoint(const HttpRequest& asked) {
        try {
            auto endpoint = shelf_.take();
            HttpResponse response = endpoint->answer(asked);
            shelf_.put_back(std::move(endpoint));  // one that threw is thrown away
            return response;
        } catch (const Failure& failure) {
            if (options_.trouble) {
                options_.trouble(asked.method + " " + asked.path + ": " + failure.what());
            }
            const bool later = failure.error().kind == ErrorKind::Unavailable;
            return plain(later ? 503 : 500, later ? "Try again later." : "A defect; see the log.");
        }
    }

    static void send(const HttpResponse& made, bool head_only, net::HTTPServerResponse& response) {
        response.setStatus(static_cast<net::HTTPResponse::HTTPStatus>(made.status));
        response.setReason(
            net::HTTPResponse::getReasonForStatus(net::HTTPResponse::HTTPStatus(made.status)));
        for (const auto& [name, value] : made.headers) {
            response.set(name, value);
        }
        if (!made.file.empty()) {
            response.setContentType(made.content_type);
            response.sendFile(made.file.string(), made.content_type);
            return;
        }
        response.setContentType(made.content_type);
        response.setContentLength64(static_cast<Poco::Int64>(made.body.size()));
        if (head_only) {
            response.send();
        } else {
            response.sendBuffer(made.body.data(), made.body.size());
        }
    }

    EndpointShelf& shelf_;
    const HttpOptions& options_;
};

class Factory : public net::HTTPRequestHandlerFactory {
public:
    Factory(EndpointShelf& shelf, const HttpOptions& options) : shelf_(shelf), options_(options) {}
    net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
        return new Handler(shelf_, options_);  // Poco owns and deletes it
    }

private:
    EndpointShelf& shelf_;
    const HttpOptions& options_;
};

/// The address for this process alone: by Poco's shorter way a second server would share the port.
net::ServerSocket bound(net::ServerSocket& socket, const net::SocketAddress& address) {
    constexpr bool reuse_address = true;
    constexpr bool reuse_port = false;
    socket.bind(address, reuse_address, reuse_port);
    socket.listen(kQueuedMax);
    return socket;
}

net::ServerSocket listen(const HttpOptions& options) {
    try {
        const net::SocketAddress address(options.host, options.port);
        if (options.certificate.empty()) {
            net::ServerSocket socket;
            return bound(socket, address);
        }
        net::Context::Params params;
        params.certificateFile = options.certificate.string();
        params.privateKeyFile = options.key.string();
        params.verificationMode = net::Context::VERIFY_NONE;
        params.cipherList = "HIGH:!aNULL:!MD5";
        net::Context::Ptr context = new net::Context(net::Context::TLS_SERVER_USE, params);
        context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
        if (options.ask_client_certificate) {
            // Every certificate is let through with the proof of its key; endpoints know whose it
            // is. A resumed session would skip that proof.
            SSL_CTX_set_verify(context->sslContext(), SSL_VERIFY_PEER,
                               [](int, X509_STORE_CTX*) { return 1; });
            context->disableStatelessSessionResumption();
        }
        net::SecureServerSocket socket(context);
        return bound(socket, address);
    } catch (const net::SSLException&) {
        throw Failure({ErrorKind::Invalid,
                       "http.bad_certificate",
                       "The server's certificate or key cannot be used.",
                       options.certificate.string(),
                       {}});
    } catch (const Poco::Exception& error) {
        throw Failure({ErrorKind::Unavailable,
                       "http.no_port",
                       "The address cannot be listened on: " + error.displayText() + ".",
                       options.host + ":" + std::to_string(options.port),
                       {}});
    }
}

net::HTTPServerParams::Ptr parameters(const HttpOptions& options) {
    net::HTTPServerParams::Ptr made = new net::HTTPServerParams;
    const Poco::Timespan timeout(static_cast<long>(options.timeout.count()), 0);
    made->setMaxThreads(options.threads);
    made->setMaxQueued(kQueuedMax);
    made->setTimeout(timeout);
    made->setKeepAlive(true);
    made->setKeepAliveTimeout(timeout);
    made->setMaxKeepAliveRequests(kKeepAliveRequestsMax);
    made->setSoftwareVersion("Sealdesk");
    return made;
}

}  // namespace

std::string http_date(Instant at) {
    const Poco::Timestamp time(
        std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count());
    return Poco::DateTimeFormatter::format(time, Poco::DateTimeFormat::HTTP_FORMAT);
}

struct HttpService::Parts {
    Parts(HttpOptions wanted, MakeEndpoint make)
        : options(std::move(wanted)),
          shelf(std::move(make)),
          threads(1, options.threads),
          socket(listen(options)),
          server(new Factory(shelf, options), threads, socket, parameters(options)) {}

    HttpOptions options;
    EndpointShelf shelf;
    Poco::ThreadPool threads;
    net::ServerSocket socket;
    net::HTTPServer server;
};

HttpService::HttpService(const HttpOptions& options, MakeEndpoint make)
    : parts_(std::make_unique<Parts>(options, std::move(make))) {
    parts_->server.start();
}

HttpService::~HttpService() {
    parts_->server.stopAll(false);
    parts_->threads.joinAll();
}

std::uint16_t HttpService::port() const { return parts_->socket.address().port(); }

}  // namespace sealdesk::api
