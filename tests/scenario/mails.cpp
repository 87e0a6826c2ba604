// Mails that came back.
#include <algorithm>
#include <fstream>

#include "base/durable_file.h"
#include "mail/bounce_samples.h"
#include "scenario/stage.h"
#include "support/command.h"

namespace sealdesk::test {

using nlohmann::json;

/// ADDRESS STATUS: what the world reports about the newest mail to that address, or, with "words",
/// what a person answers to it.
std::string Stage::bring_back(const Step& step) {
    const auto mails = peer_.mails();
    const auto newest = std::find_if(mails.rbegin(), mails.rend(), [&](const PeerMail& one) {
        return one.to == step.words.at(0);
    });
    if (newest == mails.rend()) {
        return "no mail";
    }
    const std::string& status = step.words.at(1);
    const std::string file = std::to_string(++reports_) + ".scenario";
    std::ofstream out(folder_ / "Maildir/new" / file, std::ios::binary);
    if (status == "words") {
        out << "From: " << newest->to << "\r\nTo: " << newest->from
            << "\r\n\r\nPlease call me.\r\n";
        return "done";
    }
    out << mail::test::a_report({.to = newest->from,
                                 .envelope_id = "",
                                 .final_recipient = newest->to,
                                 .original_recipient = "",
                                 .status = status,
                                 .action = status.front() == '4' ? "delayed" : "failed",
                                 .diagnostic = "smtp; 550 " + status,
                                 .message_id = ""});
    return "done";
}

/// STATE, or "waiting" for a person: for each the address as `mail show` shows it.
std::string Stage::mails_in_state(const Step& step) {
    std::string shown;
    const std::string& state = step.words.at(0);
    const auto list = state == "waiting" ? desk_.run({"mail", "list", "--waiting"})
                                         : desk_.run({"mail", "list", "--state", state});
    for (const json& one : list.lines()) {
        const std::string id = std::to_string(one.at("mail").get<std::int64_t>());
        const json detail = desk_.run({"mail", "show", id}).lines().front();
        shown += (shown.empty() ? "" : ", ") + detail.at("to").get<std::string>();
    }
    return shown.empty() ? "none" : shown;
}

/// ADDRESS DAYS: from now on with a certificate for that sender address, good for so many days.
std::string Stage::sign_mails(const Step& step) {
    const std::string folder = desk_.folder().string();
    const CommandResult made = run_command(
        "(cd " + folder + " && openssl req -x509 -newkey rsa:2048 -passout pass:postman " +
        "-keyout mail.key -out mail.pem -subj '/CN=RA mail' -days " + step.words.at(1) +
        " -addext extendedKeyUsage=emailProtection -addext subjectAltName=email:" +
        step.words.at(0) + " && printf postman > secrets/mail.passphrase && " +
        "chmod 600 mail.key secrets/mail.passphrase) 2>&1");
    std::string settings = read_file(desk_.folder() / "sealdesk.yaml");
    constexpr std::string_view mark = "\n  sign_certificate:";
    if (settings.find(mark) == std::string::npos) {
        settings.replace(settings.find("mail:\n"), 6,
                         "mail:" + std::string(mark) + " mail.pem\n  sign_key: mail.key\n" +
                             "  sign_key_password_file: secrets/mail.passphrase\n");
    }
    std::ofstream(desk_.folder() / "sealdesk.yaml") << settings;
    return made.succeeded() ? "done" : made.output;
}

/// ADDRESS: the newest mail to it.
std::string Stage::signature_of(const Step& step) {
    std::string bytes;
    for (const PeerMail& one : peer_.mails()) {
        bytes = one.to == step.words.at(0) ? one.bytes : bytes;
    }
    const auto file = folder_ / "signed.eml";
    std::ofstream(file, std::ios::binary) << bytes;
    if (bytes.find("multipart/signed") == std::string::npos) {
        return "not signed";
    }
    const CommandResult verified =
        run_command("openssl cms -verify -in " + file.string() + " -CAfile " +
                    (desk_.folder() / "mail.pem").string());
    return verified.succeeded() ? "openssl agrees" : verified.output;
}

/// SUBJECT: as `doctor` has it.
std::string Stage::doctor_says(const Step& step) {
    for (const json& line : desk_.run({"doctor"}).lines()) {
        if (line.at("subject") == step.words.at(0)) {
            return line.at("note");
        }
    }
    return "nothing";
}

/// ADDRESS "why".
std::string Stage::lift_suppression(const Step& step) {
    const Ran ran = desk_.run_as(
        step.actor, {"mail", "unsuppress", step.words.at(0), "--reason", step.words.at(1)});
    return ran.status == 0 ? "done" : refusals(ran);
}

/// REASON: the newest mail that waits for a person.
std::string Stage::handle_mail(const Step& step) {
    const auto waiting = desk_.run({"mail", "list", "--waiting"}).lines();
    if (waiting.empty()) {
        return "none";
    }
    const std::string id = std::to_string(waiting.back().at("mail").get<std::int64_t>());
    const Ran ran = desk_.run_as(step.actor, {"mail", "handled", id, "--reason", step.words.at(0)});
    return ran.status == 0 ? "done" : refusals(ran);
}

/// The newest mail that came back.
std::string Stage::send_again(const Step& step) {
    const auto bounced = desk_.run({"mail", "list", "--state", "bounced"}).lines();
    if (bounced.empty()) {
        return "none";
    }
    const std::string id = std::to_string(bounced.back().at("mail").get<std::int64_t>());
    const Ran ran = desk_.run_as(step.actor, {"mail", "retry", id});
    return ran.status == 0 ? "done" : refusals(ran);
}

}  // namespace sealdesk::test
