#include "seal/specimen_store.h"

namespace sealdesk::seal {

namespace {

constexpr std::string_view kFindCurrentSpecimen = R"(
    SELECT id, subscriber_id, role, picture_sha, registered_from, registered_at
    FROM seal_specimen
    WHERE subscriber_id = ? AND role = ? AND current_key = 0)";

constexpr std::string_view kSupersedeSpecimen = R"(
    UPDATE seal_specimen
    SET state = 'superseded', current_key = id, superseded_at = ?
    WHERE id = ? AND current_key = 0)";

constexpr std::string_view kInsertSpecimen = R"(
    INSERT INTO seal_specimen
        (id, subscriber_id, role, picture_sha, registered_from, state, current_key,
         registered_at, superseded_at)
    VALUES (?, ?, ?, ?, ?, 'current', 0, ?, NULL))";

constexpr std::string_view kFindComparison = R"(
    SELECT figures, compared_at
    FROM seal_comparison
    WHERE request_id = ? AND role = ? AND specimen_sha = ? AND impression_sha = ?
      AND algorithm = ?)";

constexpr std::string_view kInsertComparison = R"(
    INSERT INTO seal_comparison
        (id, request_id, role, specimen_sha, impression_sha, algorithm, figures, compared_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?))";

}  // namespace

std::string_view name_of(Role role) {
    switch (role) {
        case Role::Applicant: return "applicant";
        case Role::Responsible: return "responsible";
    }
    SEALDESK_CHECK(false);
}

Role role_named(std::string_view text) {
    for (const Role role : {Role::Applicant, Role::Responsible}) {
        if (text == name_of(role)) {
            return role;
        }
    }
    throw_internal("seal.unknown_role", "a seal has an unknown role");
}

SpecimenId register_specimen(store::Tx& tx, const NewSpecimen& specimen) {
    const std::optional<Specimen> before = current_specimen(tx, specimen.subscriber, specimen.role);
    if (before) {
        if (before->picture_sha == specimen.picture_sha &&
            before->registered_from == specimen.registered_from) {
            return before->id;
        }
        const std::int64_t superseded =
            tx.execute(kSupersedeSpecimen, tx.now(), before->id.value());
        SEALDESK_CHECK(superseded == 1);  // read in this very transaction
    }
    const SpecimenId id(tx.new_id());
    tx.execute(kInsertSpecimen, id.value(), specimen.subscriber.value(), name_of(specimen.role),
               specimen.picture_sha, specimen.registered_from.value(), tx.now());
    return id;
}

std::optional<Specimen> current_specimen(store::Tx& tx, SubscriberId subscriber, Role role) {
    const std::vector<store::Row> rows =
        tx.query(kFindCurrentSpecimen, subscriber.value(), name_of(role));
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    return Specimen{SpecimenId(row.number(0)), SubscriberId(row.number(1)),
                    role_named(row.text(2)),   row.text(3),
                    RequestId(row.number(4)),  row.instant(5)};
}

void save_comparison(store::Tx& tx, const ComparisonKey& key, const std::string& figures) {
    if (find_comparison(tx, key)) {
        return;
    }
    tx.execute(kInsertComparison, tx.new_id(), key.request.value(), name_of(key.role),
               key.specimen_sha, key.impression_sha, key.algorithm, figures, tx.now());
}

std::optional<StoredComparison> find_comparison(store::Tx& tx, const ComparisonKey& key) {
    const std::vector<store::Row> rows =
        tx.query(kFindComparison, key.request.value(), name_of(key.role), key.specimen_sha,
                 key.impression_sha, key.algorithm);
    if (rows.empty()) {
        return std::nullopt;
    }
    return StoredComparison{rows.front().text(0), rows.front().instant(1)};
}

}  // namespace sealdesk::seal
