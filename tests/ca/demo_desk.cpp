#include "ca/demo_desk.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "audit/verify.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path kSource = SEALDESK_SOURCE_DIR;
}  // namespace

Profiles test_profiles() {
    auto profiles = read_profiles(kSource / "forms/tipo/profiles.yaml",
                                  kSource / "forms/schema/profiles.schema.json");
    if (!profiles) {
        throw std::runtime_error(profiles.error().code + " " + profiles.error().where + " " +
                                 profiles.error().detail);
    }
    return std::move(profiles).value();
}

Secret test_passphrase() { return Secret("ceremony of the test"); }

const CaFiles& test_ca_files() {
    static const test::TempFolder folder;
    static const CaFiles files = [] {
        CaFiles made{folder.path() / "ca.crt", folder.path() / "ca.key", folder.path() / "crl"};
        SystemRandom random;
        const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 1h};
        const auto certificate =
            init_demo_ca(made, test_passphrase(), test_profiles(), start, random);
        if (!certificate) {
            throw std::runtime_error(certificate.error().code);
        }
        return made;
    }();
    return files;
}

const crypto::KeyPair& subject_key(int index) {
    static const auto keys = [] {
        std::vector<crypto::KeyPair> made;
        made.reserve(6);
        for (int i = 0; i < 6; ++i) {
            made.push_back(crypto::KeyPair::generate_rsa(2048));
        }
        return made;
    }();
    return keys.at(std::size_t(index));
}

std::string make_csr(const crypto::KeyPair& key, const char* digest) {
    const Handle<X509_REQ, &X509_REQ_free> request(X509_REQ_new());
    X509_REQ_set_version(request.get(), 0);
    X509_REQ_set_pubkey(request.get(), key.native());
    crypto::require(X509_REQ_sign(request.get(), key.native(), EVP_get_digestbyname(digest)) > 0,
                    "X509_REQ_sign");
    const auto out = crypto::memory_bio();
    PEM_write_bio_X509_REQ(out.get(), request.get());
    return crypto::written_to(out.get());
}

void WithCa::SetUp() {
    OnEveryBackend::SetUp();
    ca_ = open_ca(db());
}

void WithCa::TearDown() {
    ca_.reset();
    OnEveryBackend::TearDown();
}

std::unique_ptr<LocalCa> open_quickly(store::Database& database, const CaFiles& files,
                                      const Profiles& profiles) {
    static std::map<std::filesystem::path, crypto::KeyPair> keys;
    auto known = keys.find(files.key);
    if (known == keys.end()) {
        known = keys.emplace(files.key, crypto::KeyPair::load(files.key, test_passphrase()).value())
                    .first;
    }
    EVP_PKEY_up_ref(known->second.native());
    auto opened = LocalCa::open_with_key(database, crypto::KeyPair(known->second.native()),
                                         crypto::Certificate::load(files.certificate).value(),
                                         files.crl_folder, profiles);
    if (!opened) {
        throw std::runtime_error(opened.error().code);
    }
    return std::move(opened).value();
}

std::unique_ptr<LocalCa> WithCa::open_ca(store::Database& database, const Profiles& profiles) {
    CaFiles files = test_ca_files();
    files.crl_folder = folder() / "crl";
    return open_quickly(database, files, profiles);
}

Order WithCa::order(const std::string& key, int subject_index) {
    Order order;
    order.key = key;
    order.subscriber = "subscriber:" + std::to_string(subject_index);
    order.profile = "tipo-software";
    order.subject = {{"country", "TW"},
                     {"organization", "測試股份有限公司"},
                     {"common_name", "測試股份有限公司"},
                     {"serial_number", "12345675"},
                     {"email", "ra@example.test"}};
    order.public_key = subject_key(subject_index).public_key();
    order.approval_sha256 = kApproval;
    return order;
}

StatusOrder WithCa::status_order(const std::string& key, const IssuedCertificate& certificate,
                                 Reason reason) {
    return {key, certificate.serial, reason, std::string(kApproval)};
}

IssuedCertificate WithCa::issued(const std::string& key, int subject_index) {
    auto result = ca().issue(order(key, subject_index));
    EXPECT_EQ(code_of(result), "ok");
    return result ? std::move(result).value() : IssuedCertificate{};
}

std::int64_t WithCa::count(const std::string& sql) {
    return connection().query(sql, {}).at(0).number(0);
}

std::string WithCa::audit_verdict() {
    const auto report = audit::verify(db(), {}, {});
    return report.finding ? report.finding->code : "ok";
}

}  // namespace sealdesk::ca
