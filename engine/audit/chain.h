#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sealdesk::audit {

/// The scheme of the hashes; part of every hash, so that another scheme can follow one day.
inline constexpr std::string_view kChainTag = "sealdesk-audit-1";

/// The hash before the first record.
inline constexpr std::string_view kChainStart =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// One record as stored.
struct Record {
    std::int64_t sequence = 0;  ///< 1, 2, 3 ... without gaps
    std::int64_t at = 0;        ///< microseconds since 1970, UTC
    std::string kind;
    std::string actor;
    std::string subject;
    std::string detail;  ///< JSON text, verbatim
    std::string hash;    ///< 64 hexadecimal digits
};

/// The hash a record must have after `previous`: SHA-256, as 64 lower-case hexadecimal digits, of
/// the netstrings ("<length in bytes>:<bytes>,") of, in this order: the tag, the sequence in
/// decimal, the previous hash, the time in decimal, kind, actor, subject, detail. The text is
/// unambiguous, and a few lines in any language check it without this program.
[[nodiscard]] std::string chain_hash(const Record& record, std::string_view previous);

}  // namespace sealdesk::audit
