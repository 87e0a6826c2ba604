#include "ca/service_key.h"

#include <utility>

#include "base/digest.h"
#include "base/durable_file.h"

namespace sealdesk::ca {
namespace {

/// A P-256 signature costs a thirtieth of RSA's, and each CMP answer has one; who speaks CMP knows
/// both. OCSP answers are read by software of any age.
crypto::KeyPair fresh_key(std::string_view profile) {
    return profile == kCmpProfile ? crypto::KeyPair::generate_p256()
                                  : crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
}

}  // namespace

Result<crypto::Certificate> make_service_key(CaClient& authority, const ServiceKey& wanted,
                                             const std::string& approval_sha256,
                                             const Secret& passphrase) {
    crypto::KeyPair key = fresh_key(wanted.profile);
    Order order;
    order.key = "service:" + sha256_hex(key.public_key()).substr(0, 48);
    order.subscriber = "service:" + std::string(wanted.profile);
    order.profile = wanted.profile;
    order.subject = {{"common_name", wanted.common_name}};
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
    write_file_durably(wanted.file,
                       crypto::make_pkcs12({std::move(key), *certificate, {}}, wanted.common_name,
                                           passphrase, crypto::kPkcs12IterationsRandomPassword),
                       FileAccess::Owner);
    return certificate;
}

Result<crypto::Pkcs12> load_service_key(const std::filesystem::path& file,
                                        const Secret& passphrase) {
    return crypto::open_pkcs12(read_file(file), passphrase);
}

}  // namespace sealdesk::ca
