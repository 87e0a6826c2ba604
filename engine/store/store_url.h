#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "store/connection.h"

namespace sealdesk::store {

/// One node of a database cluster, or the only server.
struct ServerAddress {
    std::string host;
    int port = 3306;
    friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

/// Where a SQLite database lies.
struct SqlitePlace {
    std::string path;
    bool create_if_missing = false;
};

/// How to reach a MySQL or MariaDB database.
struct MysqlPlace {
    std::vector<ServerAddress> servers;  ///< at least one
    std::string user;
    std::string database;  ///< letters, digits and _, at most 64
    std::string password_file;
    std::string socket;
    std::string tls_ca;
    std::string tls_certificate;
    std::string tls_key;
    bool create_if_missing = false;
};

using Place = std::variant<SqlitePlace, MysqlPlace>;

/// Reads the options' URL; the other members win over what it says. Error store.bad_url (Invalid)
/// for anything unknown, a password, or another machine without `tls_ca` (store.tls_missing).
[[nodiscard]] Result<Place> parse_store_url(const ConnectionOptions& options);

/// True for addresses that never leave this machine: localhost, 127.0.0.0/8, ::1.
[[nodiscard]] bool is_loopback(const std::string& host);

/// The database password: the file's first line, or $SEALDESK_STORE_PASSWORD when no file is
/// named, or empty. The file's mode is checked through its descriptor. Throws Failure
/// those of read_password_file().
[[nodiscard]] Secret read_store_password(const std::string& file);

}  // namespace sealdesk::store
