#include "bench/import_bench.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <ostream>

#include <sys/resource.h>
#include <unistd.h>

#include "base/random.h"
#include "image/image.h"
#include "requests/import.h"
#include "scheme/scheme.h"
#include "store/bulk.h"
#include "store/migrations.h"

namespace sealdesk::bench {
namespace {

namespace fs = std::filesystem;

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string national_id(std::int64_t sequence) {
    const std::string number = std::to_string(10'000'000 + sequence);
    int sum = 1;  // A counts 10
    for (int i = 0; i < 8; ++i) {
        sum += (number[std::size_t(i)] - '0') * (8 - i);
    }
    return "A" + number + std::to_string((10 - sum % 10) % 10);
}

/// A small red frame: every form carries the same scan, so that the disk holds one.
std::string frame_png() {
    image::Picture picture{64, 64, std::vector<std::uint8_t>(std::size_t{64} * 64 * 3, 250), 300};
    for (int i = 8; i < 56; ++i) {
        for (const int edge : {8, 55}) {
            for (const auto& [x, y] : {std::pair{i, edge}, std::pair{edge, i}}) {
                const std::size_t at = (std::size_t(y) * 64 + std::size_t(x)) * 3;
                picture.rgb[at + 1] = 40;
                picture.rgb[at + 2] = 40;
            }
        }
    }
    return image::encode_png(picture);
}

void write_forms(const fs::path& folder, std::int64_t rows) {
    std::ofstream(folder / "seal.png", std::ios::binary) << frame_png();
    std::ofstream csv(folder / "day-registration.csv");
    csv << "record_number,received_on,applicant_kind,applicant_name,id_number,birth_date,residence,"
           "registered_address,contact_name,contact_phone,contact_email,contact_address,"
           "certificate_kind,slip_delivery,documents,terms_accepted,seal_scan\n";
    for (std::int64_t row = 1; row <= rows; ++row) {
        csv << "B" << row << ",115/11/20,自然人,吳𠮷," << national_id(row)
            << ",80/01/02,有,100臺北市中正區延平南路85號,張㛢,02-2370-8886,b" << row
            << "@example.test,300新竹市東區中山路5段202號9樓,軟體憑證,現場領取,身分證影本;"
               "健保卡影本,"
               "是,seal.png\n";
    }
}

/// A fresh desk's store and office in a folder of its own.
struct Desk {
    explicit Desk(const fs::path& folder)
        : connection(open_in(folder)),
          database(*connection, clock, random),
          files(folder / "files"),
          schemes(scheme::load_all(fs::path(SEALDESK_SOURCE_DIR) / "forms").value()) {
        store::migrate(*connection, fs::path(SEALDESK_SOURCE_DIR) / "ddl", clock);
    }
    static std::unique_ptr<store::Connection> open_in(const fs::path& folder) {
        store::ConnectionOptions options;
        options.url = "sqlite:" + (folder / "bench.db").string();
        options.create_if_missing = true;
        return store::open(options);
    }
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<store::Connection> connection;
    store::Database database;
    store::FileStore files;
    std::vector<scheme::Scheme> schemes;
    Calendar calendar;
};

void import_all(Desk& desk, const fs::path& inbox, const fs::path& scratch) {
    const requests::Office office{desk.database, desk.files, desk.schemes, desk.calendar};
    requests::ImportOptions options;
    options.by = "bench";
    options.scratch = scratch;
    options.results_fallback = scratch;
    options.on_fate = [](const intake::Fate&) {};
    options.on_note = [](const std::string&) {};
    const std::vector<fs::path> paths{inbox / "day-registration.csv"};
    static_cast<void>(requests::import_paths(office, paths, options));
}

struct Twin {
    const char* table;
    const char* columns;
    std::string_view types;  ///< n: number, t: text, one a column; the first is the key
};

store::Value value_of(const store::Row& row, std::size_t column, char type) {
    if (row.is_null(column)) {
        return {};
    }
    return type == 'n' ? store::Value{row.number(column)} : store::Value{row.text(column)};
}

/// Copies a table's rows into an empty twin, chunk by chunk, and returns the seconds that the
/// writing took: what the database alone can do.
double copy_rows(Desk& from, Desk& to, const Twin& twin) {
    constexpr int kChunk = int(intake::kChunkRows);
    const std::string insert =
        std::string("INSERT INTO ") + twin.table + " (" + twin.columns + ") VALUES";
    const std::string columns = twin.columns;
    const std::string key = columns.substr(0, columns.find(','));
    const std::string select = std::string("SELECT ") + twin.columns + " FROM " + twin.table +
                               " WHERE " + key + " > ? ORDER BY " + key + " LIMIT ?";
    double written = 0;
    std::int64_t after = 0;
    for (;;) {
        const std::vector<store::Value> args{after, std::int64_t{kChunk}};
        const auto rows = from.connection->query(select, args);
        if (rows.empty()) {
            return written;
        }
        std::vector<store::Value> values;
        for (const store::Row& row : rows) {
            for (std::size_t column = 0; column < twin.types.size(); ++column) {
                values.push_back(value_of(row, column, twin.types[column]));
            }
        }
        written += seconds_of([&] {
            store::transact(to.database, "bench.insert", [&](store::Tx& tx) {
                store::insert_rows(tx, insert, twin.types.size(), values);
            });
        });
        after = rows.back().number(0);
    }
}

constexpr Twin kTwins[] = {
    {"submission",
     "id, batch_id, row_no, record_number, row_key, fate, request_id, request_number, "
     "duplicate_of, reasons, payload, filed_at",
     "nnntttnttttn"},
    {"request",
     "id, number, scheme, form, form_version, form_hash, record_number, applicant_kind, "
     "id_number, applicant_name, payload, findings, state, version, open_key, keyed_by, "
     "received_at, due_at",
     "ntttttttttttt"
     "nttnn"},
    {"request_check",
     "id, request_id, kind, state, officer, note, figures, payload_hash, times_reopened, "
     "changed_at",
     "nntttttt"
     "nn"},
    {"request_scan", "id, request_id, role, sha256, file_name, current, added_at", "nntttnn"},
    {"submission_scan", "submission_id, field, sha256, file_name", "nttt"},
    {"audit_event", "sequence, at, kind, actor, subject, detail, hash", "nnttttt"}};

/// Seconds of one round.
struct Round {
    double imported;
    double inserted;
    [[nodiscard]] double ratio() const { return inserted / imported; }
};

Round measure(const fs::path& folder, const fs::path& inbox) {
    for (const char* part : {"ours", "bare", "scratch"}) {
        fs::create_directories(folder / part);
    }
    Round round{};
    {
        Desk ours(folder / "ours");
        round.imported = seconds_of([&] { import_all(ours, inbox, folder / "scratch"); });
        Desk bare(folder / "bare");
        for (const Twin& twin : kTwins) {
            round.inserted += copy_rows(ours, bare, twin);
        }
    }
    fs::remove_all(folder);
    return round;
}

/// Rounds of a machine whose disk is shared differ by half; the median says what is usual.
constexpr int kRounds = 5;
constexpr std::int64_t kRowsForRounds = 100'000;  ///< a larger file is its own average

}  // namespace

int run_import_bench(std::int64_t rows, std::ostream& out) {
    const fs::path folder =
        fs::temp_directory_path() / ("sealdesk-bench-" + std::to_string(::getpid()));
    fs::create_directories(folder / "inbox");
    write_forms(folder / "inbox", rows);
    std::vector<Round> rounds;
    for (int i = 0; i < (rows < kRowsForRounds ? kRounds : 1); ++i) {
        rounds.push_back(measure(folder / "desks", folder / "inbox"));
    }
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    std::ranges::sort(rounds, {}, &Round::ratio);
    const Round& usual = rounds[rounds.size() / 2];
    out << "import  " << rows << " rows: " << std::int64_t(double(rows) / usual.imported)
        << " rows/s; the same rows inserted bare: " << std::int64_t(double(rows) / usual.inserted)
        << " rows/s; ratio " << usual.ratio() << " (" << rounds.front().ratio() << " to "
        << rounds.back().ratio() << "); peak memory " << usage.ru_maxrss / 1024 << " MB\n";
    fs::remove_all(folder);
    return 0;
}

}  // namespace sealdesk::bench
