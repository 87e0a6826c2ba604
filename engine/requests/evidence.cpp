#include "requests/evidence.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/signed_file.h"
#include "officers/officer.h"
#include "requests/decide.h"
#include "requests/matter.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

/// The certificates above one, as far as they are known; a root ends it.
std::vector<crypto::Certificate> chain_above(crypto::Certificate certificate,
                                             std::span<const crypto::Certificate> authorities) {
    std::vector<crypto::Certificate> chain;
    while (chain.size() <= authorities.size()) {
        const auto issuer = std::ranges::find_if(authorities, [&](const auto& one) {
            return !(one == certificate) && crypto::is_certified_by(certificate, one);
        });
        if (issuer == authorities.end()) {
            break;
        }
        certificate = *issuer;
        chain.push_back(certificate);
    }
    return chain;
}

Error not_in_file(std::string detail) {
    return {ErrorKind::Invalid, "decision.not_in_file", std::move(detail), {}, "M 4.5"};
}

bool is_decision(const nlohmann::json& document) {
    const auto has_text = [](const nlohmann::json& object, const char* key) {
        return object.contains(key) && object[key].is_string();
    };
    return document.is_object() && has_text(document, "schema") &&
           document["schema"] == "sealdesk-decision-1" && has_text(document, "decision") &&
           has_text(document, "officer") && has_text(document, "certificate_sha256") &&
           document.contains("request") && document["request"].is_object() &&
           has_text(document["request"], "number") && document["request"].contains("version") &&
           document["request"]["version"].is_number_integer();
}

/// Who of those trusted vouches for the signer.
std::string voucher_of(const crypto::Certificate& signer,
                       std::span<const crypto::Certificate> trusted) {
    const auto found = std::ranges::find_if(trusted, [&](const crypto::Certificate& one) {
        return one == signer || crypto::is_certified_by(signer, one);
    });
    return found == trusted.end() ? std::string() : found->subject();
}

}  // namespace

Result<std::string> export_decision(const Office& office, std::string_view number,
                                    std::optional<std::int64_t> version,
                                    std::span<const crypto::Certificate> authorities) {
    const auto verified = verify_decisions(office, number);
    if (!verified) {
        return verified.error();
    }
    auto decisions = store::transact(office.database, "request.read-decisions", [&](store::Tx& tx) {
        return decisions_of(tx, find_request(tx, number)->id);
    });
    std::erase_if(decisions, [&](const Decision& one) {
        return one.officer == kByRule || (version && one.request_version != *version);
    });
    if (decisions.empty()) {
        return Error{ErrorKind::NotFound,
                     "decision.none",
                     "There is no signed decision of this request and version.",
                     std::string(number),
                     {}};
    }
    const Decision& decision = decisions.back();
    const auto alone = crypto::make_signed_file(decision.signature, decision.document, {});
    if (!alone) {
        return alone.error();
    }
    const auto signer = crypto::open_signed_file(*alone);
    if (!signer) {
        return signer.error();
    }
    return crypto::make_signed_file(decision.signature, decision.document,
                                    chain_above(signer->signer.certificate, authorities));
}

Result<ExportedDecision> read_exported(std::string_view file,
                                       std::span<const crypto::Certificate> trusted) {
    auto opened = crypto::open_signed_file(file);
    if (!opened) {
        return opened.error();
    }
    const crypto::Certificate& signer = opened->signer.certificate;
    const auto document = nlohmann::json::parse(opened->content, nullptr, false);
    if (!is_decision(document)) {
        return not_in_file("What was signed is not a decision on a request.");
    }
    if (document["certificate_sha256"] != signer.fingerprint()) {
        return not_in_file("The document names another certificate than the one that signed it.");
    }
    std::string voucher = voucher_of(signer, trusted);
    if (voucher.empty() && !trusted.empty()) {
        return Error{ErrorKind::Refused, "decision.untrusted",
                     "The signature is sound, but none of the trusted certificates is the signer's "
                     "or its CA's.",
                     signer.subject(), "M 4.5"};
    }
    const auto& request = document["request"];
    return ExportedDecision{request["number"],
                            request["version"],
                            document["decision"],
                            document["officer"],
                            signer,
                            opened->signer.signed_at,
                            std::move(voucher),
                            std::move(opened->content)};
}

}  // namespace sealdesk::requests
