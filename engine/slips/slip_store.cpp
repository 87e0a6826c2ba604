#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/text.h"
#include "slips/slip.h"
#include "slips/slip_rows.h"
#include "slips/wait.h"
#include "store/counters.h"

namespace sealdesk::slips {
namespace {

#define SEALDESK_SLIP_COLUMNS                                                          \
    "id, number, scheme, template_name, request_id, request_number, account_id, "      \
    "account_generation, account_name, delivery, state, recipient_name, postal_code, " \
    "recipient_address, fields, replaces_id, batch_id, tracking_number, void_reason, " \
    "version, created_at, ended_at, password_length"

constexpr std::string_view kInsertSlip = R"sql(
    INSERT INTO slip (id, sequence, number, scheme, template_name, request_id, request_number,
                      account_id, account_generation, account_name, delivery, state,
                      recipient_name, postal_code, recipient_address, fields, replaces_id,
                      password_length, version, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, 1, ?)
)sql";

constexpr std::string_view kSlipByNumber =
    "SELECT " SEALDESK_SLIP_COLUMNS " FROM slip WHERE number = ?";

constexpr std::string_view kSlipById = "SELECT " SEALDESK_SLIP_COLUMNS " FROM slip WHERE id = ?";

constexpr std::string_view kSlipOfPassword =
    "SELECT " SEALDESK_SLIP_COLUMNS " FROM slip WHERE account_id = ? AND account_generation = ?";

constexpr std::string_view kSlipPage =
    "SELECT " SEALDESK_SLIP_COLUMNS " FROM slip WHERE id > ? ORDER BY id LIMIT ?";

constexpr std::string_view kSlipPageOfState =
    "SELECT " SEALDESK_SLIP_COLUMNS " FROM slip WHERE state = ? AND id > ? ORDER BY id LIMIT ?";

constexpr std::string_view kSlipPageOfAccount =
    "SELECT " SEALDESK_SLIP_COLUMNS
    " FROM slip WHERE account_id = ? AND id > ? ORDER BY id LIMIT ?";

constexpr std::string_view kSlipPageOfRequest =
    "SELECT " SEALDESK_SLIP_COLUMNS
    " FROM slip WHERE request_id = ? AND id > ? ORDER BY id LIMIT ?";

constexpr std::string_view kSlipsOfBatch =
    "SELECT " SEALDESK_SLIP_COLUMNS " FROM slip WHERE batch_id = ? AND id > ? ORDER BY id LIMIT ?";

constexpr std::string_view kMoveSlip = R"sql(
    UPDATE slip
    SET state = ?, batch_id = ?, tracking_number = ?, void_reason = ?, ended_at = ?,
        version = version + 1
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kInsertSlipOut = R"sql(
    INSERT INTO slip_out (slip_id, out_at)
    VALUES (?, ?)
)sql";

constexpr std::string_view kSlipOut = R"sql(
    SELECT out_at
    FROM slip_out
    WHERE slip_id = ?
)sql";

/// More than are ever posted in one envelope.
constexpr int kSlipsInEnvelopeMax = 50;

constexpr std::string_view kSlipsUnder =
    "SELECT " SEALDESK_SLIP_COLUMNS
    " FROM slip WHERE tracking_number = ? ORDER BY ended_at DESC, id DESC LIMIT ?";

constexpr std::string_view kInsertSlipItem = R"sql(
    INSERT INTO print_item (id, dedup_key, kind, request_id, slip_id, delivery, parcel_rank,
                            scheme, template_name, fields, state, created_at)
    VALUES (?, ?, 'slip', ?, ?, ?, 3, ?, ?, '{}', 'waiting', ?)
)sql";

// What is on paper already stays as it is; the rest will not be printed.
constexpr std::string_view kVoidItemOfSlip = R"sql(
    UPDATE print_item
    SET state = 'void'
    WHERE dedup_key = ? AND state IN ('waiting', 'batched')
)sql";

constexpr std::string_view kSlipsMadeIn = R"sql(
    SELECT scheme, delivery, COUNT(*)
    FROM slip
    WHERE created_at >= ? AND created_at < ?
    GROUP BY scheme, delivery
)sql";

constexpr std::string_view kCountSlips = R"sql(
    SELECT state, COUNT(*)
    FROM slip
    GROUP BY state
)sql";

constexpr std::string_view kLastSlip = R"sql(
    SELECT COALESCE(MAX(sequence), 0)
    FROM slip
)sql";

constexpr std::array<std::string_view, 3> kDeliveries{"counter", "post", "electronic"};
constexpr std::array<std::string_view, 8> kSlipStates{
    "waiting", "batched", "printed", "handed_over", "posted", "sent", "used", "void"};

