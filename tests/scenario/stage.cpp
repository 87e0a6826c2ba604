#include "scenario/stage.h"

#include <fstream>
#include <stdexcept>

#include "base/clock.h"
#include "base/durable_file.h"
#include "image/image.h"
#include "paper/pdf_probe.h"
#include "support/applicants.h"
#include "support/command.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

std::string mail_settings(const SmtpPeer& peer, const std::filesystem::path& bounces) {
    return "  host: localhost\n  port: " + std::to_string(peer.port()) +
           "\n  tls: starttls\n  ca_file: " + peer.ca_file() +
           "\n  user: desk\n  password_file: " + peer.password_file() +
           "\n  message_id_domain: test.invalid\n  bounces: " + bounces.string() +
           "\n  bounce_address: bounce@example.test\n";
}

std::pair<std::string, std::string> split_at_equals(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
        throw std::runtime_error("FIELD=TEXT expected: " + word);
    }
    return {word.substr(0, equals), word.substr(equals + 1)};
}

/// The last "state" that was printed, or the refusals.
std::string outcome(const Ran& ran) {
    return ran.status == 0 ? ran.lines().back().at("state").get<std::string>() : refusals(ran);
}

}  // namespace

std::string refusals(const Ran& ran) {
    std::string text = "refused";
    for (const json& line : ran.lines()) {
        if (line.contains("error")) {
            text += " " + line.at("error").at("code").get<std::string>();
        }
    }
    return ran.status == 1 ? text : "exit " + std::to_string(ran.status) + " " + ran.err;
}

Stage::Stage(const std::filesystem::path& folder, const std::string& store_url,
             std::optional<Instant> start)
    : folder_(folder),
      store_url_(store_url),
      desk_(folder / "desk", store_url, mail_settings(peer_, folder / "Maildir"), {}, start) {
    for (const char* part : {"new", "cur", "tmp"}) {
        std::filesystem::create_directories(folder / "Maildir" / part);
    }
}

