#include "ca/ocsp_key.h"

#include <utility>

#include "base/digest.h"
#include "base/durable_file.h"

namespace sealdesk::ca {

Result<crypto::Certificate> make_responder(CaClient& authority, const std::string& common_name,
                                           const std::string& approval_sha256,
                                           const std::filesystem::path& file,
                                           const Secret& passphrase) {
    crypto::KeyPair key = crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
    Order order;
    order.key = "ocsp-responder:" + sha256_hex(key.public_key()).substr(0, 32);
    order.subscriber = "ca:ocsp";
    order.profile = kResponderProfile;
    order.subject = {{"common_name", common_name}};
    order.public_key = key.public_key();
    order.approval_sha256 = approval_sha256;
    const auto issued = authority.issue(order);
    if (!issued) {
        return issued.error();
    }
    auto certificate = crypto::Certificate::parse(issued->der);
    if (!certificate) {
        return certificate.error();
    }
    write_file_durably(file,
                       crypto::make_pkcs12({std::move(key), *certificate, {}}, common_name,
                                           passphrase, crypto::kPkcs12IterationsRandomPassword),
                       FileAccess::Owner);
    return certificate;
}

Result<crypto::Pkcs12> load_responder(const std::filesystem::path& file,
                                      const Secret& passphrase) {
    return crypto::open_pkcs12(read_file(file), passphrase);
}

}  // namespace sealdesk::ca
