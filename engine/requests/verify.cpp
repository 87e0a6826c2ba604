#include <array>

#include <nlohmann/json.hpp>

#include "crypto/cms.h"
#include "officers/officer.h"
#include "requests/decide.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

/// What verification needs, read in one transaction; the cryptography happens afterwards.
struct Evidence {
    Request request;
    std::vector<Decision> decisions;
    std::vector<officers::Officer> officers;  ///< who signed each of them
};

Result<Evidence> read_evidence(store::Tx& tx, std::string_view number) {
    auto request = find_request(tx, number);
    if (!request) {
        return request.error();
    }
    Evidence evidence{*request, decisions_of(tx, request->id), {}};
    for (const Decision& decision : evidence.decisions) {
        auto officer = officers::find_by_login(tx, decision.officer);
        if (!officer) {
            return officer.error();
        }
        evidence.officers.push_back(*std::move(officer));
    }
    return evidence;
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
    if (!same) {
        return Error{ErrorKind::Internal, "decision.altered",
                     "The stored decision differs from the document that was signed.",
                     request.number, "M 4.5"};
    }
    return done();
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
        const std::array<crypto::Certificate, 1> pinned{evidence->officers[i].certificate};
        const auto signer = crypto::verify_detached(decision.signature, decision.document, pinned);
        if (!signer) {
            Error why = signer.error();
            why.where = evidence->request.number + ", " + decision.outcome;
            return why;
        }
        const auto same = tells_the_same(decision, evidence->request);
        if (!same) {
            return same.error();
        }
        const auto document = nlohmann::json::parse(decision.document);
        verified.push_back({decision.outcome, decision.officer, signer->certificate.subject(),
                            signer->signed_at,
                            document["request"]["payload"].dump() == evidence->request.payload});
    }
    return verified;
}

}  // namespace sealdesk::requests
