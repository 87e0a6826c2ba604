#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "intake/fates.h"
#include "parcels/parcel.h"
#include "store/tx.h"

// The post's confirmations that registered items arrived (M 4.2.1.2 (2)).
namespace sealdesk::effects {

struct DeliveryImport {
    std::filesystem::path file;
    std::string encoding;  ///< empty: found out
    bool dry_run = false;  ///< judged as if, nothing is written
    std::string actor;
    std::function<void(const intake::Fate&)> on_fate;
};

struct DeliverySums {
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicate = 0;
};

/// One fate a row, in the manner of an import, `record` being the registered-mail number: accepted
/// (its parcel counts as delivered, its cards as received), duplicate (confirmed before, or twice
/// in the file), refused with a reason. Units of work "parcel.delivered" of intake::kChunkRows
/// rows; the same file again changes nothing. Errors: those of intake::read_delivery_file().
[[nodiscard]] Result<DeliverySums> import_deliveries(store::Database& database,
                                                     const DeliveryImport& import);

}  // namespace sealdesk::effects
