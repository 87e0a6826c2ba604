#include "cli/desk.h"

#include <array>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/password_file.h"
#include "requests/calendar_years.h"
#include "store/migrations.h"

namespace sealdesk::cli {
namespace {

/// Switches the terminal's echo off while a password is typed.
class Quiet {
public:
    explicit Quiet(int terminal) : terminal_(terminal) {
        ::tcgetattr(terminal_, &before_);
        termios quiet = before_;
        quiet.c_lflag &= ~tcflag_t{ECHO};
        ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
    }
    ~Quiet() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

private:
    int terminal_;
    termios before_{};
};

}  // namespace

Result<Secret> read_password(const std::filesystem::path& file, std::string_view prompt) {
    if (!file.empty()) {
        return read_password_file(file);
    }
    const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
    if (!terminal.is_open()) {
        return Error{ErrorKind::Refused,
                     "password.no_terminal",
                     "A password is needed and nobody is there to type it; name a file with "
                     "--password-file.",
                     {},
                     {}};
    }
    const Quiet quiet(terminal.get());
    if (::write(terminal.get(), prompt.data(), prompt.size()) < 0) {
        // The terminal went away; the read below says so.
    }
    return read_password_line(terminal, "terminal");
}

Desk::Desk(std::filesystem::path where, Settings read, std::vector<scheme::Scheme> loaded)
    : folder(std::move(where)),
      settings(std::move(read)),
      schemes(std::move(loaded)),
      connection(store::open(settings.store)),
      database(*connection, clock, random),
      files(folder / "files"),
      office{database, files, schemes, calendar} {}

Result<std::unique_ptr<Desk>> Desk::open(const Program& program) {
    auto settings = read_settings(program.desk);
    if (!settings) {
        return settings.error();
    }
    auto schemes = scheme::load_all(settings->forms);
    if (!schemes) {
        return schemes.error();
    }
    const std::filesystem::path ddl = settings->ddl;
    std::unique_ptr<Desk> desk(new Desk(program.desk, *std::move(settings), *std::move(schemes)));
    store::check_schema(*desk->connection, ddl);
    desk->calendar = store::transact(desk->database, "calendar.load", requests::load_calendar);
    return desk;
}

void with_desk(Program& program, const std::function<Outcome(Desk&)>& body) {
    run_guarded(program, [&]() -> Outcome {
        auto desk = Desk::open(program);
        if (!desk) {
            return desk.error();
        }
        return body(**desk);
    });
}

}  // namespace sealdesk::cli
