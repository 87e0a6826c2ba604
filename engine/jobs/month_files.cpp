// The month's report as files for programs: JSON and CSV.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "jobs/month_report.h"

namespace sealdesk::jobs {
namespace {

using nlohmann::json;

const std::vector<std::string>& events_of(const std::string& name) {
    for (const FigureName& one : figure_names()) {
        if (one.name == name) {
            return one.events;
        }
    }
    static const std::vector<std::string> none;
    return none;
}

json figures_json(const Figures& figures) {
    json list = json::array();
    for (const auto& [key, figure] : figures) {
        const auto& events = events_of(key.name);
        json line{{"figure", key.name},
                  {"scheme", key.scheme},
                  {"kind", key.kind},
                  {"applicant", key.applicant},
                  {"reason", key.reason},
                  {"count", figure.count},
                  {"counted_from", events.empty() ? json("records") : json(events)}};
        if (!events.empty()) {
            line["first_event"] = figure.first_event;
            line["last_event"] = figure.last_event;
        }
        list.push_back(std::move(line));
    }
    return list;
}

json durations_json(const requests::Durations& times) {
    return {{"count", times.count},
            {"median_minutes", times.median.count()},
            {"p95_minutes", times.p95.count()},
            {"longest_minutes", times.longest.count()}};
}

json queues_json(const std::vector<requests::QueueAge>& queues) {
    json list = json::array();
    for (const requests::QueueAge& one : queues) {
        list.push_back({{"scheme", one.scheme},
                        {"state", requests::to_text(one.state)},
                        {"count", one.age.count},
                        {"overdue", one.overdue},
                        {"oldest_working_days", one.oldest_days},
                        {"median_working_days", one.median_days},
                        {"oldest_minutes", one.age.longest.count()},
                        {"median_minutes", one.age.median.count()}});
    }
    return list;
}

json service_json(const std::vector<requests::ServiceTime>& service) {
    json list = json::array();
    for (const requests::ServiceTime& one : service) {
        list.push_back({{"scheme", one.scheme},
                        {"form", one.form},
                        {"kept", one.kept},
                        {"late", one.late},
                        {"unpromised", one.unpromised},
                        {"done_within_one_working_day", one.done_within_day},
                        {"done_later", one.done_later},
                        {"receipt_to_decision", durations_json(one.decision)},
                        {"approval_to_completion", durations_json(one.carried)},
                        {"receipt_to_end", durations_json(one.whole)}});
    }
    return list;
}

}  // namespace

json disagreements_json(const std::vector<Disagreement>& disagreements) {
    json list = json::array();
    for (const Disagreement& one : disagreements) {
        list.push_back({{"figure", one.key.name},
                        {"scheme", one.key.scheme},
                        {"kind", one.key.kind},
                        {"reason", one.key.reason},
                        {"log", one.from_log},
                        {"records", one.from_records}});
    }
    return list;
}

std::string to_json(const MonthReport& report) {
    const TimeSpan span = month_in_taipei(report.month);
    return json{{"month", to_iso_text(report.month)},
                {"from", to_utc_text(span.from)},
                {"until", to_utc_text(span.until)},
                {"scheme", report.scheme},
                {"made_at", to_utc_text(report.made_at)},
                {"is_over", report.is_over},
                {"agrees", report.agrees()},
                {"chain", {{"sequence", report.chain.sequence}, {"hash", report.chain.hash}}},
                {"figures", figures_json(report.figures)},
                {"disagreements", disagreements_json(report.disagreements)},
                {"queues", queues_json(report.queues)},
                {"service", service_json(report.service)}}
        .dump();
}

std::string to_csv(const MonthReport& report) {
    std::string csv =
        "\xEF\xBB\xBF"
        "month,figure,scheme,kind,applicant,reason,count,events,first_event,last_event\r\n";
    for (const auto& [key, figure] : report.figures) {
        std::string events;
        for (const std::string& event : events_of(key.name)) {
            events += (events.empty() ? "" : " ") + event;
        }
        for (const std::string& cell : {to_iso_text(report.month), key.name, key.scheme, key.kind,
                                        key.applicant, key.reason}) {
            csv += to_csv_cell(cell) + ",";
        }
        csv += std::to_string(figure.count) + "," +
               to_csv_cell(events.empty() ? "records" : events) + "," +
               std::to_string(figure.first_event) + "," + std::to_string(figure.last_event) +
               "\r\n";
    }
    return csv;
}

}  // namespace sealdesk::jobs
