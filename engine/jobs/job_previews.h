#pragma once

#include "jobs/due_jobs.h"

// Inside of jobs/ only: what each job would do now (`run --dry-run`). Nothing is written, and no
// machine but the database and the folders is asked.
namespace sealdesk::jobs {

[[nodiscard]] std::vector<Preview> preview_inbox(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_unaccepted(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_key_files(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_slips(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_overdue(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_expiry_notices(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_effects(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_notices(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_crls(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_print(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_mail(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_bounces(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_mail_texts(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_statistics(store::Tx& tx, const JobTools& tools);
[[nodiscard]] std::vector<Preview> preview_day_book(store::Tx& tx, const JobTools& tools);

}  // namespace sealdesk::jobs
