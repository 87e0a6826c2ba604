#include <charconv>
#include <cstdint>
#include <string>

#include <cppconn/connection.h>
#include <cppconn/datatype.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include "store/drivers.h"
#include "store/statement_cache.h"

// MySQL Connector/C++ 1.1.12 has traps; the rules here avoid them:
// * Connection::commit(), rollback(), setAutoCommit() swallow errors, so a lost commit looks done:
//   START TRANSACTION, COMMIT and ROLLBACK are sent as statements. tests/store checks the sources.
// * reconnect() loses the session's settings silently: a lost connection is thrown away.
// * Encryption is required and verified only by sslCA together with sslVerify; OPT_SSL_MODE does
//   nothing. Ssl_cipher is asked for afterwards.
// * Every pointer returned is ours.
// * setUInt64 spoils the parameter for later signed values; only setInt64 is used.

namespace sealdesk::store {

namespace {

// Seconds. A server on the same network answers a connect in milliseconds; a failed node is left
// for the next one quickly. No statement of ours runs longer than a minute.
constexpr int kConnectTimeout = 3;
constexpr int kStatementTimeout = 60;

/// What every session is set to, whatever the server's defaults. READ COMMITTED: the connector
/// forces REPEATABLE READ otherwise. Strict mode: nothing is cut or coerced silently. The others
/// make SQL mean the same as on SQLite.
constexpr const char* kSessionSettings[] = {
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode='STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,ONLY_FULL_GROUP_BY,"
    "NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE'",
    // Not SET NAMES … COLLATE: it makes results carry the collation's number, and the connector
    // knows none above 255.
    "SET SESSION time_zone='+00:00', innodb_lock_wait_timeout=5, "
    "collation_connection=utf8mb4_nopad_bin",
};

// Error numbers; `mariadb` documents them as ER_… (1000 up) and CR_… (2000 up).
constexpr int kUnknownDatabase = 1049;
constexpr int kTlsFailed = 2026;

Trouble trouble_of_error(int code) {
    switch (code) {
        case 1062:  // duplicate key
        case 1586:
        case 1022: return Trouble::Duplicate;
        case 1213:  // deadlock, certification conflict
        case 1205:  // lock wait timeout
        case 1020:  // row changed since read
        case 1317:  // statement interrupted
        case 1615:  // statement must be prepared again
        case 1461:  // too many prepared statements on the server
            return Trouble::Retry;
        case 1040:  // too many connections
        case 1047:  // cluster node not in service
        case 1053:  // server is shutting down
        case 1080:  // connection killed
        case 1158:
        case 1159:
        case 1160:
        case 1161:  // network packets lost
        case 1290:
        case 1836:  // read-only: a replica after fail-over
        case 1927:  // connection killed
        case 2002:
        case 2003:
        case 2006:
        case 2013:
        case kTlsFailed:
        case 2055:
        case 2014:  // out of step with the server: unusable
        case 2030: return Trouble::Lost;
        case 1021:  // disk full
        case 1114:  // table full
        case 1037:
        case 1038:
        case 1041: return Trouble::Full;
        default: return Trouble::Other;
    }
}

/// The server's message, where it cannot hold a value: an error about a duplicate or a wrong value
/// quotes it, and it may be a person's.
std::string safe_message(const sql::SQLException& error) {
    std::string message = error.what();
    switch (error.getErrorCode()) {
        case 1062: {  // Duplicate entry '…' for key 'name'
            const auto key = message.rfind(" for key ");
            return key == std::string::npos ? "duplicate" : "duplicate" + message.substr(key);
        }
        case 0:  // the connector itself
        case 1048:
        case 1049:
        case 1054:
        case 1064:
        case 1146:
        case 1364:
        case 1406:
        case 1451:
        case 1452:
        case 1213:
        case 1205:
        case 1050:
        case 1061:
        case 1091:
        case 4025:
        case 2002:
        case 2003:
        case 2006:
        case 2013:
        case kTlsFailed: return message;
        default: return "see the error's number";
    }
}

[[noreturn]] void fail_statement(const sql::SQLException& error, std::string_view sql) {
    throw DatabaseFailure(trouble_of_error(error.getErrorCode()),
                          "MySQL " + std::to_string(error.getErrorCode()) + " (" +
                              error.getSQLStateCStr() + "), " + safe_message(error) + ": " +
                              abbreviated(sql));
}

/// What a column's values become. Sums of BIGINT come as DECIMAL without decimals.
enum class ColumnKind { Number, Text, Bytes, Unknown };

ColumnKind kind_of(int type, unsigned scale) {
    using sql::DataType;
    switch (type) {
        case DataType::BIT:
        case DataType::TINYINT:
        case DataType::SMALLINT:
        case DataType::MEDIUMINT:
        case DataType::INTEGER:
        case DataType::BIGINT: return ColumnKind::Number;
        case DataType::DECIMAL:
        case DataType::NUMERIC: return scale == 0 ? ColumnKind::Number : ColumnKind::Unknown;
        case DataType::CHAR:
        case DataType::VARCHAR:
        case DataType::LONGVARCHAR: return ColumnKind::Text;
        case DataType::BINARY:
        case DataType::VARBINARY:
        case DataType::LONGVARBINARY: return ColumnKind::Bytes;
        default: return ColumnKind::Unknown;
    }
}

std::int64_t exact_number(const std::string& digits) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        throw_internal("store.unexpected_value", "A number does not fit into 64 bits.");
    }
    return number;
}

