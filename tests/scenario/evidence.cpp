// What is left of a scenario: states, paper, mails, passwords.
#include <fstream>
#include <regex>
#include <stdexcept>

#include "base/durable_file.h"
#include "paper/pdf_probe.h"
#include "scenario/stage.h"
#include "support/command.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A password alone on its line: 14 of the slip's symbols.
std::string password_on(const std::string& page) {
    static const std::regex line(R"(\n\s*([2-9A-Z]{14})\s*\n)");
    std::smatch found;
    return std::regex_search(page, found, line) ? found[1].str() : "";
}

}  // namespace

json Stage::show(const std::string& key) const {
    return desk_.run({"request", "show", forms_.at(key).number}).lines().at(0);
}

std::string Stage::account_of(const std::string& key) const {
    const json slips = show(key).at("slips");
    return slips.empty() ? "none" : slips.back().at("account").get<std::string>();
}

std::string Stage::key_of_request(const std::string& number) const {
    for (const auto& [key, kept] : forms_) {
        if (kept.number == number) {
            return key;
        }
    }
    return number;
}

/// On the newest page that names the account and a password.
std::string Stage::printed_password(const std::string& key) const {
    const std::string account = account_of(key);
    for (auto page = pages_.rbegin(); page != pages_.rend(); ++page) {
        if (holds(*page, account) && !password_on(*page).empty()) {
            return password_on(*page);
        }
    }
    throw std::runtime_error("no printed password for " + key);
}

/// In the PDF that was mailed, opened with the code on the printed receipt.
std::string Stage::mailed_password(const std::string& key) const {
    static const std::regex code(R"([2-9A-Z]{4}(-[2-9A-Z]{4}){3})");
    std::string opening;
    for (const std::string& page : pages_) {
        std::smatch found;
        if (holds(page, forms_.at(key).number) && std::regex_search(page, found, code)) {
            opening = found[0];
        }
    }
    const auto mails = peer_.mails();
    for (auto mail = mails.rbegin(); mail != mails.rend(); ++mail) {
        if (holds(mail->bytes, opening)) {
            throw std::runtime_error("the opening code is in a mail");
        }
        if (holds(mail->bytes, "application/pkcs7-mime")) {
            continue;
        }
        const json seen = open_mail(*mail);
        if (!seen.at("attachments").empty()) {
            const std::string pdf = read_file(folder_ / "attachments/0");
            if (!pdf_text(pdf, folder_).empty()) {
                throw std::runtime_error("the mailed PDF opens without a code");
            }
            const std::string text = pdf_text(pdf, folder_, opening);
            if (holds(text, account_of(key))) {
                return password_on(text);
            }
        }
    }
    throw std::runtime_error("no mailed password for " + key);
}

/// In the newest mail that OpenSSL opens with the subscriber's key (subscriber.key and .pem).
std::string Stage::enclosed_password(const std::string& key) const {
    const auto mails = peer_.mails();
    const std::string at = folder_.string();
    for (auto mail = mails.rbegin(); mail != mails.rend(); ++mail) {
        std::ofstream(folder_ / "sealed.eml", std::ios::binary) << mail->bytes;
        const auto opened = run_command(
            "openssl cms -decrypt -in " + at + "/sealed.eml -recip " + at +
            "/subscriber.pem -inkey " + at + "/subscriber.key -out " + at + "/inner.eml && " +
            "/usr/bin/python3 -c \"import email,email.policy;m=email.message_from_bytes(open('" +
            at + "/inner.eml','rb').read(),policy=email.policy.default);open('" + at +
            "/slip.pdf','wb').write(next(m.iter_attachments()).get_content())\"");
        const std::string text =
            opened.succeeded() ? pdf_text(read_file(folder_ / "slip.pdf"), folder_) : "";
        if (holds(text, account_of(key))) {
            return password_on(text);
        }
    }
    throw std::runtime_error("no mail to the certificate of " + key);
}

