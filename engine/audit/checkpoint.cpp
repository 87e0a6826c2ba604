#include "audit/checkpoint.h"

#include <algorithm>
#include <utility>

#include "audit/checkpoint_document.h"
#include "audit/event_store.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/cms.h"

namespace sealdesk::audit {
namespace {

std::string sign_checkpoint(const CheckpointSigner& signer, std::string_view document, Instant at) {
    auto signature = crypto::sign_detached(document, signer.key, signer.certificate, at);
    if (!signature) {
        throw Failure(signature.error());
    }
    return std::move(signature).value();
}

std::int64_t last_number_in(const std::filesystem::path& copy) {
    std::int64_t last = 0;
    if (!std::filesystem::exists(copy)) {
        return last;
    }
    for (const std::string& line : split(read_file(copy), '\n')) {
        const auto document = document_of_line(line);
        const auto claim = document ? parse_document(*document) : std::nullopt;
        if (claim) {
            last = std::max(last, claim->number);
        }
    }
    return last;
}

void bring_copy_up_to_date(store::Database& database, const std::filesystem::path& copy) {
    std::int64_t last = last_number_in(copy);
    while (true) {
        const auto page = store::transact(database, "audit.copy", [&](store::Tx& tx) {
            return checkpoints_after(tx, last, kAuditPage);
        });
        if (page.empty()) {
            return;
        }
        for (const StoredCheckpoint& checkpoint : page) {
            append_line_durably(copy, to_copy_line(checkpoint.document, checkpoint.signature));
        }
        last = page.back().number;
    }
}

}  // namespace

std::optional<Checkpoint> make_checkpoint(store::Database& database, const CheckpointSigner& signer,
                                          const std::filesystem::path& copy) {
    auto made = store::transact(
        database, "audit.checkpoint", [&](store::Tx& tx) -> std::optional<Checkpoint> {
            const Head head = read_head(tx);
            const auto before = last_checkpoint(tx);
            if (head.sequence == (before ? before->sequence : 0)) {
                return std::nullopt;
            }
            if (before && head.sequence < before->sequence) {
                throw_internal("audit.tail_cut",
                               "The audit log is shorter than its last checkpoint; call the "
                               "auditor.");
            }
            CheckpointClaim claim{before ? before->number + 1 : 1, head.sequence, head.hash,
                                  before ? sha256_hex(before->document) : std::string(kChainStart)};
            const std::string document = to_document(claim, tx.now());
            // Signing needs no lock: a checkpoint made meanwhile meets the primary key, and this
            // unit of work is repeated on the new state.
            const std::string signature = sign_checkpoint(signer, document, tx.now());
            insert_checkpoint(tx, {claim.number, claim.sequence, document, signature});
            return Checkpoint{claim.number, claim.sequence, claim.hash};
        });
    bring_copy_up_to_date(database, copy);
    return made;
}

}  // namespace sealdesk::audit
