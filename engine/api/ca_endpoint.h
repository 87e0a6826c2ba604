#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/http_service.h"
#include "ca/ocsp_responder.h"
#include "crypto/certificate.h"
#include "store/tx.h"

namespace sealdesk::api {

/// What of one scheme's CA everybody may have.
struct PublicCa {
    std::string scheme;
    crypto::Certificate certificate;
    std::filesystem::path crl_folder;  ///< complete.crl and crl-<number>.crl
    std::optional<ca::OcspResponder> responder;
};

/// The public side of the signing module, without the CA's key:
///
///   POST /ocsp/SCHEME                  RFC 6960
///   GET  /ocsp/SCHEME/BASE64           RFC 5019 §5
///   GET  /repository/SCHEME/ca.crt     the CA's certificate, DER
///   GET  /repository/SCHEME/NAME.crl   complete.crl, and crl-<number>.crl of former days
class CaEndpoint final : public Endpoint {
public:
    /// Makes the list with a database of its own, which it keeps.
    using OpenPublicCas = std::function<std::vector<PublicCa>(store::Database&)>;

    CaEndpoint(std::unique_ptr<store::Connection> connection, const Clock& clock, Random& random,
               const OpenPublicCas& open);

    [[nodiscard]] HttpResponse answer(const HttpRequest& request) override;

private:
    [[nodiscard]] HttpResponse ocsp(const HttpRequest& request, PublicCa& authority,
                                    const std::string& encoded);
    [[nodiscard]] HttpResponse repository(const PublicCa& authority, const std::string& name);

    std::unique_ptr<store::Connection> connection_;
    store::Database database_;
    std::vector<PublicCa> authorities_;
};

}  // namespace sealdesk::api
