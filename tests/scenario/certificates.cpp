// Certificates in a scenario: issued, held, accepted, looked at.
#include "scenario/stage.h"
#include "support/command.h"

namespace sealdesk::test {

using nlohmann::json;

/// KEY [PROFILE]: a fresh key each time.
std::string Stage::issue_certificate(const Step& step) {
    const std::string key = (folder_ / "subscriber").string();
    if (!run_command("openssl req -new -newkey rsa:2048 -noenc -subj /CN=ignored -keyout " + key +
                     ".key -out " + key + ".csr")
             .succeeded()) {
        return "openssl made no request";
    }
    std::vector<std::string> command{"ca",        "issue",      forms_.at(step.words.at(0)).number,
                                     "--csr",     key + ".csr", "-o",
                                     key + ".pem"};
    if (step.words.size() > 1) {
        command.insert(command.end(), {"--profile", step.words[1]});
    }
    const Ran ran = desk_.run_as(step.actor, command);
    if (ran.status != 0) {
        return refusals(ran);
    }
    const auto verified =
        run_command("cat " + desk_.folder().string() + "/ca/*/ca.pem > " + key + ".cas && " +
                    "openssl verify -x509_strict -CAfile " + key + ".cas " + key + ".pem");
    return verified.succeeded() ? "issued, openssl agrees" : verified.output;
}

/// As words of log_in: the subscriber on the website.
std::string Stage::hold_certificates(const Step& step) {
    const Ran ran =
        desk_.run({"cert", "hold", account_of(step.actor), "--account-password-file",
                   write_secret("password", password_of(step.actor, step.words.at(0)))});
    const auto lines = ran.lines();
    return lines.empty() || !lines.front().contains("login")
               ? refusals(ran)
               : lines.front().at("login").get<std::string>();
}

std::string Stage::certificates_of(const Step& step) {
    std::string states;
    for (const json& one : certificates(step.actor)) {
        states += (states.empty() ? "" : ", ") + one.at("state").get<std::string>();
        for (const json& source : one.at("holds")) {
            states += " by " + source.get<std::string>();
        }
    }
    return states.empty() ? "none" : states;
}

/// By its account or, where the scheme has none, by the request.
std::vector<json> Stage::certificates(const std::string& key) const {
    const std::string account = account_of(key);
    return desk_.run({"cert", "list", account == "none" ? forms_.at(key).number : account}).lines();
}

std::string Stage::newest_serial(const std::string& key) const {
    const auto known = certificates(key);
    return known.empty() ? "00" : known.back().value("serial", "00");
}

/// CODE: the subscriber on-line, with the newest certificate and a user code.
std::string Stage::use_code(const Step& step) {
    const std::string verb = step.verb.substr(0, step.verb.find("s-"));
    std::vector<std::string> command{"cert", verb};
    if (verb != "accept") {
        command.emplace_back("--serial");
    }
    command.insert(command.end(), {newest_serial(step.actor), "--user-code-file",
                                   write_secret("user-code", step.words.at(0))});
    const Ran ran = desk_.run(command);
    const auto lines = ran.lines();
    return lines.empty() || !lines.front().contains("code")
               ? refusals(ran)
               : lines.front().at("code").get<std::string>();
}

/// TEXT: in what OpenSSL says of the certificate issued last.
std::string Stage::certificate_shows(const Step& step) {
    const auto text = run_command(
        "openssl x509 -noout -subject -ext keyUsage,certificatePolicies "
        "-nameopt oneline,-esc_msb,utf8 -in " +
        (folder_ / "subscriber.pem").string());
    const bool shown = text.output.find(step.words.at(0)) != std::string::npos;
    return shown ? "yes" : text.output;
}

std::string Stage::accepted_of(const Step& step) {
    int accepted = 0;
    const auto known = certificates(step.actor);
    for (const json& one : known) {
        accepted += one.at("accepted_at") != "" ? 1 : 0;
    }
    return std::to_string(accepted) + " of " + std::to_string(known.size());
}

std::string Stage::tokens_of_office(const Step&) {
    std::string text;
    for (const json& one : desk_.run({"token", "list"}).lines()) {
        text += (text.empty() ? "" : ", ") + one.at("kind").get<std::string>() + " " +
                one.at("state").get<std::string>();
    }
    return text.empty() ? "none" : text;
}

}  // namespace sealdesk::test