const std::map<std::string, Stage::Verb>& Stage::verbs() {
    static const std::map<std::string, Verb> table{
        {"moves-ca-away", &Stage::move_ca_away},
        {"keys", &Stage::import_form},
        {"passes", &Stage::examine},
        {"fails", &Stage::examine},
        {"returns", &Stage::decide},
        {"withdraws", &Stage::decide},
        {"approves", &Stage::decide},
        {"rejects", &Stage::decide},
        {"corrects", &Stage::edit},
        {"runs-jobs", &Stage::run_jobs},
        {"prints", &Stage::print_batches},
        {"prints-again", &Stage::print_again},
        {"acknowledges", &Stage::acknowledge},
        {"voids-slip-of", &Stage::void_slip},
        {"logs-in", &Stage::log_in},
        {"sets-password", &Stage::set_password},
        {"issues-certificate", &Stage::issue_certificate},
        {"applies-for-certificate", &Stage::apply_itself},
        {"renews-certificate", &Stage::apply_itself},
        {"activates-certificate", &Stage::take_certificate},
        {"downloads-certificate", &Stage::take_certificate},
        {"holds-certificates", &Stage::hold_certificates},
        {"accepts-certificate", &Stage::use_code},
        {"holds-certificate", &Stage::use_code},
        {"releases-certificate", &Stage::use_code},
        {"certificate-shows", &Stage::certificate_shows},
        {"has-accepted", &Stage::accepted_of},
        {"has-tokens", &Stage::tokens_of_office},
        {"has-certificates", &Stage::certificates_of},
        {"takes-changes", &Stage::take_changes},
        {"looks-at-changes", &Stage::take_changes},
        {"takes-extract", &Stage::take_extract},
        {"looks-at-extract", &Stage::take_extract},
        {"takes-reservations", &Stage::take_reservations},
        {"looks-at-reservations", &Stage::take_reservations},
        {"looks-at-formation", &Stage::order_formation},
        {"orders-formation", &Stage::order_formation},
        {"revokes-formation", &Stage::revoke_formation},
        {"confirms", &Stage::confirm_batch},
        {"reports-card", &Stage::report_card},
        {"posts-parcel-of", &Stage::move_parcel},
        {"gets-back-parcel-of", &Stage::move_parcel},
        {"hands-over-parcel-of", &Stage::move_parcel},
        {"takes-deliveries", &Stage::take_deliveries},
        {"looks-at-deliveries", &Stage::take_deliveries},
        {"prints-slips-on", &Stage::print_slips_on},
        {"receives-forms", &Stage::move_forms},
        {"spoils-form", &Stage::move_forms},
        {"counts-forms", &Stage::move_forms},
        {"scans-slips", &Stage::scan_slips},
        {"receives-numbers", &Stage::receive_numbers},
        {"closes-list", &Stage::close_list},
        {"posts-list", &Stage::post_list},
        {"takes-returns", &Stage::take_returns},
        {"has-promises", &Stage::promises_of_office},
        {"control-shows", &Stage::control_shows},
        {"fills-card-of", &Stage::fill_card},
        {"steps-card-of", &Stage::step_card},
        {"waits", &Stage::pass_time},
        {"runs-job", &Stage::run_one_job},
        {"has-queue", &Stage::queue_of},
        {"is", &Stage::state_of},
        {"has-slips", &Stage::slips_of},
        {"slip-shows", &Stage::slip_shows},
        {"has-unopened", &Stage::unopened_slips},
        {"shows", &Stage::paper_shows},
        {"to", &Stage::mails_to},
        {"tells", &Stage::mail_shows},
        {"brings-back", &Stage::bring_back},
        {"has-mails", &Stage::mails_in_state},
        {"signs-mails", &Stage::sign_mails},
        {"is-signed", &Stage::signature_of},
        {"doctor-says", &Stage::doctor_says},
        {"lifts-suppression", &Stage::lift_suppression},
        {"sends-again", &Stage::send_again},
        {"handles-mail", &Stage::handle_mail},
        {"sheet-shows", &Stage::sheet_shows},
        {"verifies", &Stage::verify},
        {"verifies-chain", &Stage::verify_chain},
        {"reads-report", &Stage::read_report},
        {"begins-at", &Stage::begin_at},
        {"moves-to", &Stage::move_clock},
        {"imports-calendar", &Stage::import_calendar},
        {"has-time-left", &Stage::time_left},
        {"double-keys", &Stage::ask_double_keying},
        {"keys-again", &Stage::key_again},
        {"settles", &Stage::settle_keying},
        {"looks-at", &Stage::look_at_keying},
        {"has-keying", &Stage::keying_tasks},
        {"charges", &Stage::charge_fee},
        {"prepays", &Stage::charge_fee},
        {"asks-refund", &Stage::refund_fee},
        {"gives-refund", &Stage::refund_fee},
        {"scans", &Stage::scan_page},
        {"reads-page-as", &Stage::read_page_as},
        {"files-page", &Stage::settle_page},
        {"dismisses-page", &Stage::settle_page},
        {"has-pages", &Stage::open_pages},
        {"receipt-shows", &Stage::receipt_shows},
        {"closes-day", &Stage::close_cash_day},
        {"signs-day", &Stage::sign_cash_day},
        {"has-cash", &Stage::cash_list},
        {"has-fees", &Stage::fees_of},
        {"orders-end", &Stage::sign_for_end},
        {"seconds-end", &Stage::sign_for_end},
        {"tells-holders", &Stage::tell_holders},
        {"rehearses-telling", &Stage::tell_holders},
        {"revokes-everything", &Stage::revoke_everything},
        {"closes-books", &Stage::close_books},
        {"verifies-books", &Stage::verify_books},
        {"page-of-day-shows", &Stage::day_page_shows},
        {"has-in-month", &Stage::month_figure},
        {"announces", &Stage::announced},
    };
    return table;
}

std::string Stage::perform(const Step& step) {
    const auto verb = verbs().find(step.verb);
    if (verb == verbs().end()) {
        throw std::runtime_error("line " + std::to_string(step.line) + ": no verb " + step.verb);
    }
    return (this->*verb->second)(step);
}

