#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/progress.h"
#include "ca/ca_client.h"
#include "crypto/certificate.h"
#include "mail/stationery.h"
#include "queue/runner.h"
#include "requests/office.h"
#include "slips/slip.h"
#include "slips/template.h"

namespace sealdesk::effects {

/// Where published things lie; see effects/publish.h.
struct Repository {
    std::filesystem::path folder;
    std::filesystem::path ca;  ///< of the CAs, a sub-folder a scheme
};

/// What the handlers of effects work with. One per worker.
struct Works {
    const requests::Office& office;
    slips::TemplateShelf& templates;
    const crypto::Certificate& print_room;
    std::filesystem::path print_folder;
    const mail::Stationery& stationery;
    /// The CA of a scheme, by its id; opened when the first effect needs it.
    std::function<Result<ca::CaClient*>(const std::string& scheme)> authority = {};
    Repository repository = {};
    /// Signs with the key by which a scheme's CA knows this RA: CMS, detached (crypto/cms.h).
    std::function<Result<std::string>(const std::string& scheme, std::string_view bytes)> sign = {};
};

/// Registers a handler for every kind of effect that forms may name: account.create,
/// account.reset, subscriber.register, user_code.set, token.order, token.collect, parcel.order,
/// parcel.release,
/// certificate.revoke, certificate.hold, certificate.release, contact.change, slip, fee, letter,
/// mail; and for certificate.holds and certificate.revoke-own, which a subscriber's own hold and
/// revocation enqueue, certificate.revoke-card, which a spoiled card does,
/// certificate.revoke-token, which a token's step does, officer.revoke-certificate and
/// officer.settle-certificate, which an
/// officer's next one does, certificate.mail, which the issue of a
/// non-card certificate enqueues, and parcel.notice, which a parcel at the counter does, and
/// unaccepted.notice, which the night job does, and reminder, which the last days of a correction
/// bring, and certificate.publish, which acceptance does, and slip.reminder and slip.voided, which
/// slips that nobody uses do, and service-end.revoke, which the end of a service does.
void register_handlers(queue::Runner& runner, const Works& works);

/// The handlers, one file each. All may be run more than once for one job: what they make exists
/// once, by a key of its own, and the job's end is in the same commit. `works` outlives the call.
Outcome run_account(const Works& works, const queue::Job& job);
Outcome run_contact(const Works& works, const queue::Job& job);
Outcome run_revoke(const Works& works, const queue::Job& job);
Outcome run_register(const Works& works, const queue::Job& job);
Outcome run_user_code(const Works& works, const queue::Job& job);
Outcome run_token_order(const Works& works, const queue::Job& job);
Outcome run_token_collect(const Works& works, const queue::Job& job);
Outcome run_hold(const Works& works, const queue::Job& job);
Outcome run_release(const Works& works, const queue::Job& job);
Outcome run_holds(const Works& works, const queue::Job& job);
Outcome run_own_revocation(const Works& works, const queue::Job& job);
Outcome run_card_revocation(const Works& works, const queue::Job& job);
Outcome run_token_revocation(const Works& works, const queue::Job& job);
Outcome run_service_end(const Works& works, const queue::Job& job);
Outcome run_certificate_mail(const Works& works, const queue::Job& job);
Outcome run_parcel_order(const Works& works, const queue::Job& job);
Outcome run_parcel_notice(const Works& works, const queue::Job& job);
Outcome run_parcel_release(const Works& works, const queue::Job& job);
Outcome run_unaccepted_notice(const Works& works, const queue::Job& job);
Outcome run_slip(const Works& works, const queue::Job& job);
Outcome run_slip_notice(const Works& works, const queue::Job& job);
Outcome run_fee(const Works& works, const queue::Job& job);
Outcome run_letter(const Works& works, const queue::Job& job);
Outcome run_mail(const Works& works, const queue::Job& job);
Outcome run_reminder(const Works& works, const queue::Job& job);
Outcome run_publish(const Works& works, const queue::Job& job);

/// Makes print batches of everything that waits for paper, asking between two; returns how many.
[[nodiscard]] Result<int> make_print_batches(const Works& works, const GoOn& go_on = go_on_always);

/// Completes approved requests whose effects are done and whose slips have come to their end;
/// returns how many. Cost grows with the requests that are approved and not yet completed.
int complete_requests(const Works& works, const GoOn& go_on = go_on_always);

/// The verifier of a new slip's password becomes the account's (subscribers::activate).
[[nodiscard]] slips::StoreVerifier verifier_keeper();

}  // namespace sealdesk::effects
