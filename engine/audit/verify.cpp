#include "audit/verify.h"

#include <utility>
#include <vector>

#include "audit/checkpoint_document.h"
#include "audit/event_store.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/cms.h"

namespace sealdesk::audit {
namespace {

/// What a sound checkpoint says about one event.
struct Mark {
    std::int64_t number;
    std::int64_t sequence;
    std::string hash;
};

/// What is known of the checkpoints in the database.
struct Marks {
    std::vector<Mark> sound;
    std::vector<std::string> document_hashes;  ///< by number, from 1
    std::optional<Finding> finding;
};

Finding altered_checkpoint(const StoredCheckpoint& checkpoint, const std::string& why) {
    return {"audit.checkpoint_altered", checkpoint.sequence,
            "Checkpoint " + std::to_string(checkpoint.number) + ": " + why};
}

std::optional<Finding> check_checkpoint(const StoredCheckpoint& checkpoint, const Marks& before,
                                        std::span<const crypto::Certificate> trusted) {
    const auto claim = parse_document(checkpoint.document);
    const std::int64_t number = static_cast<std::int64_t>(before.document_hashes.size()) + 1;
    const std::int64_t covered = before.sound.empty() ? 0 : before.sound.back().sequence;
    if (!claim || claim->number != checkpoint.number || claim->sequence != checkpoint.sequence ||
        checkpoint.number != number || checkpoint.sequence <= covered) {
        return altered_checkpoint(checkpoint, "it is not in its place.");
    }
    const std::string previous =
        before.document_hashes.empty() ? std::string(kChainStart) : before.document_hashes.back();
    if (claim->previous != previous) {
        return altered_checkpoint(checkpoint, "it does not follow the one before.");
    }
    const auto verified =
        crypto::verify_detached(checkpoint.signature, checkpoint.document, trusted);
    if (!verified) {
        return altered_checkpoint(checkpoint, verified.error().detail);
    }
    return std::nullopt;
}

Marks read_marks(store::Database& database, std::span<const crypto::Certificate> trusted) {
    Marks marks;
    std::int64_t last = 0;
    while (true) {
        const auto page = store::transact(database, "audit.verify", [&](store::Tx& tx) {
            return checkpoints_after(tx, last, kAuditPage);
        });
        for (const StoredCheckpoint& checkpoint : page) {
            marks.finding = check_checkpoint(checkpoint, marks, trusted);
            if (marks.finding) {
                return marks;
            }
            const auto claim = parse_document(checkpoint.document);
            marks.sound.push_back({checkpoint.number, checkpoint.sequence, claim->hash});
            marks.document_hashes.push_back(sha256_hex(checkpoint.document));
            last = checkpoint.number;
        }
        if (page.empty()) {
            return marks;
        }
    }
}

/// Walks the chain; holds where it stands.
class Walk {
public:
    explicit Walk(const std::vector<Mark>& marks) : marks_(marks) {}

    std::optional<Finding> finding;
    [[nodiscard]] std::int64_t last() const { return last_; }

    void step(const Record& record) {
        if (record.sequence != last_ + 1) {
            found("audit.row_missing", last_ + 1, "The event is gone.");
            return;
        }
        if (record.hash != chain_hash(record, hash_)) {
            found("audit.row_altered", record.sequence,
                  "The event was edited, exchanged with another, or put in here.");
            return;
        }
        last_ = record.sequence;
        hash_ = record.hash;
        check_mark();
    }

    void check_head(const Head& head) {
        if (last_ > head.sequence) {
            found("audit.row_inserted", head.sequence + 1,
                  "The event stands behind the end of the chain.");
        } else if (last_ == head.sequence && hash_ != head.hash) {
            found("audit.head_altered", last_, "The chain's head is not that of its last event.");
        }
    }

    void check_end(std::int64_t known_end) {
        if (last_ < known_end) {
            found("audit.tail_cut", last_ + 1,
                  "The log ends here, but event " + std::to_string(known_end) + " existed.");
        }
    }

private:
    void found(std::string code, std::int64_t sequence, std::string detail) {
        if (!finding) {
            finding = Finding{std::move(code), sequence, std::move(detail)};
        }
    }

    void check_mark() {
        if (next_mark_ < marks_.size() && marks_[next_mark_].sequence == last_) {
            if (marks_[next_mark_].hash != hash_) {
                found("audit.rewritten", last_,
                      "Events up to this one differ from those that checkpoint " +
                          std::to_string(marks_[next_mark_].number) + " signed.");
            }
            ++next_mark_;
        }
    }

    const std::vector<Mark>& marks_;
    std::size_t next_mark_ = 0;
    std::int64_t last_ = 0;
    std::string hash_{kChainStart};
};

struct Page {
    std::vector<Record> records;
    Head head;
};

/// Walks to the end of the log, which may grow meanwhile, or until somebody wants it to stop.
void walk_all(store::Database& database, Walk& walk, const Watch& watch) {
    std::int64_t known_end = 0;
    while (!walk.finding && !watch.stopped()) {
        const Page page = store::transact(database, "audit.verify", [&](store::Tx& tx) {
            // The rows first: a head read later covers them all.
            auto records = records_after(tx, walk.last(), kAuditPage);
            return Page{std::move(records), read_head(tx)};
        });
        for (const Record& record : page.records) {
            walk.step(record);
        }
        if (walk.finding) {
            return;
        }
        watch.at(walk.last(), page.head.sequence);
        walk.check_head(page.head);
        if (page.records.empty()) {
            // A head that moved since the rows were read is looked at once more.
            if (walk.last() < known_end || page.head.sequence <= walk.last()) {
                return walk.check_end(known_end);
            }
        }
        known_end = page.head.sequence;
    }
}

std::optional<Finding> check_copy(const std::filesystem::path& copy, const Marks& marks) {
    if (copy.empty() || !std::filesystem::exists(copy)) {
        return std::nullopt;
    }
    for (const std::string& line : split(read_file(copy), '\n')) {
        const auto document = document_of_line(line);
        const auto claim = document ? parse_document(*document) : std::nullopt;
        if (!claim) {
            continue;  // an empty or torn line says nothing
        }
        const auto index = static_cast<std::size_t>(claim->number - 1);
        if (claim->number < 1 || index >= marks.document_hashes.size() ||
            marks.document_hashes[index] != sha256_hex(*document)) {
            return Finding{"audit.checkpoint_missing", claim->sequence,
                           "Checkpoint " + std::to_string(claim->number) +
                               " of the copy is not in the database: the log was cut or rewritten "
                               "at or before event " +
                               std::to_string(claim->sequence) + "."};
        }
    }
    return std::nullopt;
}

}  // namespace

VerifyReport verify(store::Database& database, std::span<const crypto::Certificate> trusted,
                    const std::filesystem::path& copy, const Watch& watch) {
    const Marks marks = read_marks(database, trusted);
    Walk walk(marks.sound);
    walk_all(database, walk, watch);
    if (watch.stopped() && !walk.finding) {
        return {walk.last(), static_cast<std::int64_t>(marks.sound.size()), marks.finding, true};
    }
    if (!walk.finding && !marks.sound.empty()) {
        walk.check_end(marks.sound.back().sequence);
    }
    VerifyReport report{walk.last(), static_cast<std::int64_t>(marks.sound.size()), walk.finding};
    if (!report.finding) {
        report.finding = marks.finding;
    }
    if (!report.finding) {
        report.finding = check_copy(copy, marks);
    }
    return report;
}

}  // namespace sealdesk::audit
