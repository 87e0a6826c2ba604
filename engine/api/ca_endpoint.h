#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/http_service.h"
#include "ca/cmp_server.h"
#include "ca/local_ca.h"
#include "ca/ocsp_responder.h"
#include "ca/order_desk.h"
#include "crypto/certificate.h"
#include "store/tx.h"

namespace sealdesk::api {

/// The CA with its key, for registration authorities: it acts on signed messages only.
struct SigningCa {
    std::unique_ptr<ca::LocalCa> core;
    std::unique_ptr<ca::OrderDesk> orders;
    std::unique_ptr<ca::CmpServer> cmp;  ///< none when there is no key for its answers
};

/// What is offered of one key of a scheme's CA.
struct OfferedCa {
    std::string scheme;
    crypto::Certificate certificate;
    std::filesystem::path crl_folder;  ///< as ca::CrlIssuer::folder
    std::optional<ca::OcspResponder> responder;
    std::optional<SigningCa> signing;
    std::filesystem::path repository = {};  ///< <repository>/SCHEME of effects/publish.h
    int generation = 1;                     ///< its first key, its second … (ca/generations.h)
};

/// The signing module by HTTP. For everybody, without the CA's key:
///
///   POST /ocsp/SCHEME                  RFC 6960 (M 4.4.12)
///   GET  /ocsp/SCHEME/BASE64           RFC 5019 §5
///   GET  /repository/SCHEME/ca.crt     the CA's certificate, DER
///   GET  /repository/SCHEME/NAME.crl   complete.crl, partition-<n>.crl and delta.crl, and those of
///                                      former days: crl-<number>.crl, partition-<n>-<number>.crl,
///                                      delta-<number>.crl
///   GET  /repository/SCHEME/…          published certificates (api/repository_search.h)
///   GET  /repository/SCHEME/2/…        the same of the CA's second key, with new-with-old.crt and
///                                      old-with-new.crt (RFC 4210 §4.4); so for later ones
///
/// For registered RAs, where the CA's key is open:
///
///   POST /orders/SCHEME                signed batches (ca/order_batch.h)
///   POST /cmp/SCHEME                   RFC 4210 by RFC 9811
class CaEndpoint final : public Endpoint {
public:
    /// Makes the list with a database of its own, which it keeps: the keys of one scheme's CA one
    /// after the other, the oldest first.
    using OpenCas = std::function<std::vector<OfferedCa>(store::Database&)>;

    CaEndpoint(std::unique_ptr<store::Connection> connection, const Clock& clock, Random& random,
               const OpenCas& open);

    [[nodiscard]] HttpResponse answer(const HttpRequest& request) override;

private:
    [[nodiscard]] HttpResponse serve(const HttpRequest& request, const std::string& service,
                                     std::span<OfferedCa> keys, const std::string& rest);
    [[nodiscard]] HttpResponse ocsp(const HttpRequest& request, std::span<OfferedCa> keys,
                                    const std::string& encoded);

    std::unique_ptr<store::Connection> connection_;
    store::Database database_;
    std::vector<OfferedCa> authorities_;
};

}  // namespace sealdesk::api
