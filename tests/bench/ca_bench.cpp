#include "bench/ca_bench.h"

#include <ctime>
#include <functional>
#include <ostream>

#include <openssl/core_names.h>
#include <openssl/ocsp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/resource.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "ca/cmp_ca.h"
#include "ca/cmp_server.h"
#include "ca/key_check.h"
#include "ca/local_ca.h"
#include "ca/ocsp_responder.h"
#include "ca/order_desk.h"
#include "ca/ordering_ca.h"
#include "ca/profile_reader.h"
#include "ca/ra_registry.h"
#include "ca/service_key.h"
#include "crypto/openssl_handles.h"
#include "store/migrations.h"
#include "support/temp_folder.h"

namespace sealdesk::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kBareSignatures = 250;  // at a time
constexpr int kCmpCertificates = 1000;
const std::string kApproval(64, '0');

/// Of this thread: little affected by whatever else the machine does.
double cpu_seconds_for(const std::function<void()>& work) {
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
    };
    const double start = now();
    work();
    return now() - start;
}

long peak_kilobytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

ca::Profiles bench_profiles() {
    const fs::path forms = fs::path(SEALDESK_SOURCE_DIR) / "forms";
    return ca::read_profiles(forms / "tipo/profiles.yaml", forms / "schema/profiles.schema.json")
        .value();
}

