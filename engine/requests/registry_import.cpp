#include "requests/registry_import.h"

#include <set>

#include "audit/log.h"
#include "officers/officer.h"
#include "requests/new_request.h"
#include "requests/registry_chunk.h"
#include "requests/registry_store.h"
#include "store/counters.h"

namespace sealdesk::requests {
namespace {

/// Rows of one commit: enough to share it, few enough that another importer soon has its turn.
constexpr std::size_t kRegistryChunkRows = 500;

/// A register's rows come without scans.
class NoScans final : public intake::ScanReader {
public:
    Result<std::string> read(std::string_view name) override {
        return Error{
            ErrorKind::Invalid, "scan.missing", "This file has no scans.", std::string(name), {}};
    }
};

/// Scheme and form as the office has them: the source may know only some of a scheme's forms.
RegistryReception reception_of(const Office& office, const intake::SourceInfo& info,
                               const RegistryOptions& options) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, info.scheme->id);
    const scheme::Form* form = scheme == nullptr ? nullptr : scheme->find_form(info.form->id);
    SEALDESK_CHECK(form != nullptr);  // the source's schemes are the office's
    return {*scheme, *form, info.file, options.by};
}

class RegistryImport {
public:
    RegistryImport(const Office& office, const intake::SourceInfo& info,
                   const RegistryOptions& options)
        : office_(office),
          options_(options),
          reception_(reception_of(office, info, options)),
          evaluator_(reception_.scheme, reception_.form),
          today_(day_in_taipei(office.database.clock().now())) {}

    Result<RegistrySummary> run(intake::RecordSource& records);

private:
    RegistryBatch find_or_start(store::Tx& tx, const intake::SourceInfo& info) const;
    Outcome read_on(intake::RecordSource& records);
    Outcome file(std::vector<intake::Draft>& drafts);
    Outcome settle_codes(std::vector<intake::Draft>& drafts);
    void show(const RegistryChunk& chunk);
    void finish();

    const Office& office_;
    const RegistryOptions& options_;
    RegistryReception reception_;
    intake::Evaluator evaluator_;
    std::chrono::year_month_day today_;
    std::optional<RegistryBatch> batch_;  ///< none: a dry run
    RegistryDryRun dry_run_;
    std::set<std::string> entities_;
    RegistrySummary summary_;
};

RegistryBatch RegistryImport::find_or_start(store::Tx& tx, const intake::SourceInfo& info) const {
    auto known = registry_batch_of_file(tx, info.sha256, info.scheme->id, info.form->id);
    if (known) {
        return *std::move(known);
    }
    RegistryBatch fresh{.id = RegistryBatchId(tx.new_id()),
                        .number = store::take_number(tx, 'B', "registry-batch"),
                        .scheme = info.scheme->id,
                        .form = info.form->id,
                        .file_name = std::filesystem::path(info.file).filename().string(),
                        .file_sha256 = info.sha256,
                        .encoding = info.encoding,
                        .imported_by = options_.by,
                        .started_at = tx.now(),
                        .finished_at = std::nullopt,
                        .last_row = 0,
                        .rows_read = 0,
                        .rows_not_ours = 0};
    insert_registry_batch(tx, fresh);
    audit::append(tx, {"registry.started",
                       officers::actor_of(options_.by),
                       "registry:" + fresh.number,
                       {{"sha256", fresh.file_sha256}, {"form", fresh.form}}});
    return fresh;
}

void RegistryImport::show(const RegistryChunk& chunk) {
    for (const RowReport& report : chunk.reports) {
        ++summary_.rows;
        ++summary_.fates[report.fate];
        for (const Outlook& one : report.outlooks) {
            ++summary_.certificates[one.foresight];
        }
        if (report.fate == RowFate::Proposal) {
            entities_.insert(report.id_number);
        }
        if (report.fate != RowFate::NotOurs || !report.application.empty()) {
            options_.on_row(report);
        }
    }
}

/// A verifier takes its time, so only rows that become requests get one: the chunk is judged first,
/// as a dry run would.
Outcome RegistryImport::settle_codes(std::vector<intake::Draft>& drafts) {
    if (reception_.form.preset_user_code.empty()) {
        return done();
    }
    const auto judged = store::transact(office_.database, "registry.judge", [&](store::Tx& tx) {
        return take_registry_chunk(tx, office_, reception_, std::nullopt, drafts, dry_run_);
    });
    if (!judged) {
        return judged.error();
    }
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        const bool proposed = judged->reports[i].fate == RowFate::Proposal;
        settle_user_code(office_, drafts[i], batch_ && proposed);
    }
    return done();
}

