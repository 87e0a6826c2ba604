#include "requests/import.h"

#include <future>

#include "audit/log.h"
#include "base/digest.h"
#include "base/text.h"
#include "intake/result_workbook.h"
#include "officers/officer.h"
#include "requests/page_scans.h"
#include "requests/receive.h"

namespace sealdesk::requests {
namespace {

/// Scans held in memory for one chunk, and two chunks are held: one is cut short rather than grow
/// beyond it.
constexpr std::size_t kChunkScanBytesMax = 32U << 20U;

/// A data file ready to be read, with the bundle its scans come from.
struct Source {
    const intake::Bundle* bundle;
    std::string data_file;
};

/// Where the fates of one file go; nowhere in a dry run.
struct Results {
    std::optional<intake::ResultCsv> csv;
    std::optional<intake::ResultWorkbook> workbook;
};

/// Rows that are filed together.
struct JudgedRows {
    std::vector<intake::Draft> drafts;
    std::vector<intake::Record> records;  ///< as keyed, when a result workbook shows them
};

/// Reads one data file and judges its rows, chunk by chunk.
class Judge {
public:
    /// All must outlive the object.
    Judge(intake::RecordSource& source, const intake::SourceInfo& info, PageScans& scans,
          std::chrono::year_month_day today, bool keeps_records)
        : source_(source),
          scans_(scans),
          evaluator_(*info.scheme, *info.form),
          today_(today),
          keeps_records_(keeps_records) {}

    /// The next rows; none at the end of the file.
    JudgedRows next();

private:
    intake::RecordSource& source_;
    PageScans& scans_;
    intake::Evaluator evaluator_;
    std::chrono::year_month_day today_;
    bool keeps_records_;
};

JudgedRows Judge::next() {
    JudgedRows rows;
    std::size_t scan_bytes = 0;
    intake::Record record;
    while (rows.drafts.size() < intake::kChunkRows && scan_bytes <= kChunkScanBytesMax &&
           source_.next(record)) {
        if (keeps_records_) {
            rows.records.push_back(record);  // as it was keyed
        }
        scans_.complete(record);
        rows.drafts.push_back(evaluator_.evaluate(record, scans_, today_));
        for (const intake::Scan& scan : rows.drafts.back().scans) {
            scan_bytes += scan.bytes.size();
        }
    }
    return rows;
}

bool is_zip(const std::string& name) {
    return to_lower_ascii(std::filesystem::path(name).extension().string()) == ".zip";
}

class Import {
public:
    Import(const Office& office, const ImportOptions& options)
        : office_(office), options_(options) {}

    void open(const std::filesystem::path& path);
    void take_all();
    [[nodiscard]] const ImportSummary& summary() const { return summary_; }

private:
    void count(const intake::Fate& fate);
    void refuse(const std::vector<intake::Fate>& fates, const std::filesystem::path& file,
                const std::filesystem::path& results_at);
    void note_refused_file(const intake::Fate& fate, const std::string& sha256);
    void take(intake::RecordSource& records, const Source& source);
    std::int64_t take_rows(Judge& judge, std::launch beside, const Reception& reception,
                           Results& results);
    void file(JudgedRows& rows, const Reception& reception, Results& results);
    std::optional<BatchId> start_batch(const intake::SourceInfo& info) const;