std::string Stage::password_of(const std::string& key, const std::string& which) const {
    if (which == "printed") {
        return printed_password(key);
    }
    if (which == "mailed") {
        return mailed_password(key);
    }
    if (which == "enclosed") {
        return enclosed_password(key);
    }
    return which == "own" ? forms_.at(key).own_password : which;
}

std::string Stage::write_secret(const std::string& name, const std::string& text) const {
    const auto file = folder_ / name;
    std::ofstream(file) << text;
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file.string();
}

json Stage::open_mail(const PeerMail& mail) const {
    const auto file = folder_ / "mail.eml";
    const auto attachments = folder_ / "attachments";
    std::filesystem::create_directories(attachments);
    std::ofstream(file, std::ios::binary) << mail.bytes;
    const auto read =
        run_command("/usr/bin/python3 " SEALDESK_SOURCE_DIR "/tests/mail/read_mail.py " +
                    file.string() + " " + attachments.string());
    return json::parse(read.output);
}

/// [HOURS]: what waits, the nearest first; with HOURS only what is due within them.
std::string Stage::queue_of(const Step& step) {
    std::vector<std::string> command{"request", "list"};
    if (!step.words.empty()) {
        command.insert(command.end(), {"--due", step.words.at(0)});
    }
    std::string keys;
    for (const json& one : desk_.run(command).lines()) {
        keys += (keys.empty() ? "" : " ") + key_of_request(one.at("request"));
    }
    return keys.empty() ? "empty" : keys;
}

std::string Stage::state_of(const Step& step) { return show(step.actor).at("state"); }

/// FACT: of its newest slip, as `slip show` says it.
std::string Stage::slip_shows(const Step& step) {
    const std::string slip = show(step.actor).at("slips").back().at("slip");
    const json facts = desk_.run({"slip", "show", slip}).lines().at(0);
    const json fact = facts.value(step.words.at(0), json("nothing"));
    return fact.is_string() ? fact.get<std::string>() : fact.dump();
}

/// [DAYS]: those of `slip list --unopened`.
std::string Stage::unopened_slips(const Step& step) {
    std::vector<std::string> command{"slip", "list", "--unopened"};
    if (!step.words.empty()) {
        command.insert(command.end(), {"--days", step.words[0]});
    }
    std::string keys;
    for (const json& one : desk_.run(command).lines()) {
        keys += (keys.empty() ? "" : " ") + key_of_request(one.at("request"));
    }
    return keys.empty() ? "none" : keys;
}

std::string Stage::slips_of(const Step& step) {
    std::string states;
    const json shown = show(step.actor);
    for (const json& slip : shown.at("slips")) {
        states += (states.empty() ? "" : " ") + slip.at("state").get<std::string>();
    }
    return states.empty() ? "none" : states;
}

std::string Stage::paper_shows(const Step& step) {
    const bool shown = std::any_of(pages_.begin(), pages_.end(), [&](const std::string& page) {
        return holds(page, step.words.at(0));
    });
    return shown ? "yes" : "no";
}

std::string Stage::mails_to(const Step& step) {
    const auto mails = peer_.mails();
    return std::to_string(std::count_if(mails.begin(), mails.end(), [&](const PeerMail& mail) {
        return mail.to == step.words.at(0);
    }));
}

/// ADDRESS TEXT: in the subject or body of any mail to that address.
std::string Stage::mail_shows(const Step& step) {
    for (const PeerMail& mail : peer_.mails()) {
        if (mail.to == step.words.at(0)) {
            const json seen = open_mail(mail);
            if (holds(seen.at("subject"), step.words.at(1)) ||
                holds(seen.at("text"), step.words.at(1))) {
                return "yes";
            }
        }
    }
    return "no";
}

std::string Stage::sheet_shows(const Step& step) {
    const auto file = folder_ / "sheet.html";
    desk_.run({"request", "sheet", forms_.at(step.actor).number, "-o", file.string()});
    return holds(read_file(file), step.words.at(0)) ? "yes" : "no";
}

}  // namespace sealdesk::test