struct Column {
    ColumnKind kind;
    bool decimal;
};

std::vector<Column> describe_columns(sql::ResultSet& result) {
    sql::ResultSetMetaData& described = *result.getMetaData();  // belongs to the result
    std::vector<Column> columns;
    for (unsigned position = 1; position <= described.getColumnCount(); ++position) {
        const int type = described.getColumnType(position);
        columns.push_back({kind_of(type, described.getScale(position)),
                           type == sql::DataType::DECIMAL || type == sql::DataType::NUMERIC});
    }
    return columns;
}

Value read_value(const sql::ResultSet& result, unsigned position, Column column) {
    if (result.isNull(position)) {
        return {};
    }
    switch (column.kind) {
        case ColumnKind::Number:
            return column.decimal ? exact_number(result.getString(position).asStdString())
                                  : std::int64_t{result.getInt64(position)};
        case ColumnKind::Text: return result.getString(position).asStdString();
        case ColumnKind::Bytes: return Blob{result.getString(position).asStdString()};
        case ColumnKind::Unknown: break;
    }
    throw_internal("store.unexpected_value",
                   "A statement returned something else than a whole number, text or bytes.");
}

std::vector<Row> read_rows(sql::ResultSet& result) {
    const std::vector<Column> columns = describe_columns(result);
    std::vector<Row> rows;
    while (result.next()) {
        std::vector<Value> values;
        values.reserve(columns.size());
        unsigned position = 0;
        for (const Column column : columns) {
            values.push_back(read_value(result, ++position, column));
        }
        rows.emplace_back(std::move(values));
    }
    return rows;
}

void bind_parameters(sql::PreparedStatement& statement, std::span<const Value> args) {
    unsigned position = 0;
    for (const Value& value : args) {
        ++position;
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            statement.setInt64(position, *number);
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            statement.setString(position, sql::SQLString(*text));
        } else if (const auto* blob = std::get_if<Blob>(&value)) {
            statement.setString(position, sql::SQLString(blob->bytes));
        } else {
            statement.setNull(position, 0);
        }
    }
}

class MysqlConnection final : public Connection {
public:
    explicit MysqlConnection(MysqlPlace place) : place_(std::move(place)) { connect(); }

    std::vector<Row> query(std::string_view sql, std::span<const Value> args) override {
        require_utf8(args);
        return guarded(sql, [&] {
            sql::PreparedStatement& statement = prepared(sql);
            bind_parameters(statement, args);
            const std::unique_ptr<sql::ResultSet> result(statement.executeQuery());
            return read_rows(*result);
        });
    }

