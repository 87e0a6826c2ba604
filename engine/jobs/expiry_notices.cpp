#include "jobs/expiry_notices.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/text.h"
#include "effects/expiry_mail.h"
#include "effects/renewal.h"
#include "mail/message.h"
#include "requests/request_store.h"
#include "subscribers/application.h"
#include "subscribers/expiry_notice.h"
#include "subscribers/hold.h"
#include "subscribers/token.h"

namespace sealdesk::jobs {
namespace {

using scheme::ExpiryStage;
using std::chrono::sys_days;
using subscribers::Certificate;
using subscribers::EndSpan;
using subscribers::ExpirySkip;

constexpr int kSearchPage = 200;
constexpr int kTellPage = 100;

/// The certificates that are in stage `index` today, and in no later one.
EndSpan span_of(const scheme::Scheme& scheme, std::size_t index, Instant now) {
    const auto& stages = scheme.expiry_notices.stages;
    const auto today = day_in_taipei(now);
    const bool last = index + 1 == stages.size();
    return {scheme.id, stages[index].key(),
            last ? now : std::max(now, stage_reaches(stages[index + 1], today)),
            stage_reaches(stages[index], today)};
}

std::string address_key_of(const std::optional<subscribers::Contact>& contact,
                           SubscriberId subscriber) {
    return contact && !contact->email.empty()
               ? sha256_hex("mail:" + to_lower_ascii(contact->email))
               : sha256_hex("subscriber:" + std::to_string(subscriber.value()));
}

/// A form is open that asks for a token of the same kind (P 4: 仍未申請更換者).
bool has_applied(store::Tx& tx, const scheme::Scheme& scheme, const Certificate& certificate) {
    const auto id = subscribers::token_holding(tx, certificate.id);
    const auto token = id ? subscribers::find_token(tx, *id) : std::nullopt;
    if (!token) {
        return false;
    }
    const auto holder = subscribers::get_subscriber(tx, certificate.subscriber);
    std::vector<std::string> keys;
    for (const scheme::Form& form : scheme.forms) {
        if (!form.roles.token_kind.empty()) {
            keys.push_back(requests::open_key(scheme.id, form.id, holder.id_number));
        }
    }
    const auto open = requests::open_among(tx, keys);
    return std::ranges::any_of(open, [&](const auto& entry) {
        const auto request = requests::find_request(tx, entry.second.number);
        if (!request) {
            return false;
        }
        const auto* form = scheme.find_form(request->form);
        const scheme::Values values = requests::values_of(*request);
        const auto kind = form == nullptr ? values.end() : values.find(form->roles.token_kind);
        return kind != values.end() && kind->second == subscribers::to_text(token->kind);
    });
}

bool is_on_hold(store::Tx& tx, const Certificate& certificate) {
    return certificate.state == subscribers::CertificateState::Held ||
           !subscribers::open_holds(tx, certificate.id).empty();
}

/// Why nothing is said; nothing when the subscriber is to be told.
std::optional<ExpirySkip> reason_to_skip(store::Tx& tx, const scheme::Scheme& scheme,
                                         const Certificate& certificate,
                                         const std::optional<subscribers::Contact>& contact) {
    const scheme::ExpiryPolicy& policy = scheme.expiry_notices;
    if (!certificate.is_alive_at(tx.now())) {
        return ExpirySkip::Revoked;
    }
    if (std::ranges::count(policy.not_for, certificate.profile) > 0) {
        return ExpirySkip::Profile;
    }
    if (!policy.tells_on_hold && is_on_hold(tx, certificate)) {
        return ExpirySkip::OnHold;
    }
    if (subscribers::is_being_replaced(tx, certificate.subscriber, certificate.id)) {
        return ExpirySkip::Replaced;
    }
    if (has_applied(tx, scheme, certificate)) {
        return ExpirySkip::Applied;
    }
    const bool mailable = contact && !contact->email.empty() && mail::check_address(contact->email);
    const bool printable = contact && contact->email.empty() && policy.writes_letters;
    if (!mailable && !printable) {
        return ExpirySkip::NoAddress;
    }
    return std::nullopt;
}

subscribers::ExpiryFinding finding_of(store::Tx& tx, const scheme::Scheme& scheme,
                                      const std::string& stage, const Certificate& certificate) {
    const auto contact = subscribers::find_contact(tx, certificate.subscriber);
    return {certificate.id, scheme.id, stage, address_key_of(contact, certificate.subscriber),
            reason_to_skip(tx, scheme, certificate, contact)};
}

/// Whether there may be more behind this page.
bool search_page(store::Tx& tx, const scheme::Scheme& scheme, const EndSpan& span) {
    const auto mark = subscribers::end_mark(tx, span);
    const auto page = subscribers::ending_behind(tx, span, mark, kSearchPage);
    if (page.empty() || !subscribers::move_end_mark(
                            tx, span, mark, {page.back().not_after, page.back().id.value()})) {
        return false;  // nothing, or another worker searches
    }
    for (const Certificate& one : page) {
        static_cast<void>(
            subscribers::add_expiry_finding(tx, finding_of(tx, scheme, span.stage, one)));
    }
    return page.size() == kSearchPage;
}

void search(const effects::Works& works, const GoOn& go_on) {
    store::Database& database = works.office.database;
    for (const scheme::Scheme& scheme : works.office.schemes) {
        for (std::size_t i = 0; i < scheme.expiry_notices.stages.size(); ++i) {
            const EndSpan span = span_of(scheme, i, database.clock().now());
            for (bool more = true; more && go_on();) {
                more = store::transact(database, "expiry.search", [&](store::Tx& tx) {
                    return search_page(tx, scheme, span);
                });
            }
        }
    }
}

/// A certificate of which is to be told, as things stand now.
struct Candidate {
    subscribers::ExpiryDue due;
    const scheme::Scheme* scheme;
    Certificate certificate;
    subscribers::Contact contact;
    std::string address_key;

