#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "ca/local_ca.h"
#include "ca/order_desk.h"
#include "ca/ordering_ca.h"
#include "cli/desk.h"

namespace sealdesk::cli {

/// The desk as its own CA knows it: a registered RA whose orders are signed with its key and kept
/// by the CA as evidence, in this process too (M 1.3.2).
class HouseRa {
public:
    /// Opens the RA's key, `<ca>/SCHEME/ra.p12`; makes it, has the CA certify and register it when
    /// there is none, or less than kRaRenewal is left of it. Errors: those of
    /// ca::make_service_key(), ca::load_service_key() and read_password().
    [[nodiscard]] static Result<std::unique_ptr<HouseRa>> open(Desk& desk,
                                                               const std::string& scheme,
                                                               ca::LocalCa& signer);

    [[nodiscard]] ca::CaClient& client() { return ordering_; }

private:
    HouseRa(Desk& desk, ca::LocalCa& signer, const std::string& issuer, ca::RaKey key);

    ca::OrderDesk orders_;
    ca::OrderingCa ordering_;
};

/// The desk as an RA: whose word its CA's work is, wherever the CA is.
struct RaOfDesk {
    ca::Profiles profiles;
    std::unique_ptr<ca::LocalCa> signer;   ///< none when the CA is elsewhere
    std::unique_ptr<HouseRa> house;        ///< its orders go to `signer`
    std::unique_ptr<ca::CaClient> remote;  ///< its orders go to the setting ca.url

    [[nodiscard]] ca::CaClient& client() const { return house ? house->client() : *remote; }
};

/// The CA of a scheme as the RA orders from it: in this process, or by HTTPS when the setting
/// ca.url names one (then `<ca>/SCHEME/ca.pem` and ra.p12 are all this desk has of it), by signed
/// batches, or by CMP (RFC 4210) when ca.cmp_path says where; its answers are then signed by
/// `<ca>/SCHEME/cmp.pem`, or by the CA itself when there is no such file. Errors: those of
/// open_ca() and HouseRa::open(); ca.no_ra_key (Refused).
[[nodiscard]] Result<std::unique_ptr<RaOfDesk>> open_ra(const Program& program, Desk& desk,
                                                        const std::string& scheme);

/// The key by which the scheme's CA knows this desk, as it lies on disk. Errors: ca.no_ra_key
/// (Refused), and those of read_password() and ca::load_service_key().
[[nodiscard]] Result<ca::RaKey> load_ra_key(const Desk& desk, const std::string& scheme);

/// The RA's certificate is made anew when less than this is left of it.
inline constexpr std::chrono::days kRaRenewal{30};

/// Makes the key with which this desk signs orders to a CA elsewhere, `<ca>/SCHEME/ra.p12`, and
/// returns its certificate, self-signed: the CA's register is what counts. Error (Refused)
/// ca.exists.
[[nodiscard]] Result<crypto::Certificate> make_remote_ra_key(Desk& desk, const std::string& scheme);

/// Keeps a document among the desk's files and names it in the audit log; returns its SHA-256,
/// which stands behind a certificate as its approval.
struct Wish {
    std::string kind;  ///< of the event
    std::string actor;
    std::string scheme;
    std::string document;
};
[[nodiscard]] std::string keep_wish(Desk& desk, const Wish& wish);

}  // namespace sealdesk::cli