    std::int64_t execute(std::string_view sql, std::span<const Value> args) override {
        require_utf8(args);
        return guarded(sql, [&]() -> std::int64_t {
            if (args.empty()) {  // START TRANSACTION, COMMIT, CREATE …
                const std::unique_ptr<sql::Statement> statement(connected().createStatement());
                return statement->executeUpdate(sql::SQLString(std::string(sql)));
            }
            sql::PreparedStatement& statement = prepared(sql);
            bind_parameters(statement, args);
            return statement.executeUpdate();
        });
    }

    void reopen() override {
        drop();
        connect();
    }

    [[nodiscard]] std::string_view dialect() const override { return "mysql"; }

private:
    void connect();
    void connect_to(const ServerAddress& server);
    void create_database(sql::ConnectOptionsMap settings);
    void set_session();
    void require_tls();
    [[nodiscard]] sql::ConnectOptionsMap settings_for(const ServerAddress& server) const;
    [[noreturn]] void refuse(const sql::SQLException& error, const ServerAddress& server) const;

    void drop() {
        statements_.clear();
        connection_.reset();
    }

    sql::Connection& connected() {
        if (connection_ == nullptr) {
            throw DatabaseFailure(Trouble::Lost, "There is no connection to the database.");
        }
        return *connection_;
    }

    sql::PreparedStatement& prepared(std::string_view sql) {
        sql::Connection& connection = connected();
        return *statements_.get(sql, [&] {
            return std::unique_ptr<sql::PreparedStatement>(
                connection.prepareStatement(sql::SQLString(std::string(sql))));
        });
    }

    /// Runs one call of the connector; its exceptions end here. After a loss nothing of the old
    /// connection is used again.
    template <class Call>
    std::invoke_result_t<Call> guarded(std::string_view sql, const Call& call) {
        try {
            return call();
        } catch (const sql::SQLException& error) {
            if (trouble_of_error(error.getErrorCode()) == Trouble::Lost) {
                drop();
            } else if (error.getErrorCode() == 1461) {
                statements_.clear();  // give ours back before the repeat
            }
            fail_statement(error, sql);
        }
    }

    MysqlPlace place_;
    std::unique_ptr<sql::Connection> connection_;  // outlives the statements
    StatementCache<std::unique_ptr<sql::PreparedStatement>> statements_;
    std::size_t next_server_ = 0;
};

sql::ConnectOptionsMap MysqlConnection::settings_for(const ServerAddress& server) const {
    sql::ConnectOptionsMap settings;
    const bool by_socket = !place_.socket.empty();
    settings["hostName"] = sql::SQLString(by_socket ? "unix://" + place_.socket : server.host);
    if (!by_socket) {
        settings["port"] = server.port;
    }
    settings["userName"] = sql::SQLString(place_.user);
    settings["schema"] = sql::SQLString(place_.database);
    settings["CLIENT_FOUND_ROWS"] = true;  // counts of matched rows, as SQLite's
    settings["OPT_CONNECT_TIMEOUT"] = kConnectTimeout;
    settings["OPT_READ_TIMEOUT"] = kStatementTimeout;
    settings["OPT_WRITE_TIMEOUT"] = kStatementTimeout;
    if (!place_.tls_ca.empty() && !by_socket) {
        settings["sslCA"] = sql::SQLString(place_.tls_ca);
        settings["sslVerify"] = true;
        settings["sslEnforce"] = true;
        if (!place_.tls_certificate.empty()) {
            settings["sslCert"] = sql::SQLString(place_.tls_certificate);
            settings["sslKey"] = sql::SQLString(place_.tls_key);
        }
    }
    return settings;
}

