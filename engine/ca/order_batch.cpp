#include "ca/order_batch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

namespace sealdesk::ca {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<ErrorKind, std::string_view>, 6> kKinds{{
    {ErrorKind::Invalid, "invalid"},
    {ErrorKind::NotFound, "not_found"},
    {ErrorKind::Conflict, "conflict"},
    {ErrorKind::Refused, "refused"},
    {ErrorKind::Unavailable, "unavailable"},
    {ErrorKind::Internal, "internal"},
}};

constexpr const char* kTime = "at";

constexpr std::array kChanges{StatusChange::Hold, StatusChange::Release, StatusChange::Revoke};
constexpr std::array kStates{CertificateState::Issued, CertificateState::Held,
                             CertificateState::Revoked};

template <class Name, std::size_t N>
std::optional<Name> named(const std::array<Name, N>& names, const json& text) {
    for (const Name name : names) {
        if (text == to_text(name)) {
            return name;
        }
    }
    return std::nullopt;
}

Error bad_batch() {
    return {ErrorKind::Invalid,
            "ca.bad_batch",
            "This is no order of a registration authority as it is agreed.",
            {},
            {}};
}

json time_of(Instant at) { return to_stored(at); }
Instant instant_of(const json& value) { return from_stored(value.get<std::int64_t>()); }

std::string bytes_of(const json& value) {
    const auto bytes = from_base64(value.get_ref<const std::string&>());
    if (!bytes) {
        throw std::invalid_argument("base64");
    }
    return *bytes;
}

/// In JSON, members sorted. Written as it is read: orders come by the
/// hundred thousand, and a tree of values for each would cost more than checking its certificate.
std::string to_text(const Order& order) {
    const auto quoted = [](const std::string& text) { return json(text).dump(); };
    return R"({"approval_sha256":)" + quoted(order.approval_sha256) + R"(,"csr":")" +
           to_base64(order.csr) + R"(","key":)" + quoted(order.key) + R"(,"profile":)" +
           quoted(order.profile) + R"(,"public_key":")" + to_base64(order.public_key) +
           R"(","subject":)" + json(order.subject).dump() + R"(,"subscriber":)" +
           quoted(order.subscriber) + '}';
}

json to_json(const ChangeOrder& one) {
    json order = {{"change", to_text(one.change)},
                  {"key", one.order.key},
                  {"serial", one.order.serial},
                  {"reason", int(one.order.reason)},
                  {"approval_sha256", one.order.approval_sha256}};
    if (one.order.invalid_since) {
        order["invalid_since"] = to_stored(*one.order.invalid_since);
    }
    return order;
}

/// The document's members but time and name.
std::string orders_of(const OrderBatch& batch) {
    json changes = json::array();
    for (const ChangeOrder& one : batch.changes) {
        changes.push_back(to_json(one));
    }
    std::string issue;
    for (const Order& order : batch.issue) {
        issue += (issue.empty() ? "" : ",") + to_text(order);
    }
    return R"("changes":)" + changes.dump() + R"(,"issue":[)" + issue + R"(],"issuer":)" +
           json(batch.issuer).dump() + R"(,"questions":)" + json(batch.questions).dump() + '}';
}

Order order_from(const json& one) {
    Order order;
    order.key = one.at("key");
    order.subscriber = one.at("subscriber");
    order.profile = one.at("profile");
    order.subject = one.at("subject").get<std::map<std::string, std::string>>();
    order.csr = bytes_of(one.at("csr"));
    order.public_key = bytes_of(one.at("public_key"));
    order.approval_sha256 = one.at("approval_sha256");
    return order;
}

