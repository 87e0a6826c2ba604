#include "effects/works.h"

#include "effects/matter.h"
#include "effects/officer_certificate.h"
#include "effects/service_end.h"
#include "parcels/parcel.h"
#include "requests/decide.h"
#include "slips/print_batch.h"
#include "subscribers/account.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

constexpr int kCompletePage = 200;

/// Whether the card that the request ordered has yet to be made or to reach its subscriber. The
/// certificates of a non-card subscriber are mailed as they are issued (M 4.2.1.1 (4) B). A posted
/// card is the subscriber's risk (T 3.2.6) where nothing waits for its receipt.
bool has_open_token(store::Tx& tx, const Works& works, const requests::Request& request) {
    const auto token = subscribers::token_of_order(tx, token_order_key(request));
    if (!token) {
        return false;
    }
    const bool is_card = token->kind != subscribers::TokenKind::NonCard;
    const scheme::CardPolicy& cards = requests::scheme_of(works.office, request).cards;
    const bool is_posted = token->state == subscribers::TokenState::Shipped;
    return token->state == subscribers::TokenState::Ordered ||
           (is_card && subscribers::is_on_its_way(token->state) &&
            !(is_posted && !cards.receipt_unlocks_activation));
}

/// Nothing of the request is left to do: its jobs are done, its slips and its card came to their
/// end, and its parcels are on their way.
bool is_settled(store::Tx& tx, const Works& works, const requests::Request& request) {
    if (queue::open_jobs_about(tx, request.id.value()) > 0 || has_open_token(tx, works, request) ||
        parcels::has_unposted(tx, request.id)) {
        return false;
    }
    for (const slips::Slip& slip : slips::list_slips(tx, {.request = request.id})) {
        const bool open = slip.state == slips::SlipState::Waiting ||
                          slip.state == slips::SlipState::Batched ||
                          slip.state == slips::SlipState::Printed;
        if (open) {
            return false;
        }
    }
    return true;
}

/// What one page of approved requests came to.
struct Completed {
    int settled = 0;
    std::optional<std::int64_t> last_id;  ///< none: the page was empty
};

Completed complete_page(const Works& works, std::int64_t after) {
    return store::transact(works.office.database, "request.complete", [&](store::Tx& tx) {
        Completed page;
        for (const requests::Request& request :
             requests::list_requests(tx, requests::State::Approved, after, kCompletePage)) {
            page.settled +=
                is_settled(tx, works, request) && requests::settle(tx, request.id) ? 1 : 0;
            page.last_id = request.id.value();
        }
        return page;
    });
}

}  // namespace

void register_handlers(queue::Runner& runner, const Works& works) {
    using Run = Outcome (*)(const Works&, const queue::Job&);
    const std::pair<const char*, Run> handlers[] = {
        {"account.create", run_account},
        {"account.reset", run_account},
        {"certificate.revoke", run_revoke},
        {"certificate.hold", run_hold},
        {"certificate.release", run_release},
        {"certificate.holds", run_holds},
        {"certificate.revoke-own", run_own_revocation},
        {"certificate.revoke-card", run_card_revocation},
        {"certificate.revoke-token", run_token_revocation},
        {officers::kRevokeOfficerJob.data(), run_officer_revocation},
        {kSettleOfficerJob.data(), run_officer_settlement},
        {"contact.change", run_contact},
        {"subscriber.register", run_register},
        {"certificate.mail", run_certificate_mail},
        {kServiceEndJob.data(), run_service_end},
        {"certificate.publish", run_publish},
        {"token.collect", run_token_collect},
        {"token.order", run_token_order},
        {"user_code.set", run_user_code},
        {"parcel.order", run_parcel_order},
        {"parcel.notice", run_parcel_notice},
        {"parcel.release", run_parcel_release},
        {"unaccepted.notice", run_unaccepted_notice},
        {"slip", run_slip},
        {"slip.reminder", run_slip_notice},
        {"slip.voided", run_slip_notice},
        {"slip.returned", run_slip_notice},
        {"fee", run_fee},
        {"letter", run_letter},
        {"mail", run_mail},
        {"reminder", run_reminder}};
    for (const auto& [kind, run] : handlers) {
        const Run handler = run;
        runner.on(kind, [handler, &works](const queue::Job& job) { return handler(works, job); });
    }
}

slips::StoreVerifier verifier_keeper() {
    return
        [](store::Tx& tx, AccountId account, std::int64_t generation, const std::string& verifier) {
            return subscribers::activate(tx, account, generation, verifier);
        };
}

Result<int> make_print_batches(const Works& works, const GoOn& go_on) {
    const slips::PrintRun run{works.office.database, works.templates, works.print_folder,
                              works.print_room, verifier_keeper()};
    int made = 0;
    for (; go_on(); ++made) {
        const auto batch = slips::make_print_batch(run);
        if (!batch) {
            return batch.error();
        }
        if (!*batch) {
            break;
        }
    }
    return made;
}

int complete_requests(const Works& works, const GoOn& go_on) {
    int completed = 0;
    Completed page{0, 0};
    while (page.last_id && go_on()) {
        page = complete_page(works, *page.last_id);
        completed += page.settled;
    }
    return completed;
}

}  // namespace sealdesk::effects
