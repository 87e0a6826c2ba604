#include "bench/crl_bench.h"

#include <ctime>
#include <fstream>
#include <functional>
#include <ostream>

#include <sys/resource.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "ca/local_ca.h"
#include "ca/profile_reader.h"
#include "store/migrations.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kInsertedAtOnce = 100'000;
constexpr std::int64_t kReadAtOnce = 2000;

double cpu_seconds_of(const std::function<void()>& work) {
    const std::clock_t start = std::clock();
    work();
    return double(std::clock() - start) / CLOCKS_PER_SEC;
}

double cpu_seconds_of_children() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/// "VmRSS:", "RssAnon:" (without mapped files) or "VmHWM:", the highest since it was last
/// forgotten, in kilobytes.
long memory(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) {
            return std::strtol(line.c_str() + name.size() + 1, nullptr, 10);
        }
    }
    return 0;
}

void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Entries with serial numbers of their own, revoked one a second, for six reasons in turn. Whole
/// pages are made by the database.
void insert_entries(store::Database& database, const std::string& issuer, std::int64_t count) {
    constexpr std::string_view insert = R"sql(
        WITH RECURSIVE row_number (i) AS (
            SELECT ? UNION ALL SELECT i + 1 FROM row_number WHERE i + 1 < ?)
        INSERT INTO ca_crl_entry (certificate_id, issuer, serial, not_after, since, reason,
                                  crl_partition, after_crl)
        SELECT i + 1, ?, '40' || lower(hex(randomblob(15))), ?, ? - i * 1000000,
               CASE i % 6 WHEN 0 THEN 0 WHEN 1 THEN 1 WHEN 2 THEN 3 WHEN 3 THEN 4 WHEN 4 THEN 5
                          ELSE 9 END,
               0, 0
        FROM row_number
    )sql";
    const Instant year_on = database.clock().now() + std::chrono::days(365);
    for (std::int64_t done = 0; done < count; done += kInsertedAtOnce) {
        store::transact(database, "bench.entries", [&](store::Tx& tx) {
            tx.execute(insert, done, std::min(count, done + kInsertedAtOnce), issuer, year_on,
                       tx.now());
        });
    }
}

/// As the writer reads them, and nothing else.
void read_rows(store::Database& database, const std::function<void(const store::Row&)>& take) {
    for (std::int64_t last = 0;;) {
        const auto rows = store::transact(database, "bench.read", [&](store::Tx& tx) {
            return tx.query(
                "SELECT certificate_id, serial, since, reason, invalid_since, crl_partition, "
                "after_crl FROM ca_crl_entry WHERE certificate_id > ? ORDER BY certificate_id "
                "LIMIT ?",
                last, kReadAtOnce);
        });
        if (rows.empty()) {
            return;
        }
        for (const store::Row& row : rows) {
            take(row);
        }
        last = rows.back().number(0);
    }
}

/// "261126000000Z"
std::string index_time(Instant at) {
    std::string text = to_utc_text(std::chrono::floor<std::chrono::seconds>(at)).substr(2);
    std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'T'; });
    return text;
}

/// What `openssl ca` keeps its certificates in, with the same entries.
void write_index(store::Database& database, const fs::path& folder) {
    const auto name_of = [](std::int64_t reason) -> std::string_view {
        switch (reason) {
            case 1: return ",keyCompromise";
            case 3: return ",affiliationChanged";
            case 4: return ",superseded";
            case 5: return ",cessationOfOperation";
            default: return "";
        }
    };
    const std::string end = index_time(database.clock().now() + std::chrono::days(365));
    std::ofstream index(folder / "index.txt");
    read_rows(database, [&](const store::Row& row) {
        std::string serial = row.text(1);
        for (char& digit : serial) {
            digit = char(std::toupper(static_cast<unsigned char>(digit)));
        }
        index << "R\t" << end << '\t' << index_time(row.instant(2)) << name_of(row.number(3))
              << '\t' << serial << "\tunknown\t/CN=" << serial << '\n';
    });
    std::ofstream(folder / "ca.cnf")
        << "[ca]\ndefault_ca = ours\n[ours]\ndatabase = " << (folder / "index.txt").string()
        << "\ndefault_md = sha256\ndefault_crl_days = 1\n"
           "crl_extensions = extensions\n[extensions]\n"
           "authorityKeyIdentifier = keyid\n";
}

double openssl_seconds(store::Database& database, const fs::path& folder) {
    write_index(database, folder);
    const std::string in_folder = "cd '" + folder.string() + "' && ";
    static_cast<void>(
        test::run_command(in_folder +
                          "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=bench -days 2 "
                          "-keyout openssl.key -out openssl.pem"));
    const double before = cpu_seconds_of_children();
    const auto ran = test::run_command(in_folder +
                                       "openssl ca -gencrl -config ca.cnf -keyfile openssl.key "
                                       "-cert openssl.pem -out openssl.crl");
    return ran.succeeded() ? cpu_seconds_of_children() - before : 0;
}

}  // namespace

int run_crl_bench(std::int64_t entries, std::ostream& out) {
    const test::TempFolder folder;
    const SystemClock clock;
    SystemRandom random;
    const fs::path forms = fs::path(SEALDESK_SOURCE_DIR) / "forms";
    const auto profiles =
        ca::read_profiles(forms / "tipo/profiles.yaml", forms / "schema/profiles.schema.json")
            .value();
    store::ConnectionOptions where;
    where.url = "sqlite:" + (folder.path() / "bench.db").string();
    where.create_if_missing = true;
    const auto connection = store::open(where);
    store::migrate(*connection, fs::path(SEALDESK_SOURCE_DIR) / "ddl", clock);
    store::Database database(*connection, clock, random);
    const Secret passphrase("bench");
    const ca::CaFiles files{folder.path() / "ca.pem", folder.path() / "ca.key",
                            folder.path() / "crl"};
    static_cast<void>(ca::init_demo_ca(files, passphrase, profiles, clock.now(), random).value());
    const auto authority = ca::LocalCa::open(database, files, passphrase, profiles).value();
    insert_entries(database, authority->id(), entries);

    const long before = memory("VmRSS:");
    forget_peak();
    ca::CrlInfo crl;
    const double seconds = cpu_seconds_of([&] { crl = authority->issue_crl().value(); });
    const long peak = memory("VmHWM:");
    out << "crl  " << crl.entries << " entries: " << seconds << " s of CPU, "
        << std::int64_t(double(entries) / seconds) << " entries/s, "
        << fs::file_size(crl.file) / 1024 << " KB; memory " << before / 1024 << " MB ("
        << memory("RssAnon:") / 1024 << " its own, the rest program and libraries), at the peak "
        << double(peak - before) / 1024 << " MB more" << std::endl;

    const double limit = cpu_seconds_of([&] {
        read_rows(database, [](const store::Row&) {});
        static_cast<void>(sha256_hex_of_file(crl.file));
        static_cast<void>(sha256_hex_of_file(crl.file));
        fs::copy_file(crl.file, folder.path() / "copy");
    });
    out << "crl  limit (rows read, SHA-256 twice, file copied): " << limit << " s, ratio "
        << limit / seconds << std::endl;

    const double openssl = openssl_seconds(database, folder.path());
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    out << "crl  openssl ca -gencrl: " << openssl << " s of CPU, " << usage.ru_maxrss / 1024
        << " MB; ours is " << openssl / seconds << " times as fast" << std::endl;
    return crl.entries == entries && openssl > 0 ? 0 : 1;
}

}  // namespace sealdesk::bench
