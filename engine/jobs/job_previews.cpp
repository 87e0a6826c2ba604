#include "jobs/job_previews.h"

#include "ca/crl_issuing.h"
#include "effects/key_file.h"
#include "jobs/day_closing.h"
#include "jobs/expiry_notices.h"
#include "jobs/statistics.h"
#include "jobs/unaccepted.h"
#include "jobs/unopened_slips.h"
#include "mail/outbox.h"
#include "requests/lapse.h"
#include "slips/print_batch.h"
#include "subscribers/agency_notice.h"

namespace sealdesk::jobs {
namespace {

constexpr int kNoticesLookedAt = 100'000;

Bilingual words_of(slips::PrintKind kind) {
    switch (kind) {
        case slips::PrintKind::Letter: return {"待列印信函", "letters to print"};
        case slips::PrintKind::Receipt: return {"待列印回執", "receipts to print"};
        case slips::PrintKind::Slip: return {"待列印密碼單", "slips to print"};
    }
    return {};
}

}  // namespace

std::vector<Preview> preview_inbox(store::Tx& /*tx*/, const JobTools& tools) {
    return {{{"收件夾檔案", "files in the inbox"}, files_dropped(tools.inbox)}};
}

std::vector<Preview> preview_unaccepted(store::Tx& tx, const JobTools& tools) {
    return {{{"暫停使用", "certificates to put on hold"}, unaccepted_due(tx, tools.works)}};
}

std::vector<Preview> preview_key_files(store::Tx& tx, const JobTools& /*tools*/) {
    return {{{"清除金鑰", "keys to erase"}, effects::old_keys_due(tx)}};
}

std::vector<Preview> preview_slips(store::Tx& tx, const JobTools& /*tools*/) {
    const UnopenedSlips due = unopened_slips_due(tx);
    return {{{"催告", "readers to remind"}, due.reminded}, {{"作廢", "slips to void"}, due.voided}};
}

std::vector<Preview> preview_overdue(store::Tx& tx, const JobTools& /*tools*/) {
    const requests::Overdue due = requests::overdue_now(tx);
    return {{{"補正催告", "applicants to remind"}, due.to_remind},
            {{"逾期結案", "requests to close"}, due.to_close}};
}

std::vector<Preview> preview_expiry_notices(store::Tx& tx, const JobTools& tools) {
    std::vector<Preview> previews;
    for (const ExpiryOutlook& one : expiry_outlook(tx, tools.works)) {
        const std::string stage = one.scheme + " " + one.stage;
        previews.push_back({{stage + " 到期憑證", stage + ": certificates"}, one.certificates});
        previews.push_back({{stage + " 收件人", stage + ": readers"}, one.readers});
    }
    return previews;
}

std::vector<Preview> preview_effects(store::Tx& tx, const JobTools& /*tools*/) {
    std::vector<Preview> previews;
    for (const queue::Count& one : queue::counts(tx)) {
        if (one.state == "ready" || one.state == "leased") {
            previews.push_back({{one.kind, one.kind}, one.count});
        }
    }
    return previews;
}

std::vector<Preview> preview_notices(store::Tx& tx, const JobTools& /*tools*/) {
    const auto due = subscribers::notices_due(tx, kNoticesLookedAt);
    return {{{"通知", "notices to relying agencies"}, std::int64_t(due.size())}};
}

std::vector<Preview> preview_crls(store::Tx& tx, const JobTools& tools) {
    std::vector<Preview> previews;
    for (const CrlSource& source : tools.crls) {
        if (ca::crl_is_due(tx, source.issuer, source.publication)) {
            previews.push_back({{source.authority, source.authority}, 1});
        }
    }
    return previews;
}

std::vector<Preview> preview_print(store::Tx& tx, const JobTools& /*tools*/) {
    std::vector<Preview> previews;
    for (const slips::WaitingPaper& one : slips::waiting_paper(tx)) {
        previews.push_back({words_of(one.kind), one.items});
    }
    return previews;
}

std::vector<Preview> preview_mail(store::Tx& tx, const JobTools& /*tools*/) {
    std::vector<Preview> previews;
    for (const mail::StateCount& one : mail::counts_by_state(tx)) {
        if (one.state == mail::State::Queued) {
            previews.push_back({{"待寄郵件", "mails queued"}, one.count});
        } else if (one.state == mail::State::Deferred) {
            previews.push_back({{"延後郵件", "mails deferred"}, one.count});
        }
    }
    return previews;
}

std::vector<Preview> preview_bounces(store::Tx& tx, const JobTools& tools) {
    const auto found = mail::messages_in(tx, tools.bounces);
    return {{{"退信信箱新信", "new messages in the bounce mailbox"}, found ? found->fresh : 0}};
}

std::vector<Preview> preview_mail_texts(store::Tx& tx, const JobTools& tools) {
    return {{{"清除郵件內文", "texts of mails to erase"},
             mail::count_purgeable(tx, tx.now() - tools.mail_kept)}};
}

std::vector<Preview> preview_statistics(store::Tx& tx, const JobTools& tools) {
    return {{{"待公告月份", "months to announce"}, statistics_due(tx, tools.works)}};
}

std::vector<Preview> preview_day_book(store::Tx& tx, const JobTools& tools) {
    return {{{"待結日", "days to close"}, tools.close_day && is_yesterday_open(tx) ? 1 : 0}};
}

}  // namespace sealdesk::jobs
