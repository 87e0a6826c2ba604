#include "store/store_url.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/password_file.h"
#include "base/text.h"

namespace sealdesk::store {

namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";
constexpr std::string_view kMysqlScheme = "mysql://";
constexpr std::size_t kDatabaseNameMax = 64;  // MySQL's limit, in characters

Error bad_url(std::string detail) {
    return Error{
        ErrorKind::Invalid,
        "store.bad_url",
        std::move(detail) +
            " Write sqlite:PATH or mysql://user@host:port/database?socket=PATH&tls_ca=FILE.",
        "store URL",
        {}};
}

/// %XX decoded; nothing when a % stands alone.
std::optional<std::string> percent_decoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        if (at + 2 >= text.size()) {
            return std::nullopt;
        }
        const std::string pair = to_lower_ascii(text.substr(at + 1, 2));
        const auto high = digits.find(pair[0]);
        const auto low = digits.find(pair[1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return std::nullopt;
        }
        out += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return out;
}

/// Cuts `text` at the first separator and returns what stood before it.
std::string_view take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const auto before = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return before;
}

std::optional<ServerAddress> parse_address(std::string_view text) {
    ServerAddress address;
    std::string_view rest;
    if (text.starts_with('[')) {  // an IPv6 address stands in brackets
        const auto close = text.find(']');
        if (close == std::string_view::npos) {
            return std::nullopt;
        }
        address.host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
    } else {
        const auto colon = text.find(':');
        address.host = text.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (!rest.empty()) {
        const auto port = rest.starts_with(':') ? parse_number(rest.substr(1)) : std::nullopt;
        if (!port || *port < 1 || *port > 65'535) {
            return std::nullopt;
        }
        address.port = static_cast<int>(*port);
    }
    if (address.host.empty()) {
        return std::nullopt;
    }
    return address;
}

bool is_database_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && name.size() <= kDatabaseNameMax &&
           std::all_of(name.begin(), name.end(), allowed);
}

Outcome read_query_part(std::string_view query, MysqlPlace& place) {
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const auto name = take_until(value, '=');
        const auto decoded = percent_decoded(value);
        if (!decoded) {
            return bad_url("A % in the URL is not followed by two hexadecimal digits.");
        }
        if (name == "socket") {
            place.socket = *decoded;
        } else if (name == "tls_ca") {
            place.tls_ca = *decoded;
        } else {
            return bad_url(std::string(name).append(" is no option of the URL."));
        }
    }
    return done();
}

Outcome read_servers(std::string_view text, MysqlPlace& place) {
    while (!text.empty()) {
        const auto one = take_until(text, ',');
        const auto address = parse_address(one);
        if (!address) {
            return bad_url(std::string(one).append(" is not host or host:port."));
        }
        place.servers.push_back(*address);
    }
    if (place.servers.empty()) {
        return bad_url("The URL names no host.");
    }
    return done();
}

void override_with(std::string& member, const std::string& given) {
    if (!given.empty()) {
        member = given;
    }
}

Result<Place> parse_mysql(std::string_view rest, const ConnectionOptions& options) {
    MysqlPlace place;
    place.create_if_missing = options.create_if_missing;
    std::string_view authority = take_until(rest, '/');
    const std::string_view database = take_until(rest, '?');
    if (authority.find('@') == std::string_view::npos) {
        return bad_url("The URL names no user.");
    }
    const auto user = percent_decoded(take_until(authority, '@'));
    if (!user || user->empty()) {
        return bad_url("The URL names no user.");
    }
    if (user->find(':') != std::string::npos) {
        return bad_url("A password does not belong in the URL: put it into a file of mode 0600.");
    }
    place.user = *user;
    place.database = database;
    if (!is_database_name(place.database)) {
        return bad_url("The database's name must be 1 to 64 letters, digits and _.");
    }
    const auto servers = read_servers(authority, place);
    if (!servers) {
        return servers.error();
    }
    const auto query = read_query_part(rest, place);
    if (!query) {
        return query.error();
    }
    override_with(place.socket, options.socket);
    override_with(place.tls_ca, options.tls_ca);
    place.password_file = options.password_file;
    place.tls_certificate = options.tls_certificate;
    place.tls_key = options.tls_key;
    for (const auto& server : place.servers) {
        if (place.socket.empty() && place.tls_ca.empty() && !is_loopback(server.host)) {
            return Error{ErrorKind::Invalid,
                         "store.tls_missing",
                         "The database is on another machine: name its CA file (tls_ca), so that "
                         "the connection is encrypted and the server proves who it is.",
                         "store URL",
                         {}};
        }
    }
    return Place{place};
}

}  // namespace

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<Place> parse_store_url(const ConnectionOptions& options) {
    const std::string_view url = options.url;
    if (url.starts_with(kSqliteScheme)) {
        const auto path = url.substr(kSqliteScheme.size());
        if (path.empty()) {
            return bad_url("The URL names no file.");
        }
        return Place{SqlitePlace{std::string(path), options.create_if_missing}};
    }
    if (url.starts_with(kMysqlScheme)) {
        return parse_mysql(url.substr(kMysqlScheme.size()), options);
    }
    return bad_url("The URL's beginning is unknown.");
}

Secret read_store_password(const std::string& file) {
    if (file.empty()) {
        // Read while the program still has one thread.
        const char* given =
            std::getenv("SEALDESK_STORE_PASSWORD");  // NOLINT(concurrency-mt-unsafe)
        return Secret(std::string_view(given == nullptr ? "" : given));
    }
    auto password = read_password_file(file);
    if (!password) {
        throw Failure(password.error());
    }
    return *std::move(password);
}

}  // namespace sealdesk::store
