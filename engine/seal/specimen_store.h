#pragma once

#include <optional>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"

namespace sealdesk::seal {

/// Whose seal: a company registers two, its own and its responsible person's (T 5.1.2).
enum class Role { Applicant, Responsible };

/// "applicant" or "responsible", as stored.
[[nodiscard]] std::string_view name_of(Role role);
/// The role of that name. Any other name is an internal error: form definitions and the command
/// line have been checked before.
[[nodiscard]] Role role_named(std::string_view text);

/// A subscriber's registered seal (原留印鑑). The picture itself is a file known by its SHA-256.
struct Specimen {
    SpecimenId id;
    SubscriberId subscriber;
    Role role;
    std::string picture_sha;    ///< SHA-256 of the encoded scan, lower-case hex
    RequestId registered_from;  ///< the request whose form carries the impression
    Instant registered_at;
};

/// What a new specimen is made of.
struct NewSpecimen {
    SubscriberId subscriber;
    Role role;
    std::string picture_sha;
    RequestId registered_from;
};

/// Makes the picture the subscriber's current specimen of that role; an earlier one becomes
/// superseded and is kept. Registering the same picture from the same request again changes
/// nothing and returns the same id, so that a repeated effect is harmless.
SpecimenId register_specimen(store::Tx& tx, const NewSpecimen& specimen);

/// The seal to compare with, or nothing when the subscriber has registered none in that role.
[[nodiscard]] std::optional<Specimen> current_specimen(store::Tx& tx, SubscriberId subscriber,
                                                       Role role);

/// Which two pictures were compared, for which request and by which algorithm: the key of one
/// stored comparison.
struct ComparisonKey {
    RequestId request;
    Role role;
    std::string specimen_sha;
    std::string impression_sha;
    std::string algorithm;  ///< kAlgorithm
};

/// A comparison as stored: the figures are the canonical JSON text of to_json(Comparison).
struct StoredComparison {
    std::string figures;
    Instant compared_at;
};

/// Keeps the figures of a comparison. Saving the same key again changes nothing: a comparison is
/// repeatable, so the first figures stand.
void save_comparison(store::Tx& tx, const ComparisonKey& key, const std::string& figures);

/// The stored figures, or nothing when this pair was not compared by this algorithm.
[[nodiscard]] std::optional<StoredComparison> find_comparison(store::Tx& tx,
                                                              const ComparisonKey& key);

}  // namespace sealdesk::seal