    [[nodiscard]] bool goes_with(const Candidate& other) const {
        return scheme->expiry_notices.per_contact && due.scheme == other.due.scheme &&
               due.stage == other.due.stage && address_key == other.address_key;
    }
};

/// The certificate is past this stage: the next one's mail tells, or it is too late.
bool is_stale(const scheme::Scheme& scheme, const subscribers::ExpiryDue& due,
              const Certificate& certificate, Instant now) {
    const auto& stages = scheme.expiry_notices.stages;
    const auto stage = std::ranges::find(stages, due.stage, &ExpiryStage::key);
    return stage == stages.end() ||
           certificate.not_after < span_of(scheme, std::size_t(stage - stages.begin()), now).from;
}

/// Those of a page that are still to be told; the others are settled.
std::vector<Candidate> candidates_of(store::Tx& tx, const effects::Works& works,
                                     const std::vector<subscribers::ExpiryDue>& page) {
    std::vector<Candidate> candidates;
    for (const subscribers::ExpiryDue& due : page) {
        const auto* scheme = scheme::find_scheme(works.office.schemes, due.scheme);
        const auto certificate = subscribers::find_certificate_by_id(tx, due.certificate);
        SEALDESK_CHECK(certificate.has_value());  // rows are never removed
        const auto contact = subscribers::find_contact(tx, certificate->subscriber);
        const auto skip = scheme == nullptr || is_stale(*scheme, due, *certificate, tx.now())
                              ? std::optional(ExpirySkip::Stale)
                              : reason_to_skip(tx, *scheme, *certificate, contact);
        if (skip) {
            static_cast<void>(subscribers::settle_expiry(tx, due.id, *skip));
        } else {
            candidates.push_back({due, scheme, *certificate, *contact,
                                  address_key_of(contact, certificate->subscriber)});
        }
    }
    return candidates;
}

/// Tells what goes to one reader; how many certificates were told.
Result<std::int64_t> tell_reader(store::Tx& tx, const effects::Works& works,
                                 std::span<const Candidate> together) {
    const Candidate& first = together.front();
    const auto told = first.contact.email.empty() ? subscribers::ExpiryTold::Printed
                                                  : subscribers::ExpiryTold::Mailed;
    std::vector<effects::EndingCertificate> ending;
    for (const Candidate& one : together) {
        if (subscribers::settle_expiry(tx, one.due.id, told)) {
            ending.push_back({one.certificate,
                              subscribers::get_subscriber(tx, one.certificate.subscriber),
                              is_on_hold(tx, one.certificate)});
        }
    }
    if (ending.empty()) {
        return std::int64_t{0};
    }
    const Outcome outcome = effects::tell_expiry(tx, works, *first.scheme, first.contact, ending,
                                                 "expiry:" + std::to_string(first.due.id));
    return outcome ? Result<std::int64_t>(std::int64_t(ending.size())) : outcome.error();
}

/// Tells a page of certificates; how many were told.
Result<std::int64_t> tell_page(store::Tx& tx, const effects::Works& works,
                               const std::vector<subscribers::ExpiryDue>& page) {
    std::int64_t sum = 0;
    std::vector<Candidate> left = candidates_of(tx, works, page);
    while (!left.empty()) {
        const auto apart = std::stable_partition(
            left.begin(), left.end(), [first = left.front()](const Candidate& one) {
                return one.due.id == first.due.id || one.goes_with(first);
            });
        auto told = tell_reader(tx, works, std::span(left.begin(), apart));
        if (!told) {
            return told;
        }
        sum += *told;
        left.erase(left.begin(), apart);
    }
    return sum;
}

JobCount tell_all(const effects::Works& works, const GoOn& go_on) {
    JobCount count;
    for (bool more = true; more && go_on();) {
        const auto told = store::transact(
            works.office.database, "expiry.tell", [&](store::Tx& tx) -> Result<std::int64_t> {
                const auto page = subscribers::expiry_due(tx, kTellPage);
                more = !page.empty();
                return tell_page(tx, works, page);
            });
        if (!told) {
            throw Failure(told.error());
        }
        count.add(all_done(*told));
    }
    return count;
}

ExpiryOutlook outlook_of(store::Tx& tx, const scheme::Scheme& scheme, const EndSpan& span) {
    ExpiryOutlook outlook{scheme.id, span.stage};
    std::set<std::string> readers;
    auto mark = subscribers::end_mark(tx, span);
    for (bool more = true; more;) {
        const auto page = subscribers::ending_behind(tx, span, mark, kSearchPage);
        for (const Certificate& one : page) {
            const auto finding = finding_of(tx, scheme, span.stage, one);
            ++(finding.skip ? outlook.skipped : outlook.certificates);
            if (!finding.skip) {
                readers.insert(finding.address_key);
            }
        }
        more = page.size() == kSearchPage;
        if (more) {
            mark = {page.back().not_after, page.back().id.value()};
        }
    }
    outlook.readers = std::int64_t(readers.size());
    return outlook;
}

}  // namespace

Instant stage_reaches(const ExpiryStage& stage, std::chrono::year_month_day today) {
    if (stage.months == 0) {
        return start_of_day_in_taipei(sys_days(today) + std::chrono::days(stage.days + 1));
    }
    // Months are counted back from the end (T 4.4.1), so that day is looked for.
    sys_days end = sys_days(today) + std::chrono::days(31 * (stage.months + 1));
    while (effects::renewal_opens(start_of_day_in_taipei(end), stage.months) >
           start_of_day_in_taipei(today)) {
        end -= std::chrono::days(1);
    }
    return start_of_day_in_taipei(end + std::chrono::days(1));
}

JobCount send_expiry_notices(const effects::Works& works, const GoOn& go_on) {
    search(works, go_on);
    return tell_all(works, go_on);
}

std::vector<ExpiryOutlook> expiry_outlook(store::Tx& tx, const effects::Works& works) {
    std::vector<ExpiryOutlook> outlooks;
    for (const scheme::Scheme& scheme : works.office.schemes) {
        for (std::size_t i = 0; i < scheme.expiry_notices.stages.size(); ++i) {
            outlooks.push_back(outlook_of(tx, scheme, span_of(scheme, i, tx.now())));
        }
    }
    return outlooks;
}

}  // namespace sealdesk::jobs
