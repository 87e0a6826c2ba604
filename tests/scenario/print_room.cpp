// The print room and the post in a scenario.
#include <fstream>

#include "base/durable_file.h"
#include "paper/pdf_probe.h"
#include "scenario/stage.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

/// The last line's left and difference.
std::string forms_left(const Ran& ran) {
    if (ran.status != 0) {
        return refusals(ran);
    }
    const json last = ran.lines().back();
    const auto difference = last.at("difference").get<std::int64_t>();
    return std::to_string(last.at("left").get<std::int64_t>()) + " left" +
           (difference == 0 ? "" : ", difference " + std::to_string(difference));
}

}  // namespace

std::string Stage::slip_of(const std::string& key) const {
    return show(key).at("slips").back().at("slip").get<std::string>();
}

/// STOCK: the desk has templates of its own, whose slips name this stock.
std::string Stage::print_slips_on(const Step& step) {
    const auto own = desk_.folder() / "templates";
    std::filesystem::copy(std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates", own,
                          std::filesystem::copy_options::recursive);
    std::string text = read_file(own / "account-slip.yaml");
    const std::string fields = "\nfields:";
    text.replace(text.find(fields), fields.size(), "\nstock: " + step.words.at(0) + fields);
    std::ofstream(own / "account-slip.yaml") << text;
    std::string settings = read_file(desk_.folder() / "sealdesk.yaml");
    const std::string office = "office:\n";
    settings.replace(settings.find(office), office.size(), office + "  templates: templates\n");
    std::ofstream(desk_.folder() / "sealdesk.yaml") << settings;
    return "done";
}

/// STOCK FIRST LAST | STOCK NUMBER "why" | STOCK HOW-MANY: how many are left.
std::string Stage::move_forms(const Step& step) {
    std::vector<std::string> command{"slip", "stock"};
    command.push_back(step.verb == "receives-forms" ? "receive"
                      : step.verb == "spoils-form"  ? "spoil"
                                                    : "count");
    command.insert(command.end(), step.words.begin(), step.words.end());
    if (step.verb == "spoils-form") {
        command.insert(command.end() - 1, "--reason");
    }
    return forms_left(desk_.run_as(step.actor, command));
}

/// KEY, KEY=TRACKING, X:KEY (spoiled) or ?TEXT (another code) …: the scanner's file of the newest
/// batch; the fate of each line, then what is missing.
std::string Stage::scan_slips(const Step& step) {
    std::string lines;
    for (std::string word : step.words) {
        if (word.starts_with('?')) {
            lines += word.substr(1) + "\n";
            continue;
        }
        const bool spoiled = word.starts_with("X:");
        word = spoiled ? word.substr(2) : word;
        const auto equals = word.find('=');
        lines += (spoiled ? "X " : "") + slip_of(word.substr(0, equals)) +
                 (equals == std::string::npos ? "" : ";" + word.substr(equals + 1)) + "\n";
    }
    std::ofstream(folder_ / "scan.txt") << lines;
    const Ran ran = desk_.run_as(step.actor, {"slip", "ack", printed_batches_.back(), "--scan",
                                              (folder_ / "scan.txt").string()});
    std::string text;
    for (const json& line : ran.lines()) {
        if (line.contains("missing")) {
            const std::size_t missing = line.at("missing").size();
            text += line.at("closed") == true ? "; closed"
                                              : "; " + std::to_string(missing) + " missing";
            continue;
        }
        text += (text.empty() ? "" : ", ") +
                (line.contains("error") ? line.at("error").at("code") : line.at("fate"))
                    .get<std::string>();
    }
    return text;
}

std::string Stage::receive_numbers(const Step& step) {
    const Ran ran = desk_.run_as(
        step.actor, {"parcel", "numbers", "receive", step.words.at(0), step.words.at(1)});
    return ran.status == 0
               ? std::to_string(ran.lines().back().at("left").get<std::int64_t>()) + " left"
               : refusals(ran);
}

/// Number and addressee of each line.
std::string Stage::close_list(const Step& step) {
    const auto csv = folder_ / "list.csv";
    const Ran ran =
        desk_.run_as(step.actor, {"parcel", "mail-list", "--close", "--csv", csv.string(), "--pdf",
                                  (folder_ / "list.pdf").string()});
    if (ran.status != 0) {
        return refusals(ran);
    }
    std::string text;
    for (const json& line : ran.lines()) {
        if (line.contains("list")) {
            list_ = line.at("list");
            continue;
        }
        const std::string tracking = line.at("tracking");
        text += (text.empty() ? "" : ", ") + tracking + " " + line.at("to").get<std::string>();
        if (read_file(csv).find(tracking) == std::string::npos ||
            pdf_text(read_file(folder_ / "list.pdf"), folder_).find(tracking) ==
                std::string::npos) {
            return tracking + " is not in both files";
        }
    }
    return text;
}

/// [KEY …]: the newest list was handed to the post, but for the slips of these.
std::string Stage::post_list(const Step& step) {
    std::vector<std::string> command{"parcel", "post-list", list_};
    for (const std::string& key : step.words) {
        command.insert(command.end(), {"--except", slip_of(key)});
    }
    const Ran ran = desk_.run_as(step.actor, command);
    if (ran.status != 0) {
        return refusals(ran);
    }
    const json line = ran.lines().front();
    const std::size_t left_out = line.at("left_out").size();
    return "posted " + std::to_string(line.at("posted").get<std::int64_t>()) +
           (left_out == 0 ? "" : ", left out " + std::to_string(left_out));
}

/// NUMBER "why" …: the post's file of today of returned mail; the fate of each row.
std::string Stage::take_returns(const Step& step) {
    const auto file = folder_ / "returns.csv";
    std::ofstream out(file);
    out << "掛號號碼,退件日期,退件原因\n";
    for (std::size_t i = 0; i + 1 < step.words.size(); i += 2) {
        out << step.words[i] << ',' << to_roc_text(day_in_taipei(desk_.now())) << ','
            << step.words[i + 1] << '\n';
    }
    out.close();
    std::string text;
    for (const json& line :
         desk_.run_as(step.actor, {"parcel", "returned", file.string()}).lines()) {
        text += (text.empty() ? "" : ", ") +
                (line.contains("error") ? line.at("error").at("code") : line.at("fate"))
                    .get<std::string>();
    }
    return text;
}

/// Of this month: how many of those that are out were kept, and how many are late.
std::string Stage::promises_of_office(const Step&) {
    std::string text;
    for (const json& line : desk_.run({"parcel", "promises"}).lines()) {
        const auto late = line.at("late").get<std::int64_t>();
        text += (text.empty() ? "" : ", ") + line.at("delivery").get<std::string>() + " " +
                std::to_string(line.at("kept").get<std::int64_t>()) + " of " +
                std::to_string(line.at("count").get<std::int64_t>()) +
                (late == 0 ? "" : " (" + std::to_string(late) + " late)");
    }
    return text.empty() ? "none" : text;
}

/// TEXT, or the slip of a KEY: on the control sheet of the newest batch.
std::string Stage::control_shows(const Step& step) {
    const std::string word = step.words.at(0);
    const auto sheet =
        desk_.folder() / "print/control" / (printed_batches_.back() + "-control.pdf");
    const std::string text = pdf_text(read_file(sheet), folder_);
    return text.find(forms_.contains(word) ? slip_of(word) : word) == std::string::npos ? "no"
                                                                                        : "yes";
}

}  // namespace sealdesk::test