Outcome RegistryImport::file(std::vector<intake::Draft>& drafts) {
    if (drafts.empty()) {
        return done();
    }
    Outcome settled = settle_codes(drafts);
    if (!settled) {
        return settled;
    }
    const auto chunk = store::transact(office_.database, "registry.chunk", [&](store::Tx& tx) {
        return take_registry_chunk(tx, office_, reception_, batch_, drafts, dry_run_);
    });
    if (!chunk) {
        return chunk.error();
    }
    if (batch_) {
        batch_->last_row = drafts.back().row;
    } else {
        for (const NewRequest& fresh : chunk->requests) {
            const Request& request = fresh.request;
            dry_run_.opened.emplace(
                open_key(request.scheme, request.form, request.id_number),
                OpenRequest{reception_.file, request.applicant_kind, request.applicant_name});
        }
        for (const RegistryRow& row : chunk->kept) {
            dry_run_.row_keys.insert(row.row_key);
        }
    }
    show(*chunk);
    drafts.clear();
    options_.watch.at(summary_.rows);
    return done();
}

Outcome RegistryImport::read_on(intake::RecordSource& records) {
    NoScans scans;
    std::vector<intake::Draft> drafts;
    intake::Record record;
    while (records.next(record)) {
        if (batch_ && record.row <= batch_->last_row) {
            continue;  // filed before a crash
        }
        drafts.push_back(evaluator_.evaluate(record, scans, today_));
        if (drafts.size() == kRegistryChunkRows) {
            Outcome filed = file(drafts);
            if (!filed) {
                return filed;
            }
            if (options_.watch.stopped()) {
                summary_.stopped = true;
                return done();
            }
        }
    }
    return file(drafts);
}

void RegistryImport::finish() {
    store::transact(office_.database, "registry.finish", [&](store::Tx& tx) {
        const auto batch = find_registry_batch(tx, batch_->number);
        if (!batch->finished_at) {
            finish_registry_batch(tx, batch->id);
            nlohmann::json counts{{"rows", batch->rows_read}};
            for (const auto& [fate, count] : count_rows(tx, *batch)) {
                counts[std::string(to_text(fate))] = count;
            }
            audit::append(tx, {"registry.finished", officers::actor_of(options_.by),
                               "registry:" + batch->number, counts});
        }
        summary_.rows = batch->rows_read;
        summary_.fates = count_rows(tx, *batch);
    });
}

Result<RegistrySummary> RegistryImport::run(intake::RecordSource& records) {
    if (!options_.dry_run) {
        batch_ = store::transact(office_.database, "registry.batch",
                                 [&](store::Tx& tx) { return find_or_start(tx, records.info()); });
        summary_.batch = batch_->number;
        summary_.repeated = batch_->finished_at.has_value();
    }
    if (!summary_.repeated) {
        const Outcome read = read_on(records);
        if (!read) {
            return read.error();
        }
    }
    if (batch_ && !summary_.stopped) {
        finish();
    }
    summary_.entities = std::int64_t(entities_.size());
    return summary_;
}

}  // namespace

Result<RegistrySummary> import_registry_file(const Office& office,
                                             const std::vector<scheme::Scheme>& schemes,
                                             const std::filesystem::path& file,
                                             const RegistryOptions& options) {
    const auto bundle = intake::open_bundle(file, options.scratch);
    if (!bundle) {
        return bundle.error();
    }
    if ((*bundle)->data_files().size() != 1) {
        return Error{ErrorKind::Invalid,
                     "registry.one_file",
                     "Name one file of the register: each is a batch of its own.",
                     file.filename().string(),
                     {}};
    }
    const std::string& name = (*bundle)->data_files().front();
    const auto records =
        intake::open_records((*bundle)->path_of(name), name, schemes, options.source);
    if (!records) {
        return records.error();
    }
    const intake::SourceInfo& info = (*records)->info();
    for (const intake::Reason& warning : info.warnings) {
        options.on_note(info.file + ": " + warning.message.in(options.language));
    }
    return RegistryImport(office, info, options).run(**records);
}

}  // namespace sealdesk::requests
