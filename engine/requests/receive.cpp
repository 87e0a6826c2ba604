#include "requests/receive.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "officers/officer.h"
#include "requests/file_page.h"
#include "requests/keyed_code.h"
#include "requests/new_request.h"
#include "requests/register_view.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

using intake::Draft;
using intake::Fate;
using intake::FateKind;

/// How often a refused form may be judged anew before its newest judgement just stands.
constexpr std::int64_t kAttemptsMax = 50;

/// What the chunk writes, gathered row by row.
struct Harvest {
    std::vector<intake::NewSubmission> submissions;
    std::vector<NewRequest> requests;
    std::vector<audit::Event> events;
    std::vector<std::size_t> numberless;  ///< fates whose request gets its number at the end
};

/// One chunk on its way through the transaction.
struct Chunk {
    store::Tx& tx;
    const Office& office;
    const Reception& reception;
    DryRunMemory& dry_run;
    RegisterView view;
    std::vector<Fate> fates;
    Harvest harvest;
};

Fate fate_of(const Chunk& chunk, const Draft& draft) {
    return {chunk.reception.file, draft.row, draft.record_number, FateKind::Refused, "", "",
            draft.reasons,        false};
}

Fate repeated_fate(const Chunk& chunk, const Draft& draft, const intake::KnownSubmission& known) {
    Fate fate = fate_of(chunk, draft);
    fate.kind = known.fate;
    fate.request = known.request_number;
    fate.duplicate_of = known.duplicate_of;
    fate.reasons = known.reasons;
    fate.repeated = true;
    return fate;
}

/// Filed before, at this very place? A second copy in the same file is another row.
bool is_this_row(const Chunk& chunk, const Draft& draft, const intake::KnownSubmission& known) {
    return !chunk.reception.batch || known.batch != *chunk.reception.batch ||
           known.row_number == draft.row;
}

void add_submission(Chunk& chunk, const Draft& draft, const std::string& key, const Fate& fate,
                    std::optional<RequestId> request) {
    if (!chunk.reception.batch) {
        return;
    }
    chunk.harvest.submissions.push_back(
        {SubmissionId(chunk.tx.new_id()), *chunk.reception.batch, draft.row, draft.record_number,
         key, fate.kind, request, fate.request, fate.duplicate_of,
         intake::reasons_to_json(fate.reasons), draft.payload, draft.scans});
}

/// Until numbers are given out, a request of this chunk is known by its place in the harvest.
std::string placeholder(std::size_t index) { return "#" + std::to_string(index); }

/// A row as the register's rules leave it, before anything is written.
class Judged {
public:
    Judged(const Chunk& chunk, const Draft& keyed)
        : keyed_(keyed),
          changed_(intake::judge_by_registry(keyed, chunk.reception.scheme, chunk.view)) {}

    [[nodiscard]] const Draft& draft() const { return changed_ ? *changed_ : keyed_; }
    [[nodiscard]] FateKind kind() const {
        return !draft().duplicate_of.empty() ? FateKind::Duplicate
               : draft().refused()           ? FateKind::Refused
                                             : FateKind::Accepted;
    }

private:
    const Draft& keyed_;
    std::optional<Draft> changed_;  ///< most rows stay as they are
};

/// Opens the request of an accepted row, for the rows after it and for the harvest.
std::optional<RequestId> open_request(Chunk& chunk, const Draft& draft) {
    const Reception& reception = chunk.reception;
    NewRequest fresh = new_request(
        chunk.tx, {chunk.office, reception.scheme, reception.form, reception.by}, draft);
    const Request& request = fresh.request;
    const bool dry = !chunk.reception.batch;
    const OpenRequest opened{dry ? chunk.reception.file + ":" + std::to_string(draft.row)
                                 : placeholder(chunk.harvest.requests.size()),
                             request.applicant_kind, request.applicant_name};
    if (fresh.alone) {
        chunk.view.opened(request.form, request.id_number, opened);
    }
    if (dry) {
        if (fresh.alone) {
            chunk.dry_run.emplace(open_key(request.scheme, request.form, request.id_number),
                                  opened);
        }
        return std::nullopt;
    }
    const RequestId id = request.id;
    chunk.harvest.numberless.push_back(chunk.fates.size());
    chunk.harvest.requests.push_back(std::move(fresh));
    return id;
}