void MysqlConnection::refuse(const sql::SQLException& error, const ServerAddress& server) const {
    const std::string where =
        place_.socket.empty() ? server.host + ":" + std::to_string(server.port) : place_.socket;
    switch (error.getErrorCode()) {
        case kUnknownDatabase:
            throw Failure(
                Error{ErrorKind::Invalid,
                      "store.no_database",
                      "There is no database '" + place_.database + "' here; run sealdesk init.",
                      where,
                      {}});
        case 1044:
        case 1045:
        case 1698:
            throw Failure(Error{ErrorKind::Invalid,
                                "store.denied",
                                "The database server does not let user '" + place_.user +
                                    "' in, or not into this database: check name, password file "
                                    "and grants.",
                                where,
                                {}});
        case kTlsFailed:
            throw Failure(Error{ErrorKind::Unavailable,
                                "store.tls_missing",
                                "The database server offers no encryption, or a certificate "
                                "that the CA file does not vouch for.",
                                where,
                                {}});
        default:
            throw Failure(Error{ErrorKind::Unavailable,
                                "store.unreachable",
                                "The database server does not answer (MySQL error " +
                                    std::to_string(error.getErrorCode()) + ").",
                                where,
                                {}});
    }
}

void MysqlConnection::connect() {
    // Each server once, beginning with the one after the last tried.
    for (std::size_t tried = 1;; ++tried) {
        const ServerAddress& server = place_.servers[next_server_++ % place_.servers.size()];
        try {
            connect_to(server);
            return;
        } catch (const Failure& failure) {
            drop();
            const bool next = failure.error().kind == ErrorKind::Unavailable;
            if (!next || tried == place_.servers.size()) {
                throw;
            }
        }
    }
}

void MysqlConnection::connect_to(const ServerAddress& server) {
    try {
        sql::ConnectOptionsMap settings = settings_for(server);
        {
            const Secret password = read_store_password(place_.password_file);
            // The connector wants a string of its own and keeps it; nothing can erase that one.
            settings["password"] = sql::SQLString(std::string(password.reveal()));
        }
        sql::Driver& driver = *sql::mysql::get_driver_instance();
        try {
            connection_.reset(driver.connect(settings));
        } catch (const sql::SQLException& error) {
            if (error.getErrorCode() != kUnknownDatabase || !place_.create_if_missing) {
                throw;
            }
            create_database(settings);
            connection_.reset(driver.connect(settings));
        }
        require_tls();
        set_session();
    } catch (const sql::SQLException& error) {
        refuse(error, server);
    }
}

void MysqlConnection::create_database(sql::ConnectOptionsMap settings) {
    settings.erase("schema");
    const std::unique_ptr<sql::Connection> connection(
        sql::mysql::get_driver_instance()->connect(settings));
    const std::unique_ptr<sql::Statement> statement(connection->createStatement());
    // The name has been checked: letters, digits and _ only.
    statement->executeUpdate(sql::SQLString("CREATE DATABASE IF NOT EXISTS `" + place_.database +
                                            "` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"));
}

void MysqlConnection::require_tls() {
    if (place_.tls_ca.empty() || !place_.socket.empty()) {
        return;
    }
    const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    const std::unique_ptr<sql::ResultSet> result(
        statement->executeQuery("SHOW SESSION STATUS LIKE 'Ssl_cipher'"));
    if (!result->next() || result->getString(2).length() == 0) {
        throw Failure(Error{ErrorKind::Unavailable,
                            "store.tls_missing",
                            "The connection to the database server is not encrypted.",
                            {},
                            {}});
    }
}

void MysqlConnection::set_session() {
    const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    for (const char* setting : kSessionSettings) {
        statement->executeUpdate(setting);
    }
    const std::unique_ptr<sql::ResultSet> cluster(
        statement->executeQuery("SHOW VARIABLES LIKE 'wsrep_on'"));
    if (cluster->next() && cluster->getString(2) == "ON") {
        // In a cluster: see what other nodes have committed (reads, updates and inserts).
        statement->executeUpdate("SET SESSION wsrep_sync_wait=7");
    }
}

}  // namespace

std::unique_ptr<Connection> open_mysql(const MysqlPlace& place) {
    return std::make_unique<MysqlConnection>(place);
}

}  // namespace sealdesk::store
