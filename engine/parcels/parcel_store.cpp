#include "parcels/parcel_store.h"

#include <algorithm>
#include <array>

namespace sealdesk::parcels {
namespace {

constexpr std::array<std::string_view, kParcelStateCount> kStates{
    "waiting", "posted", "at_counter", "released", "collected", "void"};

constexpr std::string_view kParcelByNumber = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE number = ?
)sql";

constexpr std::string_view kParcelById = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE id = ?
)sql";

constexpr std::string_view kParcelOfOrder = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE dedup_key = ?
)sql";

constexpr std::string_view kParcelPage = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kParcelPageOfState = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE state = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kParcelsOfSubscriber = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE subscriber_id = ? AND state = ?
    ORDER BY id
)sql";

constexpr std::string_view kParcelsOfRequest = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE request_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kParcelUnder = R"sql(
    SELECT id, number, scheme, request_id, subscriber_id, recipient_name, postal_code, address,
           state, tracking, ordered_at, changed_at
    FROM parcel
    WHERE tracking = ?
    ORDER BY changed_at DESC, id DESC
    LIMIT 1
)sql";

constexpr std::string_view kDeliveryOfParcel = R"sql(
    SELECT delivered_at, signed_by
    FROM parcel_delivery
    WHERE parcel_id = ?
)sql";

constexpr std::string_view kInsertDelivery = R"sql(
    INSERT INTO parcel_delivery (parcel_id, delivered_at, signed_by, confirmed_by, confirmed_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kInsertParcel = R"sql(
    INSERT INTO parcel (id, number, dedup_key, scheme, request_id, subscriber_id, recipient_name,
                        postal_code, address, state, tracking, ordered_at, changed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)
)sql";

constexpr std::string_view kInsertItem = R"sql(
    INSERT INTO parcel_item (parcel_id, item_no, kind, reference)
    VALUES (?, ?, ?, ?)
)sql";

constexpr std::string_view kItemsOfParcel = R"sql(
    SELECT kind, reference
    FROM parcel_item
    WHERE parcel_id = ?
    ORDER BY item_no
)sql";

constexpr std::string_view kMoveParcel = R"sql(
    UPDATE parcel
    SET state = ?, tracking = ?, changed_at = ?
    WHERE id = ? AND state = ?
)sql";

constexpr std::string_view kStepsOfParcel = R"sql(
    SELECT COUNT(*)
    FROM parcel_movement
    WHERE parcel_id = ?
)sql";

constexpr std::string_view kInsertMovement = R"sql(
    INSERT INTO parcel_movement (id, parcel_id, step_no, state, actor, reference, note, moved_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kMovementsOfParcel = R"sql(
    SELECT state, actor, reference, note, moved_at
    FROM parcel_movement
    WHERE parcel_id = ?
    ORDER BY step_no
)sql";

constexpr std::string_view kPostedUnder = R"sql(
    SELECT number
    FROM parcel
    WHERE tracking = ? AND id <> ? AND changed_at >= ?
    LIMIT 1
)sql";

constexpr std::string_view kUnpostedOfRequest = R"sql(
    SELECT id
    FROM parcel
    WHERE request_id = ? AND state = 'waiting'
    LIMIT 1
)sql";

constexpr std::string_view kCountOrders = R"sql(
    SELECT COUNT(*)
    FROM parcel_movement
    WHERE step_no = 1
)sql";

constexpr std::string_view kCountParcels = R"sql(
    SELECT state, COUNT(*)
    FROM parcel
    GROUP BY state
)sql";

ParcelState state_from_row(const std::string& text) {
    const auto state = parcel_state_from(text);
    if (!state) {
        throw_internal("parcel.unknown_state", "A parcel is in a state this program lacks.");
    }
    return *state;
}

Parcel read_parcel(const store::Row& row) {
    return {.id = ParcelId(row.number(0)),
            .number = row.text(1),
            .scheme = row.text(2),
            .request = RequestId(row.number(3)),
            .subscriber = SubscriberId(row.number(4)),
            .to = {row.text(5), row.text(6), row.text(7)},
            .state = state_from_row(row.text(8)),
            .tracking = row.text_or_null(9).value_or(""),
            .ordered_at = row.instant(10),
            .changed_at = row.instant(11)};
}

std::vector<Parcel> read_parcels(const std::vector<store::Row>& rows) {
    std::vector<Parcel> parcels;
    parcels.reserve(rows.size());
    for (const store::Row& row : rows) {
        parcels.push_back(read_parcel(row));
    }
    return parcels;
}

}  // namespace

std::string_view to_text(ParcelState state) { return kStates.at(static_cast<std::size_t>(state)); }

std::optional<ParcelState> parcel_state_from(std::string_view text) {
    const auto* const found = std::ranges::find(kStates, text);
    return found == kStates.end()
               ? std::nullopt
               : std::optional(static_cast<ParcelState>(found - kStates.begin()));
}

