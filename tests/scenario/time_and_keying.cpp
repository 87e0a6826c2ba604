// Steps about the counter's time and about double keying.
#include <fstream>
#include <stdexcept>

#include "scenario/stage.h"
#include "support/calendar_file.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

}  // namespace

/// "YYYY-MM-DD HH:MM": the first step; the stage was made then.
std::string Stage::begin_at(const Step&) { return "done"; }

std::string Stage::move_clock(const Step& step) {
    desk_.move_to(read_time(step.words.at(0)));
    return "done";
}

/// YEAR [off=YYYYMMDD …] [make-up=YYYYMMDD …]
std::string Stage::import_calendar(const Step& step) {
    std::vector<std::string> off;
    std::vector<std::string> make_up;
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        const std::string& word = step.words[i];
        const std::string day = word.substr(word.find('=') + 1);
        (word.starts_with("off=") ? off : make_up).push_back(day);
    }
    const auto file = folder_ / "calendar.csv";
    std::ofstream(file) << calendar_csv(std::stoi(step.words.at(0)), off, make_up);
    const Ran ran = desk_.run_as(step.actor, {"calendar", "import", file.string()});
    if (ran.status != 0) {
        return refusals(ran);
    }
    const json result = ran.lines().front();
    return std::to_string(result.at("days_off").get<int>()) + " days off, " +
           std::to_string(result.at("make_up_days").get<int>()) + " made up";
}

std::string Stage::time_left(const Step& step) {
    for (const json& one : desk_.run({"request", "list"}).lines()) {
        if (one.at("request") == forms_.at(step.actor).number) {
            return one.at("time_left").get<std::string>() +
                   (one.at("overdue") == true ? " (overdue)" : "");
        }
    }
    return "not listed";
}

/// FORM FIELD …: from now on the form asks for it.
std::string Stage::ask_double_keying(const Step& step) {
    desk_.ask_double_keying(step.words.at(0), {step.words.begin() + 1, step.words.end()});
    return "done";
}

/// KEY FIELD=TEXT …
std::string Stage::key_again(const Step& step) {
    json fields = json::object();
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        const std::string& word = step.words[i];
        fields[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    const auto file = folder_ / "second-keying.json";
    std::ofstream(file) << fields;
    const Ran ran = desk_.run_as(step.actor, {"request", "key", forms_.at(step.words.at(0)).number,
                                              "--file", file.string()});
    const auto lines = ran.lines();
    if (lines.empty() || !lines.front().contains("differs")) {
        return refusals(ran);
    }
    std::string differing;
    for (const json& field : lines.front().at("differs")) {
        differing += " " + field.get<std::string>();
    }
    return differing.empty() ? "the same" : "differs in" + differing;
}

/// KEY FIELD first | second
std::string Stage::settle_keying(const Step& step) {
    const Ran ran =
        desk_.run_as(step.actor, {"request", "settle", forms_.at(step.words.at(0)).number,
                                  "--field", step.words.at(1), "--take", step.words.at(2)});
    return ran.status == 0 ? ran.lines().front().at("state").get<std::string>() : refusals(ran);
}

/// KEY FIELD
std::string Stage::look_at_keying(const Step& step) {
    const Ran ran = desk_.run_as(
        step.actor,
        {"request", "settle", forms_.at(step.words.at(0)).number, "--field", step.words.at(1)});
    if (ran.status != 0) {
        return refusals(ran);
    }
    const json seen = ran.lines().front();
    return seen.at("first").get<std::string>() + " or " + seen.at("second").get<std::string>();
}

std::string Stage::keying_tasks(const Step&) {
    std::string tasks;
    for (const json& one : desk_.run({"request", "keying"}).lines()) {
        tasks += (tasks.empty() ? "" : ", ") + key_of_request(one.at("request")) + " " +
                 one.at("waits_for").get<std::string>();
        for (const json& field : one.at("fields")) {
            tasks += " " + field.get<std::string>();
        }
    }
    return tasks.empty() ? "none" : tasks;
}

}  // namespace sealdesk::test
