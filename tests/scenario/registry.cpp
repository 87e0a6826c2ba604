// The register's files and parcels in a scenario, and time that passes.
#include <fstream>

#include "base/clock.h"
#include "scenario/stage.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

constexpr const char* kChangeHeadings =
    "異動序號,異動日期,統一編號,事業主體名稱,異動別,變更後名稱,變更後統一編號,改制後縣市";
constexpr const char* kIssueHeadings =
    "資料序號,資料日期,事業主體類別,統一編號,事業主體名稱,登記現況,縣市,負責人姓名,"
    "負責人身分證字號,"
    "負責人出生日期,登記地址";

/// "2 proposal, 1 not_ours, 1 held": what is not zero in a batch's sums.
std::string sums(const json& line) {
    std::string text;
    const auto add = [&](const char* name, const json& count) {
        if (count.get<int>() > 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(count.get<int>()) + " " + name;
        }
    };
    for (const char* name : {"proposal", "no_effect", "not_ours", "duplicate", "refused"}) {
        add(name, line.at(name));
    }
    for (const char* name : {"held", "released", "revoked", "still_held", "unchanged"}) {
        add(name, line.at("certificates").at(name));
    }
    return line.at("repeated") == true ? "nothing new" : text;
}

}  // namespace

/// KEY WHO=CHANGE …: a change file of the register; WHO is a form's key or a unified number. A new
/// name is written 更名:NAME.
std::string Stage::take_changes(const Step& step) {
    const std::string& key = step.words.at(0);
    const auto file = folder_ / (key + ".csv");
    std::ofstream csv(file);
    csv << kChangeHeadings << '\n';
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        const auto equals = step.words[i].find('=');
        const std::string who = step.words[i].substr(0, equals);
        std::string change = step.words[i].substr(equals + 1);
        const auto colon = change.find(':');
        const std::string new_name = colon == std::string::npos ? "" : change.substr(colon + 1);
        change = change.substr(0, colon);
        const auto known = forms_.find(who);
        const bool named = known != forms_.end();
        csv << "CH-" << key << i << ',' << to_iso_text(day_in_taipei(SystemClock().now())) << ','
            << (named ? known->second.fields.at("id_number") : who) << ','
            << (named ? known->second.fields.at("applicant_name") : "某某商行") << ',' << change
            << ',' << new_name << ",," << (change == "縣市改制" ? "桃園市" : "") << '\n';
    }
    csv.close();
    return take_registry(step, {"registry", "import", file.string()});
}

/// KEY NUMBER NAME: an extract with one company that is in operation.
std::string Stage::take_extract(const Step& step) {
    const std::string& key = step.words.at(0);
    const auto file = folder_ / (key + ".csv");
    std::ofstream(file) << kIssueHeadings << "\nDI-" << key << ','
                        << to_iso_text(day_in_taipei(SystemClock().now())) << ",公司,"
                        << step.words.at(1) << ',' << step.words.at(2)
                        << ",營業中,,王小明,A123456789,69/04/28,100臺北市中正區延平南路85號\n";
    const std::string result = take_registry(step, {"registry", "issue", file.string()});
    forms_[key + ".1"].fields = {{"applicant_name", step.words.at(2)},
                                 {"id_number", step.words.at(1)}};
    return result;
}

/// A verb that begins with "looks" is a dry run. The requests are KEY.1, KEY.2 … afterwards.
std::string Stage::take_registry(const Step& step, std::vector<std::string> command) {
    if (step.verb.starts_with("looks")) {
        command.emplace_back("--dry-run");
    }
    const Ran ran = desk_.run_as(step.actor, command);
    const auto lines = ran.lines();
    if (lines.empty() || !lines.back().contains("rows")) {
        return refusals(ran);
    }
    const std::string& key = step.words.at(0);
    int count = 0;
    for (const json& line : lines) {
        if (line.contains("request") && line.at("request").is_string()) {
            forms_[key + "." + std::to_string(++count)].number = line.at("request");
        }
    }
    if (lines.back().at("batch").is_string()) {
        forms_[key].number = lines.back().at("batch");
    }
    return sums(lines.back());
}

/// KEY: all proposals of its file.
std::string Stage::confirm_batch(const Step& step) {
    const Ran ran =
        desk_.run_as(step.actor, {"registry", "confirm", forms_.at(step.words.at(0)).number});
    std::string text;
    for (const json& line : ran.lines()) {
        text +=
            (text.empty() ? "" : ", ") +
            (line.contains("state") ? line.at("state").get<std::string>()
                                    : "refused " + line.at("error").at("code").get<std::string>());
    }
    return text.empty() ? "nothing" : text;
}

/// KEY NUMBER: the card centre reports the card of this request.
std::string Stage::report_card(const Step& step) {
    const Ran ran = desk_.run_as(step.actor, {"token", "made", forms_.at(step.words.at(0)).number,
                                              "--card-number", step.words.at(1)});
    return ran.status == 0 ? "done" : refusals(ran);
}

std::string Stage::parcel_of(const std::string& key) const {
    for (const json& one : desk_.run({"parcel", "list"}).lines()) {
        if (one.at("request") == forms_.at(key).number) {
            return one.at("parcel");
        }
    }
    return "none";
}

/// KEY [TRACKING or "why"]; what is handed over "unchecked" lacks the look at identity cards.
std::string Stage::move_parcel(const Step& step) {
    const std::string number = parcel_of(step.words.at(0));
    std::vector<std::string> command{"parcel", "collect", number};
    if (step.words.back() != "unchecked") {
        command.emplace_back("--identity-checked");
    }
    if (step.verb == "posts-parcel-of") {
        command = {"parcel", "post", number, "--tracking", step.words.at(1)};
    } else if (step.verb == "gets-back-parcel-of") {
        command = {"parcel", "undeliverable", number, "--reason", step.words.at(1)};
    }
    const Ran ran = desk_.run_as(step.actor, command);
    return ran.status == 0 ? ran.lines().back().at("state").get<std::string>() : refusals(ran);
}

/// DAYS: the program's clock goes on, and with it everything but the mail server.
std::string Stage::pass_time(const Step& step) {
    desk_.set_clock_ahead(std::stoi(step.words.at(0)));
    return "done";
}

std::string Stage::run_one_job(const Step& step) {
    const Ran ran = desk_.run({"run", step.words.at(0)});
    return ran.status == 0 ? "done" : refusals(ran) + ran.err;
}

}  // namespace sealdesk::test
