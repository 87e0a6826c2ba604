#include <map>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/crash.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/cms.h"
#include "paper/pdf_tools.h"
#include "slips/form_stock.h"
#include "slips/print_folder.h"
#include "slips/print_rows.h"
#include "slips/print_run_record.h"

namespace sealdesk::slips {
namespace {

/// A batch about to be printed: what is stored and which of its items still are to be.
struct QueueWork {
    StoredBatch stored;
    std::vector<PrintItem> items;
};

[[noreturn]] void throw_damaged(const std::string& what) {
    throw_internal("slips.batch_damaged", what + " Void and replace the slips of the batch.");
}

Result<QueueWork> read_work(const PrintRoom& room, std::string_view number) {
    return store::transact(room.database, "slips.read-batch",
                           [&](store::Tx& tx) -> Result<QueueWork> {
                               const auto stored = find_stored_batch(tx, number);
                               if (!stored) {
                                   return Error{ErrorKind::NotFound,
                                                "slips.batch_not_found",
                                                "There is no such print batch.",
                                                {},
                                                {}};
                               }
                               return QueueWork{*stored, items_of_batch(tx, stored->batch.id)};
                           });
}

/// The manifest as it was stored in the database, which is what counts.
nlohmann::json manifest_of(const QueueWork& work) {
    auto manifest = nlohmann::json::parse(work.stored.manifest, nullptr, false);
    if (!manifest.is_object() || !manifest["parts"].is_array() || !manifest["items"].is_array()) {
        throw_damaged("The manifest of the batch cannot be read.");
    }
    return manifest;
}

/// One encrypted part, checked against the manifest and decrypted.
Result<Secret> open_part(const PrintRoom& room, const nlohmann::json& part) {
    const auto file = room.folder / part.at("file").get<std::string>();
    std::error_code absent;
    if (!std::filesystem::exists(file, absent)) {
        throw_damaged("A file of the batch is missing.");
    }
    const std::string bytes = read_file(file);
    if (sha256_hex(bytes) != part.at("sha256").get<std::string>()) {
        throw_damaged("A file of the batch is not the one that was made.");
    }
    auto opened = crypto::decrypt(bytes, room.key, room.certificate);
    if (!opened) {
        return Error{ErrorKind::Refused,
                     "slips.wrong_key",
                     "The batch was encrypted for another key than this print room's.",
                     {},
                     {}};
    }
    return opened;
}

/// What goes to the printer: the manifest without what was voided since.
struct PrintPlan {
    nlohmann::json parts;
    std::vector<nlohmann::json> items;
    Queued queued;
    PrintRunRecord record;
};

PrintPlan plan_printing(const PrintRoom& room, const QueueWork& work) {
    const nlohmann::json manifest = manifest_of(work);
    std::map<std::int64_t, PrintKind> wanted;
    for (const PrintItem& item : work.items) {
        wanted.emplace(item.id.value(), item.kind);
    }
    PrintPlan plan{manifest["parts"], {}, {}, {}};
    plan.queued.file = queue_file(room.folder, work.stored.batch.number);
    for (const nlohmann::json& item : manifest["items"]) {
        const auto found = wanted.find(item.at("item").get<std::int64_t>());
        if (found == wanted.end()) {
            ++plan.queued.left_out;
            continue;
        }
        plan.record.items.push_back({std::string(to_text(found->second)),
                                     item.value("number", std::string()),
                                     plan.queued.pages + 1,
                                     item.at("pages").get<std::int64_t>(),
                                     {},
                                     {}});
        plan.queued.pages += item.at("pages").get<std::int64_t>();
        plan.queued.slips += found->second == PrintKind::Slip ? 1 : 0;
        plan.items.push_back(item);
    }
    return plan;
}

/// The planned pages in parcel order, as one PDF; empty when nothing is left to print.
Result<Secret> assemble_pages(const PrintRoom& room, const PrintPlan& plan) {
    std::vector<Secret> parts;
    for (const nlohmann::json& part : plan.parts) {
        auto opened = open_part(room, part);
        if (!opened) {
            return opened.error();
        }
        parts.push_back(std::move(*opened));
    }
    std::vector<paper::PageRange> ranges;
    for (const nlohmann::json& item : plan.items) {
        ranges.push_back({parts.at(item.at("part").get<std::size_t>()).reveal(),
                          item.at("first_page_in_part").get<int>(), item.at("pages").get<int>()});
    }
    if (ranges.empty()) {
        return Secret(std::size_t{0});
    }
    std::string bytes = paper::assemble(ranges);
    Secret pdf(bytes);
    wipe({bytes.data(), bytes.size()});
    return pdf;
}

void remove_encrypted_parts(const PrintRoom& room, const QueueWork& work) {
    const nlohmann::json manifest = manifest_of(work);
    for (const nlohmann::json& part : manifest["parts"]) {
        std::error_code absent;
        std::filesystem::remove(room.folder / part.at("file").get<std::string>(), absent);
    }
}

/// Gives the finished file its name, records that, and removes what was encrypted.
Outcome release_file(const PrintRoom& room, const QueueWork& work, std::string_view actor) {
    const std::string& number = work.stored.batch.number;
    std::error_code absent;
    if (std::filesystem::exists(unreleased_file(room.folder, number), absent)) {
        rename_durably(unreleased_file(room.folder, number), queue_file(room.folder, number));
    }
    crash_point("slips.queued");
    Outcome recorded =
        store::transact(room.database, "slips.printed", [&](store::Tx& tx) -> Outcome {
            const auto stored = find_stored_batch(tx, number);
            if (!stored) {
                return Error{ErrorKind::NotFound,
                             "slips.batch_not_found",
                             "There is no such print batch.",
                             {},
                             {}};
            }
            if (stored->batch.state == BatchState::Printed) {
                return done();  // recorded by a commit whose answer was lost
            }
            const Outcome printed = set_batch_printed(tx, *stored);
            if (!printed) {
                return printed.error();
            }
            audit::append(tx, {"print.batch_printed",
                               std::string(actor),
                               "print_batch:" + std::to_string(stored->batch.id.value()),
                               {{"number", number}, {"items", std::int64_t(work.items.size())}}});
            return done();
        });
    if (recorded) {
        remove_encrypted_parts(room, work);
    }
    return recorded;
}

Error already_printed(const std::string& number) {
    return {ErrorKind::Refused, "slips.already_printed",
            "The batch has been printed. A slip is never printed twice: void and replace what is "
            "lost.",
            number, "G 5"};
}

/// A batch in state Printing: a crash came between the decision to print and its record.
Result<Queued> resume_printing(const PrintRoom& room, const QueueWork& work,
                               std::string_view actor) {
    const std::string& number = work.stored.batch.number;
    const Queued queued = plan_printing(room, work).queued;
    std::error_code absent;
    if (queued.pages > 0 &&
        !std::filesystem::exists(unreleased_file(room.folder, number), absent) &&
        !std::filesystem::exists(queue_file(room.folder, number), absent)) {
        return already_printed(number);  // somebody has taken the file
    }
    const Outcome released = release_file(room, work, actor);
    if (!released) {
        return released.error();
    }
    return queued;
}

/// Each sheet's form, by the order in which they leave the printer.
Outcome take_forms(store::Tx& tx, const PrintRoom& room, const Stock& stock, const QueueWork& work,
                   PrintPlan& plan) {
    std::int64_t sheets = 0;
    for (const PrintedItem& item : plan.record.items) {
        sheets += stock.sheets_of(item.pages);
    }
    const auto forms = next_forms(tx, stock, sheets);
    if (!forms) {
        return forms.error();
    }
    if (!room.first_form.empty() && !forms->empty() && room.first_form != forms->front().number) {
        return Error{ErrorKind::Refused, "forms.other_first",
                     "The next form is " + forms->front().number +
                         "; if another lies on top, record the missing ones as spoiled.",
                     room.first_form, "M 2.1.3"};
    }
    std::vector<FormUse> uses;
    auto next = forms->begin();
    for (PrintedItem& item : plan.record.items) {
        const auto slip =
            item.kind == to_text(PrintKind::Slip) ? find_slip(tx, item.number) : Error{};
        for (std::int64_t sheet = 0; sheet < stock.sheets_of(item.pages); ++sheet, ++next) {
            uses.push_back({*next, slip ? std::optional(slip->id) : std::nullopt});
            item.first_form = sheet == 0 ? next->number : item.first_form;
            item.last_form = next->number;
        }
    }
    use_forms(tx, stock, work.stored.batch.id, uses, plan.record.actor);
    return done();
}

/// The decision to print, with what the control sheet will say.
Outcome decide_printing(const PrintRoom& room, const Stock& stock, const QueueWork& work,
                        PrintPlan& plan) {
    return store::transact(room.database, "slips.print", [&](store::Tx& tx) -> Outcome {
        const auto now = find_stored_batch(tx, work.stored.batch.number);
        if (now && now->batch.state == BatchState::Printing) {
            return done();  // ours, by a commit whose answer was lost: we hold the lock
        }
        Outcome begun = set_batch_printing(tx, work.stored);
        if (!begun) {
            return begun;
        }
        if (stock.pre_numbered) {
            Outcome taken = take_forms(tx, room, stock, work, plan);
            if (!taken) {
                return taken;
            }
        }
        keep_print_run(tx, work.stored.batch.id, plan.record);
        return done();
    });
}

}  // namespace

Result<Queued> print_batch(const PrintRoom& room, std::string_view number, std::string_view actor) {
    const FolderLock lock(room.folder);
    if (!lock.held()) {
        return Error{ErrorKind::Unavailable,
                     "slips.busy",
                     "Another process is working in the print folder; try again.",
                     {},
                     {}};
    }
    const auto work = read_work(room, number);
    if (!work) {
        return work.error();
    }
    switch (work->stored.batch.state) {
        case BatchState::Ready: break;
        case BatchState::Printing: return resume_printing(room, *work, actor);
        case BatchState::Making:
            return Error{ErrorKind::Refused,
                         "slips.batch_not_ready",
                         "The batch is still being made.",
                         work->stored.batch.number,
                         {}};
        case BatchState::Printed:
        case BatchState::Closed: return already_printed(work->stored.batch.number);
    }
    const auto stocks = room.templates.stocks();
    if (!stocks) {
        return stocks.error();
    }
    const Stock* const stock = (*stocks)->find(work->stored.batch.stock);
    if (stock == nullptr) {
        return no_such_stock(work->stored.batch.stock);
    }
    PrintPlan plan = plan_printing(room, *work);
    plan.record.actor = actor;
    const auto pdf = assemble_pages(room, plan);
    if (!pdf) {
        return pdf.error();
    }
    if (pdf->size() > 0) {
        plan.record.sha256 = sha256_hex(pdf->reveal());
        write_file_durably(unreleased_file(room.folder, number), pdf->reveal(), FileAccess::Owner);
    }
    crash_point("slips.print-assembled");
    const Outcome begun = decide_printing(room, *stock, *work, plan);
    if (!begun) {
        return begun.error();
    }
    const Outcome released = release_file(room, *work, actor);
    if (!released) {
        return released.error();
    }
    if (!plan.record.items.empty()) {
        plan.queued.first_form = plan.record.items.front().first_form;
        plan.queued.last_form = plan.record.items.back().last_form;
    }
    return plan.queued;
}

}  // namespace sealdesk::slips
