#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "crypto/cms.h"
#include "officers/officer.h"
#include "requests/decide.h"
#include "requests/matter.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

/// What verification needs, read in one transaction; the cryptography happens afterwards.
struct Evidence {
    Request request;
    std::vector<Decision> decisions;
    std::vector<std::vector<crypto::Certificate>> pinned;  ///< a signer's; none: by rule
    std::vector<std::string> lapses;  ///< hashes of decisions by rule, as the audit chain has them
};

Result<Evidence> read_evidence(store::Tx& tx, std::string_view number) {
    auto request = find_request(tx, number);
    if (!request) {
        return request.error();
    }
    Evidence evidence{*request, decisions_of(tx, request->id), {}, {}};
    for (const auto& detail :
         audit::details_of(tx, "request.lapsed", "request:" + request->number)) {
        evidence.lapses.push_back(detail.value("document_sha256", ""));
    }
    for (const Decision& decision : evidence.decisions) {
        if (decision.officer == kByRule) {
            evidence.pinned.emplace_back();
            continue;
        }
        const auto officer = officers::find_by_login(tx, decision.officer);
        if (!officer) {
            return officer.error();
        }
        evidence.pinned.push_back(officers::certificates_at(tx, *officer, decision.decided_at));
    }
    return evidence;
}

Error altered(const Request& request) {
    return {ErrorKind::Internal, "decision.altered",
            "The stored decision differs from the document that was signed.", request.number,
            "M 4.5"};
}

/// The signed document and the row beside it must tell the same story.
Outcome tells_the_same(const Decision& decision, const Request& request) {
    const auto document = nlohmann::json::parse(decision.document, nullptr, false);
    const bool same =
        document.is_object() && document.value("decision", "") == decision.outcome &&
        document.value("officer", "") == decision.officer &&
        document["request"].value("number", "") == request.number &&
        document["request"].value("version", std::int64_t{0}) == decision.request_version &&
        document["reasons"].dump() == decision.reasons;
    return same ? done() : altered(request);
}

/// Who signed, when, and that it is the registered officer's signature over the document. A
/// decision by rule has none: the audit chain vouches for it.
Result<Verification> signer_of(const Decision& decision,
                               const std::vector<crypto::Certificate>& pinned,
                               const Evidence& evidence) {
    Verification verified{decision.outcome, decision.officer, "", decision.decided_at, false};
    if (pinned.empty()) {
        const bool known = std::ranges::count(evidence.lapses, sha256_hex(decision.document)) > 0;
        return known ? Result<Verification>(verified) : altered(evidence.request);
    }
    const auto signer = crypto::verify_detached(decision.signature, decision.document, pinned);
    if (!signer) {
        Error why = signer.error();
        why.where = evidence.request.number + ", " + decision.outcome;
        return why;
    }
    verified.signed_by = signer->certificate.subject();
    verified.signed_at = signer->signed_at;
    return verified;
}

}  // namespace

Result<std::vector<Verification>> verify_decisions(const Office& office, std::string_view number) {
    const auto evidence = store::transact(office.database, "request.read-evidence",
                                          [&](store::Tx& tx) { return read_evidence(tx, number); });
    if (!evidence) {
        return evidence.error();
    }
    if (evidence->decisions.empty()) {
        return Error{ErrorKind::NotFound,
                     "decision.none",
                     "Nothing has been decided yet.",
                     std::string(number),
                     {}};
    }
    std::vector<Verification> verified;
    for (std::size_t i = 0; i < evidence->decisions.size(); ++i) {
        const Decision& decision = evidence->decisions[i];
        auto signer = signer_of(decision, evidence->pinned[i], *evidence);
        if (!signer) {
            return signer.error();
        }
        const auto same = tells_the_same(decision, evidence->request);
        if (!same) {
            return same.error();
        }
        const auto document = nlohmann::json::parse(decision.document);
        signer->current = document["request"]["payload"].dump() == evidence->request.payload;
        verified.push_back(*std::move(signer));
    }
    return verified;
}

}  // namespace sealdesk::requests