/// KEY BASE [of OTHER] [FIELD=TEXT …]: the base form of that name, filled in for a person of the
/// key's own, or for the person of another form.
Stage::Form Stage::fill_in(const Step& step, nlohmann::json& file) {
    const auto base = json::parse(read_file(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                                            "tests/scenario/forms" / (step.words.at(1) + ".json")));
    file = base;
    file.erase("fields");
    Form form = base.at("fields").get<Form>();
    const std::string& key = step.words.at(0);
    std::size_t next = 2;
    std::string owner = key;
    if (step.words.size() > next && step.words[next] == "of") {
        owner = step.words.at(next + 1);
        next += 2;
        for (const char* field : {"applicant_name", "id_number"}) {
            form[field] = forms_.at(owner).fields.at(field);
        }
    } else if (form["id_number"].empty()) {
        const int person = persons_.try_emplace(key, int(persons_.size()) + 1).first->second;
        form["id_number"] = national_id(person);
    }
    form["record_number"] = key;
    form["received_on"] = to_iso_text(day_in_taipei(desk_.now()));
    for (auto& [field, text] : form) {
        if (field.ends_with("seal_scan")) {
            text = owner;
            text.append("-").append(field).append(".png");
        }
    }
    for (; next < step.words.size(); ++next) {
        const auto [field, text] = split_at_equals(step.words[next]);
        form[field] = text == "newest" ? newest_serial(owner) : text;
    }
    return form;
}

/// A scan's name names its seal: the same name is the same seal.
void Stage::draw_scans(const Form& form) const {
    for (const auto& [field, text] : form) {
        if (field.ends_with("_scan") && text.ends_with(".png")) {
            std::ofstream(folder_ / text, std::ios::binary) << image::encode_png(draw_seal(text));
        }
    }
}

std::string Stage::fate_of(const std::string& key, const json& line) {
    const std::string fate = line.at("fate");
    if (fate == "accepted") {
        forms_.at(key).number = line.at("request");
        return line.value("repeated", false) ? "accepted before" : "accepted";
    }
    if (fate == "duplicate") {
        return "duplicate of " + key_of_request(line.at("duplicate_of"));
    }
    std::string text = "refused";
    for (const json& reason : line.at("reasons")) {
        text += " " + reason.at("rule").get<std::string>();
        if (reason.at("field").is_string()) {
            text += " in " + reason.at("field").get<std::string>();
        }
    }
    return text;
}

std::string Stage::import_form(const Step& step) {
    json content;
    const std::string& key = step.words.at(0);
    const Form form = fill_in(step, content);
    draw_scans(form);
    const auto file = folder_ / (key + ".json");
    content["records"] = json::array({form});
    std::ofstream(file) << content;
    const Ran ran = desk_.run_as(step.actor, {"import", file.string()});
    if (ran.status > 1 || ran.out.empty() || !ran.lines().front().contains("fate")) {
        return refusals(ran);
    }
    forms_[key].fields = form;
    return fate_of(key, ran.lines().front());
}

/// KEY CHECK … ["why"]: "fails" needs its reason as the last word.
std::string Stage::examine(const Step& step) {
    const bool pass = step.verb == "passes";
    std::vector<std::string> checks(step.words.begin() + 1, step.words.end());
    std::vector<std::string> verdict{"--pass"};
    if (!pass) {
        verdict = {"--fail", "--note", checks.back()};
        checks.pop_back();
    }
    std::string last;
    for (const std::string& check : checks) {
        std::vector<std::string> command{"request", "check", forms_.at(step.words.at(0)).number,
                                         "--check", check};
        command.insert(command.end(), verdict.begin(), verdict.end());
        last = outcome(desk_.run_as(step.actor, command));
    }
    return last;
}

std::string Stage::decide(const Step& step) {
    const std::string number = forms_.at(step.words.at(0)).number;
    std::vector<std::string> command{"request", "decide", number, "--approve"};
    if (step.verb == "rejects") {
        command = {"request", "decide", number, "--reject"};
    } else if (step.verb != "approves") {
        command = {"request", step.verb.substr(0, step.verb.size() - 1), number};
    }
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        const std::string& word = step.words[i];
        if (word.starts_with('+')) {
            command.insert(command.end(), {"--deficiency", word.substr(1)});
        } else {
            command.insert(command.end(), {"--reason", word});
        }
    }
    return outcome(desk_.run_as(step.actor, command));
}

std::string Stage::edit(const Step& step) {
    std::vector<std::string> command{"request", "edit", forms_.at(step.words.at(0)).number};
    for (std::size_t i = 1; i < step.words.size(); ++i) {
        command.insert(command.end(), {"--set", step.words[i]});
    }
    return outcome(desk_.run_as(step.actor, command));
}

std::string Stage::run_jobs(const Step&) {
    const Ran ran = desk_.run({"run", "--until-idle"});
    return ran.status == 0 ? "done" : refusals(ran);
}

