#include "cli/day_keeper.h"

#include "base/durable_file.h"
#include "cli/audit_keeper.h"
#include "cli/crls_of.h"
#include "cli/session.h"
#include "jobs/day_page.h"
#include "jobs/job_run.h"

namespace sealdesk::cli {
namespace {

/// Whoever names himself must be allowed to be at the counter; the night is the system's.
Result<std::string> who_closes(const Program& program, Desk& desk) {
    if (program.officer.empty()) {
        return std::string("system");
    }
    const auto login = acting(program, desk, officers::Action::ReceiveForms);
    return login ? Result<std::string>(officers::actor_of(*login)) : login.error();
}

/// How the jobs of a day ran.
std::vector<jobs::JobRun> runs_of_day(Desk& desk, std::chrono::year_month_day day) {
    const Instant from = start_of_day_in_taipei(day);
    return store::transact(desk.database, "day.runs", [&](store::Tx& tx) {
        return jobs::runs_between(tx, from, from + std::chrono::days(1));
    });
}

}  // namespace

std::filesystem::path page_of_day(const Desk& desk, const std::string& day) {
    return desk.folder / "reports" / ("day-" + day + ".pdf");
}

Error does_not_close(const std::string& day) {
    return {ErrorKind::Internal, "report.difference",
            "A ledger does not close: something was lost or made twice. Stop the jobs and run "
            "`sealdesk audit verify`.",
            day, "M 4.5"};
}

Result<jobs::DayBook> close_books(const Program& program, Desk& desk,
                                  std::chrono::year_month_day day) {
    const auto by = who_closes(program, desk);
    if (!by) {
        return by.error();
    }
    const auto audit_key = open_audit_key(program, desk);
    if (!audit_key) {
        return audit_key.error();
    }
    const auto crls = crl_places(desk);
    const audit::CheckpointSigner signer{audit_key->key, audit_key->certificate};
    auto book = jobs::close_day(desk.database, {desk.schemes, crls, signer, *by}, day);
    if (book) {
        std::filesystem::create_directories(page_of_day(desk, book->day).parent_path());
        write_file_durably(page_of_day(desk, book->day),
                           jobs::day_page({*book, runs_of_day(desk, day), desk.clock.now()}),
                           FileAccess::Owner);
    }
    return book;
}

Result<bool> close_yesterday(const Program& program, Desk& desk) {
    if (desk.settings.audit_passphrase_file.empty() ||
        !store::transact(desk.database, "day.look",
                         [](store::Tx& tx) { return jobs::is_yesterday_open(tx); })) {
        return false;
    }
    const auto today = std::chrono::sys_days{day_in_taipei(desk.clock.now())};
    const auto book = close_books(program, desk, today - std::chrono::days(1));
    if (!book) {
        const bool by_another = book.error().code == "day.closed";
        return by_another ? Result<bool>(false) : book.error();
    }
    return book->difference() == 0 ? Result<bool>(true) : does_not_close(book->day);
}

}  // namespace sealdesk::cli