/// Files a row under its key, with everything that its fate asks for.
void file_row(Chunk& chunk, const Judged& judged, const std::string& key) {
    const Draft& draft = judged.draft();
    Fate fate = fate_of(chunk, draft);
    fate.kind = judged.kind();
    fate.duplicate_of = draft.duplicate_of;
    std::optional<RequestId> request;
    if (fate.kind == FateKind::Accepted) {
        request = open_request(chunk, draft);
    }
    add_submission(chunk, draft, key, fate, request);
    chunk.fates.push_back(std::move(fate));
}

/// A row that was refused before may be judged otherwise now (the subscriber has registered
/// meanwhile). The same judgement changes nothing; another one is filed as a further attempt.
void take_known_row(Chunk& chunk, const Draft& draft, std::int64_t occurrence,
                    intake::KnownSubmission known) {
    if (known.fate != FateKind::Refused) {
        chunk.fates.push_back(repeated_fate(chunk, draft, known));
        return;
    }
    const Judged judged(chunk, draft);
    for (std::int64_t attempt = 2; attempt <= kAttemptsMax; ++attempt) {
        const bool same =
            judged.kind() == FateKind::Refused && intake::reasons_to_json(judged.draft().reasons) ==
                                                      intake::reasons_to_json(known.reasons);
        if (known.fate != FateKind::Refused || same) {
            break;
        }
        const std::string key = intake::row_key(draft.content, occurrence, attempt);
        const auto later = intake::find_submissions_by_key(chunk.tx, std::span(&key, 1));
        if (later.empty()) {
            file_row(chunk, judged, key);
            return;
        }
        known = later.begin()->second;
    }
    chunk.fates.push_back(repeated_fate(chunk, draft, known));
}

void take_row(Chunk& chunk, const Draft& draft,
              const std::map<std::string, intake::KnownSubmission>& filed,
              std::map<std::string, std::int64_t>& first_rows) {
    std::int64_t occurrence = 1;
    std::string key = intake::row_key(draft.content, occurrence, 1);
    const auto known = filed.find(key);
    const bool again_in_chunk = !first_rows.emplace(draft.content, draft.row).second;
    if (again_in_chunk || (known != filed.end() && !is_this_row(chunk, draft, known->second))) {
        occurrence = draft.row;  // a further copy in this file is known by its row
        key = intake::row_key(draft.content, occurrence, 1);
        const auto copies = intake::find_submissions_by_key(chunk.tx, std::span(&key, 1));
        if (copies.empty()) {
            file_row(chunk, Judged(chunk, draft), key);
        } else {
            take_known_row(chunk, draft, occurrence, copies.begin()->second);
        }
    } else if (known != filed.end()) {
        take_known_row(chunk, draft, occurrence, known->second);
    } else {
        file_row(chunk, Judged(chunk, draft), key);
    }
}

/// Request numbers are given out last, when the row that counts them is locked for the shortest
/// time; duplicates within the chunk learn theirs here, too.
void give_numbers(Chunk& chunk) {
    Harvest& harvest = chunk.harvest;
    if (harvest.requests.empty()) {
        return;
    }
    std::int64_t next = take_request_numbers(chunk.tx, std::int64_t(harvest.requests.size()));
    std::size_t accepted = 0;
    for (intake::NewSubmission& submission : harvest.submissions) {
        if (submission.fate != FateKind::Accepted) {
            continue;
        }
        Request& request = harvest.requests.at(accepted).request;
        request.number = request_number(chunk.tx, next++);
        submission.request_number = request.number;
        chunk.fates.at(harvest.numberless.at(accepted)).request = request.number;
        ++accepted;
        harvest.events.push_back(
            received_event(request, submission.batch.value(), submission.row_number));
    }
}

/// A duplicate of a row in this chunk learns that row's number.
void resolve_placeholders(Chunk& chunk) {
    const auto resolve = [&](std::string& number) {
        if (number.starts_with('#')) {
            const auto index = parse_number(std::string_view(number).substr(1));
            number = chunk.harvest.requests.at(static_cast<std::size_t>(*index)).request.number;
        }
    };
    for (Fate& fate : chunk.fates) {
        resolve(fate.duplicate_of);
    }
    for (intake::NewSubmission& submission : chunk.harvest.submissions) {
        resolve(submission.duplicate_of);
    }
}

