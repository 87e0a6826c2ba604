#include "bench/ca_bench.h"

#include <ctime>
#include <functional>
#include <ostream>

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <sys/resource.h>

#include "base/durable_file.h"
#include "base/text.h"
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

constexpr int kBareSignatures = 1000;
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

/// The first profile, for keys that are quickly made.
ca::Profiles bench_profiles() {
    const fs::path forms = fs::path(SEALDESK_SOURCE_DIR) / "forms";
    auto profiles =
        ca::read_profiles(forms / "tipo/profiles.yaml", forms / "schema/profiles.schema.json")
            .value();
    profiles.profiles.front().elliptic_keys = true;
    return profiles;
}

std::vector<ca::Order> orders_for(const ca::Profiles& profiles, std::int64_t count) {
    std::vector<ca::Order> orders;
    for (std::int64_t i = 0; i < count; ++i) {
        ca::Order order;
        order.key = "bench:" + std::to_string(i);
        order.subscriber = "subscriber:" + std::to_string(i);
        order.profile = profiles.profiles.front().name;
        order.subject = {
            {"country", "TW"}, {"common_name", "量測"}, {"serial_number", "A123456789"}};
        order.public_key = crypto::KeyPair::generate_p256().public_key();
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
        crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
        const auto certificate = crypto::make_self_signed(
            key,
            {"bench", crypto::SelfSignedUse::Signing, clock.now() - std::chrono::hours(1),
             clock.now() + std::chrono::hours(24)},
            random);
        store::transact(*database, "bench.ra", [&](store::Tx& tx) {
            static_cast<void>(ca::register_ra(tx, authority->id(), "bench", certificate));
        });
        desk = std::make_unique<ca::OrderDesk>(*database, *authority, authority->id());
        ra = std::make_unique<ca::OrderingCa>(
            authority->id(), ca::RaKey{std::move(key), certificate}, clock,
            [this](const std::string& message) { return desk->answer(message); });
    }
};

double bare_rate() {
    const crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
    const std::string digest(32, 'x');
    return kBareSignatures / cpu_seconds_for([&] {
               for (int i = 0; i < kBareSignatures; ++i) {
                   static_cast<void>(key.sign_digest(digest));
               }
           });
}

std::vector<std::string> issue(Bench& bench, std::int64_t count, double bare, std::ostream& out) {
    const auto orders = orders_for(bench.profiles, count);
    std::vector<std::string> certificates;
    const double seconds = cpu_seconds_for([&] {
        for (std::size_t at = 0; at < orders.size(); at += ca::kOrdersMax) {
            const auto batch = std::span(orders).subspan(
                at, std::min<std::size_t>(ca::kOrdersMax, orders.size() - at));
            for (auto& one : bench.ra->issue_all(batch)) {
                certificates.push_back(std::move(one).value().der);
            }
        }
    });
    out << "ca  issued " << count << " by signed batches: " << std::int64_t(double(count) / seconds)
        << "/s of CPU; bare signatures " << std::int64_t(bare) << "/s, ratio "
        << double(count) / seconds / bare << '\n';
    return certificates;
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
    const auto issued = issue(bench, certificates, bare_rate(), out);
    answer(bench, issued, out);
    return 0;
}

}  // namespace sealdesk::bench
