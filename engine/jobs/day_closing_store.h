#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/tx.h"

/// The table of closings; for day_closing.cpp only.
namespace sealdesk::jobs {

struct StoredClosing {
    std::int64_t number = 0;
    std::string day;
    std::int64_t difference = 0;
    std::string document;
    std::string signature;
};

[[nodiscard]] std::optional<StoredClosing> last_closing(store::Tx& tx);
[[nodiscard]] std::optional<StoredClosing> closing_of(store::Tx& tx, std::string_view day);
[[nodiscard]] std::vector<StoredClosing> closings_after(store::Tx& tx, std::int64_t number,
                                                        std::int64_t limit);
void insert_closing(store::Tx& tx, const StoredClosing& closing);

}  // namespace sealdesk::jobs
