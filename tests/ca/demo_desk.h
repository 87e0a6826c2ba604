#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ca/local_ca.h"
#include "ca/profile_reader.h"
#include "crypto/key.h"
#include "support/backends.h"

namespace sealdesk::ca {

/// The hash of an approval, for orders.
inline constexpr std::string_view kApproval =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The repository's tipo profiles, which are good data for tests too.
[[nodiscard]] Profiles test_profiles();

/// A demonstration CA made once per process: its key takes a while.
[[nodiscard]] const CaFiles& test_ca_files();
[[nodiscard]] Secret test_passphrase();

/// Opens a CA of the tests; its key is read once a process, for the key file's scrypt would cost
/// more than the test.
[[nodiscard]] std::unique_ptr<LocalCa> open_quickly(store::Database& database, const CaFiles& files,
                                                    const Profiles& profiles);

/// RSA keys to certify; `index` from 0 to 5.
[[nodiscard]] const crypto::KeyPair& subject_key(int index);

/// A PKCS#10 request signed by the key, PEM.
[[nodiscard]] std::string make_csr(const crypto::KeyPair& key, const char* digest = "SHA256");

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

/// Fixture: an empty database, a CA opened on it, and orders.
class WithCa : public test::OnEveryBackend {
protected:
    void SetUp() override;
    void TearDown() override;

    [[nodiscard]] LocalCa& ca() { return *ca_; }
    [[nodiscard]] std::unique_ptr<LocalCa> open_ca(store::Database& database,
                                                   const Profiles& profiles = test_profiles());

    /// An order for the software profile by public key.
    [[nodiscard]] static Order order(const std::string& key, int subject_index);
    [[nodiscard]] static StatusOrder status_order(const std::string& key,
                                                  const IssuedCertificate& certificate,
                                                  Reason reason = Reason::KeyCompromise);
    /// Issued; fails the test when it is not.
    IssuedCertificate issued(const std::string& key, int subject_index);

    [[nodiscard]] std::int64_t count(const std::string& sql);
    /// "ok", or what `audit verify` found.
    [[nodiscard]] std::string audit_verdict();

private:
    std::unique_ptr<LocalCa> ca_;
};

}  // namespace sealdesk::ca
