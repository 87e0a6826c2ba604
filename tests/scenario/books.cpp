// The day book and the month in numbers.
#include <stdexcept>

#include "base/durable_file.h"
#include "paper/pdf_probe.h"
#include "scenario/stage.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

std::string sound_or(const Ran& ran) {
    const json told = ran.lines().front();
    return told.at("sound") == true ? std::to_string(told.at("closings").get<int>()) + " sound"
                                    : told.at("finding").at("code").get<std::string>();
}

}  // namespace

/// [DAY]: closes it, today without one.
std::string Stage::close_books(const Step& step) {
    std::vector<std::string> command{"report", "day", "--close"};
    if (!step.words.empty()) {
        command.insert(command.end(), {"--day", step.words.at(0)});
    }
    const Ran ran = step.actor == "night" ? desk_.run(command) : desk_.run_as(step.actor, command);
    if (ran.status == 1) {
        return refusals(ran);
    }
    const json closing = ran.lines().front().at("closing");
    return "closing " + std::to_string(closing.at("number").get<int>()) +
           (closing.at("difference") == 0 ? " closes" : " does not close");
}

std::string Stage::verify_books(const Step&) {
    return sound_or(desk_.run({"report", "day", "--verify"}));
}

/// DAY TEXT: what the page of a day that was closed in the night shows.
std::string Stage::day_page_shows(const Step& step) {
    const auto file = folder_ / "desk/reports" / ("day-" + step.words.at(0) + ".pdf");
    if (!std::filesystem::exists(file)) {
        return "no page";
    }
    const std::string text = pdf_text(read_file(file), folder_);
    return text.find(step.words.at(1)) != std::string::npos ? "yes" : "no";
}

/// MONTH FIGURE: its sum, and how many events prove it.
std::string Stage::month_figure(const Step& step) {
    const std::string& figure = step.words.at(1);
    const Ran ran = desk_.run({"report", "month", "--month", step.words.at(0)});
    std::int64_t sum = 0;
    const json report = ran.lines().front();
    for (const json& one : report.at("figures")) {
        sum += one.at("figure") == figure ? one.at("count").get<std::int64_t>() : 0;
    }
    const Ran proof =
        desk_.run({"report", "month", "--month", step.words.at(0), "--prove", figure});
    const std::size_t events = proof.lines().size();
    return std::to_string(sum) + " proved by " + std::to_string(events) + " events" +
           (report.at("agrees") == true ? "" : ", log and records disagree");
}

/// MONTH SCHEME: what the website announces, from the published file.
std::string Stage::announced(const Step& step) {
    const auto folder = folder_ / "desk/repository" / step.words.at(1) / "statistics";
    const auto file = folder / (step.words.at(0) + ".json");
    if (!std::filesystem::exists(file)) {
        return "nothing yet";
    }
    const json told = json::parse(read_file(file));
    return "issued " + std::to_string(told.at("issued").get<int>()) + " revoked " +
           std::to_string(told.at("revoked").get<int>());
}

}  // namespace sealdesk::test
