#include "store/bulk.h"
#include "subscribers/subscriber.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kInsertSubscriber = R"sql(
    INSERT INTO subscriber (id, scheme, kind, id_number, name, request_id, registered_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kRegisterAgain = R"sql(
    UPDATE subscriber
    SET kind = ?, name = ?, request_id = ?
    WHERE id = ?
)sql";

constexpr std::string_view kFindSubscriber = R"sql(
    SELECT id, scheme, kind, id_number, name, request_id
    FROM subscriber
    WHERE scheme = ? AND id_number = ?
)sql";

constexpr std::string_view kGetSubscriber = R"sql(
    SELECT id, scheme, kind, id_number, name, request_id
    FROM subscriber
    WHERE id = ?
)sql";

constexpr std::string_view kContactExists = R"sql(
    SELECT id
    FROM contact
    WHERE subscriber_id = ? AND request_id = ?
)sql";

constexpr std::string_view kEndContact = R"sql(
    UPDATE contact
    SET valid_until = ?
    WHERE subscriber_id = ? AND valid_until IS NULL
)sql";

constexpr std::string_view kInsertContact = R"sql(
    INSERT INTO contact (id, subscriber_id, request_id, name, phone, email, postal_code, address,
                         valid_from, valid_until)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
)sql";

constexpr std::string_view kCurrentContact = R"sql(
    SELECT name, phone, email, postal_code, address
    FROM contact
    WHERE subscriber_id = ? AND valid_until IS NULL
)sql";

Subscriber read_subscriber(const store::Row& row) {
    return {SubscriberId(row.number(0)), row.text(1), row.text(2), row.text(3), row.text(4),
            RequestId(row.number(5))};
}

}  // namespace

SubscriberId add_subscriber(store::Tx& tx, const Subscriber& fresh) {
    tx.execute(kInsertSubscriber, fresh.id.value(), fresh.scheme, fresh.kind, fresh.id_number,
               fresh.name, fresh.request.value(), tx.now());
    return fresh.id;
}

void register_again(store::Tx& tx, const Subscriber& now) {
    tx.execute(kRegisterAgain, now.kind, now.name, now.request.value(), now.id.value());
}

std::optional<Subscriber> find_subscriber(store::Tx& tx, std::string_view scheme,
                                          std::string_view id_number) {
    const auto rows = tx.query(kFindSubscriber, scheme, id_number);
    if (rows.empty()) {
        return std::nullopt;
    }
    return read_subscriber(rows.front());
}

Subscriber get_subscriber(store::Tx& tx, SubscriberId id) {
    const auto rows = tx.query(kGetSubscriber, id.value());
    if (rows.empty()) {
        throw_internal("subscriber.missing", "A row refers to a subscriber that does not exist.");
    }
    return read_subscriber(rows.front());
}

std::map<std::string, Subscriber, std::less<>> registered_among(
    store::Tx& tx, std::string_view scheme, std::span<const std::string> id_numbers) {
    SEALDESK_CHECK(id_numbers.size() <= kLookupMax);
    std::map<std::string, Subscriber, std::less<>> registered;
    if (id_numbers.empty()) {
        return registered;
    }
    const std::string sql =
        "SELECT id, scheme, kind, id_number, name, request_id FROM subscriber "
        "WHERE scheme = ? AND id_number IN " +
        store::placeholders(id_numbers.size());
    std::vector<store::Value> args{std::string(scheme)};
    args.insert(args.end(), id_numbers.begin(), id_numbers.end());
    for (const store::Row& row : tx.query_list(sql, args)) {
        Subscriber one = read_subscriber(row);
        std::string id_number = one.id_number;
        registered.emplace(std::move(id_number), std::move(one));
    }
    return registered;
}

bool has_contact_from(store::Tx& tx, SubscriberId subscriber, RequestId from) {
    return !tx.query(kContactExists, subscriber.value(), from.value()).empty();
}

void set_contact(store::Tx& tx, SubscriberId subscriber, RequestId from, const Contact& contact) {
    if (has_contact_from(tx, subscriber, from)) {
        return;
    }
    tx.execute(kEndContact, tx.now(), subscriber.value());
    tx.execute(kInsertContact, tx.new_id(), subscriber.value(), from.value(), contact.name,
               contact.phone, contact.email, contact.postal_code, contact.address, tx.now());
}

std::optional<Contact> find_contact(store::Tx& tx, SubscriberId subscriber) {
    const auto rows = tx.query(kCurrentContact, subscriber.value());
    if (rows.size() != 1) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    return Contact{row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)};
}

Contact current_contact(store::Tx& tx, SubscriberId subscriber) {
    auto contact = find_contact(tx, subscriber);
    if (!contact) {
        throw_internal("subscriber.no_contact", "A subscriber has no single current contact.");
    }
    return *std::move(contact);
}

}  // namespace sealdesk::subscribers
