#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace sealdesk::store {

/// Bytes for a BLOB column (a plain text value binds as text).
struct Blob {
    std::string bytes;
    friend bool operator==(const Blob&, const Blob&) = default;
};

/// One bound parameter or one column: NULL, a signed 64-bit number, UTF-8 text, or bytes. No
/// floating point and no unsigned numbers: the two databases disagree on both.
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;

/// One row of a result, read by position in the order of the SELECT list. Each reader throws
/// Failure (store.unexpected_value) when the column holds something else.
class Row {
public:
    explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}

    [[nodiscard]] std::int64_t number(std::size_t column) const;
    [[nodiscard]] const std::string& text(std::size_t column) const;
    [[nodiscard]] const std::string& bytes(std::size_t column) const;  ///< of a BLOB column
    [[nodiscard]] Instant instant(std::size_t column) const;
    [[nodiscard]] bool is_null(std::size_t column) const;
    [[nodiscard]] std::optional<std::int64_t> number_or_null(std::size_t column) const;
    [[nodiscard]] std::optional<std::string> text_or_null(std::size_t column) const;
    [[nodiscard]] std::optional<Instant> instant_or_null(std::size_t column) const;

private:
    std::vector<Value> columns_;
};

/// Why a statement failed, as far as the caller acts differently on it.
enum class Trouble {
    Duplicate,  ///< a UNIQUE or PRIMARY KEY constraint (MySQL 1062)
    Retry,      ///< deadlock, certification conflict, busy: repeat the whole unit of work
    Lost,       ///< the connection is gone; the outcome of a running COMMIT is unknown
    Full,       ///< no room, no memory, read-only: someone must act before it can succeed
    Other,      ///< anything else: a constraint, a defect
};

/// Thrown by a Connection. A kind of Failure, so that nothing above the store need know it:
/// store.duplicate (Conflict), store.busy, store.lost, store.full (Unavailable), store.failed
/// (Internal). The detail holds the statement and the database's error number, never a value.
class DatabaseFailure final : public Failure {
public:
    DatabaseFailure(Trouble trouble, std::string detail);
    [[nodiscard]] Trouble trouble() const noexcept { return trouble_; }

private:
    Trouble trouble_;
};

/// One open database. Four calls, so that a new backend is an afternoon's work and a failing
/// double is a page. One connection serves one thread at a time.
class Connection {
public:
    virtual ~Connection() = default;

    /// Rows of a SELECT, all in memory: callers page by key and bound their lists.
    virtual std::vector<Row> query(std::string_view sql, std::span<const Value> args) = 0;

    /// Runs anything else; returns the number of rows matched (not: changed) by it.
    virtual std::int64_t execute(std::string_view sql, std::span<const Value> args) = 0;

    /// Drops a lost connection and opens a new one with the same settings.
    virtual void reopen() = 0;

    [[nodiscard]] virtual std::string_view dialect() const = 0;  ///< "sqlite" or "mysql"
};

/// How to reach a database. Made from a store URL and the desk's configuration.
///
/// "sqlite:PATH", or "mysql://user@host:port/database?socket=PATH&tls_ca=FILE". Several hosts
/// (host1:3306,host2:3306: the nodes of a cluster) are tried in turn. The members below win over
/// what the URL says. The password is never in the URL. Without `tls_ca` only a socket or a
/// loopback address is accepted: nothing leaves the machine in clear text.
struct ConnectionOptions {
    std::string url = {};
    std::string password_file = {};    ///< mode 0600 or stricter; empty: $SEALDESK_STORE_PASSWORD
    std::string socket = {};           ///< mysql: Unix socket, wins over host and port
    std::string tls_ca = {};           ///< mysql: CA file; with it TLS is required and verified
    std::string tls_certificate = {};  ///< mysql: client certificate, optional
    std::string tls_key = {};          ///< mysql: its key
    bool create_if_missing = false;    ///< make the database when there is none (for `init`)
};

/// Opens the database named by the URL. Throws Failure: store.bad_url, store.no_database (Invalid;
/// none there and not to be made), store.denied (Invalid), those of read_password_file(),
/// store.unreachable or store.tls_missing (Unavailable), never with a password in it.
[[nodiscard]] std::unique_ptr<Connection> open(const ConnectionOptions& options);

}  // namespace sealdesk::store
