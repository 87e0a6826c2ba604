#include "effects/deliveries.h"

#include <map>

#include "effects/parcel_steps.h"
#include "effects/unopened.h"
#include "intake/delivery_file.h"
#include "requests/request_store.h"
#include "slips/slip.h"

namespace sealdesk::effects {
namespace {

using intake::DeliveryRow;
using intake::Fate;
using intake::FateKind;
using intake::Reason;
using intake::ReturnRow;
using parcels::Parcel;
using parcels::ParcelState;

/// Why a row is not taken, by the error's code.
Reason not_taken(const Error& error) {
    static const std::map<std::string, std::string> chinese{
        {"parcel.tracking_unknown", "查無以此掛號號碼寄出之郵寄物，請核對號碼。"},
        {"parcel.not_now", "此郵寄物目前不在郵寄途中，請以 sealdesk parcel list 查看。"},
        {"parcel.delivered", "此郵寄物先前已有不同之投遞紀錄，請核對。"},
        {"parcel.delivery_time", "投遞時間早於交寄日或尚未到來，請核對掛號號碼及日期。"},
        {"slips.not_on_its_way", "此密碼單目前不在郵寄途中，請以 sealdesk slip list 查看。"},
        {"slips.is_used", "此密碼單的密碼已使用，用戶已收到，請核對掛號號碼。"}};
    const auto found = chinese.find(error.code);
    return {error.code,
            error.rule,
            "tracking",
            {found == chinese.end() ? error.detail : found->second, error.detail}};
}

Error tracking_unknown(const std::string& tracking) {
    return {ErrorKind::NotFound, "parcel.tracking_unknown",
            "Nothing was posted under this registered-mail number.", tracking, "T 3.2.6"};
}

Fate refused(Fate fate, const Error& error) {
    fate.reasons.push_back(not_taken(error));
    return fate;
}

Fate taken(Fate fate, FateKind kind, std::string request) {
    fate.kind = kind;
    (kind == FateKind::Duplicate ? fate.duplicate_of : fate.request) = std::move(request);
    return fate;
}

std::string request_of(store::Tx& tx, const Parcel& parcel) {
    return requests::get_request(tx, parcel.request).number;
}

Fate judge_delivery(store::Tx& tx, const DeliveryRow& row, Fate fate, const PostImport& import) {
    const auto parcel = parcels::parcel_under(tx, row.tracking);
    if (!parcel) {
        return refused(std::move(fate), tracking_unknown(row.tracking));
    }
    const auto known = parcels::delivery_of(tx, parcel->id);
    if (known && known->at == row.delivered_at && known->signed_by == row.signed_by) {
        return taken(std::move(fate), FateKind::Duplicate, request_of(tx, *parcel));
    }
    const parcels::Delivery delivery{row.delivered_at, row.signed_by};
    const Outcome confirmed = import.dry_run
                                  ? parcels::check_delivery(tx, *parcel, delivery)
                                  : deliver_parcel(tx, parcel->number, delivery, import.actor);
    return confirmed ? taken(std::move(fate), FateKind::Accepted, request_of(tx, *parcel))
                     : refused(std::move(fate), confirmed.error());
}

/// What the record says: the post's words, and the day.
std::string note_of(const ReturnRow& row) {
    return row.reason + "（" + to_iso_text(day_in_taipei(row.returned_at)) + "）";
}

Fate judge_returned_parcel(store::Tx& tx, const Parcel& parcel, const ReturnRow& row, Fate fate,
                           const PostImport& import) {
    if (parcel.state == ParcelState::Void) {
        return refused(std::move(fate), {ErrorKind::Refused, "parcel.not_now",
                                         "The parcel is void.", parcel.number, "T 3.2.6"});
    }
    if (parcel.state != ParcelState::Posted) {
        return taken(std::move(fate), FateKind::Duplicate, request_of(tx, parcel));
    }
    if (parcels::delivery_of(tx, parcel.id)) {
        return refused(std::move(fate),
                       {ErrorKind::Refused, "parcel.delivered",
                        "The post has confirmed its delivery; compare the confirmation with the "
                        "record.",
                        parcel.number, "M 4.2.1.2"});
    }
    const Outcome back =
        import.dry_run ? done()
                       : take_parcel_back(tx, {parcel.number, import.actor, {}, note_of(row)});
    return back ? taken(std::move(fate), FateKind::Accepted, request_of(tx, parcel))
                : refused(std::move(fate), back.error());
}

/// All slips of an envelope, or none.
Fate judge_returned_slips(store::Tx& tx, std::vector<slips::Slip> slips, const ReturnRow& row,
                          Fate fate, const PostImport& import) {
    const slips::Slip newest = slips.front();
    std::erase_if(slips,
                  [](const slips::Slip& one) { return one.state == slips::SlipState::Void; });
    if (slips.empty() && newest.void_reason == slips::kReturnedReason) {
        return taken(std::move(fate), FateKind::Duplicate, newest.request_number);
    }
    if (slips.empty()) {
        return refused(std::move(fate), slips::check_return(newest).error());
    }
    for (const slips::Slip& one : slips) {
        const Outcome right = slips::check_return(one);
        if (!right) {
            return refused(std::move(fate), right.error());
        }
    }
    for (const slips::Slip& one : slips) {
        const Outcome back =
            import.dry_run ? done()
                           : take_slip_back(tx, one, {row.reason, row.returned_at}, import.actor);
        if (!back) {
            throw Failure(back.error());  // all of the envelope or nothing
        }
    }
    return taken(std::move(fate), FateKind::Accepted, newest.request_number);
}

Fate judge_return(store::Tx& tx, const ReturnRow& row, Fate fate, const PostImport& import) {
    if (row.returned_at > tx.now()) {
        return refused(std::move(fate),
                       {ErrorKind::Refused, "parcel.delivery_time",
                        "It cannot have come back in the time to come.", row.tracking, "T 3.2.6"});
    }
    const auto parcel = parcels::parcel_under(tx, row.tracking);
    if (parcel) {
        return judge_returned_parcel(tx, *parcel, row, std::move(fate), import);
    }
    auto slips = slips::slips_under(tx, row.tracking);
    return slips.empty() ? refused(std::move(fate), tracking_unknown(row.tracking))
                         : judge_returned_slips(tx, std::move(slips), row, std::move(fate), import);
}

}  // namespace

Result<PostFileSums> import_deliveries(store::Database& database, const PostImport& import) {
    PostFile<DeliveryRow> file(
        database, import.file, "parcel.delivered",
        [&](store::Tx& tx, const DeliveryRow& row, Fate fate) {
            return judge_delivery(tx, row, std::move(fate), import);
        },
        import.on_fate);
    const Outcome read = intake::read_delivery_file(
        import.file, import.encoding, [&](DeliveryRow row) { file.take(std::move(row)); });
    if (!read) {
        return read.error();
    }
    file.flush();
    return file.sums();
}

Result<PostFileSums> import_returns(store::Database& database, const PostImport& import) {
    PostFile<ReturnRow> file(
        database, import.file, "parcel.returned",
        [&](store::Tx& tx, const ReturnRow& row, Fate fate) {
            return judge_return(tx, row, std::move(fate), import);
        },
        import.on_fate);
    const Outcome read = intake::read_return_file(
        import.file, import.encoding, [&](ReturnRow row) { file.take(std::move(row)); });
    if (!read) {
        return read.error();
    }
    file.flush();
    return file.sums();
}

}  // namespace sealdesk::effects
