#include "bench/registry_bench.h"

#include <chrono>
#include <fstream>
#include <functional>
#include <ostream>

#include <sys/resource.h>

#include "intake/evaluate.h"
#include "intake/field_rules.h"
#include "requests/registry_import.h"
#include "requests/request_store.h"
#include "store/migrations.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"
#include "support/temp_folder.h"

namespace sealdesk::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kOursEvery = 1000;
constexpr const char* kScheme = "moea";

double seconds_for(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The first valid numbers from 10000000 on.
class UnifiedNumbers {
public:
    std::string next() {
        std::string number;
        do {
            number = std::to_string(next_++);
        } while (!intake::is_ubn(number));
        return number;
    }

private:
    std::int64_t next_ = 10'000'000;
};

void write_changes(const fs::path& file, std::int64_t rows) {
    std::ofstream csv(file);
    csv << "異動序號,異動日期,統一編號,事業主體名稱,異動別,變更後名稱,變更後統一編號,改制後縣市\n";
    UnifiedNumbers numbers;
    for (std::int64_t row = 1; row <= rows; ++row) {
        csv << "CH-" << row << ",115/11/19," << numbers.next() << ",某某商行,停業,,,\n";
    }
}

/// One subscriber in a thousand rows, with a certificate.
void register_some(store::Database& database, std::int64_t rows) {
    UnifiedNumbers numbers;
    for (std::int64_t row = 1; row <= rows; ++row) {
        const std::string number = numbers.next();
        if (row % kOursEvery != 0) {
            continue;
        }
        store::transact(database, "bench.subscriber", [&](store::Tx& tx) {
            const SubscriberId id(tx.new_id());
            const RequestId request(tx.new_id());
            subscribers::add_subscriber(tx, {id, kScheme, "business", number, "某某商行", request});
            subscribers::set_contact(tx, id, request, {"某某商行", "", "", "100", "臺北市"});
            subscribers::keep_certificate(
                tx, {CertificateId(tx.new_id()), id, request, number, kScheme, "p", number, "der",
                     tx.now(), tx.now() + std::chrono::hours(24 * 3650)});
        });
    }
}

class NoPictures final : public intake::ScanReader {
public:
    Result<std::string> read(std::string_view) override {
        return Error{ErrorKind::Invalid, "scan.missing", "None.", {}, {}};
    }
};

/// Reading and judging alone: what no register import can be faster than.
void read_only(const fs::path& file, const std::vector<scheme::Scheme>& schemes) {
    intake::SourceOptions options;
    options.origin = scheme::Origin::Register;
    const auto records =
        intake::open_records(file, file.filename().string(), schemes, options).value();
    const intake::Evaluator evaluator(*records->info().scheme, *records->info().form);
    NoPictures pictures;
    intake::Record record;
    const auto today = day_in_taipei(SystemClock().now());
    while (records->next(record)) {
        static_cast<void>(evaluator.evaluate(record, pictures, today));
    }
}

long peak_megabytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

}  // namespace

int run_registry_bench(std::int64_t rows, std::ostream& out) {
    const test::TempFolder folder;
    const fs::path file = folder.path() / "changes.csv";
    write_changes(file, rows);
    SystemClock clock;
    SystemRandom random;
    store::ConnectionOptions where;
    where.url = "sqlite:" + (folder.path() / "bench.db").string();
    where.create_if_missing = true;
    const auto connection = store::open(where);
    store::migrate(*connection, fs::path(SEALDESK_SOURCE_DIR) / "ddl", clock);
    store::Database database(*connection, clock, random);
    register_some(database, rows);
    store::FileStore files(folder.path() / "files");
    const auto schemes = scheme::load_all(fs::path(SEALDESK_SOURCE_DIR) / "forms").value();
    const Calendar calendar;
    const requests::Office office{database, files, schemes, calendar};
    const double limit = seconds_for([&] { read_only(file, schemes); });
    const long before = peak_megabytes();
    requests::RegistryOptions options;
    options.source.origin = scheme::Origin::Register;
    options.by = "bench";
    options.scratch = folder.path();
    std::int64_t proposals = 0;
    options.on_row = [&](const requests::RowReport&) { ++proposals; };
    options.on_note = [](const std::string&) {};
    const double ours = seconds_for([&] {
        static_cast<void>(requests::import_registry_file(office, schemes, file, options).value());
    });
    out << "registry  rows " << rows << ", proposals " << proposals << ": "
        << std::int64_t(double(rows) / ours) << " rows/s; reading and judging alone "
        << std::int64_t(double(rows) / limit) << " rows/s, ratio " << limit / ours
        << "; peak memory " << before << " -> " << peak_megabytes() << " MB\n";
    return proposals == rows / kOursEvery ? 0 : 1;
}

}  // namespace sealdesk::bench
