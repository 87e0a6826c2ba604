// Steps about the end of a service.
#include "scenario/stage.h"

namespace sealdesk::test {

using nlohmann::json;

/// orders-end SCHEME DAY, seconds-end SCHEME.
std::string Stage::sign_for_end(const Step& step) {
    const bool orders = step.verb == "orders-end";
    std::vector<std::string> command{"end-of-service", orders ? "order" : "second",
                                     step.words.at(0)};
    if (orders) {
        command.insert(command.end(), {"--date", step.words.at(1)});
    }
    const Ran ran = desk_.run_as(step.actor, command);
    if (ran.status != 0) {
        return refusals(ran);
    }
    return orders ? "ordered" : "seconded";
}

/// tells-holders SCHEME, rehearses-telling SCHEME: how many, and how.
std::string Stage::tell_holders(const Step& step) {
    std::vector<std::string> command{"end-of-service", "notify", step.words.at(0)};
    if (step.verb != "tells-holders") {
        command.emplace_back("--dry-run");
    }
    const Ran ran = desk_.run_as(step.actor, command);
    if (ran.status != 0) {
        return refusals(ran);
    }
    const json told = ran.lines().back();
    return told.at("mails").dump() + " by mail, " + told.at("letters").dump() + " by letter";
}

std::string Stage::revoke_everything(const Step& step) {
    const Ran ran = desk_.run_as(step.actor, {"end-of-service", "revoke", step.words.at(0)});
    if (ran.status != 0) {
        return refusals(ran);
    }
    const json asked = ran.lines().back();
    return asked.at("certificates").dump() + " certificates, " + asked.at("refunds").dump() +
           " refunds";
}

}  // namespace sealdesk::test