ChangeOrder change_from(const json& one) {
    const auto change = named(kChanges, one.at("change"));
    const int reason = one.at("reason").get<int>();
    // RFC 5280 §5.3.1: 7 is not used, 8 is of delta CRLs, 10 is of attribute certificates.
    if (!change || reason < 0 || reason > 9 || reason == 2 || reason == 7 || reason == 8) {
        throw std::invalid_argument("change");
    }
    StatusOrder order{one.at("key"), one.at("serial"), static_cast<Reason>(reason),
                      one.at("approval_sha256")};
    if (one.contains("invalid_since")) {
        order.invalid_since = from_stored(one.at("invalid_since").get<std::int64_t>());
    }
    return {*change, std::move(order)};
}

json to_json(const Error& error) {
    std::string_view kind;
    for (const auto& [value, name] : kKinds) {
        kind = value == error.kind ? name : kind;
    }
    return {{"kind", kind},
            {"code", error.code},
            {"detail", error.detail},
            {"where", error.where},
            {"rule", error.rule}};
}

Error error_from(const json& one) {
    for (const auto& [value, name] : kKinds) {
        if (one.at("kind") == name) {
            return {value, one.at("code"), one.at("detail"), one.at("where"), one.at("rule")};
        }
    }
    throw std::invalid_argument("kind");
}

json to_json(const IssuedCertificate& one) {
    return {{"order", one.order_key},
            {"serial", one.serial},
            {"not_before", time_of(one.not_before)},
            {"not_after", time_of(one.not_after)}};
}

/// Without the certificate, which has a line of its own.
IssuedCertificate issued_from(const json& one) {
    return {one.at("order"),
            one.at("serial"),
            {},
            instant_of(one.at("not_before")),
            instant_of(one.at("not_after"))};
}

json to_json(const CertificateStatus& one) {
    return {{"serial", one.serial},
            {"profile", one.profile},
            {"subscriber", one.subscriber},
            {"state", to_text(one.state)},
            {"since", one.since ? time_of(*one.since) : json()},
            {"reason", one.reason ? json(int(*one.reason)) : json()},
            {"not_before", time_of(one.not_before)},
            {"not_after", time_of(one.not_after)}};
}

CertificateStatus status_from(const json& one) {
    const auto state = named(kStates, one.at("state"));
    if (!state) {
        throw std::invalid_argument("state");
    }
    const json& since = one.at("since");
    const json& reason = one.at("reason");
    return {one.at("serial"),
            one.at("profile"),
            one.at("subscriber"),
            *state,
            since.is_null() ? std::nullopt : std::optional(instant_of(since)),
            reason.is_null() ? std::nullopt : std::optional(static_cast<Reason>(reason.get<int>())),
            instant_of(one.at("not_before")),
            instant_of(one.at("not_after"))};
}

template <class T>
json result_json(const Result<T>& result) {
    return result ? to_json(*result) : json{{"error", to_json(result.error())}};
}

template <class T>
std::vector<Result<T>> results_from(const json& list, T (*read)(const json&)) {
    std::vector<Result<T>> results;
    for (const json& one : list) {
        if (one.contains("error")) {
            results.emplace_back(error_from(one["error"]));
        } else {
            results.emplace_back(read(one));
        }
    }
    return results;
}

std::string_view take_line(std::string_view& rest) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

/// One line a certificate. True when there are as many lines as certificates.
bool take_certificates(std::vector<Result<IssuedCertificate>>& issued, std::string_view lines) {
    for (auto& one : issued) {
        if (!one) {
            continue;
        }
        const auto der = from_base64(take_line(lines));
        if (!der || der->empty()) {
            return false;
        }
        one->der = *der;
    }
    return lines.empty();
}

/// What `read` makes of the JSON text; `otherwise` when the text or its shape is wrong.
template <class Read>
auto read_json(std::string_view text, const Error& otherwise, Read read)
    -> decltype(read(std::declval<const json&>())) {
    try {
        return read(json::parse(text));
    } catch (const json::exception&) {
        return otherwise;
    } catch (const std::invalid_argument&) {
        return otherwise;
    }
}

}  // namespace

