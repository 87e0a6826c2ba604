#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sealdesk::cli {

/// What the shell and the night scripts see. Scripts depend on the numbers; never renumber.
enum class Exit : int {
    Done = 0,
    Refused = 1,      ///< the input, or a rule of the office, said no
    Usage = 2,        ///< the command line is wrong
    Unavailable = 3,  ///< database, network, card or disk did not answer; run again later
    Defect = 4,
};

class KeyShares;
struct Session;

/// What every command shares: the global options and where to speak.
struct Program {
    std::filesystem::path desk;
    bool json = false;
    Language language = Language::Chinese;
    std::string officer;        ///< --as: login of who acts
    std::string password_file;  ///< of the officer's key; with a card: of its PIN
    std::ostream& out;          ///< results
    std::ostream& err;          ///< messages and progress
    bool terminal = false;      ///< err is one: progress may be shown
    Exit exit = Exit::Done;
    std::string reader = {};                 ///< where the officer's card lies; empty: not said
    std::shared_ptr<KeyShares> shares = {};  ///< of a CA's key; see key_shares.h
    std::shared_ptr<Session> session = {};   ///< the running `officer session`, if this is one

    [[nodiscard]] std::string_view pick(std::string_view zh, std::string_view en) const {
        return language == Language::Chinese ? zh : en;
    }
    [[nodiscard]] std::string text(std::string_view zh, std::string_view en) const {
        return std::string(pick(zh, en));
    }
};

/// Prints an error as a person (or with --json a program) wants it: what, where, which rule, what
/// to do; sets the exit status by its kind. The Chinese sentence comes from the message catalogue
/// (templates/messages.yaml) by code; the English one is the error's own.
void report(Program& program, const Error& error);

/// Runs a command's body; whatever it throws or returns is reported.
void run_guarded(Program& program, const std::function<Outcome()>& body);

/// A progress line on a terminal, overwritten each time; nothing elsewhere.
void show_progress(const Program& program, const std::string& line);
void end_progress(const Program& program);

// Each adds its commands to the program. Bodies live in the file named after the noun.
void add_init_command(CLI::App& app, Program& program);
void add_import_command(CLI::App& app, Program& program);
void add_request_commands(CLI::App& app, Program& program);
void add_form_commands(CLI::App& app, Program& program);
void add_rule_commands(CLI::App& app, Program& program);
void add_scan_commands(CLI::App& app, Program& program);
void add_seal_commands(CLI::App& app, Program& program);
void add_run_command(CLI::App& app, Program& program);
void add_template_commands(CLI::App& app, Program& program);
void add_slip_commands(CLI::App& app, Program& program);
void add_mail_commands(CLI::App& app, Program& program);
void add_account_commands(CLI::App& app, Program& program);
void add_cert_commands(CLI::App& app, Program& program);
void add_token_commands(CLI::App& app, Program& program);
void add_card_commands(CLI::App& app, Program& program);
void add_ca_commands(CLI::App& app, Program& program);
void add_officer_commands(CLI::App& app, Program& program);
void add_officer_session_command(CLI::App& officer, Program& program);
void add_audit_commands(CLI::App& app, Program& program);
void add_registry_commands(CLI::App& app, Program& program);
void add_parcel_commands(CLI::App& app, Program& program);
void add_calendar_commands(CLI::App& app, Program& program);
void add_fee_commands(CLI::App& app, Program& program);
void add_service_end_commands(CLI::App& app, Program& program);
void add_repository_commands(CLI::App& app, Program& program);
void add_notice_commands(CLI::App& app, Program& program);
void add_report_commands(CLI::App& app, Program& program);
void add_serve_command(CLI::App& app, Program& program);
void add_doctor_command(CLI::App& app, Program& program);

}  // namespace sealdesk::cli