constexpr int kVoidedAtOnceMax = 1000;  ///< live slips of one account; there is one, or two

template <class Enum, std::size_t N>
std::optional<Enum> enum_from_text(const std::array<std::string_view, N>& names,
                                   std::string_view text) {
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<Enum>(found - names.begin());
}

Slip read_slip(const store::Row& row) {
    const auto delivery = delivery_from_text(row.text(9));
    const auto state = slip_state_from_text(row.text(10));
    if (!delivery || !state) {
        throw_internal("slips.bad_row", "A stored slip has an unknown state or delivery.");
    }
    const auto replaces = row.number_or_null(15);
    const auto batch = row.number_or_null(16);
    return {
        .id = SlipId{row.number(0)},
        .number = row.text(1),
        .scheme = row.text(2),
        .template_name = row.text(3),
        .request = RequestId{row.number(4)},
        .request_number = row.text(5),
        .account = AccountId{row.number(6)},
        .account_generation = row.number(7),
        .account_name = row.text(8),
        .delivery = *delivery,
        .state = *state,
        .recipient = {row.text(11), row.text(12), row.text(13)},
        .fields = fields_from_json(row.text(14)),
        .replaces = replaces ? std::optional(SlipId{*replaces}) : std::nullopt,
        .batch = batch ? std::optional(PrintBatchId{*batch}) : std::nullopt,
        .tracking_number = row.text_or_null(17).value_or(""),
        .void_reason = row.text_or_null(18).value_or(""),
        .password_length = row.number(22),
        .version = row.number(19),
        .created_at = row.instant(20),
        .ended_at = row.instant_or_null(21),
    };
}

std::vector<Slip> read_slips(const std::vector<store::Row>& rows) {
    std::vector<Slip> slips;
    slips.reserve(rows.size());
    for (const store::Row& row : rows) {
        slips.push_back(read_slip(row));
    }
    return slips;
}

Result<Slip> only_slip(const std::vector<store::Row>& rows) {
    if (rows.empty()) {
        return Error{ErrorKind::NotFound, "slips.not_found", "There is no such slip.", {}, {}};
    }
    return read_slip(rows.front());
}

bool is_reason(std::string_view text) {
    return !text.empty() && text.size() <= 40 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
               std::string_view::npos;
}

/// With its reader, or on the way there.
bool is_out(SlipState state) {
    return state == SlipState::HandedOver || state == SlipState::Posted || state == SlipState::Sent;
}

bool ends_slip(SlipState state) { return state >= SlipState::HandedOver; }

std::string subject_of(SlipId slip) { return "slip:" + std::to_string(slip.value()); }

Slip insert_slip(store::Tx& tx, const NewSlip& order, std::optional<SlipId> replaces) {
    const SlipId id{tx.new_id()};
    const std::int64_t sequence = store::take_numbers(tx, "slip", 1);
    const std::string number = store::number_of_year(tx, 'S', sequence);
    const auto replaced = replaces ? std::optional(replaces->value()) : std::nullopt;
    tx.execute(kInsertSlip, id.value(), sequence, number, order.scheme, order.template_name,
               order.request.value(), order.request_number, order.account.value(),
               order.account_generation, order.account_name, to_text(order.delivery),
               order.recipient.name, order.recipient.postal_code, order.recipient.address,
               fields_to_json(order.fields), replaced, order.password_length, tx.now());
    if (order.delivery != Delivery::Electronic && order.password_length != kCarriesPin) {
        tx.execute(kInsertSlipItem, tx.new_id(), item_key_of(id), order.request.value(), id.value(),
                   to_text(order.delivery), order.scheme, order.template_name, tx.now());
    }
    nlohmann::json detail{{"number", number},
                          {"scheme", order.scheme},
                          {"request", order.request.value()},
                          {"delivery", to_text(order.delivery)}};
    if (replaces) {
        detail["replaces"] = replaces->value();
    }
    audit::append(tx, {"slip.created", order.actor, subject_of(id), std::move(detail)});
    return *find_slip(tx, id);
}

}  // namespace

std::string item_key_of(SlipId slip) { return "slip:" + std::to_string(slip.value()); }
std::string code_key_of(SlipId slip) { return "code:" + std::to_string(slip.value()); }

std::string fields_to_json(const Fields& fields) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, value] : fields) {
        SEALDESK_CHECK(is_utf8(value));
        object[name] = value;
    }
    return object.dump();
}

