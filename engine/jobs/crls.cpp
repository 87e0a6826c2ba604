#include "jobs/crls.h"

#include "ca/crl_issuing.h"

namespace sealdesk::jobs {

Result<std::optional<ca::CrlInfo>> issue_crl_if_due(store::Database& database,
                                                    const CrlSource& source) {
    const bool due = store::transact(database, "ca.look_up", [&](store::Tx& tx) {
        return ca::crl_is_due(tx, source.issuer, source.publication);
    });
    if (!due) {
        return std::optional<ca::CrlInfo>();
    }
    const auto signer = source.open();
    if (!signer) {
        return signer.error();
    }
    return (*signer)->issue_due_crl();
}

std::vector<CrlStanding> crl_standings(store::Tx& tx, std::span<const CrlPlace> places) {
    std::vector<CrlStanding> standings;
    for (const CrlPlace& place : places) {
        CrlStanding& one = standings.emplace_back();
        one.authority = place.authority;
        one.crl = ca::newest_crl_in(tx, place.issuer, place.folder);
        if (!one.crl) {
            continue;
        }
        one.age = std::chrono::floor<std::chrono::minutes>(tx.now() - one.crl->this_update);
        std::error_code missing;
        one.published =
            std::filesystem::equivalent(place.folder / "complete.crl", one.crl->file, missing);
        one.in_time =
            one.published && tx.now() <= place.calendar.after_working_days(one.crl->this_update, 1);
    }
    return standings;
}

}  // namespace sealdesk::jobs
