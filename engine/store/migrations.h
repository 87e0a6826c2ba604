#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/connection.h"

namespace sealdesk::store {

/// One file of ddl/: `NNN_what.sql`, one statement.
struct Migration {
    int version = 0;        ///< NNN
    std::string name;       ///< file name without ".sql"
    std::string statement;  ///< without comments and the closing semicolon, {words} unreplaced
    std::string sha256;     ///< of `statement`, so that a comment may be mended later
};

/// The migrations of a folder in the order of their numbers. Throws Failure schema.bad_files
/// (Internal) when the folder is missing or empty, a number occurs twice, or a file holds more or
/// less than one statement.
[[nodiscard]] std::vector<Migration> read_migrations(const std::filesystem::path& ddl);

/// The statement as one database wants it: {bigint} {text} {blob} {varchar:N} {table} replaced.
/// `dialect` is "sqlite" or "mysql". Throws Failure schema.bad_files for an unknown word.
[[nodiscard]] std::string in_dialect(std::string_view statement, std::string_view dialect);

/// Brings the database to the folder's version and returns how many files it applied. May be run
/// again after a crash, at any time. Throws Failure schema.changed, schema.newer (Internal, as
/// check_schema does) or schema.locked (Unavailable: another process is at it).
int migrate(Connection& connection, const std::filesystem::path& ddl, const Clock& clock);

/// Makes sure that the database has exactly the folder's version. Throws Failure:
/// schema.older    (Refused)  a file was not applied, or not to its end: run `sealdesk init`
/// schema.newer    (Internal) the database was made by a later version of this program
/// schema.changed  (Internal) a file was edited after it had been applied
void check_schema(Connection& connection, const std::filesystem::path& ddl);

}  // namespace sealdesk::store