Fields fields_from_json(const std::string& text) {
    const auto object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object()) {
        throw_internal("slips.bad_row", "Stored fields of a printed page cannot be read.");
    }
    Fields fields;
    for (const auto& [name, value] : object.items()) {
        if (!value.is_string()) {
            throw_internal("slips.bad_row", "A stored field of a printed page is not a text.");
        }
        fields[name] = value.get<std::string>();
    }
    return fields;
}

std::string_view to_text(Delivery delivery) { return kDeliveries.at(std::size_t(delivery)); }
std::optional<Delivery> delivery_from_text(std::string_view text) {
    return enum_from_text<Delivery>(kDeliveries, text);
}
std::string_view to_text(SlipState state) { return kSlipStates.at(std::size_t(state)); }
std::optional<SlipState> slip_state_from_text(std::string_view text) {
    return enum_from_text<SlipState>(kSlipStates, text);
}

Slip create_slip(store::Tx& tx, const NewSlip& order) {
    const auto before = tx.query(kSlipOfPassword, order.account.value(), order.account_generation);
    return before.empty() ? insert_slip(tx, order, std::nullopt) : read_slip(before.front());
}

Result<Slip> find_slip(store::Tx& tx, std::string_view number) {
    return only_slip(tx.query(kSlipByNumber, number));
}

Result<Slip> find_slip(store::Tx& tx, SlipId id) {
    return only_slip(tx.query(kSlipById, id.value()));
}

std::vector<Slip> list_slips(store::Tx& tx, const SlipFilter& filter) {
    if (filter.account) {
        return read_slips(
            tx.query(kSlipPageOfAccount, filter.account->value(), filter.after, filter.count_max));
    }
    if (filter.request) {
        return read_slips(
            tx.query(kSlipPageOfRequest, filter.request->value(), filter.after, filter.count_max));
    }
    if (filter.state) {
        return read_slips(
            tx.query(kSlipPageOfState, to_text(*filter.state), filter.after, filter.count_max));
    }
    return read_slips(tx.query(kSlipPage, filter.after, filter.count_max));
}

std::vector<Slip> slips_of_batch(store::Tx& tx, PrintBatchId batch, std::int64_t after,
                                 int count_max) {
    return read_slips(tx.query(kSlipsOfBatch, batch.value(), after, count_max));
}

Outcome move_slip(store::Tx& tx, const Slip& seen, const SlipMove& move) {
    const auto batch = move.batch ? move.batch : seen.batch;
    const auto or_null = [](const std::string& text) {
        return text.empty() ? std::optional<std::string>() : std::optional(text);
    };
    const auto ended = ends_slip(move.to) ? std::optional(tx.now()) : std::nullopt;
    const auto changed = tx.execute(
        kMoveSlip, to_text(move.to), batch ? std::optional(batch->value()) : std::nullopt,
        or_null(move.tracking_number.empty() ? seen.tracking_number : move.tracking_number),
        or_null(move.void_reason), ended, seen.id.value(), seen.version);
    if (changed == 0) {
        return Error{ErrorKind::Conflict,
                     "slips.changed_meanwhile",
                     "Someone else changed the slip; look at it again.",
                     seen.number,
                     {}};
    }
    if (is_out(move.to)) {
        tx.execute(kInsertSlipOut, seen.id.value(), tx.now());
    }
    return done();
}

std::optional<Instant> out_at(store::Tx& tx, const Slip& slip) {
    const auto rows = tx.query(kSlipOut, slip.id.value());
    if (!rows.empty()) {
        return rows.front().instant(0);
    }
    return is_out(slip.state) ? slip.ended_at : std::nullopt;  // before there was such a record
}

std::vector<Slip> slips_under(store::Tx& tx, std::string_view tracking) {
    auto slips = read_slips(tx.query(kSlipsUnder, tracking, kSlipsInEnvelopeMax));
    if (!slips.empty()) {
        const RequestId request = slips.front().request;
        std::erase_if(slips, [&](const Slip& one) { return one.request != request; });
    }
    return slips;
}

