#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "ca/ca_client.h"
#include "ca/profile.h"
#include "crypto/certificate.h"
#include "crypto/hsm.h"
#include "crypto/key.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// Where a CA lives on disk.
struct CaFiles {
    std::filesystem::path certificate;  ///< PEM
    std::filesystem::path key;          ///< encrypted PKCS#8, or which key of `hsm`
    std::filesystem::path crl_folder;   ///< complete.crl, crl-<number>.crl; see crl_issuing.h
    crypto::HsmPlace hsm = {};          ///< where the key lies when the file says so
    int generation = 1;                 ///< the CA's first key, its second …; see generations.h
    std::filesystem::path weak_keys = {};  ///< folder of a WeakKeyList; empty: none
};

class Authority;

/// Sees a new CA while its key is open and nothing of it is saved; a refusal ends the making.
using NewCaWitness = std::function<Outcome(const Authority&)>;

/// Makes a CA for demonstration and tests: RSA-2048, SHA-256, self-signed, 20 years, with the name
/// and publication addresses of the profiles. Real keys are made in a ceremony. Error (Refused)
/// ca.exists: a key is never overwritten. And those of the witness.
[[nodiscard]] Result<crypto::Certificate> init_demo_ca(const CaFiles& files,
                                                       const Secret& passphrase,
                                                       const Profiles& profiles, Instant now,
                                                       Random& random,
                                                       const NewCaWitness& witness = {});

/// A clock that stands this far before the last signature is refused: someone set it back.
inline constexpr std::chrono::minutes kClockTolerance{5};

/// The CA signs certificates for at most ten years after its own begins (M 6.3.2.1).
inline constexpr std::chrono::years kSigningPeriod{10};

/// What recover() did.
struct Recovered {
    std::int64_t certificates = 0;  ///< signed now, as they had been intended
    std::int64_t crl_files = 0;     ///< published now
};

/// The CA in this process. It stores what it will sign, commits, signs, verifies, and commits the
/// result: sha256WithRSA PKCS#1 v1.5 is deterministic, so after a crash the stored bytes are
/// signed again and give the identical certificate. One object serves one thread; several
/// processes may serve one database.
///
/// Errors of single orders, besides those of CaClient. Invalid: ca.bad_order, ca.unknown_profile,
/// ca.unknown_field, ca.missing_field, ca.bad_field, ca.csr_unreadable, ca.no_possession (the
/// CSR's signature is wrong or weak), and those of check_key(). Refused: ca.key_reused,
/// ca.beyond_authority (validity past the CA's), ca.signing_period_over, ca.superseded (by a new
/// key; these two spare the OCSP responder, whose answers are wanted as long as the last
/// certificate lives), ca.clock_back. Conflict: ca.order_changed, ca.order_repeated (twice in one
/// call), ca.begun_by_former (by the CA's former key, which a crash kept from finishing it).
class LocalCa final : public CaClient {
public:
    /// Opens key and certificate, checks that they belong together and that the key works.
    /// `passphrase` is the token's PIN when the key lies in a module. Errors: those of
    /// KeyPair::load, HsmKey::open, Certificate::parse and WeakKeyList::read; ca.key_mismatch,
    /// ca.key_not_rsa, ca.not_a_ca (Invalid).
    [[nodiscard]] static Result<std::unique_ptr<LocalCa>> open(store::Database& database,
                                                               const CaFiles& files,
                                                               const Secret& passphrase,
                                                               Profiles profiles);

    /// The same with a key that came another way (shares, a token).
    [[nodiscard]] static Result<std::unique_ptr<LocalCa>> open_with_key(
        store::Database& database, crypto::KeyPair key, crypto::Certificate certificate,
        const std::filesystem::path& crl_folder, Profiles profiles);
    ~LocalCa() override;

    [[nodiscard]] std::vector<Result<IssuedCertificate>> issue_all(
        std::span<const Order> orders) override;
    [[nodiscard]] Outcome hold(const StatusOrder& order) override;
    [[nodiscard]] Outcome release(const StatusOrder& order) override;
    [[nodiscard]] Outcome revoke(const StatusOrder& order) override;
    [[nodiscard]] Result<CertificateStatus> status(std::string_view serial) override;
    [[nodiscard]] Result<CrlInfo> latest_crl() override;

    /// Issues a complete CRL (v2, RFC 5280 §5) with the next number, and the partitions and delta
    /// CRL that the profiles' publication asks for; see crl_issuing.h. Error (Refused)
    /// ca.clock_back.
    [[nodiscard]] Result<CrlInfo> issue_crl();

    /// The same when one is due (crl_is_due()); nothing when none is.
    [[nodiscard]] Result<std::optional<CrlInfo>> issue_due_crl();

    /// Finishes what a crash left: signs certificates that were stored and not signed, publishes
    /// the newest CRL where its file is missing. Run at every start.
    Recovered recover();

    [[nodiscard]] const crypto::Certificate& certificate() const;

    /// How rows name this CA: its key identifier, hexadecimal.
    [[nodiscard]] const std::string& id() const;

private:
    struct Parts;
    static std::unique_ptr<LocalCa> make(std::unique_ptr<Parts> parts);
    explicit LocalCa(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace sealdesk::ca