std::string to_document(OrderBatch& batch) {
    // Members are sorted: the time and the batch's name come first.
    const std::string orders = orders_of(batch);
    if (batch.id.empty()) {
        batch.id = "orders-" + sha256_hex(orders).substr(0, 48);
    }
    std::string document = json{{kTime, time_of(batch.at)}, {"batch", batch.id}}.dump();
    document.back() = ',';
    return document + orders;
}

std::string content_hash_of(std::string_view document) {
    // Members are sorted: the time comes first.
    SEALDESK_CHECK(document.starts_with(std::string("{\"") + kTime + "\":"));
    Sha256 digest;
    digest.add("{");
    digest.add(document.substr(document.find(',') + 1));
    return digest.finish_hex();
}

Result<OrderBatch> read_document(std::string_view document) {
    return read_json(document, bad_batch(), [&](const json& read) -> Result<OrderBatch> {
        OrderBatch batch;
        batch.id = read.at("batch");
        batch.issuer = read.at("issuer");
        batch.at = instant_of(read.at(kTime));
        for (const json& one : read.at("issue")) {
            batch.issue.push_back(order_from(one));
        }
        for (const json& one : read.at("changes")) {
            batch.changes.push_back(change_from(one));
        }
        batch.questions = read.at("questions").get<std::vector<std::string>>();
        const std::size_t orders =
            batch.issue.size() + batch.changes.size() + batch.questions.size();
        const bool named = !batch.id.empty() && batch.id.size() <= 80;
        // What was signed is exactly what was read: no member more, no other way to write it.
        if (!named || orders > kBatchOrdersMax || to_document(batch) != document) {
            return bad_batch();
        }
        return batch;
    });
}

std::string to_message(const BatchAnswer& answer) {
    json issued = json::array();
    for (const auto& one : answer.issued) {
        issued.push_back(result_json(one));
    }
    json changed = json::array();
    for (const Outcome& one : answer.changed) {
        changed.push_back(one ? json::object() : json{{"error", to_json(one.error())}});
    }
    json standing = json::array();
    for (const auto& one : answer.standing) {
        standing.push_back(result_json(one));
    }
    std::string message = json{
        {"issued", std::move(issued)},
        {"changed", std::move(changed)},
        {"standing",
         std::move(standing)}}.dump();
    for (const auto& one : answer.issued) {
        if (one) {
            message += '\n' + to_base64(one->der);
        }
    }
    return message;
}

std::string to_message(const Error& error) { return json{{"error", to_json(error)}}.dump(); }

Error unreadable_answer(std::string where) {
    return {ErrorKind::Unavailable,
            "ca.bad_answer",
            "The CA's answer cannot be read; whether it did the order is not known. The same order "
            "will be sent again.",
            std::move(where),
            {}};
}

Result<BatchAnswer> read_answer(std::string_view message) {
    const Error unreadable = unreadable_answer({});
    const std::string_view results = take_line(message);
    return read_json(results, unreadable, [&](const json& read) -> Result<BatchAnswer> {
        if (read.contains("error")) {
            return error_from(read["error"]);
        }
        BatchAnswer answer;
        answer.issued = results_from<IssuedCertificate>(read.at("issued"), issued_from);
        if (!take_certificates(answer.issued, message)) {
            return unreadable;
        }
        for (const json& one : read.at("changed")) {
            answer.changed.push_back(one.contains("error") ? Outcome(error_from(one["error"]))
                                                           : done());
        }
        answer.standing = results_from<CertificateStatus>(read.at("standing"), status_from);
        return answer;
    });
}

std::string to_message(const SignedBatch& batch) {
    return batch.document + '\n' + to_base64(batch.signature);
}

Result<SignedBatch> read_signed_batch(std::string_view message) {
    const std::string_view document = take_line(message);
    auto signature = from_base64(message);
    if (!signature) {
        return bad_batch();
    }
    return SignedBatch{std::string(document), *std::move(signature)};
}

}  // namespace sealdesk::ca