void log_others(Chunk& chunk) {
    for (const intake::NewSubmission& submission : chunk.harvest.submissions) {
        if (submission.fate == FateKind::Accepted) {
            continue;
        }
        nlohmann::json codes = nlohmann::json::array();
        for (const intake::Reason& reason : intake::reasons_from_json(submission.reasons)) {
            codes.push_back(reason.code);
        }
        chunk.harvest.events.push_back(
            {"submission." + std::string(intake::name_of(submission.fate)),
             officers::actor_of(chunk.reception.by),
             "submission:" + std::to_string(submission.id.value()),
             {{"codes", codes},
              {"batch", submission.batch.value()},
              {"row", submission.row_number}}});
    }
}

/// With a form of the office's own nobody applies: an officer keys it, or it is refused.
std::vector<Draft> refused_to(const Reception& reception, std::span<const Draft> keyed) {
    std::vector<Draft> refused(keyed.begin(), keyed.end());
    for (Draft& draft : refused) {
        draft.reasons.push_back(
            {"form.officers_only",
             "",
             reception.form.roles.record_number,
             {"此申請單僅得由審驗人員匯入（--as）。", "Only an officer keys this form (--as)."}});
    }
    return refused;
}

/// Record numbers of the requests that the chunk opened.
std::vector<std::string> records_of(const Chunk& chunk) {
    std::vector<std::string> records;
    for (const NewRequest& fresh : chunk.harvest.requests) {
        if (!fresh.request.record.empty()) {
            records.push_back(fresh.request.record);
        }
    }
    return records;
}

std::vector<Fate> take_chunk(store::Tx& tx, const Office& office, const Reception& reception,
                             std::span<const Draft> keyed, DryRunMemory& dry_run) {
    const bool refuses = reception.form.origin == scheme::Origin::Office &&
                         !officers::authorise(tx, reception.by, officers::Action::Examine);
    const std::vector<Draft> refused =
        refuses ? refused_to(reception, keyed) : std::vector<Draft>{};
    const std::span<const Draft> drafts = refuses ? std::span<const Draft>(refused) : keyed;
    std::vector<std::string> keys;
    for (const Draft& draft : drafts) {
        keys.push_back(intake::row_key(draft.content, 1, 1));
    }
    const auto filed = intake::find_submissions_by_key(tx, keys);
    Chunk chunk{tx,
                office,
                reception,
                dry_run,
                RegisterView(tx, reception.scheme, reception.form, drafts, dry_run),
                {},
                {}};
    std::map<std::string, std::int64_t> first_rows;
    for (const Draft& draft : drafts) {
        take_row(chunk, draft, filed, first_rows);
    }
    if (!reception.batch) {
        return chunk.fates;
    }
    give_numbers(chunk);
    resolve_placeholders(chunk);
    log_others(chunk);
    insert_requests(tx, chunk.harvest.requests);
    keep_user_codes(tx, chunk.harvest.requests);
    intake::save_submissions(tx, chunk.harvest.submissions);
    audit::append_all(tx, chunk.harvest.events);
    file_open_pages(tx, office, reception.scheme.id, reception.form.id, records_of(chunk),
                    reception.by);
    return chunk.fates;
}

/// Scans of a row that may be accepted go into the desk's files; their bytes leave memory.
void keep_scans(const Office& office, const Reception& reception, Draft& draft) {
    const bool wanted = reception.batch && !draft.refused();
    for (intake::Scan& scan : draft.scans) {
        if (wanted) {
            SEALDESK_CHECK(office.files.put(scan.bytes) == scan.sha256);
        }
        scan.bytes = {};
    }
}

}  // namespace

std::vector<Fate> receive_chunk(const Office& office, const Reception& reception,
                                std::vector<Draft>& drafts, DryRunMemory& dry_run) {
    SEALDESK_CHECK(drafts.size() <= intake::kChunkRows);
    for (Draft& draft : drafts) {
        keep_scans(office, reception, draft);
        settle_user_code(office, draft, reception.batch && !draft.refused());
    }
    return store::transact(office.database, "import.chunk", [&](store::Tx& tx) {
        return take_chunk(tx, office, reception, drafts, dry_run);
    });
}

}  // namespace sealdesk::requests
