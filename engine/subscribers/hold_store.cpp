#include <algorithm>
#include <array>

#include "subscribers/hold.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 5> kSources{"subscriber", "counter", "agency", "court",
                                                   "automatic"};

constexpr std::string_view kOpenHolds = R"sql(
    SELECT source
    FROM certificate_hold
    WHERE certificate_id = ? AND open_key = 0
    ORDER BY id
)sql";

constexpr std::string_view kInsertHold = R"sql(
    INSERT INTO certificate_hold (id, certificate_id, source, open_key, opened_by, opened_at,
                                  closed_by, closed_at)
    VALUES (?, ?, ?, 0, ?, ?, NULL, NULL)
)sql";

constexpr std::string_view kCloseHold = R"sql(
    UPDATE certificate_hold
    SET open_key = id, closed_by = ?, closed_at = ?
    WHERE certificate_id = ? AND source = ? AND open_key = 0
)sql";

constexpr std::string_view kHoldsBy = R"sql(
    SELECT id
    FROM certificate_hold
    WHERE certificate_id = ? AND (opened_by = ? OR closed_by = ?)
    LIMIT 1
)sql";

}  // namespace

std::string_view to_text(HoldSource source) {
    return kSources.at(static_cast<std::size_t>(source));
}

std::optional<HoldSource> hold_source_from(std::string_view text) {
    const auto* const found = std::ranges::find(kSources, text);
    if (found == kSources.end()) {
        return std::nullopt;
    }
    return static_cast<HoldSource>(found - kSources.begin());
}

std::vector<HoldSource> open_holds(store::Tx& tx, CertificateId certificate) {
    std::vector<HoldSource> sources;
    for (const store::Row& row : tx.query(kOpenHolds, certificate.value())) {
        const auto source = hold_source_from(row.text(0));
        SEALDESK_CHECK(source.has_value());  // the table allows no other
        sources.push_back(*source);
    }
    return sources;
}

bool open_hold(store::Tx& tx, CertificateId certificate, HoldSource source, std::string_view by) {
    const auto open = open_holds(tx, certificate);
    if (std::ranges::find(open, source) != open.end()) {
        return false;
    }
    tx.execute(kInsertHold, tx.new_id(), certificate.value(), to_text(source), by, tx.now());
    return open.empty();
}

bool has_acted(store::Tx& tx, CertificateId certificate, std::string_view by) {
    return !tx.query(kHoldsBy, certificate.value(), by, by).empty();
}

bool close_hold(store::Tx& tx, CertificateId certificate, HoldSource source, std::string_view by) {
    const auto closed = tx.execute(kCloseHold, by, tx.now(), certificate.value(), to_text(source));
    return closed > 0 && open_holds(tx, certificate).empty();
}

}  // namespace sealdesk::subscribers
