#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/session.h"

// An officer's session: commands typed one after the other in this process, which alone holds the
// card, its PIN asked for once. No other process can sign meanwhile, as one could through an agent.
namespace sealdesk::cli {
namespace {

constexpr std::string_view kSessionRule = "M 1.3.2";

Error no_session(std::string code, std::string detail) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), {}, std::string(kSessionRule)};
}

bool is_terminal() { return ::isatty(STDIN_FILENO) == 1; }

/// What was typed, without the program's name; nothing at the end.
std::optional<std::string> next_line(const Program& program) {
    if (is_terminal()) {
        program.err << program.officer << "> " << std::flush;
    }
    std::string line;
    if (!std::getline(std::cin, line)) {
        return std::nullopt;
    }
    line = trim(line);
    constexpr std::string_view program_name = "sealdesk ";
    if (line.starts_with(program_name)) {
        line = trim(line.substr(program_name.size()));
    }
    return line == "exit" || line == "quit" ? std::nullopt : std::optional(line);
}

Exit run_line(const Program& session, const std::string& line) {
    Program program = session;
    program.exit = Exit::Done;
    return run_command_line(program, line);
}

class OfficerSession {
public:
    OfficerSession(Program& program, Desk& desk) : program_(program), desk_(desk) {}

    Outcome run() {
        Outcome opened = sign_in_again();
        if (!opened) {
            return opened;
        }
        while (const auto line = next_line(program_)) {
            if (line->empty() || line->starts_with('#')) {
                continue;
            }
            Outcome ready = still_there();
            if (!ready) {
                return ready;
            }
            program_.exit = run_line(program_, *line);
            if (program_.exit != Exit::Done && !is_terminal()) {
                return done();  // what follows may rest on it
            }
        }
        program_.exit = is_terminal() ? Exit::Done : program_.exit;
        return done();
    }

private:
    [[nodiscard]] Outcome sign_in_again() {
        program_.session = nullptr;
        auto session = sign_in(program_, desk_, officers::Action::ReadRequests);
        if (!session) {
            return session.error();
        }
        program_.session = std::make_shared<Session>(*std::move(session));
        until_ = desk_.clock.now() + desk_.settings.officer_pin_life;
        program_.err << program_.officer << program_.pick("  已登入，至 ", "  signed in until ")
                     << to_taipei_text(until_)
                     << program_.pick("；輸入命令，exit 結束\n", "; type commands, exit ends\n");
        return done();
    }

    /// The card is where it was; the PIN is asked for again when its time is over.
    [[nodiscard]] Outcome still_there() {
        if (!program_.session->key->is_there()) {
            return no_session("session.card_gone",
                              "The officer's card was taken out; the session has ended.");
        }
        return desk_.clock.now() < until_ ? done() : sign_in_again();
    }

    Program& program_;
    Desk& desk_;
    Instant until_{};
};

}  // namespace

void add_officer_session_command(CLI::App& officer, Program& program) {
    auto* session = officer.add_subcommand(
        "session",
        program.text("連續作業：卡片密碼輸入一次，逐行輸入命令",
                     "work on: the PIN is asked for once, then commands are typed line by line"));
    session->footer(
        program.text("密碼於設定 officer.pin_minutes 之時限後須重新輸入；取出卡片即結束。"
                     "命令亦可由檔案讀入，遇錯即止。\n例： ",
                     "The PIN is asked for again after the setting officer.pin_minutes; "
                     "taking the card out ends the session. Commands may come from a "
                     "file: the first that fails ends it.\nExamples: ") +
        "sealdesk --as ben --reader ACS officer session\n"
        "  sealdesk --as ben officer session < decisions.txt");
    session->callback([&program] {
        with_desk(program, [&](Desk& desk) -> Outcome {
            if (program.session) {
                return no_session("session.in_session", "This is a session already.");
            }
            return OfficerSession(program, desk).run();
        });
    });
}

}  // namespace sealdesk::cli
