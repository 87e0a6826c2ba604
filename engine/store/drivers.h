#pragma once

#include <memory>

#include "store/connection.h"
#include "store/store_url.h"

namespace sealdesk::store {

/// The two drivers; each in its own file, so that its library's header is seen nowhere else.
/// Failures as of open().
[[nodiscard]] std::unique_ptr<Connection> open_sqlite(const SqlitePlace& place);
[[nodiscard]] std::unique_ptr<Connection> open_mysql(const MysqlPlace& place);

/// Throws Failure (Internal, store.not_utf8) when a text parameter is not UTF-8: MySQL would
/// refuse it, SQLite would not, and both should act alike.
void require_utf8(std::span<const Value> args);

/// The beginning of a statement, for an error's detail. Statements hold no values.
[[nodiscard]] std::string abbreviated(std::string_view sql);

}  // namespace sealdesk::store
