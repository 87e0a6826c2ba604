#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "slips/print_item.h"
#include "slips/slip.h"
#include "slips/template.h"

namespace sealdesk::slips {

/// Slips in one batch at most: viewers and printers slow down beyond (notes/slips.md A.7).
inline constexpr int kSlipsPerBatchMax = 1000;
/// Printed items (letters, receipts, slips) in one batch at most.
inline constexpr int kItemsPerBatchMax = 3000;

/// Making: reserved, its file may not exist yet. Ready: the encrypted file is there. Printing:
/// being decrypted. Printed: in the print queue, the ciphertext is gone. Closed: every slip in it
/// was handed over, posted or voided.
enum class BatchState { Making, Ready, Printing, Printed, Closed };
[[nodiscard]] std::string_view to_text(BatchState state);

struct PrintBatch {
    PrintBatchId id;
    std::string number;  ///< "P115-000007-2"
    BatchState state;
    std::string stock;        ///< what it is printed on: one stock a batch
    std::string file_sha256;  ///< of the encrypted file; empty while making
    std::int64_t items;
    std::int64_t slips;
    std::int64_t pages;
    Instant created_at;
    std::optional<Instant> made_at;
    std::optional<Instant> printed_at;
    std::optional<Instant> closed_at;
};

/// What the making of a batch needs.
struct PrintRun {
    store::Database& database;
    TemplateShelf& templates;
    std::filesystem::path folder;  ///< the desk's print folder
    const crypto::Certificate& print_room;
    StoreVerifier store_verifier;
};

/// Makes one batch of what waits for printing, all on one stock, in parcel order: letter, receipt
/// and slip of one request lie together, and on stock that is printed on both sides every item
/// starts on a new sheet (odd page). Nothing when nothing waits; call it until then.
///
/// Writes `folder`/NUMBER.pdf.p7m (CMS EnvelopedData, AES-256-CBC, for the print room's
/// certificate), NUMBER-Rnnn.pdf.p7m for each sealed receipt (slips/electronic.h), and the
/// manifest NUMBER.json: batch number, stock, parts with SHA-256, and for each item its kind,
/// number, first page and pages. No names, no secrets.
///
/// Units of work "slips.reserve-batch" and "slips.batch-ready", crash point "slips.batch-written"
/// between them. After a crash the next call makes the same batch again, with new secrets over
/// the old file; the verifiers of the old ones were never stored. One maker at a time for each
/// folder (a lock that dies with its process): Unavailable slips.busy otherwise.
/// Errors: those of the templates.
[[nodiscard]] Result<std::optional<PrintBatch>> make_print_batch(const PrintRun& run);

/// What the print room's own step needs.
struct PrintRoom {
    store::Database& database;
    std::filesystem::path folder;
    const crypto::Certificate& certificate;
    const crypto::KeyPair& key;
    TemplateShelf& templates;  ///< whose stocks the batches name
    /// Number of the form that lies on top in the printer; empty: not looked at.
    std::string first_form = {};
};

/// What lies in the print queue now.
struct Queued {
    std::filesystem::path file;
    std::int64_t pages = 0;
    std::int64_t slips = 0;
    std::int64_t left_out = 0;    ///< items voided since the batch was made; not in the file
    std::string first_form = {};  ///< of pre-numbered stock
    std::string last_form = {};
};

/// `slip print`: decrypts a batch once into `folder`/queue/NUMBER.pdf (mode 0600) and deletes the
/// encrypted parts. Pages of items voided since are left out.
///
/// The file is finished under a name no spooler takes (crash point "slips.print-assembled"), the
/// decision to print is committed (unit of work "slips.print"), the file gets its name (crash
/// point "slips.queued"), and that is recorded ("slips.printed"). After a crash a further call
/// goes on from there without decrypting again. Otherwise a second call is Refused
/// slips.already_printed: a slip is never printed twice; void and replace. Other errors:
/// slips.batch_not_found, slips.batch_not_ready (Refused), slips.wrong_key (Refused), slips.busy
/// (Unavailable). On pre-numbered stock each sheet takes the next form, in the commit that decides
/// to print: forms.short, forms.other_first (Refused: another form lies on top); slips.no_stock
/// (Refused: stocks.yaml has lost the batch's stock). Throws Failure slips.batch_damaged (Internal)
/// when a part is missing or its SHA-256 differs.
[[nodiscard]] Result<Queued> print_batch(const PrintRoom& room, std::string_view number,
                                         std::string_view actor);

/// Registered-mail numbers by slip number.
using TrackingNumbers = std::map<std::string, std::string>;

/// Says no to a slip that this person may not hand over or post.
using AckCheck = std::function<Outcome(store::Tx&, const Slip&, std::string_view tracking_number)>;

/// `slip ack SLIP`: the printed slip was handed over at the counter, or posted under the tracking
/// number (6 to 24 of 0–9 A–Z -; T 3.2.6: the record shows what was posted, when, and under which
/// number). Closes its batch when it was the last. A repetition changes nothing. Audit:
/// slip.handed_over, slip.posted. Errors: slips.not_found, slips.not_printed (Refused),
/// slips.tracking_needed, slips.not_posted (Invalid: a number for a slip that is picked up),
/// slips.changed_meanwhile (Conflict); what `check` says.
[[nodiscard]] Outcome acknowledge_slip(store::Tx& tx, std::string_view slip_number,
                                       std::string_view tracking_number, std::string_view actor,
                                       const AckCheck& check = {});

/// `slip ack BATCH`: the same for every printed slip of the batch, all or none; then the batch is
/// closed. Remove its queue file afterwards with forget_queue_file(). Errors: those above;
/// slips.batch_not_found; slips.not_in_batch (Invalid: a number for a slip of another batch).
[[nodiscard]] Outcome acknowledge_batch(store::Tx& tx, std::string_view batch_number,
                                        const TrackingNumbers& tracking, std::string_view actor,
                                        const AckCheck& check = {});

/// Overwrites and removes the decrypted file of a batch, if it is still there.
void forget_queue_file(const std::filesystem::path& folder, std::string_view batch_number);

[[nodiscard]] Result<PrintBatch> find_batch(store::Tx& tx, std::string_view number);
[[nodiscard]] PrintBatch get_batch(store::Tx& tx, PrintBatchId id);

/// What waits for paper, by kind; kinds of which nothing waits are left out.
struct WaitingPaper {
    PrintKind kind;
    std::int64_t items;
};
[[nodiscard]] std::vector<WaitingPaper> waiting_paper(store::Tx& tx);

/// All slips of a batch, void ones too, in the order of their keys.
[[nodiscard]] std::vector<Slip> slips_in_batch(store::Tx& tx, PrintBatchId batch);

/// In the order of their keys, after the given id, at most `count_max`.
[[nodiscard]] std::vector<PrintBatch> list_batches(store::Tx& tx, std::int64_t after,
                                                   int count_max);

}  // namespace sealdesk::slips