Outcome void_slip(store::Tx& tx, const VoidOrder& order) {
    if (!is_reason(order.reason)) {
        return Error{ErrorKind::Invalid,
                     "slips.bad_reason",
                     "A reason is a word of a-z 0-9 - _, such as \"lost\".",
                     {},
                     {}};
    }
    const auto slip = find_slip(tx, order.slip);
    if (!slip) {
        return slip.error();
    }
    if (slip->state == SlipState::Void) {
        return Error{
            ErrorKind::Refused, "slips.is_void", "The slip is void already.", slip->number, {}};
    }
    if (slip->state == SlipState::Used) {
        return Error{ErrorKind::Refused, "slips.is_used",
                     "The slip's password has been used and changed; a reset form gives a new one.",
                     slip->number, "T 5.12"};
    }
    const Outcome moved =
        move_slip(tx, *slip, {.to = SlipState::Void, .void_reason = order.reason});
    if (!moved) {
        return moved.error();
    }
    end_wait(tx, slip->id);
    tx.execute(kVoidItemOfSlip, item_key_of(slip->id));
    tx.execute(kVoidItemOfSlip, code_key_of(slip->id));
    audit::append(tx, {"slip.voided",
                       order.actor,
                       subject_of(slip->id),
                       {{"number", slip->number},
                        {"scheme", slip->scheme},
                        {"was", to_text(slip->state)},
                        {"reason", order.reason}}});
    if (slip->batch) {
        close_batch_if_done(tx, *slip->batch, order.actor);
    }
    return done();
}

std::int64_t void_slips_of(store::Tx& tx, AccountId account, std::string_view reason,
                           std::string_view actor) {
    std::int64_t voided = 0;
    for (const Slip& slip : list_slips(tx, {.account = account, .count_max = kVoidedAtOnceMax})) {
        if (slip.state == SlipState::Void || slip.state == SlipState::Used) {
            continue;
        }
        const Outcome outcome = void_slip(tx, {slip.id, std::string(reason), std::string(actor)});
        if (!outcome) {
            throw Failure(outcome.error());  // changed under our eyes: the unit of work ends
        }
        ++voided;
    }
    return voided;
}

Result<Slip> replace_slip(store::Tx& tx, const VoidOrder& order, std::int64_t account_generation) {
    const auto lost = find_slip(tx, order.slip);
    if (!lost) {
        return lost.error();
    }
    SEALDESK_CHECK(!lost->carries_pin());
    const Outcome voided = void_slip(tx, order);
    if (!voided) {
        return voided.error();
    }
    const NewSlip again{lost->scheme,         lost->template_name, lost->request,
                        lost->request_number, lost->account,       account_generation,
                        lost->account_name,   lost->delivery,      lost->recipient,
                        lost->fields,         order.actor,         lost->password_length};
    return insert_slip(tx, again, lost->id);
}

void mark_used(store::Tx& tx, AccountId account, std::int64_t account_generation) {
    for (const Slip& slip : list_slips(tx, {.account = account, .count_max = kVoidedAtOnceMax})) {
        const bool is_with_reader = slip.state == SlipState::HandedOver ||
                                    slip.state == SlipState::Posted ||
                                    slip.state == SlipState::Sent;
        if (slip.account_generation != account_generation || !is_with_reader) {
            continue;
        }
        const Outcome moved = move_slip(tx, slip, {.to = SlipState::Used});
        if (!moved) {
            throw Failure(moved.error());
        }
        end_wait(tx, slip.id);
        audit::append(tx, {"slip.used",
                           "system",
                           subject_of(slip.id),
                           {{"number", slip.number}, {"scheme", slip.scheme}}});
    }
}

std::vector<Tally> count_in(store::Tx& tx, const TimeSpan& span) {
    std::vector<Tally> tallies;
    for (const store::Row& row : tx.query(kSlipsMadeIn, span.from, span.until)) {
        tallies.push_back({"slips.made", row.text(0), row.text(1), "", row.number(2)});
    }
    return tallies;
}

SlipLedger count_slips(store::Tx& tx) {
    SlipLedger ledger;
    ledger.in = tx.query(kLastSlip).front().number(0);
    for (const store::Row& row : tx.query(kCountSlips)) {
        const auto state = slip_state_from_text(row.text(0));
        const std::int64_t count = row.number(1);
        if (!state) {
            continue;  // shows as a difference
        }
        switch (*state) {
            case SlipState::Waiting:
            case SlipState::Batched:
            case SlipState::Printed: ledger.open += count; break;
            case SlipState::HandedOver: ledger.handed_over = count; break;
            case SlipState::Posted: ledger.posted = count; break;
            case SlipState::Sent: ledger.sent = count; break;
            case SlipState::Used: ledger.used = count; break;
            case SlipState::Void: ledger.voided = count; break;
        }
    }
    return ledger;
}

Fields slip_fields(const Slip& slip, Instant now) {
    Fields fields = slip.fields;
    fields["slip_number"] = slip.number;
    fields["request_number"] = slip.request_number;
    fields["account_name"] = slip.account_name;
    fields["recipient_name"] = slip.recipient.name;
    fields["recipient_address"] = slip.recipient.address;
    fields["postal_code"] = slip.recipient.postal_code;
    fields["issued_on"] = to_roc_text(day_in_taipei(now));
    return fields;
}

}  // namespace sealdesk::slips
