#include "requests/file_page.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "base/text.h"
#include "officers/officer.h"
#include "requests/examine.h"
#include "requests/page_findings.h"
#include "requests/request_store.h"
#include "requests/transitions.h"

namespace sealdesk::requests {
namespace {

using scan::Doubt;
using scan::KeptCutting;
using scan::KeptReading;
using scan::PageState;
using scan::ScanPage;

constexpr int kPagesAtOnce = 200;
constexpr std::size_t kDismissalMax = 300;  ///< bytes of a reason

std::string page_role(int form_page) { return "page:" + std::to_string(form_page); }

/// The role of a page's picture: "page:2" of the form, or, when that is not known, its number.
std::string role_of(const ScanPage& page) {
    return page.form_page > 0 ? page_role(page.form_page) : "page:" + page.number;
}

std::vector<Scan> pictures_of(const ScanPage& page, Crops crops) {
    std::vector<Scan> pictures{{role_of(page), page.picture_sha, page.file_name}};
    if (crops == Crops::None) {
        return pictures;
    }
    for (const KeptCutting& cutting : scan::reading_from_json(page.reading).cuttings) {
        const bool wanted = !cutting.doubtful || crops == Crops::All;
        if (!cutting.sha256.empty() && !cutting.empty && wanted) {
            pictures.push_back({cutting.field, cutting.sha256, page.number + ".png"});
        }
    }
    return pictures;
}

const Scan* same_role(const std::vector<Scan>& scans, const Scan& one) {
    const auto found = std::ranges::find(scans, one.role, &Scan::role);
    return found == scans.end() ? nullptr : &*found;
}

/// Pictures the request does not have yet; whether one would replace another.
struct NewPictures {
    std::vector<Scan> scans;
    bool replaces = false;
};

NewPictures new_pictures(store::Tx& tx, RequestId request, const ScanPage& page, Crops crops) {
    const auto before = scans_of(tx, request);
    NewPictures fresh;
    for (const Scan& scan : pictures_of(page, crops)) {
        const Scan* const old = same_role(before, scan);
        if (old != nullptr && old->sha256 == scan.sha256) {
            continue;
        }
        fresh.replaces = fresh.replaces || old != nullptr;
        fresh.scans.push_back(scan);
    }
    return fresh;
}

bool can_change(const Request& request) {
    return is_possible(request.state,
                       request.state == State::Returned ? Event::Resubmitted : Event::Edited);
}

bool is_field(const scheme::Form& form, const std::string& role) {
    return form.find_field(role) != nullptr;
}

/// The request's payload with the new pictures in their fields.
std::string payload_with(const Request& request, const scheme::Form& form,
                         const std::vector<Scan>& scans) {
    nlohmann::json payload = nlohmann::json::parse(request.payload);
    for (const Scan& scan : scans) {
        if (is_field(form, scan.role)) {
            payload[scan.role] = scan.sha256;
        }
    }
    return payload.dump();
}

/// Writes the page's pictures and findings into the request.
Outcome attach(store::Tx& tx, const Office& office, const Request& request, const ScanPage& page,
               const std::vector<Scan>& scans, const std::string& by) {
    const scheme::Form& form = form_of(office, request);
    Amendment amendment{payload_with(request, form, scans),
                        with_page_findings(request, form, scan::reading_from_json(page.reading)),
                        request.applicant_name,
                        request.applicant_kind,
                        scans,
                        by};
    if (amendment.payload == request.payload && amendment.findings == request.findings) {
        for (const Scan& scan : scans) {
            replace_scan(tx, request.id, scan);  // only the page itself: nothing to examine anew
        }
        return done();
    }
    const auto amended = amend(tx, office, request.number, amendment);
    return amended ? done() : Outcome(amended.error());
}

void settle(store::Tx& tx, ScanPage& page, PageState state, const std::string& by) {
    page.state = state;
    page.settled_by = by;
    page.settled_at = tx.now();
}

void mark_filed(store::Tx& tx, ScanPage& page, const Request& request, const std::string& by) {
    settle(tx, page, PageState::Filed, by);
    page.request = request.id;
    page.doubts.clear();
}

/// The log is written last: its head stays locked until the commit.
audit::Event filed_event(const ScanPage& page, const Request& request, const std::string& by) {
    return {"scan.filed",
            officers::actor_of(by),
            "page:" + page.number,
            {{"request", request.number},
             {"picture_sha256", page.picture_sha},
             {"reading_sha256", sha256_hex(page.reading)}}};
}

Result<Request> request_for(store::Tx& tx, const ScanPage& page, const Filing& filing) {
    auto request = find_request(tx, filing.request);
    if (!request) {
        return request;
    }
    if (!page.form.empty() && (page.form != request->form || page.scheme != request->scheme)) {
        return Error{ErrorKind::Refused,
                     "scan.other_form",
                     "The page is of the form " + page.scheme + "/" + page.form +
                         ", the request of " + request->scheme + "/" + request->form + ".",
                     page.number,
                     {}};
    }
    if (!can_change(*request)) {
        return Error{ErrorKind::Refused,
                     "scan.request_closed",
                     "The request can no longer be changed; dismiss the page or reopen its case.",
                     request->number,
                     {}};
    }
    return request;
}

/// Files by a person's word.
Result<ScanPage> file_with(store::Tx& tx, const Office& office, ScanPage page,
                           const Filing& filing) {
    const auto request = request_for(tx, page, filing);
    if (!request) {
        return request.error();
    }
    const NewPictures fresh = new_pictures(tx, request->id, page, filing.crops);
    if (fresh.replaces && !filing.replace) {
        return Error{ErrorKind::Refused,
                     "scan.already",
                     "The request has other pictures of this page or of its seals; look at both, "
                     "then file with --replace, or with --crops none.",
                     request->number,
                     {}};
    }
    const auto attached = attach(tx, office, *request, page, fresh.scans, filing.by);
    if (!attached) {
        return attached.error();
    }
    mark_filed(tx, page, *request, filing.by);
    save_seen(tx, page);
    audit::append(tx, filed_event(page, *request, filing.by));
    return page;
}

/// A person says which paper the page is of; what was doubtful is settled by that.
Result<ScanPage> file_under(store::Tx& tx, const Office& office, ScanPage page,
                            const Filing& filing) {
    if (page.form.empty()) {
        return Error{ErrorKind::Refused,
                     "scan.no_form",
                     "The form of this page is not known; file it with its request's number.",
                     page.number,
                     {}};
    }
    page.record = filing.record;
    page.doubts.clear();
    KeptReading reading = scan::reading_from_json(page.reading);
    for (KeptCutting& cutting : reading.cuttings) {
        cutting.empty = cutting.empty || filing.crops == Crops::None ||
                        (cutting.doubtful && filing.crops == Crops::Certain);
        cutting.doubtful = false;
    }
    page.reading = to_json(reading);
    try_to_file(tx, office, page, filing.by);
    save_seen(tx, page);
    audit::append(tx, {"scan.looked_at",
                       officers::actor_of(filing.by),
                       "page:" + page.number,
                       {{"reading_sha256", sha256_hex(page.reading)}}});
    return page;
}

bool waits_for_its_form(const ScanPage& page) {
    return page.state == PageState::Open && page.doubts == std::vector{Doubt::RequestUnknown};
}

/// One page tried again; true when it could be filed.
bool match_page(const Office& office, const std::string& number, const std::string& by) {
    return store::transact(office.database, "scan.match", [&](store::Tx& tx) {
        auto page = scan::find_page(tx, number);
        if (!page || !waits_for_its_form(*page)) {
            return false;
        }
        page->doubts.clear();
        try_to_file(tx, office, *page, by);
        if (!waits_for_its_form(*page)) {
            save_seen(tx, *page);
        }
        return page->state == PageState::Filed;
    });
}

}  // namespace

Error settled_page(const ScanPage& page) {
    return {ErrorKind::Refused,
            "scan.settled",
            "The page is " + std::string(name_of(page.state)) + " already.",
            page.number,
            {}};
}

void save_seen(store::Tx& tx, const ScanPage& page) {
    if (!scan::save_page(tx, page)) {
        throw Failure({ErrorKind::Conflict,
                       "scan.changed_meanwhile",
                       "Somebody else settled the page at the same moment; look at it again.",
                       page.number,
                       {}});
    }
}

void try_to_file(store::Tx& tx, const Office& office, ScanPage& page, const std::string& by) {
    if (page.record.empty()) {
        page.doubts.push_back(Doubt::RecordMissing);
        return;
    }
    std::vector<Request> found = find_by_record(tx, page.scheme, page.form, page.record);
    const std::size_t all = found.size();
    if (all > 1) {
        std::erase_if(found, [](const Request& request) { return is_closed(request.state); });
    }
    if (found.size() != 1) {
        page.doubts.push_back(all == 0 ? Doubt::RequestUnknown : Doubt::RequestAmbiguous);
        return;
    }
    const Request& request = found.front();
    const NewPictures fresh = new_pictures(tx, request.id, page, Crops::All);
    if (!can_change(request)) {
        page.doubts.push_back(Doubt::RequestClosed);
    } else if (fresh.replaces) {
        page.doubts.push_back(Doubt::ScannedAlready);
    }
    if (!page.doubts.empty()) {
        return;
    }
    const auto attached = attach(tx, office, request, page, fresh.scans, by);
    if (!attached) {
        page.doubts.push_back(Doubt::RequestClosed);
        return;
    }
    mark_filed(tx, page, request, by);
    audit::append(tx, filed_event(page, request, by));
}

void file_open_pages(store::Tx& tx, const Office& office, std::string_view scheme,
                     std::string_view form, const std::vector<std::string>& records,
                     const std::string& by) {
    if (records.empty() || !scan::has_pages(tx)) {
        return;
    }
    for (ScanPage& page : scan::pages_of_records(tx, scheme, form, records)) {
        if (waits_for_its_form(page)) {
            page.doubts.clear();
            try_to_file(tx, office, page, by);
            save_seen(tx, page);
        }
    }
}

Result<ScanPage> file_page(const Office& office, std::string_view number, const Filing& filing) {
    return store::transact(office.database, "scan.file", [&](store::Tx& tx) -> Result<ScanPage> {
        auto page = scan::find_page(tx, number);
        if (!page) {
            return page;
        }
        if (page->state != PageState::Open) {
            return settled_page(*page);
        }
        return filing.request.empty() ? file_under(tx, office, *page, filing)
                                      : file_with(tx, office, *page, filing);
    });
}

Outcome dismiss_page(const Office& office, std::string_view number, const std::string& why,
                     const std::string& by) {
    return store::transact(office.database, "scan.dismiss", [&](store::Tx& tx) -> Outcome {
        auto page = scan::find_page(tx, number);
        if (!page) {
            return page.error();
        }
        if (page->state != PageState::Open) {
            return settled_page(*page);
        }
        if (trim(why).empty() || why.size() > kDismissalMax) {
            return Error{ErrorKind::Invalid,
                         "scan.no_reason",
                         "Say in a few words why the page belongs to no request.",
                         page->number,
                         {}};
        }
        settle(tx, *page, PageState::Dismissed, by);
        page->note = why;
        save_seen(tx, *page);
        audit::append(tx, {"scan.dismissed",
                           officers::actor_of(by),
                           "page:" + page->number,
                           {{"picture_sha256", page->picture_sha}}});
        return done();
    });
}

std::int64_t match_pages(const Office& office, const std::string& by) {
    std::int64_t filed = 0;
    std::int64_t after = 0;
    for (;;) {
        const auto pages = store::transact(office.database, "scan.list", [&](store::Tx& tx) {
            return scan::list_pages(tx, PageState::Open, after, kPagesAtOnce);
        });
        if (pages.empty()) {
            return filed;
        }
        for (const ScanPage& page : pages) {
            after = page.id;
            filed += waits_for_its_form(page) && match_page(office, page.number, by) ? 1 : 0;
        }
    }
}

}  // namespace sealdesk::requests
