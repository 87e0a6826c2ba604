#include "requests/matter.h"

#include <nlohmann/json.hpp>

#include "queue/queue.h"
#include "requests/keying_store.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

nlohmann::json keyings_json(const std::vector<Keying>& keyings) {
    nlohmann::json list = nlohmann::json::array();
    for (const Keying& keying : keyings) {
        list.push_back({{"field", keying.field},
                        {"state", to_text(keying.state)},
                        {"first_by", keying.first_by},
                        {"second_by", keying.second_by},
                        {"settled_by", keying.settled_by}});
    }
    return list;
}

}  // namespace

Situation Matter::seen_by(const Office& office, std::string_view actor) const {
    return {request.state, request.keyed_by, actor, checks, scheme_of(office, request).officers_min,
            keyings};
}

Result<Matter> read_matter(store::Tx& tx, std::string_view number) {
    auto request = find_request(tx, number);
    if (!request) {
        return request.error();
    }
    auto checks = checks_of(tx, request->id);
    auto scans = scans_of(tx, request->id);
    auto keyings = keyings_of(tx, request->id);
    return Matter{*std::move(request), std::move(checks), std::move(scans), std::move(keyings)};
}

// Keys are sorted (nlohmann's object is a sorted map), so the text is canonical.
std::string document_of(const Matter& matter, const Ruling& ruling,
                        const std::string& certificate_fingerprint, Instant at) {
    const Request& request = matter.request;
    nlohmann::json checks = nlohmann::json::array();
    for (const Check& check : matter.checks) {
        checks.push_back({{"kind", check.kind},
                          {"state", to_text(check.state)},
                          {"officer", check.officer},
                          {"note", check.note},
                          {"figures", nlohmann::json::parse(check.figures)},
                          {"payload_sha256", check.payload_hash}});
    }
    nlohmann::json scans = nlohmann::json::array();
    for (const Scan& scan : matter.scans) {
        scans.push_back({{"role", scan.role}, {"sha256", scan.sha256}});
    }
    nlohmann::json document{{"schema", "sealdesk-decision-1"},
                            {"request",
                             {{"number", request.number},
                              {"version", request.version},
                              {"scheme", request.scheme},
                              {"form", request.form},
                              {"form_version", request.form_version},
                              {"form_sha256", request.form_hash},
                              {"record", request.record},
                              {"keyed_by", request.keyed_by},
                              {"received_at", to_utc_text(request.received_at)},
                              {"payload", nlohmann::json::parse(request.payload)}}},
                            {"scans", scans},
                            {"checks", checks},
                            {"decision", to_text(ruling.verdict)},
                            {"reasons", ruling.reasons},
                            {"officer", ruling.officer},
                            {"certificate_sha256", certificate_fingerprint},
                            {"at", to_utc_text(at)}};
    if (!matter.keyings.empty()) {
        document["keyings"] = keyings_json(matter.keyings);
    }
    return document.dump();
}

std::string effect_key(const std::string& number, std::int64_t version) {
    return number + "@" + std::to_string(version);
}

std::size_t enqueue_effects(store::Tx& tx, const scheme::Form& form, const Request& request,
                            Verdict verdict) {
    const std::string key = effect_key(request.number, request.version);
    std::vector<queue::NewJob> jobs;
    if (verdict == Verdict::Approve) {
        const scheme::Values values = values_of(request);
        for (const scheme::Effect& effect : form.effects) {
            if (scheme::holds(effect.when, values)) {
                jobs.push_back({effect.kind, key, request.id.value(), tx.now()});
            }
        }
    } else if (verdict != Verdict::Withdraw && form.origin == scheme::Origin::Applicant) {
        jobs.push_back({"letter", key, request.id.value(), tx.now()});
        jobs.push_back({"mail", key, request.id.value(), tx.now()});
    }
    queue::enqueue_all(tx, jobs);
    return jobs.size();
}

}  // namespace sealdesk::requests