/// Subscribers' keys are RSA-2048. Making one takes a hundred times as long as certifying it: a
/// random odd number without small factors is read, checked and certified in the same way.
std::string rsa_public_key(const ca::Profile& profile) {
    while (true) {
        const Handle<BIGNUM, &BN_free> modulus(BN_new());
        BN_rand(modulus.get(), 2048, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
        const Handle<BIGNUM, &BN_free> exponent(BN_new());
        BN_set_word(exponent.get(), RSA_F4);
        const Handle<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
        const Handle<OSSL_PARAM, &OSSL_PARAM_free> parameters(
            OSSL_PARAM_BLD_to_param(builder.get()));
        const Handle<EVP_PKEY_CTX, &EVP_PKEY_CTX_free> context(
            EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
        EVP_PKEY* made = nullptr;
        EVP_PKEY_fromdata_init(context.get());
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
        const Handle<EVP_PKEY, &EVP_PKEY_free> key(made);
        std::string spki = crypto::to_der<EVP_PKEY>(key.get(), &i2d_PUBKEY);
        if (ca::check_key(spki, profile)) {
            return spki;
        }
    }
}

std::vector<ca::Order> orders_for(const ca::Profiles& profiles, const std::string& key,
                                  std::int64_t count) {
    std::vector<ca::Order> orders;
    for (std::int64_t i = 0; i < count; ++i) {
        ca::Order order;
        order.key = key + std::to_string(i);
        order.subscriber = "subscriber:" + std::to_string(i);
        order.profile = profiles.profiles.front().name;
        order.subject = {
            {"country", "TW"}, {"common_name", "量測"}, {"serial_number", "A123456789"}};
        order.public_key = rsa_public_key(profiles.profiles.front());
        order.approval_sha256 = kApproval;
        orders.push_back(std::move(order));
    }
    return orders;
}

/// A request as openssl makes it, without nonce.
std::string request_for(const std::string& der, const crypto::Certificate& issuer) {
    const auto certificate = crypto::Certificate::parse(der);
    const Handle<OCSP_REQUEST, &OCSP_REQUEST_free> request(OCSP_REQUEST_new());
    OCSP_request_add0_id(request.get(),
                         OCSP_cert_to_id(EVP_sha1(), certificate->native(), issuer.native()));
    return crypto::to_der<OCSP_REQUEST>(request.get(), &i2d_OCSP_REQUEST);
}

/// A CA with its RA and its responder on a fresh embedded database.
struct Bench {
    test::TempFolder folder;
    SystemClock clock;
    SystemRandom random;
    ca::Profiles profiles = bench_profiles();
    std::unique_ptr<store::Connection> connection;
    std::unique_ptr<store::Database> database;
    std::unique_ptr<ca::LocalCa> authority;
    std::unique_ptr<ca::OrderDesk> desk;
    std::unique_ptr<ca::OrderingCa> ra;
    const Secret passphrase{"bench"};

    Bench() {
        store::ConnectionOptions where;
        where.url = "sqlite:" + (folder.path() / "bench.db").string();
        where.create_if_missing = true;
        connection = store::open(where);
        store::migrate(*connection, fs::path(SEALDESK_SOURCE_DIR) / "ddl", clock);
        database = std::make_unique<store::Database>(*connection, clock, random);
        const ca::CaFiles files{folder.path() / "ca.pem", folder.path() / "ca.key",
                                folder.path() / "crl"};
        static_cast<void>(
            ca::init_demo_ca(files, passphrase, profiles, clock.now(), random).value());
        authority = ca::LocalCa::open(*database, files, passphrase, profiles).value();
        desk = std::make_unique<ca::OrderDesk>(*database, *authority, authority->id());
        ra = std::make_unique<ca::OrderingCa>(
            authority->id(), register_ra("bench"), clock,
            [this](const std::string& message) { return desk->answer(message); });
    }

    ca::RaKey register_ra(const std::string& name) {
        crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
        auto certificate = crypto::make_self_signed(
            key,
            {name, crypto::SelfSignedUse::Signing, clock.now() - std::chrono::hours(1),
             clock.now() + std::chrono::hours(24)},
            random);
        store::transact(*database, "bench.ra", [&](store::Tx& tx) {
            static_cast<void>(ca::register_ra(tx, authority->id(), name, certificate));
        });
        return {std::move(key), std::move(certificate)};
    }
};

/// Bare signatures between the pieces of other work: a virtual machine's clock is not the same from
/// one second to the next.
class BareSignatures {
public:
    void sign_some() {
        seconds_ += cpu_seconds_for([&] {
            for (int i = 0; i < kBareSignatures; ++i) {
                static_cast<void>(key_.sign_digest(digest_));
            }
        });
        signed_ += kBareSignatures;
    }
    [[nodiscard]] double rate() const { return double(signed_) / seconds_; }

private:
    crypto::KeyPair key_ = crypto::KeyPair::generate_rsa(2048);
    std::string digest_ = std::string(32, 'x');
    double seconds_ = 0;
    std::int64_t signed_ = 0;
};

std::vector<std::string> issue(Bench& bench, std::int64_t count, std::ostream& out) {
    const auto orders = orders_for(bench.profiles, "batch:", count);
    std::vector<std::string> certificates;
    BareSignatures bare;
    double seconds = 0;
    for (std::size_t at = 0; at < orders.size(); at += ca::kOrdersMax) {
        const auto batch = std::span(orders).subspan(
            at, std::min<std::size_t>(ca::kOrdersMax, orders.size() - at));
        seconds += cpu_seconds_for([&] {
            for (auto& one : bench.ra->issue_all(batch)) {
                certificates.push_back(std::move(one).value().der);
            }
        });
        bare.sign_some();
    }
    out << "ca  issued " << count << " by signed batches: " << std::int64_t(double(count) / seconds)
        << "/s of CPU; bare signatures " << std::int64_t(bare.rate()) << "/s, ratio "
        << double(count) / seconds / bare.rate() << '\n';
    return certificates;
}

/// One message a certificate; only what the CA does is measured.
void issue_by_cmp(Bench& bench, std::int64_t count, std::ostream& out) {
    BareSignatures bare;
    const auto file = bench.folder.path() / "cmp.p12";
    static_cast<void>(ca::make_service_key(*bench.authority, {ca::kCmpProfile, "bench", file},
                                           kApproval, bench.passphrase)
                          .value());
    auto key = ca::load_service_key(file, bench.passphrase).value();
    const ca::RaKey ra = bench.register_ra("cmp");
    auto server = ca::CmpServer::open(*bench.database, *bench.authority,
                                      {bench.authority->id(), std::move(key.key), key.certificate,
                                       bench.profiles, bench.profiles.profiles.front().name})
                      .value();
    double seconds = 0;
    const auto carry = [&](std::string_view request) -> Result<std::string> {
        std::string answer;
        seconds += cpu_seconds_for([&] { answer = server.answer(request); });
        return answer;
    };
    EVP_PKEY_up_ref(ra.key.native());
    ca::CmpCa client(bench.clock,
                     {crypto::KeyPair(ra.key.native()), ra.certificate, key.certificate,
                      bench.authority->certificate()},
                     bench.profiles, carry, {});
    int issued = 0;
    for (const ca::Order& order : orders_for(bench.profiles, "cmp:", count)) {
        static_cast<void>(client.issue(order).value());
        if (++issued % kBareSignatures == 0) {
            bare.sign_some();
        }
    }
    out << "ca  issued " << count
        << " by CMP, one a message: " << std::int64_t(double(count) / seconds)
        << "/s of the CA's CPU, ratio " << double(count) / seconds / bare.rate()
        << " (RSA for the certificate, P-256 for the answer)\n";
}

void answer(Bench& bench, const std::vector<std::string>& certificates, std::ostream& out) {
    const auto file = bench.folder.path() / "ocsp.p12";
    static_cast<void>(ca::make_service_key(*bench.authority, {ca::kOcspProfile, "bench", file},
                                           kApproval, bench.passphrase)
                          .value());
    auto key = ca::load_service_key(file, bench.passphrase).value();
    auto responder = ca::OcspResponder::open(*bench.database, bench.authority->certificate(),
                                             std::move(key.key), key.certificate)
                         .value();
    static_cast<void>(responder.sign_ahead([](std::int64_t) {}));
    std::vector<std::string> requests;
    requests.reserve(certificates.size());
    for (const std::string& der : certificates) {
        requests.push_back(request_for(der, bench.authority->certificate()));
    }
    const long before = peak_kilobytes();
    std::size_t bytes = 0;
    constexpr int rounds = 5;
    const double seconds = cpu_seconds_for([&] {
        for (int round = 0; round < rounds; ++round) {
            for (const std::string& request : requests) {
                bytes += responder.answer(request).der.size();
            }
        }
    });
    const double count = rounds * double(requests.size());
    out << "ca  OCSP signed ahead: " << std::int64_t(count / seconds) << " answers/s of CPU, "
        << std::int64_t(double(bytes) / count) << " bytes each; peak memory " << before / 1024
        << " -> " << peak_kilobytes() / 1024 << " MB\n";
}

}  // namespace

int run_ca_bench(std::int64_t certificates, std::ostream& out) {
    Bench bench;
    const auto issued = issue(bench, certificates, out);
    issue_by_cmp(bench, kCmpCertificates, out);
    answer(bench, issued, out);
    return 0;
}

}  // namespace sealdesk::bench
