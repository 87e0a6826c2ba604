#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace sealdesk::store {

/// Prepared statements of one connection by their text. Keeps at most kCapacity of them, because a
/// MySQL server allows 16,382 for all its clients together; the least recently used goes first.
template <class Statement>
class StatementCache {
public:
    static constexpr std::size_t kCapacity = 200;

    /// The statement of this text; `prepare()` makes it when there is none yet.
    template <class Prepare>
    Statement& get(std::string_view sql, Prepare&& prepare) {
        auto found = entries_.find(sql);
        if (found == entries_.end()) {
            if (entries_.size() >= kCapacity) {
                drop_oldest();
            }
            found = entries_.emplace(std::string(sql), Entry{prepare(), 0}).first;
        }
        found->second.used = ++clock_;
        return found->second.statement;
    }

    void clear() { entries_.clear(); }

private:
    struct Entry {
        Statement statement;
        std::uint64_t used;
    };

    void drop_oldest() {
        auto oldest = entries_.begin();
        for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
            if (entry->second.used < oldest->second.used) {
                oldest = entry;
            }
        }
        entries_.erase(oldest);
    }

    std::map<std::string, Entry, std::less<>> entries_;
    std::uint64_t clock_ = 0;
};

}  // namespace sealdesk::store
