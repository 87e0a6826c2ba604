#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "intake/fates.h"
#include "store/tx.h"

// Inside of effects/ only: a table of the post, worked through in chunks.
namespace sealdesk::effects {

/// What the rows came to.
struct PostFileSums {
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicate = 0;
};

/// Judges rows of one file, intake::kChunkRows in a unit of work of the given name. `judge` gives
/// the fate of a row that has no trouble, its tracking being new in this file.
template <class Row>
class PostFile {
public:
    using Judge = std::function<intake::Fate(store::Tx&, const Row&, intake::Fate fresh)>;
    using OnFate = std::function<void(const intake::Fate&)>;

    PostFile(store::Database& database, std::filesystem::path file, std::string_view unit,
             Judge judge, OnFate on_fate)
        : database_(database),
          file_(std::move(file)),
          unit_(unit),
          judge_(std::move(judge)),
          on_fate_(std::move(on_fate)) {}

    void take(Row row) {
        chunk_.push_back(std::move(row));
        if (chunk_.size() >= intake::kChunkRows) {
            flush();
        }
    }

    void flush() {
        const auto fates = store::transact(database_, unit_, [&](store::Tx& tx) {
            std::vector<intake::Fate> judged;
            std::map<std::string, std::string> in_chunk;
            for (const Row& row : chunk_) {
                judged.push_back(fate_of(tx, row, in_chunk));
            }
            return judged;
        });
        for (const intake::Fate& fate : fates) {
            if (fate.kind == intake::FateKind::Accepted) {
                taken_[fate.record] = fate.request;
            }
            (fate.kind == intake::FateKind::Accepted    ? sums_.accepted
             : fate.kind == intake::FateKind::Duplicate ? sums_.duplicate
                                                        : sums_.refused) += 1;
            on_fate_(fate);
        }
        chunk_.clear();
    }

    [[nodiscard]] const PostFileSums& sums() const { return sums_; }

private:
    intake::Fate fate_of(store::Tx& tx, const Row& row,
                         std::map<std::string, std::string>& in_chunk) {
        intake::Fate fate;
        fate.file = file_.filename().string();
        fate.row = row.row;
        fate.record = row.tracking;
        if (row.trouble) {
            fate.reasons.push_back(*row.trouble);
            return fate;
        }
        for (const auto* seen : {&taken_, &in_chunk}) {
            const auto twice = seen->find(row.tracking);
            if (twice != seen->end()) {
                fate.kind = intake::FateKind::Duplicate;
                fate.duplicate_of = twice->second;
                return fate;
            }
        }
        intake::Fate judged = judge_(tx, row, std::move(fate));
        if (judged.kind == intake::FateKind::Accepted) {
            in_chunk[row.tracking] = judged.request;
        }
        return judged;
    }

    store::Database& database_;
    std::filesystem::path file_;
    std::string unit_;
    Judge judge_;
    OnFate on_fate_;
    std::vector<Row> chunk_;
    std::map<std::string, std::string> taken_;  ///< registered-mail number → request
    PostFileSums sums_;
};

}  // namespace sealdesk::effects
