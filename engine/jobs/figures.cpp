#include "jobs/figures.h"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include "audit/events_between.h"
#include "jobs/figure_facts.h"

namespace sealdesk::jobs {
namespace {

/// Which events a figure counts.
struct Counted {
    std::string_view figure;
    std::string_view event;
    About about;
    std::string_view member = {};  ///< of the event's detail; empty: every event counts
    std::string_view value = {};   ///< what it must be
};

constexpr Counted kCounted[] = {
    {"certificates.issued", "certificate.kept", About::Certificate},
    {"certificates.renewed", "certificate.kept", About::Certificate, "renewal", "true"},
    {"certificates.activated", "certificate.accepted", About::Certificate},
    {"certificates.held", "certificate.held", About::Certificate},
    {"certificates.released", "certificate.issued", About::Certificate},
    {"certificates.revoked", "certificate.revoked", About::Certificate},
    {"certificates.expired", "", About::Certificate},
    {"requests.received", "request.received", About::Request},
    {"requests.approved", "request.decided", About::Request, "decision", "approve"},
    {"requests.rejected", "request.decided", About::Request, "decision", "reject"},
    {"requests.rejected", "request.lapsed", About::Request},
    {"requests.returned", "request.decided", About::Request, "decision", "return"},
    {"requests.withdrawn", "request.decided", About::Request, "decision", "withdraw"},
    {"requests.completed", "request.completed", About::Request},
    {"accounts.opened", "account.opened", About::Account},
    {"accounts.reset", "account.reset", About::Account},
    {"accounts.suspended", "account.suspended", About::Account},
    {"slips.made", "slip.created", About::Slip},
    {"slips.handed_over", "slip.handed_over", About::Slip},
    {"slips.posted", "slip.posted", About::Slip},
    {"slips.sent", "slip.sent", About::Slip},
    {"slips.voided", "slip.voided", About::Slip},
    {"mails.queued", "mail.enqueued", About::Mail},
    {"mails.queued", "mail.failed", About::Mail, "suppressed", "true"},
    {"mails.sent", "mail.sent", About::Mail},
    {"mails.sent", "mail.closed", About::Mail, "arrived", "true"},
    {"mails.failed", "mail.failed", About::Mail},
    {"mails.failed", "mail.closed", About::Mail, "arrived", "false"},
    {"notices.told", "agency_notice.told", About::Notice},
    {"notices.acknowledged", "agency_notice.acknowledged", About::Notice},
};

std::vector<FigureName> names_in_table() {
    std::vector<FigureName> names;
    for (const Counted& counted : kCounted) {
        if (names.empty() || names.back().name != counted.figure) {
            names.push_back({counted.figure, {}});
        }
        if (!counted.event.empty()) {
            names.back().events.emplace_back(counted.event);
        }
    }
    return names;
}

bool counts(store::Tx& tx, const Counted& counted, const nlohmann::json& detail) {
    if (counted.member.empty()) {
        return true;
    }
    const auto found = detail.find(counted.member);
    if (found == detail.end()) {
        return counted.figure == "certificates.renewed" && is_renewal_by_record(tx, detail);
    }
    return (found->is_string() ? found->get<std::string>() : found->dump()) == counted.value;
}

/// Each figure's order in reports.
std::size_t place_of(std::string_view name) {
    const auto& names = figure_names();
    return std::size_t(std::ranges::find(names, name, &FigureName::name) - names.begin());
}

}  // namespace

bool FigureKey::operator<(const FigureKey& other) const {
    const auto order = [](const FigureKey& key) {
        return std::tuple(place_of(key.name),
                          std::tie(key.scheme, key.kind, key.applicant, key.reason));
    };
    return order(*this) < order(other);
}

const std::vector<FigureName>& figure_names() {
    static const std::vector<FigureName> names = names_in_table();
    return names;
}

Figures count_figures(store::Tx& tx, const TimeSpan& span,
                      std::span<const std::string_view> names) {
    Figures figures;
    for (const FigureName& name : figure_names()) {
        if (!names.empty() && std::ranges::count(names, name.name) == 0) {
            continue;
        }
        for_each_event_of(
            tx, span, name.name, [&](const audit::Record& event, const FigureKey& key) {
                Figure& figure = figures[key];
                const bool first = figure.count++ == 0;
                figure.first_event =
                    first ? event.sequence : std::min(figure.first_event, event.sequence);
                figure.last_event = std::max(figure.last_event, event.sequence);
            });
    }
    return figures;
}

void for_each_event_of(store::Tx& tx, const TimeSpan& span, std::string_view name,
                       const std::function<void(const audit::Record&, const FigureKey&)>& look) {
    for (const Counted& counted : kCounted) {
        if (counted.figure != name || counted.event.empty()) {
            continue;
        }
        audit::for_each_event(tx, counted.event, span, [&](const audit::Record& event) {
            const auto detail = nlohmann::json::parse(event.detail);
            if (counts(tx, counted, detail)) {
                FigureKey key = facts_of_event(tx, counted.about, event, detail);
                key.name = name;
                look(event, key);
            }
        });
    }
}

}  // namespace sealdesk::jobs
