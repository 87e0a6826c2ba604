// Cards in a scenario: on their way, lost, found.
#include <fstream>

#include "scenario/stage.h"
#include "store/connection.h"

namespace sealdesk::test {

using nlohmann::json;

/// NUMBER …: the post's file of today says that these arrived; the fates of its rows.
std::string Stage::take_deliveries(const Step& step) {
    const auto file = folder_ / "deliveries.csv";
    std::ofstream out(file);
    out << "掛號號碼,投遞日期,簽收人\n";
    for (const std::string& number : step.words) {
        out << number << ',' << to_roc_text(day_in_taipei(desk_.now())) << ",本人\n";
    }
    out.close();
    std::vector<std::string> command{"parcel", "delivered", file.string()};
    if (step.verb.starts_with("looks")) {
        command.emplace_back("--dry-run");
    }
    std::string text;
    for (const json& line : desk_.run_as(step.actor, command).lines()) {
        text += text.empty() ? "" : ", ";
        text += line.contains("error") ? line.at("error").at("code").get<std::string>()
                                       : line.at("fate").get<std::string>();
        for (const json& reason : line.value("reasons", json::array())) {
            text += " " + reason.at("rule").get<std::string>();
        }
    }
    return text;
}

/// KEY OTHER: what was issued for OTHER's key store lies in the card of KEY; a card centre's work
/// that needs no card reader.
std::string Stage::fill_card(const Step& step) {
    store::ConnectionOptions options;
    options.url = store_url_;
    const auto token = [&](const std::string& key) {
        return "(SELECT id FROM subscriber_token WHERE order_key = 'request:" +
               forms_.at(key).number + "')";
    };
    const auto moved = store::open(options)->execute(
        "UPDATE token_certificate SET token_id = " + token(step.words.at(0)) +
            " WHERE token_id = " + token(step.words.at(1)),
        {});
    return moved > 0 ? "done" : "nothing";
}

/// KEY VERB "why": what `sealdesk card` says of the card of KEY.
std::string Stage::step_card(const Step& step) {
    std::string number = "none";
    for (const json& one : desk_.run({"card", "list"}).lines()) {
        if (one.at("order") == "request:" + forms_.at(step.words.at(0)).number) {
            number = one.at("card_number");
        }
    }
    const Ran ran =
        desk_.run_as(step.actor, {"card", step.words.at(1), number, "--reason", step.words.at(2)});
    return ran.status == 0 ? ran.lines().back().at("state").get<std::string>() : refusals(ran);
}

}  // namespace sealdesk::test
