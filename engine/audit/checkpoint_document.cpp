#include "audit/checkpoint_document.h"

#include <nlohmann/json.hpp>

#include "audit/chain.h"
#include "base/text.h"

namespace sealdesk::audit {
namespace {

using nlohmann::json;

bool has_text(const json& object, const char* name) {
    return object.contains(name) && object[name].is_string();
}

bool has_number(const json& object, const char* name) {
    return object.contains(name) && object[name].is_number_integer();
}

}  // namespace

std::string to_document(const CheckpointClaim& claim, Instant at) {
    return json{{"at", to_utc_text(at)},      {"audit", kChainTag},
                {"hash", claim.hash},         {"number", claim.number},
                {"previous", claim.previous}, {"sequence", claim.sequence}}
        .dump();
}

std::optional<CheckpointClaim> parse_document(std::string_view document) {
    const json read = json::parse(document, nullptr, false);
    const bool sound = read.is_object() && has_text(read, "audit") && read["audit"] == kChainTag &&
                       has_text(read, "hash") && has_text(read, "previous") &&
                       has_number(read, "number") && has_number(read, "sequence");
    if (!sound) {
        return std::nullopt;
    }
    return CheckpointClaim{read["number"].get<std::int64_t>(), read["sequence"].get<std::int64_t>(),
                           read["hash"].get<std::string>(), read["previous"].get<std::string>()};
}

std::string to_copy_line(std::string_view document, std::string_view signature) {
    return json{{"document", document}, {"signature", to_base64(signature)}}.dump();
}

std::optional<std::string> document_of_line(std::string_view line) {
    const json read = json::parse(line, nullptr, false);
    if (!read.is_object() || !has_text(read, "document")) {
        return std::nullopt;
    }
    return read["document"].get<std::string>();
}

}  // namespace sealdesk::audit
