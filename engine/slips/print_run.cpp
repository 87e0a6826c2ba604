#include <nlohmann/json.hpp>

#include "base/crash.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/cms.h"
#include "crypto/verifier.h"
#include "paper/page.h"
#include "slips/password.h"
#include "slips/print_folder.h"
#include "slips/print_rows.h"
#include "slips/rendering.h"
#include "slips/slip_rows.h"

namespace sealdesk::slips {
namespace {

/// Somebody voids a slip while its batch is being made: the batch is made again without it.
constexpr int kMakingTriesMax = 5;

/// A slip whose password is on a page now.
struct MadeSlip {
    Slip seen;
    std::string verifier;
};

/// What lies on the table: everything the second transaction and the manifest need.
struct Batchwork {
    StoredBatch stored;
    std::vector<PrintItem> items;
    std::map<std::int64_t, Slip> slips;  ///< by id
    std::vector<MadeSlip> made;          ///< those that got a password here
    nlohmann::json manifest_items = nlohmann::json::array();
    nlohmann::json parts = nlohmann::json::array();
    std::int64_t pages = 0;
    int pages_in_main = 0;
};

using Reserved = Result<std::optional<Batchwork>>;

Batchwork load_work(store::Tx& tx, const StoredBatch& stored) {
    Batchwork work{stored, items_of_batch(tx, stored.batch.id), {}, {}};
    for (Slip& slip : slips_of_batch(tx, stored.batch.id, 0, kItemsPerBatchMax)) {
        work.slips.emplace(slip.id.value(), std::move(slip));
    }
    return work;
}

/// The batch a crash left behind, or a new one, or nothing.
Reserved reserve_in(store::Tx& tx, const StockNames& stocks) {
    const auto unfinished = unfinished_batch(tx);
    if (unfinished) {
        Batchwork work = load_work(tx, *unfinished);
        if (!work.items.empty()) {
            return std::optional(std::move(work));
        }
        const Outcome emptied = set_batch_empty(tx, *unfinished);
        if (!emptied) {
            return emptied.error();
        }
    }
    const auto fresh = reserve_batch(tx, stocks);
    return fresh ? std::optional(load_work(tx, *fresh)) : std::optional<Batchwork>();
}

/// On which stock everything that waits is printed.
Result<StockNames> stocks_waiting(const PrintRun& run) {
    const auto keys = store::transact(run.database, "slips.read-waiting",
                                      [](store::Tx& tx) { return templates_waiting(tx); });
    StockNames names;
    for (const TemplateKey& key : keys) {
        const auto compiled = run.templates.get(key.first, key.second);
        if (!compiled) {
            return compiled.error();
        }
        names.emplace(key, (*compiled)->stock().name);
    }
    return names;
}

/// The first transaction.
Reserved reserve_work(const PrintRun& run) {
    const auto stocks = stocks_waiting(run);
    if (!stocks) {
        return stocks.error();
    }
    return store::transact(run.database, "slips.reserve-batch",
                           [&](store::Tx& tx) -> Reserved { return reserve_in(tx, *stocks); });
}

nlohmann::json manifest_item(const Batchwork& work, const PrintItem& item) {
    nlohmann::json entry{
        {"item", item.id.value()}, {"kind", to_text(item.kind)}, {"request", item.request.value()}};
    if (item.kind == PrintKind::Slip) {
        entry["number"] = work.slips.at(item.slip->value()).number;
    }
    return entry;
}

/// Stamps a slip with a fresh password, or a letter or receipt with its fields.
Result<int> stamp_item(const PrintRun& run, Batchwork& work, const PrintItem& item,
                       paper::Document& document) {
    const auto compiled = run.templates.get(item.scheme, item.template_name);
    if (!compiled) {
        return compiled.error();
    }
    if (item.kind != PrintKind::Slip) {
        return stamp_sheets(**compiled, document, item.fields, {});
    }
    const Slip& slip = work.slips.at(item.slip->value());
    const Secret password = make_password(run.database.random(), std::size_t(slip.password_length));
    const Fields fields = fields_for(**compiled, slip, run.database.clock().now());
    auto pages = stamp_sheets(**compiled, document, fields, {{"password", &password}});
    if (pages) {
        work.made.push_back({slip, crypto::make_verifier(password, run.database.random(),
                                                         crypto::kGeneratedSecretCost)});
    }
    return pages;
}

/// Puts a sealed receipt's page beside the main file, as it is.
void write_sealed_part(const PrintRun& run, Batchwork& work, const PrintItem& item) {
    const std::string bytes = store::transact(
        run.database, "slips.read-sealed", [&](store::Tx& tx) { return sealed_page(tx, item.id); });
    const std::string name = sealed_part_name(work.stored.batch.number, int(work.parts.size()));
    write_file_durably(run.folder / name, bytes, FileAccess::Owner);
    work.parts.push_back(
        {{"file", name}, {"sha256", sha256_hex(bytes)}, {"pages", item.sealed_pages}});
}

/// Draws all pages; returns the main PDF, which holds the passwords.
Result<Secret> draw_batch(const PrintRun& run, Batchwork& work) {
    paper::Document document("Print batch " + work.stored.batch.number,
                             work.stored.batch.created_at);
    remove_batch_files(run.folder, work.stored.batch.number);
    work.parts.push_back({});  // the main file, filled in when it is known
    for (const PrintItem& item : work.items) {
        nlohmann::json entry = manifest_item(work, item);
        int pages = int(item.sealed_pages);
        if (item.sealed_pages > 0) {
            write_sealed_part(run, work, item);
            entry["part"] = work.parts.size() - 1;
            entry["first_page_in_part"] = 1;
        } else {
            const auto stamped = stamp_item(run, work, item, document);
            if (!stamped) {
                return stamped.error();
            }
            pages = *stamped;
            entry["part"] = 0;
            entry["first_page_in_part"] = work.pages_in_main + 1;
            work.pages_in_main += pages;
        }
        entry["first_page"] = work.pages + 1;
        entry["pages"] = pages;
        work.pages += pages;
        work.manifest_items.push_back(std::move(entry));
    }
    if (work.pages_in_main == 0) {
        static_cast<void>(document.add_page());  // all items are sealed; a PDF has a page
    }
    return finish_secret(document);
}

/// Writes the encrypted file and the manifest, both whole or not at all.
BatchResult write_files(const PrintRun& run, Batchwork& work, const Secret& pdf) {
    const std::string& number = work.stored.batch.number;
    const std::string enveloped = crypto::encrypt_to(run.print_room, pdf.reveal());
    const std::string sha256 = sha256_hex(enveloped);
    const auto file = batch_file(run.folder, number);
    write_file_durably(file, enveloped, FileAccess::Owner);
    work.parts[0] = {
        {"file", file.filename().string()}, {"sha256", sha256}, {"pages", work.pages_in_main}};
    const nlohmann::json manifest{{"batch", number},
                                  {"stock", work.stored.batch.stock},
                                  {"made_at", to_utc_text(run.database.clock().now())},
                                  {"encrypted_to", run.print_room.fingerprint()},
                                  {"slips", work.slips.size()},
                                  {"pages", work.pages},
                                  {"parts", work.parts},
                                  {"items", work.manifest_items}};
    std::string text = manifest.dump(1);
    write_file_durably(manifest_file(run.folder, number), text, FileAccess::Owner);
    return {std::move(text), sha256, std::int64_t(work.items.size()),
            std::int64_t(work.slips.size()), work.pages};
}

/// Keeps one slip's verifier, never its password (G 4); a slip whose account has moved on is voided
/// instead, and its page left out when the batch is printed.
Outcome keep_made_slip(store::Tx& tx, const PrintRun& run, const MadeSlip& made) {
    const Outcome touched =
        move_slip(tx, made.seen, {.to = SlipState::Batched});  // still as it was drawn?
    if (!touched) {
        return touched.error();
    }
    const Outcome stored =
        run.store_verifier(tx, made.seen.account, made.seen.account_generation, made.verifier);
    if (stored) {
        return done();
    }
    return void_slip(tx, {made.seen.id, "superseded", "system"});
}

/// The second transaction: batch ready, and every password on its pages in force.
Result<PrintBatch> record_ready(const PrintRun& run, const Batchwork& work,
                                const BatchResult& result) {
    using Recorded = Result<PrintBatch>;
    return store::transact(run.database, "slips.batch-ready", [&](store::Tx& tx) -> Recorded {
        const std::string& number = work.stored.batch.number;
        const auto now = find_stored_batch(tx, number);
        if (now && now->batch.file_sha256 == result.file_sha256) {
            return now->batch;  // recorded by a commit whose answer was lost
        }
        for (const MadeSlip& made : work.made) {
            const Outcome kept = keep_made_slip(tx, run, made);
            if (!kept) {
                return kept.error();
            }
        }
        const Outcome ready = set_batch_ready(tx, work.stored, result);
        if (!ready) {
            return ready.error();
        }
        return find_batch(tx, number);
    });
}

}  // namespace

Result<std::optional<PrintBatch>> make_print_batch(const PrintRun& run) {
    const FolderLock lock(run.folder);
    if (!lock.held()) {
        return Error{ErrorKind::Unavailable,
                     "slips.busy",
                     "Another process is working in the print folder; try again.",
                     {},
                     {}};
    }
    for (int attempt = 1;; ++attempt) {
        auto work = reserve_work(run);
        if (!work) {
            return work.error();
        }
        if (!work->has_value()) {
            return std::optional<PrintBatch>();
        }
        const auto pdf = draw_batch(run, **work);
        if (!pdf) {
            return pdf.error();
        }
        const BatchResult result = write_files(run, **work, *pdf);
        crash_point("slips.batch-written");
        const auto recorded = record_ready(run, **work, result);
        if (recorded) {
            return std::optional(*recorded);
        }
        if (recorded.error().kind != ErrorKind::Conflict || attempt == kMakingTriesMax) {
            return recorded.error();
        }
    }
}

}  // namespace sealdesk::slips
