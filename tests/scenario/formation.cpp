// Names reserved, and certificates of entities in formation, in a scenario.
#include <fstream>

#include "scenario/stage.h"
#include "support/command.h"

namespace sealdesk::test {

using nlohmann::json;

/// KEY NUMBER=NAME until=DAY: a file with one name reserved for a company.
std::string Stage::take_reservations(const Step& step) {
    const std::string& key = step.words.at(0);
    const auto file = folder_ / (key + ".csv");
    const std::string& row = step.words.at(1);
    const std::string number = row.substr(0, row.find('='));
    const std::string name = row.substr(row.find('=') + 1);
    const std::string& until = step.words.at(2);
    std::ofstream(file)
        << "預查編號,核准日期,保留期限,組織別,核准名稱,申請人姓名,申請人身分證字號,電子郵件\n"
        << number << ",115/11/19," << until.substr(until.find('=') + 1) << ",公司," << name
        << ",王小明,A123456789,dew@example.test\n";
    const std::string result = take_registry(step, {"registry", "import", file.string()});
    forms_[key + ".1"].fields = {
        {"reservation_number", number}, {"reserved_name", name}, {"applicant_id", "a123456789"}};
    return result;
}

/// CODE [FIELD=TEXT …]: a wish that states the reservation's data but for these.
std::string Stage::order_formation(const Step& step) {
    const bool looks = step.verb.starts_with("looks");
    json wish = forms_.at(step.actor).fields;
    wish["terms_accepted"] = true;
    wish["content_accepted"] = !looks;
    std::string password = "Lantern-24680";
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        const std::string field = step.words[i].substr(0, step.words[i].find('='));
        const std::string text = step.words[i].substr(field.size() + 1);
        if (field == "key_file_password") {
            password = text;
        } else if (field == "content_accepted") {
            wish[field] = text == "yes";
        } else {
            wish[field] = text;
        }
    }
    const std::string request = write_secret("wish.json", wish.dump());
    if (looks) {
        const Ran ran = desk_.run({"cert", "formation", "show", "--request", request});
        return ran.status == 0
                   ? ran.lines().front().at("subject").at("organization").get<std::string>()
                   : refusals(ran);
    }
    const std::string file = (folder_ / "formation.p12").string();
    const std::string password_file = write_secret("key-file-password", password);
    const Ran ran = desk_.run({"cert", "formation", "order", "--request", request,
                               "--user-code-file", write_secret("user-code", step.words.at(0)),
                               "--key-file-password-file", password_file, "-o", file});
    if (ran.status != 0) {
        return refusals(ran);
    }
    const auto opened =
        run_command("openssl pkcs12 -in " + file + " -passin file:" + password_file +
                    " -clcerts -nokeys -out " + (folder_ / "subscriber.pem").string());
    return opened.succeeded() ? verified("issued") : opened.output;
}

/// CODE
std::string Stage::revoke_formation(const Step& step) {
    const Ran ran = desk_.run({"cert", "formation", "revoke",
                               forms_.at(step.actor).fields.at("reservation_number"),
                               "--user-code-file", write_secret("user-code", step.words.at(0))});
    const auto lines = ran.lines();
    return lines.empty() || !lines.front().contains("code")
               ? refusals(ran)
               : lines.front().at("code").get<std::string>();
}

}  // namespace sealdesk::test
