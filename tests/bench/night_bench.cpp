#include "bench/night_bench.h"

#include <chrono>
#include <ostream>

#include <sys/resource.h>

#include "effects/works.h"
#include "jobs/expiry_notices.h"
#include "store/migrations.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"
#include "support/temp_folder.h"

namespace sealdesk::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFew = 10'000;
constexpr std::int64_t kDue = 500;
constexpr std::int64_t kInOneCommit = 1000;
constexpr const char* kScheme = "moea";

/// An office with so many certificates, of which kDue came into a stage of notice today. Each
/// certificate has a subscriber of its own.
class NightOffice {
public:
    explicit NightOffice(std::int64_t certificates) {
        store::ConnectionOptions where;
        where.url = "sqlite:" + (folder_.path() / "bench.db").string();
        where.create_if_missing = true;
        connection_ = store::open(where);
        store::migrate(*connection_, fs::path(SEALDESK_SOURCE_DIR) / "ddl", clock_);
        database_ = std::make_unique<store::Database>(*connection_, clock_, random_);
        for (std::int64_t first = 0; first < certificates; first += kInOneCommit) {
            store::transact(*database_, "bench.certificates", [&](store::Tx& tx) {
                for (std::int64_t i = first; i < std::min(first + kInOneCommit, certificates);
                     ++i) {
                    add(tx, i, certificates);
                }
            });
        }
    }

    /// Seconds for a night's notices.
    double tell(std::int64_t& told) {
        store::FileStore files(folder_.path() / "files");
        const auto schemes = scheme::load_all(fs::path(SEALDESK_SOURCE_DIR) / "forms").value();
        const Calendar calendar;
        const requests::Office office{*database_, files, schemes, calendar};
        slips::TemplateShelf templates(fs::path(SEALDESK_SOURCE_DIR) / "templates");
        crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
        const auto print_room =
            crypto::make_self_signed(key,
                                     {"Print room", crypto::SelfSignedUse::Encryption, clock_.now(),
                                      clock_.now() + std::chrono::days(1)},
                                     random_);
        mail::MailTexts texts(fs::path(SEALDESK_SOURCE_DIR) / "templates");
        const mail::Stationery stationery{texts, "bench.invalid"};
        const effects::Works works{office, templates, print_room, folder_.path(), stationery};
        const auto start = std::chrono::steady_clock::now();
        told = jobs::send_expiry_notices(works, [] { return true; }).done;
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

private:
    void add(store::Tx& tx, std::int64_t i, std::int64_t certificates) {
        const std::string number = std::to_string(10'000'000 + i);
        const SubscriberId id(tx.new_id());
        const RequestId request(tx.new_id());
        subscribers::add_subscriber(tx,
                                    {id, kScheme, "company", number, "某某股份有限公司", request});
        subscribers::set_contact(
            tx, id, request, {"某某股份有限公司", "", number + "@example.test", "100", "臺北市"});
        const bool due = i % (certificates / kDue) == 0;
        const Instant end = tx.now() + std::chrono::days(due ? 45 : 60 + i % 1500);
        subscribers::keep_certificate(tx, {CertificateId(tx.new_id()), id, request, "R/" + number,
                                           kScheme, "moea-company", number, "der", tx.now(), end});
    }

    test::TempFolder folder_;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<store::Connection> connection_;
    std::unique_ptr<store::Database> database_;
};

}  // namespace

int run_night_bench(std::int64_t certificates, std::ostream& out) {
    std::int64_t told_among_few = 0;
    std::int64_t told_among_all = 0;
    const double among_few = NightOffice(kFew).tell(told_among_few);
    const double among_all = NightOffice(certificates).tell(told_among_all);
    out << "night  " << told_among_few << " notices among " << kFew
        << " certificates: " << among_few * 1000 << " ms; " << told_among_all << " among "
        << certificates << ": " << among_all * 1000 << " ms, ratio " << among_all / among_few
        << " (at most 2)\n";
    return told_among_few == kDue && told_among_all == kDue && among_all <= 2 * among_few ? 0 : 1;
}

}  // namespace sealdesk::bench
