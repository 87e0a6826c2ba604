#include <map>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/crash.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/cms.h"
#include "paper/pdf_tools.h"
#include "slips/print_folder.h"
#include "slips/print_rows.h"

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

/// The pages to be printed, in parcel order, as one PDF.
struct Assembled {
    Secret pdf;
    std::int64_t pages;
    std::int64_t slips;
    std::int64_t left_out;
};

Result<Assembled> assemble_batch(const PrintRoom& room, const QueueWork& work) {
    const nlohmann::json manifest = manifest_of(work);
    std::vector<Secret> parts;
    for (const nlohmann::json& part : manifest["parts"]) {
        auto opened = open_part(room, part);
        if (!opened) {
            return opened.error();
        }
        parts.push_back(std::move(*opened));
    }
    std::map<std::int64_t, PrintKind> wanted;
    for (const PrintItem& item : work.items) {
        wanted.emplace(item.id.value(), item.kind);
    }
    std::vector<paper::PageRange> ranges;
    Assembled assembled{Secret(std::size_t{0}), 0, 0, 0};
    for (const nlohmann::json& item : manifest["items"]) {
        const auto found = wanted.find(item.at("item").get<std::int64_t>());
        if (found == wanted.end()) {
            ++assembled.left_out;
            continue;
        }
        const int pages = item.at("pages").get<int>();
        ranges.push_back({parts.at(item.at("part").get<std::size_t>()).reveal(),
                          item.at("first_page_in_part").get<int>(), pages});
        assembled.pages += pages;
        assembled.slips += found->second == PrintKind::Slip ? 1 : 0;
    }
    if (!ranges.empty()) {
        std::string bytes = paper::assemble(ranges);
        assembled.pdf = Secret(bytes);
        wipe({bytes.data(), bytes.size()});
    }
    return assembled;
}

/// What the manifest says went to the queue, when it is there already.
Queued queued_before(const PrintRoom& room, const QueueWork& work) {
    const nlohmann::json manifest = manifest_of(work);
    const auto left_out = std::int64_t(manifest["items"].size()) - std::int64_t(work.items.size());
    const auto slips = std::ranges::count(work.items, PrintKind::Slip, &PrintItem::kind);
    return {queue_file(room.folder, work.stored.batch.number), work.stored.batch.pages, slips,
            left_out};
}

void remove_encrypted_parts(const PrintRoom& room, const QueueWork& work) {
    for (const nlohmann::json& part : manifest_of(work)["parts"]) {
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
    const Outcome recorded =
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
                return printed;
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
            number, "T 5.12"};
}

/// A batch in state Printing: a crash came between the decision to print and its record.
Result<Queued> resume_printing(const PrintRoom& room, const QueueWork& work,
                               std::string_view actor) {
    const std::string& number = work.stored.batch.number;
    std::error_code absent;
    if (!std::filesystem::exists(unreleased_file(room.folder, number), absent) &&
        !std::filesystem::exists(queue_file(room.folder, number), absent)) {
        return already_printed(number);  // somebody has taken the file
    }
    const Queued queued = queued_before(room, work);
    const Outcome released = release_file(room, work, actor);
    if (!released) {
        return released.error();
    }
    return queued;
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
    const auto assembled = assemble_batch(room, *work);
    if (!assembled) {
        return assembled.error();
    }
    if (assembled->pages > 0) {
        write_file_durably(unreleased_file(room.folder, number), assembled->pdf.reveal(),
                           FileAccess::Owner);
    }
    crash_point("slips.print-assembled");
    const Outcome begun = store::transact(
        room.database, "slips.print",
        [&](store::Tx& tx) -> Outcome { return set_batch_printing(tx, work->stored); });
    if (!begun) {
        return begun.error();
    }
    const Outcome released = release_file(room, *work, actor);
    if (!released) {
        return released.error();
    }
    return Queued{queue_file(room.folder, number), assembled->pages, assembled->slips,
                  assembled->left_out};
}

}  // namespace sealdesk::slips
