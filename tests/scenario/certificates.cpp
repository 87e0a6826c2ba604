// Certificates in a scenario: issued, held, accepted, looked at.
#include "scenario/stage.h"
#include "support/command.h"

namespace sealdesk::test {

using nlohmann::json;

/// subscriber.key and subscriber.csr: a fresh key, or another request for the same; whether OpenSSL
/// made them.
bool Stage::make_csr(bool same_key) const {
    const std::string key = (folder_ / "subscriber").string();
    const std::string with =
        same_key ? "-subj /CN=again -key " + key + ".key"
                 : "-subj /CN=ignored -newkey rsa:2048 -noenc -keyout " + key + ".key";
    return run_command("openssl req -new " + with + " -out " + key + ".csr").succeeded();
}

/// What OpenSSL says of subscriber.pem: `word` and that it agrees, or why not.
std::string Stage::verified(const std::string& word) const {
    const std::string key = (folder_ / "subscriber").string();
    const auto result = run_command("cat " + desk_.folder().string() + "/ca/*/ca.pem > " + key +
                                    ".cas && " + "openssl verify -x509_strict -attime " +
                                    std::to_string(to_stored(desk_.now()) / 1'000'000) +
                                    " -CAfile " + key + ".cas " + key + ".pem");
    return result.succeeded() ? word + ", openssl agrees" : result.output;
}

/// KEY [PROFILE]: a fresh key each time.
std::string Stage::issue_certificate(const Step& step) {
    const std::string key = (folder_ / "subscriber").string();
    if (!make_csr()) {
        return "openssl made no request";
    }
    std::vector<std::string> command{"ca",        "issue",      forms_.at(step.words.at(0)).number,
                                     "--csr",     key + ".csr", "-o",
                                     key + ".pem"};
    if (step.words.size() > 1) {
        command.insert(command.end(), {"--profile", step.words[1]});
    }
    const Ran ran = desk_.run_as(step.actor, command);
    return ran.status == 0 ? verified("issued") : refusals(ran);
}

/// A word of log_in [same-csr | same-key | PROFILE]: the subscriber on the website.
std::string Stage::apply_itself(const Step& step) {
    const std::string how = step.words.size() > 1 ? step.words[1] : "";
    if (how != "same-csr" && !make_csr(how == "same-key")) {
        return "openssl made no request";
    }
    const std::string verb = step.verb == "renews-certificate" ? "renew" : "apply";
    std::vector<std::string> command{
        "cert",
        verb,
        account_of(step.actor),
        "--csr",
        (folder_ / "subscriber.csr").string(),
        "--account-password-file",
        write_secret("password", password_of(step.actor, step.words.at(0)))};
    if (!how.empty() && !how.starts_with("same-")) {
        command.insert(command.end(), {"--profile", how});
    }
    const Ran ran = desk_.run(command);
    if (ran.status != 0) {
        return refusals(ran);
    }
    return ran.lines().front().at("serial") == newest_serial(step.actor) ? "to be accepted"
                                                                         : "another certificate";
}

/// A word of log_in [of KEY]: its newest certificate, or another's.
std::string Stage::take_certificate(const Step& step) {
    const bool activates = step.verb == "activates-certificate";
    const std::string owner = step.words.size() > 2 ? step.words[2] : step.actor;
    std::vector<std::string> command{"cert", activates ? "accept" : "download"};
    const std::vector<std::string> which =
        activates
            ? std::vector{newest_serial(owner), std::string("--account"), account_of(step.actor)}
            : std::vector{account_of(step.actor), newest_serial(owner)};
    command.insert(command.end(), which.begin(), which.end());
    command.insert(command.end(),
                   {"--account-password-file",
                    write_secret("password", password_of(step.actor, step.words.at(0))), "-o",
                    (folder_ / "subscriber.pem").string()});
    const Ran ran = desk_.run(command);
    return ran.status == 0 ? verified(activates ? "accepted" : "downloaded") : refusals(ran);
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