    const Office& office_;
    const ImportOptions& options_;
    std::vector<std::unique_ptr<intake::Bundle>> bundles_;
    std::vector<std::unique_ptr<intake::RecordSource>> sources_;
    std::map<const intake::RecordSource*, Source> origin_;
    DryRunMemory dry_run_;
    ImportSummary summary_;
    std::int64_t taken_ = 0;  ///< rows of all files
};

void Import::count(const intake::Fate& fate) {
    switch (fate.kind) {
        case intake::FateKind::Accepted: ++summary_.accepted; break;
        case intake::FateKind::Refused: ++summary_.refused; break;
        case intake::FateKind::Duplicate: ++summary_.duplicate; break;
    }
    summary_.repeated += fate.repeated ? 1 : 0;
    options_.on_fate(fate);
}

/// A file that is refused as a whole leaves the same traces as a row: a fate, a result file beside
/// it, and a line in the ledger with its hash.
void Import::refuse(const std::vector<intake::Fate>& fates, const std::filesystem::path& file,
                    const std::filesystem::path& results_at) {
    for (const intake::Fate& fate : fates) {
        count(fate);
    }
    std::error_code trouble;
    if (fates.empty() || options_.dry_run || !std::filesystem::is_regular_file(file, trouble)) {
        return;
    }
    const std::string sha256 = sha256_hex_of_file(file);
    intake::ResultCsv results(results_at, options_.results_fallback, options_.language);
    for (const intake::Fate& fate : fates) {
        note_refused_file(fate, sha256);
        results.add(fate);
    }
    options_.on_note(results.finish().string());
}

void Import::note_refused_file(const intake::Fate& fate, const std::string& sha256) {
    const std::string& code = fate.reasons.front().code;
    const intake::RefusedFile refused{std::filesystem::path(fate.file).filename().string(), sha256,
                                      code};
    store::transact(office_.database, "import.refuse-file", [&](store::Tx& tx) {
        if (intake::note_refused_file(tx, refused)) {
            audit::append(tx, {"file.refused",
                               officers::actor_of(options_.by),
                               "file:" + sha256.substr(0, 16),
                               {{"code", code}, {"sha256", sha256}}});
        }
    });
}

void Import::open(const std::filesystem::path& path) {
    const std::filesystem::path results_at = path.string() + ".result.csv";
    auto bundle = intake::open_bundle(path, options_.scratch);
    if (!bundle) {
        ++summary_.files;
        refuse({intake::file_refused(path.filename().string(), bundle.error())}, path, results_at);
        return;
    }
    bundles_.push_back(std::move(*bundle));
    const intake::Bundle& opened = *bundles_.back();
    std::vector<intake::Fate> left_out;
    for (const Error& error : opened.refusals()) {
        left_out.push_back(intake::file_refused(error.where, error));
    }
    refuse(left_out, path, results_at);
    const bool is_folder = std::filesystem::is_directory(path);
    for (const std::string& data_file : opened.data_files()) {
        if (is_folder && is_zip(data_file)) {
            open(opened.path_of(data_file));  // a counter's ZIP dropped among the files
            continue;
        }
        ++summary_.files;
        auto records = intake::open_records(opened.path_of(data_file), data_file, office_.schemes,
                                            options_.source);
        if (!records) {
            refuse({intake::file_refused(data_file, records.error())}, opened.path_of(data_file),
                   opened.result_path(data_file));
            continue;
        }
        sources_.push_back(std::move(*records));
        origin_.emplace(sources_.back().get(), Source{&opened, data_file});
    }
}

void Import::take_all() {
    intake::sort_for_import(sources_);
    for (const auto& records : sources_) {
        if (options_.watch.stopped()) {
            summary_.stopped = true;
            return;
        }
        take(*records, origin_.at(records.get()));
    }
}

std::optional<BatchId> Import::start_batch(const intake::SourceInfo& info) const {
    if (options_.dry_run) {
        return std::nullopt;
    }
    const intake::NewBatch batch{std::filesystem::path(info.file).filename().string(),
                                 info.sha256,
                                 info.scheme->id,
                                 info.form->id,
                                 info.form->version,
                                 info.encoding};
    return store::transact(office_.database, "import.batch",
                           [&](store::Tx& tx) { return intake::find_or_start_batch(tx, batch); });
}

void Import::file(JudgedRows& rows, const Reception& reception, Results& results) {
    const auto fates = receive_chunk(office_, reception, rows.drafts, dry_run_);
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (results.csv) {
            results.csv->add(fates[i]);
        }
        if (results.workbook) {
            results.workbook->add(rows.records[i], fates[i]);
        }
        count(fates[i]);
    }
}

/// While one chunk is written to the store, the next is read and judged beside it.
std::int64_t Import::take_rows(Judge& judge, std::launch beside, const Reception& reception,
                               Results& results) {
    std::int64_t taken = 0;
    JudgedRows rows = judge.next();
    while (!rows.drafts.empty()) {
        auto ahead = std::async(beside, [&judge] { return judge.next(); });
        file(rows, reception, results);
        taken += std::int64_t(rows.drafts.size());
        taken_ += std::int64_t(rows.drafts.size());
        options_.watch.at(taken_);
        rows = ahead.get();
        if (options_.watch.stopped()) {
            summary_.stopped = true;
            break;  // what was judged ahead is read again next time
        }
    }
    return taken;
}

void Import::take(intake::RecordSource& records, const Source& source) {
    const intake::SourceInfo& info = records.info();
    if (!info.certainty.zh.empty()) {
        options_.on_note(info.file + ": " + Bilingual{"編碼 ", "encoding "}.in(options_.language) +
                         info.certainty.in(options_.language));
    }
    for (const intake::Reason& warning : info.warnings) {
        options_.on_note(info.file + ": " + warning.message.in(options_.language));
    }
    const auto files = source.bundle->scans_of(source.data_file);
    PageScans scans(office_, *info.scheme, *info.form, *files);
    const auto today = day_in_taipei(office_.database.clock().now());
    Judge judge(records, info, scans, today, options_.workbook && !options_.dry_run);
    const Reception reception{*info.scheme, *info.form, info.file, start_batch(info), options_.by};
    Results results;
    if (!options_.dry_run) {
        std::filesystem::path path = source.bundle->result_path(source.data_file);
        results.csv.emplace(path, options_.results_fallback, options_.language);
        if (options_.workbook) {
            results.workbook.emplace(path.replace_extension(".xlsx"), *info.form,
                                     options_.language);
        }
    }
    const auto beside = scans.asks_store() ? std::launch::deferred : std::launch::async;
    const std::int64_t taken = take_rows(judge, beside, reception, results);
    if (summary_.stopped) {
        return;  // the batch stays open, and its results are told when it is whole
    }
    if (taken == 0) {
        options_.on_note(
            info.file + ": " +
            Bilingual{"沒有任何申請資料。", "no rows, nothing to take in."}.in(options_.language));
    }
    if (reception.batch) {
        store::transact(office_.database, "import.finish",
                        [&](store::Tx& tx) { intake::finish_batch(tx, *reception.batch); });
        if (results.workbook) {
            results.workbook->finish();
        }
        options_.on_note(results.csv->finish().string());
    }
}

}  // namespace

ImportSummary import_paths(const Office& office, std::span<const std::filesystem::path> paths,
                           const ImportOptions& options) {
    Import import(office, options);
    for (const std::filesystem::path& path : paths) {
        import.open(path);
    }
    import.take_all();
    return import.summary();
}

}  // namespace sealdesk::requests
