// Steps about fees and the cash box.
#include "base/durable_file.h"
#include "paper/pdf_probe.h"
#include "scenario/stage.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

std::string charge_text(const json& line) {
    return std::to_string(line.at("amount_twd").get<int>()) + " " +
           line.at("state").get<std::string>();
}

/// "balances", or by how much it does not.
std::string balance(const Ran& ran) {
    const auto lines = ran.lines();
    if (lines.empty() || !lines.front().contains("difference_twd")) {
        return refusals(ran);
    }
    const int difference = lines.front().at("difference_twd");
    return difference == 0 ? "balances" : "difference " + std::to_string(difference);
}

}  // namespace

std::string Stage::charge(const Step& step, std::vector<std::string> command) {
    const Ran ran = desk_.run_as(step.actor, std::move(command));
    if (ran.status != 0) {
        return refusals(ran);
    }
    receipt_ = ran.lines().front().at("receipt");
    return charge_text(ran.lines().front());
}

/// ITEM [COUNT | of KEY]; "prepays" likewise. The scheme is the desk's first.
std::string Stage::charge_fee(const Step& step) {
    std::vector<std::string> command{"fee", step.verb == "prepays" ? "prepay" : "charge", "tipo",
                                     step.words.at(0)};
    if (step.words.size() == 3) {
        command.insert(command.end(), {"--request", forms_.at(step.words[2]).number});
    } else if (step.words.size() == 2) {
        command.insert(command.end(), {"--count", step.words[1]});
    }
    return charge(step, std::move(command));
}

/// Of the newest charge: asks-refund "why", gives-refund.
std::string Stage::refund_fee(const Step& step) {
    if (step.verb == "asks-refund") {
        return charge(step, {"fee", "refund", receipt_, "--reason", step.words.at(0)});
    }
    return charge(step, {"fee", "refund", receipt_, "--give"});
}

/// TEXT: whether the receipt of the newest charge says so.
std::string Stage::receipt_shows(const Step& step) {
    const auto file = folder_ / "receipt.pdf";
    const Ran ran = desk_.run({"fee", "receipt", receipt_, "-o", file.string()});
    if (ran.status != 0) {
        return refusals(ran);
    }
    const std::string text = pdf_text(read_file(file), folder_);
    return text.find(step.words.at(0)) != std::string::npos ? "yes" : "no";
}

/// COUNTED [opening=N] [deposited=N] [note=TEXT]
std::string Stage::close_cash_day(const Step& step) {
    std::vector<std::string> command{"fee", "close-day", "--counted", step.words.at(0)};
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        const auto equals = step.words[i].find('=');
        command.push_back("--" + step.words[i].substr(0, equals));
        command.push_back(step.words[i].substr(equals + 1));
    }
    return balance(desk_.run_as(step.actor, command));
}

std::string Stage::sign_cash_day(const Step& step) {
    return balance(desk_.run_as(step.actor, {"fee", "sign-day"}));
}

std::string Stage::cash_list(const Step&) {
    const json list = desk_.run({"report", "cash"}).lines().at(0);
    std::string text;
    for (const char* part : {"opening", "taken", "refunded", "expected", "counted", "difference"}) {
        const json& twd = list.at(std::string(part) + "_twd");
        text += (text.empty() ? "" : " ") + std::string(part) + " " +
                (twd.is_null() ? "-" : std::to_string(twd.get<int>()));
    }
    return text;
}

std::string Stage::fees_of(const Step& step) {
    std::string text;
    for (const json& fee :
         desk_.run({"fee", "list", "--request", forms_.at(step.actor).number}).lines()) {
        text +=
            (text.empty() ? "" : ", ") + fee.at("item").get<std::string>() + " " + charge_text(fee);
    }
    return text.empty() ? "none" : text;
}

}  // namespace sealdesk::test
