#include "scenario/script.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace sealdesk::test {
namespace {

std::vector<std::string> split_words(const std::string& text) {
    std::vector<std::string> words;
    bool inside = false;  // a word
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ' ' && !quoted) {
            inside = false;
            continue;
        }
        if (!inside) {
            words.emplace_back();
            inside = true;
        }
        if (c != '"') {
            words.back() += c;
        }
    }
    return words;
}

}  // namespace

std::vector<Step> read_script(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::vector<Step> steps;
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto arrow = line.find(" -> ");
        std::vector<std::string> words = split_words(line.substr(0, arrow));
        if (arrow == std::string::npos || words.size() < 2) {
            throw std::runtime_error(file.string() + ":" + std::to_string(number) +
                                     ": a step is WHO DOES [WHAT …] -> WHAT COMES OF IT");
        }
        steps.push_back(
            {number, words[0], words[1], {words.begin() + 2, words.end()}, line.substr(arrow + 4)});
    }
    if (steps.empty()) {
        throw std::runtime_error(file.string() + ": no steps");
    }
    return steps;
}

Instant read_time(const std::string& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    char rest = 0;
    std::istringstream stream(text);
    stream >> year >> rest >> month >> rest >> day >> hour >> rest >> minute;
    if (stream.fail()) {
        throw std::runtime_error("expected YYYY-MM-DD HH:MM: " + text);
    }
    return start_of_day_in_taipei(std::chrono::year{year} / std::chrono::month{month} /
                                  std::chrono::day{day}) +
           std::chrono::hours(hour) + std::chrono::minutes(minute);
}

std::optional<Instant> start_of(const std::vector<Step>& script) {
    if (script.empty() || script.front().verb != "begins-at") {
        return std::nullopt;
    }
    return read_time(script.front().words.at(0));
}

}  // namespace sealdesk::test
