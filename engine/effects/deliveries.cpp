#include "effects/deliveries.h"

#include <map>

#include "effects/parcel_steps.h"
#include "intake/delivery_file.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

using intake::DeliveryRow;
using intake::Fate;
using intake::FateKind;
using intake::Reason;

/// Why a confirmation is not taken, by the error's code.
Reason not_taken(const Error& error) {
    static const std::map<std::string, std::string> chinese{
        {"parcel.tracking_unknown", "查無以此掛號號碼寄出之郵寄物，請核對號碼。"},
        {"parcel.not_now", "此郵寄物目前不在郵寄途中，請以 sealdesk parcel list 查看。"},
        {"parcel.delivered", "此郵寄物先前已有不同之投遞紀錄，請核對。"},
        {"parcel.delivery_time", "投遞時間早於交寄日或尚未到來，請核對掛號號碼及日期。"}};
    const auto found = chinese.find(error.code);
    return {error.code,
            error.rule,
            "tracking",
            {found == chinese.end() ? error.detail : found->second, error.detail}};
}

/// Works through one file.
class Importer {
public:
    Importer(store::Database& database, const DeliveryImport& import)
        : database_(database), import_(import) {}

    void take(DeliveryRow row) {
        chunk_.push_back(std::move(row));
        if (chunk_.size() >= intake::kChunkRows) {
            flush();
        }
    }

    void flush() {
        const auto fates = store::transact(database_, "parcel.delivered", [&](store::Tx& tx) {
            std::vector<Fate> judged;
            std::map<std::string, std::string> in_chunk;
            for (const DeliveryRow& row : chunk_) {
                judged.push_back(fate_of(tx, row, in_chunk));
            }
            return judged;
        });
        for (const Fate& fate : fates) {
            if (fate.kind == FateKind::Accepted) {
                confirmed_[fate.record] = fate.request;
            }
            (fate.kind == FateKind::Accepted    ? sums_.accepted
             : fate.kind == FateKind::Duplicate ? sums_.duplicate
                                                : sums_.refused) += 1;
            import_.on_fate(fate);
        }
        chunk_.clear();
    }

    [[nodiscard]] const DeliverySums& sums() const { return sums_; }

private:
    Fate fate_of(store::Tx& tx, const DeliveryRow& row,
                 std::map<std::string, std::string>& in_chunk) {
        Fate fate;
        fate.file = import_.file.filename().string();
        fate.row = row.row;
        fate.record = row.tracking;
        if (row.trouble) {
            fate.reasons.push_back(*row.trouble);
            return fate;
        }
        const auto parcel = parcels::parcel_under(tx, row.tracking);
        if (!parcel) {
            fate.reasons.push_back(
                not_taken({ErrorKind::NotFound, "parcel.tracking_unknown",
                           "No parcel was posted under this registered-mail number.", row.tracking,
                           "T 3.2.6"}));
            return fate;
        }
        const std::string request = requests::get_request(tx, parcel->request).number;
        const bool twice = confirmed_.contains(row.tracking) || in_chunk.contains(row.tracking);
        const auto known = parcels::delivery_of(tx, parcel->id);
        const bool same =
            known && known->at == row.delivered_at && known->signed_by == row.signed_by;
        if (twice || same) {
            fate.kind = FateKind::Duplicate;
            fate.duplicate_of = request;
            return fate;
        }
        const Outcome confirmed = confirm(tx, *parcel, row);
        if (!confirmed) {
            fate.reasons.push_back(not_taken(confirmed.error()));
            return fate;
        }
        in_chunk[row.tracking] = request;
        fate.kind = FateKind::Accepted;
        fate.request = request;
        return fate;
    }

    Outcome confirm(store::Tx& tx, const parcels::Parcel& parcel, const DeliveryRow& row) const {
        const parcels::Delivery delivery{row.delivered_at, row.signed_by};
        return import_.dry_run ? parcels::check_delivery(tx, parcel, delivery)
                               : deliver_parcel(tx, parcel.number, delivery, import_.actor);
    }

    store::Database& database_;
    const DeliveryImport& import_;
    std::vector<DeliveryRow> chunk_;
    std::map<std::string, std::string> confirmed_;  ///< registered-mail number → request
    DeliverySums sums_;
};

}  // namespace

Result<DeliverySums> import_deliveries(store::Database& database, const DeliveryImport& import) {
    Importer importer(database, import);
    const Outcome read = intake::read_delivery_file(
        import.file, import.encoding, [&](DeliveryRow row) { importer.take(std::move(row)); });
    if (!read) {
        return read.error();
    }
    importer.flush();
    return importer.sums();
}

}  // namespace sealdesk::effects