std::string Stage::print_batches(const Step& step) {
    int slips = 0;
    for (const json& batch : desk_.run({"slip", "batches"}).lines()) {
        if (batch.at("state") != "ready") {
            continue;
        }
        const std::string number = batch.at("batch");
        const Ran printed = desk_.run_as(step.actor, {"slip", "print", number});
        if (printed.status != 0) {
            return refusals(printed);
        }
        const json result = printed.lines().front();
        slips += result.at("slips").get<int>();
        const std::string pdf = read_file(std::string(result.at("file")));
        for (int page = 1; page <= result.at("pages").get<int>(); ++page) {
            pages_.push_back(pdf_text(pdf, folder_, {}, page));
        }
        printed_batches_.push_back(number);
    }
    return std::to_string(slips) + " slips";
}

std::string Stage::print_again(const Step& step) {
    const Ran ran = desk_.run_as(step.actor, {"slip", "print", printed_batches_.back()});
    return ran.status == 0 ? "printed" : refusals(ran);
}

/// [KEY=TRACKING …]: every batch that was printed, with the numbers of the post.
std::string Stage::acknowledge(const Step& step) {
    std::vector<std::string> tracking;
    for (const std::string& word : step.words) {
        const auto [key, number] = split_at_equals(word);
        tracking.insert(tracking.end(),
                        {"--tracking", show(key).at("slips").back().at("slip").get<std::string>() +
                                           "=" + number});
    }
    for (const json& batch : desk_.run({"slip", "batches"}).lines()) {
        if (batch.at("state") == "printed") {
            std::vector<std::string> command{"slip", "ack", batch.at("batch")};
            command.insert(command.end(), tracking.begin(), tracking.end());
            const Ran ran = desk_.run_as(step.actor, command);
            if (ran.status != 0) {
                return refusals(ran);
            }
        }
    }
    return "done";
}

std::string Stage::void_slip(const Step& step) {
    const std::string slip = show(step.words.at(0)).at("slips").back().at("slip");
    std::vector<std::string> command{"slip", "void", slip};
    if (step.words.size() > 1) {
        command.insert(command.end(), {"--reason", step.words[1]});
    }
    const Ran ran = desk_.run_as(step.actor, command);
    if (ran.status != 0) {
        return refusals(ran);
    }
    return ran.lines().front().at("replacement") == "" ? "void" : "void, another is made";
}

/// KEY printed | mailed | own | WRONG-TEXT
std::string Stage::log_in(const Step& step) {
    const Ran ran =
        desk_.run({"account", "login", account_of(step.actor), "--account-password-file",
                   write_secret("password", password_of(step.actor, step.words.at(0)))});
    return ran.out.empty() ? refusals(ran) : ran.lines().front().at("login").get<std::string>();
}

/// FROM TO, as words of log_in
std::string Stage::set_password(const Step& step) {
    const std::string fresh = step.words.at(1);
    const auto old_file = write_secret("password", password_of(step.actor, step.words.at(0)));
    const auto new_file = write_secret("new-password", fresh);
    const Ran ran =
        desk_.run({"account", "password", account_of(step.actor), "--account-password-file",
                   old_file, "--new-password-file", new_file});
    if (ran.status != 0) {
        return refusals(ran);
    }
    forms_.at(step.actor).own_password = fresh;
    return "done";
}

std::string Stage::verify(const Step& step) {
    const Ran ran = desk_.run({"request", "verify", forms_.at(step.words.at(0)).number});
    std::string text;
    for (const json& one : ran.lines()) {
        text += (text.empty() ? "" : ", ") + one.at("decision").get<std::string>() + " by " +
                one.at("officer").get<std::string>() + (one.at("valid") == true ? "" : " INVALID");
    }
    return text;
}

std::string Stage::verify_chain(const Step&) {
    const Ran ran = desk_.run({"audit", "verify"});
    return ran.status == 0 ? "sound" : refusals(ran);
}

std::string Stage::read_report(const Step&) {
    const Ran ran = desk_.run({"report", "day"});
    const json report = ran.lines().front();
    if (ran.status == 0 && report.at("closes") == true) {
        return "closes";
    }
    std::string text;
    for (const json& ledger : report.at("ledgers")) {
        const auto difference = ledger.at("difference").get<std::int64_t>();
        text += difference == 0 ? ""
                                : ledger.at("name").get<std::string>() + " differ by " +
                                      std::to_string(difference);
    }
    return text.empty() ? ran.out : text;
}

}  // namespace sealdesk::test
