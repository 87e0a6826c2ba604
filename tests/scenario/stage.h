#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenario/ca_elsewhere.h"
#include "scenario/script.h"
#include "support/program_desk.h"
#include "support/smtp_peer.h"

namespace sealdesk::test {

/// The program's refusal in one line: every error's code, in order.
[[nodiscard]] std::string refusals(const Ran& ran);

/// The office in which a scenario plays: a desk, a mail server, the paper that was printed. Each
/// step runs the program as its user would. README.md in this folder lists the verbs.
class Stage {
public:
    /// With a start the scenario plays on days of its own.
    Stage(const std::filesystem::path& folder, const std::string& store_url,
          std::optional<Instant> start = std::nullopt);

    /// What the step came to, in the words of the scenario. Throws std::runtime_error for a verb
    /// that is not known.
    std::string perform(const Step& step);

private:
    using Verb = std::string (Stage::*)(const Step&);
    static const std::map<std::string, Verb>& verbs();

    std::string move_ca_away(const Step& step);
    std::string import_form(const Step& step);
    std::string examine(const Step& step);
    std::string decide(const Step& step);
    std::string edit(const Step& step);
    std::string run_jobs(const Step& step);
    std::string print_batches(const Step& step);
    std::string print_again(const Step& step);
    std::string acknowledge(const Step& step);
    std::string void_slip(const Step& step);
    std::string log_in(const Step& step);
    std::string set_password(const Step& step);
    std::string issue_certificate(const Step& step);
    std::string apply_itself(const Step& step);
    std::string take_certificate(const Step& step);
    std::string hold_certificates(const Step& step);
    std::string certificates_of(const Step& step);
    std::string use_code(const Step& step);
    std::string certificate_shows(const Step& step);
    std::string accepted_of(const Step& step);
    std::string tokens_of_office(const Step& step);
    std::string take_changes(const Step& step);
    std::string take_extract(const Step& step);
    std::string take_reservations(const Step& step);
    std::string order_formation(const Step& step);
    std::string revoke_formation(const Step& step);
    std::string confirm_batch(const Step& step);
    std::string report_card(const Step& step);
    std::string move_parcel(const Step& step);
    std::string take_deliveries(const Step& step);
    std::string print_slips_on(const Step& step);
    std::string move_forms(const Step& step);
    std::string scan_slips(const Step& step);
    std::string receive_numbers(const Step& step);
    std::string close_list(const Step& step);
    std::string post_list(const Step& step);
    std::string take_returns(const Step& step);
    std::string promises_of_office(const Step& step);
    std::string control_shows(const Step& step);
    std::string fill_card(const Step& step);
    std::string step_card(const Step& step);
    std::string pass_time(const Step& step);
    std::string run_one_job(const Step& step);
    std::string queue_of(const Step& step);
    std::string state_of(const Step& step);
    std::string slips_of(const Step& step);
    std::string slip_shows(const Step& step);
    std::string unopened_slips(const Step& step);
    std::string paper_shows(const Step& step);
    std::string mails_to(const Step& step);
    std::string mail_shows(const Step& step);
    std::string bring_back(const Step& step);
    std::string mails_in_state(const Step& step);
    std::string sign_mails(const Step& step);
    std::string signature_of(const Step& step);
    std::string doctor_says(const Step& step);
    std::string lift_suppression(const Step& step);
    std::string send_again(const Step& step);
    std::string handle_mail(const Step& step);
    std::string sheet_shows(const Step& step);
    std::string verify(const Step& step);
    std::string verify_chain(const Step& step);
    std::string read_report(const Step& step);
    std::string begin_at(const Step& step);
    std::string move_clock(const Step& step);
    std::string import_calendar(const Step& step);
    std::string time_left(const Step& step);
    std::string ask_double_keying(const Step& step);
    std::string key_again(const Step& step);
    std::string settle_keying(const Step& step);
    std::string look_at_keying(const Step& step);
    std::string keying_tasks(const Step& step);
    std::string charge_fee(const Step& step);
    std::string refund_fee(const Step& step);
    std::string scan_page(const Step& step);
    std::string read_page_as(const Step& step);
    std::string settle_page(const Step& step);
    std::string open_pages(const Step& step);
    std::string receipt_shows(const Step& step);
    std::string close_cash_day(const Step& step);
    std::string sign_cash_day(const Step& step);
    std::string cash_list(const Step& step);
    std::string fees_of(const Step& step);
    std::string sign_for_end(const Step& step);
    std::string tell_holders(const Step& step);
    std::string revoke_everything(const Step& step);
    std::string close_books(const Step& step);
    std::string verify_books(const Step& step);
    std::string day_page_shows(const Step& step);
    std::string month_figure(const Step& step);
    std::string announced(const Step& step);

    /// A keyed form: field → text.
    using Form = std::map<std::string, std::string>;
    struct Kept {  ///< what the scenario remembers of a form
        Form fields;
        std::string number;  ///< of the request
        std::string own_password;
    };

    /// `file` becomes what stands around the records.
    Form fill_in(const Step& step, nlohmann::json& file);
    std::string charge(const Step& step, std::vector<std::string> command);
    void draw_scans(const Form& form) const;
    std::string fate_of(const std::string& key, const nlohmann::json& line);
    nlohmann::json show(const std::string& key) const;
    std::string account_of(const std::string& key) const;
    std::string take_registry(const Step& step, std::vector<std::string> command);
    std::string parcel_of(const std::string& key) const;
    std::string slip_of(const std::string& key) const;
    std::vector<nlohmann::json> certificates(const std::string& key) const;
    std::string newest_serial(const std::string& key) const;
    bool make_csr(bool same_key = false) const;
    std::string verified(const std::string& word) const;
    std::string printed_password(const std::string& key) const;
    std::string mailed_password(const std::string& key) const;
    std::string enclosed_password(const std::string& key) const;
    std::string password_of(const std::string& key, const std::string& which) const;
    std::string write_secret(const std::string& name, const std::string& text) const;
    /// What the reader of a mail sees, and its attachments in a folder.
    nlohmann::json open_mail(const PeerMail& mail) const;
    std::string key_of_request(const std::string& number) const;

    std::filesystem::path folder_;
    std::string store_url_;
    SmtpPeer peer_;
    ProgramDesk desk_;
    std::map<std::string, Kept> forms_;
    int reports_ = 0;                     ///< messages put into the bounce mailbox
    std::map<std::string, int> persons_;  ///< whom a natural person's form is filled in for
    std::vector<std::string> pages_;      ///< text of every page that was printed, newest last
    std::vector<std::string> printed_batches_;
    std::unique_ptr<CaElsewhere> elsewhere_;  ///< the CAs, once they have moved away
    std::string receipt_;                     ///< number of the newest charge
    std::string list_;                        ///< number of the newest list for the post
    std::string page_;                        ///< number of the newest scanned page
};

}  // namespace sealdesk::test
