#include "audit/chain.h"

#include "base/digest.h"

namespace sealdesk::audit {
namespace {

void add_netstring(std::string& out, std::string_view bytes) {
    out += std::to_string(bytes.size());
    out += ':';
    out += bytes;
    out += ',';
}

}  // namespace

std::string chain_hash(const Record& record, std::string_view previous) {
    std::string text;
    text.reserve(256 + record.detail.size());
    add_netstring(text, kChainTag);
    add_netstring(text, std::to_string(record.sequence));
    add_netstring(text, previous);
    add_netstring(text, std::to_string(record.at));
    add_netstring(text, record.kind);
    add_netstring(text, record.actor);
    add_netstring(text, record.subject);
    add_netstring(text, record.detail);
    return sha256_hex(text);
}

}  // namespace sealdesk::audit