Result<Parcel> find_parcel(store::Tx& tx, std::string_view number) {
    const auto rows = tx.query(kParcelByNumber, number);
    if (rows.empty()) {
        return Error{ErrorKind::NotFound,
                     "parcel.unknown",
                     "There is no parcel with this number; check each digit.",
                     std::string(number),
                     {}};
    }
    return read_parcel(rows.front());
}

Parcel get_parcel(store::Tx& tx, ParcelId id) {
    const auto rows = tx.query(kParcelById, id.value());
    if (rows.empty()) {
        throw_internal("parcel.missing", "A row refers to a parcel that does not exist.");
    }
    return read_parcel(rows.front());
}

std::optional<Parcel> parcel_of_order(store::Tx& tx, std::string_view dedup_key) {
    const auto rows = tx.query(kParcelOfOrder, dedup_key);
    return rows.empty() ? std::nullopt : std::optional(read_parcel(rows.front()));
}

void insert_parcel(store::Tx& tx, const NewParcel& fresh, const Parcel& parcel) {
    tx.execute(kInsertParcel, parcel.id.value(), parcel.number, fresh.dedup_key, fresh.scheme,
               fresh.request.value(), fresh.subscriber.value(), fresh.to.name, fresh.to.postal_code,
               fresh.to.address, to_text(parcel.state), tx.now(), tx.now());
    std::int64_t item_no = 0;
    for (const Item& item : fresh.items) {
        tx.execute(kInsertItem, parcel.id.value(), ++item_no, item.kind, item.reference);
    }
}

std::vector<Item> items_of(store::Tx& tx, ParcelId id) {
    std::vector<Item> items;
    for (const store::Row& row : tx.query(kItemsOfParcel, id.value())) {
        items.push_back({row.text(0), row.text(1)});
    }
    return items;
}

bool save_move(store::Tx& tx, const Parcel& seen, ParcelState to, std::string_view tracking) {
    const auto kept = tracking.empty() ? std::nullopt : std::optional(std::string(tracking));
    return tx.execute(kMoveParcel, to_text(to), kept, tx.now(), seen.id.value(),
                      to_text(seen.state)) == 1;
}

void add_movement(store::Tx& tx, ParcelId id, const Movement& movement) {
    const std::int64_t steps = tx.query(kStepsOfParcel, id.value()).front().number(0);
    tx.execute(kInsertMovement, tx.new_id(), id.value(), steps + 1, to_text(movement.state),
               movement.actor, movement.reference, movement.note, movement.at);
}

std::vector<Movement> movements_of(store::Tx& tx, ParcelId id) {
    std::vector<Movement> movements;
    for (const store::Row& row : tx.query(kMovementsOfParcel, id.value())) {
        movements.push_back(
            {state_from_row(row.text(0)), row.text(1), row.text(2), row.text(3), row.instant(4)});
    }
    return movements;
}

std::vector<Parcel> parcels_of(store::Tx& tx, SubscriberId subscriber, ParcelState state) {
    return read_parcels(tx.query(kParcelsOfSubscriber, subscriber.value(), to_text(state)));
}

std::vector<Parcel> parcels_of(store::Tx& tx, RequestId request) {
    return read_parcels(tx.query(kParcelsOfRequest, request.value()));
}

std::optional<Parcel> parcel_under(store::Tx& tx, std::string_view tracking) {
    const auto rows = tx.query(kParcelUnder, tracking);
    return rows.empty() ? std::nullopt : std::optional(read_parcel(rows.front()));
}

std::optional<Delivery> delivery_of(store::Tx& tx, ParcelId id) {
    const auto rows = tx.query(kDeliveryOfParcel, id.value());
    return rows.empty() ? std::nullopt
                        : std::optional(Delivery{rows.front().instant(0), rows.front().text(1)});
}

void insert_delivery(store::Tx& tx, ParcelId id, const Delivery& delivery, std::string_view actor) {
    tx.execute(kInsertDelivery, id.value(), delivery.at, delivery.signed_by, actor, tx.now());
}

std::string posted_under(store::Tx& tx, std::string_view tracking, ParcelId other_than,
                         Instant since) {
    const auto rows = tx.query(kPostedUnder, tracking, other_than.value(), since);
    return rows.empty() ? "" : rows.front().text(0);
}

std::vector<Parcel> list_parcels(store::Tx& tx, const ParcelFilter& filter) {
    return read_parcels(filter.state ? tx.query(kParcelPageOfState, to_text(*filter.state),
                                                filter.after, filter.limit)
                                     : tx.query(kParcelPage, filter.after, filter.limit));
}

bool has_unposted(store::Tx& tx, RequestId request) {
    return !tx.query(kUnpostedOfRequest, request.value()).empty();
}

ParcelCounts count_parcels(store::Tx& tx) {
    ParcelCounts counts{tx.query(kCountOrders).front().number(0), 0, 0};
    for (const store::Row& row : tx.query(kCountParcels)) {
        (is_settled(state_from_row(row.text(0))) ? counts.settled : counts.open) += row.number(1);
    }
    return counts;
}

}  // namespace sealdesk::parcels
