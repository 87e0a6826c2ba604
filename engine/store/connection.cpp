#include "store/connection.h"

#include "base/text.h"
#include "store/drivers.h"

namespace sealdesk::store {

namespace {

constexpr std::size_t kAbbreviatedMax = 160;  // bytes: enough to find the statement in the sources

template <class T>
const T& column_as(const std::vector<Value>& columns, std::size_t column, const char* wanted) {
    SEALDESK_CHECK(column < columns.size());
    const T* value = std::get_if<T>(&columns[column]);
    if (value == nullptr) {
        throw_internal("store.unexpected_value", "Column " + std::to_string(column) +
                                                     " of a result does not hold " + wanted + ".");
    }
    return *value;
}

Error describe(Trouble trouble, std::string detail) {
    switch (trouble) {
        case Trouble::Duplicate:
            return {ErrorKind::Conflict, "store.duplicate", std::move(detail), {}, {}};
        case Trouble::Retry:
            return {ErrorKind::Unavailable, "store.busy", std::move(detail), {}, {}};
        case Trouble::Lost:
            return {ErrorKind::Unavailable, "store.lost", std::move(detail), {}, {}};
        case Trouble::Full:
            return {ErrorKind::Unavailable, "store.full", std::move(detail), {}, {}};
        case Trouble::Other: break;
    }
    return {ErrorKind::Internal, "store.failed", std::move(detail), {}, {}};
}

}  // namespace

std::int64_t Row::number(std::size_t column) const {
    return column_as<std::int64_t>(columns_, column, "a number");
}

const std::string& Row::text(std::size_t column) const {
    return column_as<std::string>(columns_, column, "text");
}

const std::string& Row::bytes(std::size_t column) const {
    return column_as<Blob>(columns_, column, "bytes").bytes;
}

Instant Row::instant(std::size_t column) const { return from_stored(number(column)); }

bool Row::is_null(std::size_t column) const {
    SEALDESK_CHECK(column < columns_.size());
    return std::holds_alternative<std::monostate>(columns_[column]);
}

std::optional<std::int64_t> Row::number_or_null(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(number(column));
}

std::optional<std::string> Row::text_or_null(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<Instant> Row::instant_or_null(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(instant(column));
}

DatabaseFailure::DatabaseFailure(Trouble trouble, std::string detail)
    : Failure(describe(trouble, std::move(detail))), trouble_(trouble) {}

std::unique_ptr<Connection> open(const ConnectionOptions& options) {
    const auto place = parse_store_url(options);
    if (!place) {
        throw Failure(place.error());
    }
    if (const auto* sqlite = std::get_if<SqlitePlace>(&place.value())) {
        return open_sqlite(*sqlite);
    }
    return open_mysql(std::get<MysqlPlace>(place.value()));
}

void require_utf8(std::span<const Value> args) {
    for (const Value& value : args) {
        const auto* text = std::get_if<std::string>(&value);
        if (text != nullptr && !is_utf8(*text)) {
            throw_internal("store.not_utf8", "A text to be stored is not UTF-8.");
        }
    }
}

std::string abbreviated(std::string_view sql) {
    std::string out;
    for (const char c : sql.substr(0, kAbbreviatedMax)) {
        const bool blank = c == ' ' || c == '\n' || c == '\t';
        if (!blank) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    return sql.size() > kAbbreviatedMax ? out + "…" : out;
}

}  // namespace sealdesk::store
