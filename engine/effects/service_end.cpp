#include "effects/service_end.h"

#include <algorithm>
#include <set>
#include <vector>

#include "audit/log.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "effects/papers.h"
#include "queue/queue.h"

namespace sealdesk::effects {
namespace {

using requests::ServiceEnd;
using requests::ToldBy;
using subscribers::Certificate;

const scheme::Scheme& scheme_named(const Works& works, const std::string& id) {
    const scheme::Scheme* scheme = scheme::find_scheme(works.office.schemes, id);
    if (scheme == nullptr) {
        throw_internal("request.no_form", "The scheme of an ordered end is not among the forms.");
    }
    return *scheme;
}

ToldBy way_to(store::Tx& tx, const subscribers::Contact& to) {
    if (!to.email.empty() && mail::check_address(to.email) && !mail::is_suppressed(tx, to.email)) {
        return ToldBy::Mail;
    }
    return to.address.empty() ? ToldBy::Nothing : ToldBy::Letter;
}

void count(Telling& telling, ToldBy way) {
    telling.mails += way == ToldBy::Mail ? 1 : 0;
    telling.letters += way == ToldBy::Letter ? 1 : 0;
    telling.not_reachable += way == ToldBy::Nothing ? 1 : 0;
}

Outcome tell_one(store::Tx& tx, const Works& works, const ServiceEnd& end, const Certificate& one,
                 Telling& telling) {
    auto to = subscribers::current_contact(tx, one.subscriber);
    const ToldBy way = way_to(tx, to);
    if (way != ToldBy::Nothing) {
        if (way == ToldBy::Letter) {
            to.email.clear();
        }
        const Matter matter = read_matter(tx, works, one.request);
        const Bilingual why = matter.text("service_end");
        const Notice notice{"service-end",
                            {{"last_day", to_roc_text(end.end)},
                             {"last_day_en", to_iso_text(end.end)},
                             {"explanation", why.zh},
                             {"explanation_en", why.en}}};
        Outcome told = tell_notice(
            tx, works, matter, notice,
            {to, "service-end:" + end.scheme + ":" + std::to_string(one.subscriber.value())});
        if (!told) {
            return told;
        }
    }
    requests::note_told(tx, end.scheme, one.subscriber, way);
    count(telling, way);
    return done();
}

/// One chunk, and how far it went; nothing more when it was the last.
struct Chunk {
    Telling telling;
    bool more = false;
};

Result<Chunk> tell_chunk(store::Tx& tx, const Works& works, const std::string& scheme) {
    const auto end = requests::standing_service_end(tx, scheme);
    if (!end) {
        return end.error();
    }
    const auto page = subscribers::certificates_alive_at(
        tx, scheme, tx.now(),
        end->told_after > 0 ? std::optional(CertificateId{end->told_after}) : std::nullopt,
        kEndChunk);
    Chunk chunk{{}, page.last.has_value()};
    const bool is_mine = requests::move_told(tx, *end, page.last ? page.last->value() : 0);
    if (!is_mine || !page.last) {
        return chunk;  // where another process was faster: look again
    }
    for (const Certificate& one : page.certificates) {
        if (requests::was_told(tx, scheme, one.subscriber)) {
            continue;
        }
        Outcome told = tell_one(tx, works, *end, one, chunk.telling);
        if (!told) {
            return told.error();
        }
    }
    audit::append(tx, {"service-end.told",
                       "system",
                       "scheme:" + scheme,
                       {{"mails", chunk.telling.mails},
                        {"letters", chunk.telling.letters},
                        {"not_reachable", chunk.telling.not_reachable}}});
    return chunk;
}

/// M 4.9 (1): 並公告於儲存庫.
void announce(const Works& works, const ServiceEnd& end) {
    const scheme::Scheme& scheme = scheme_named(works, end.scheme);
    const auto text = scheme.texts.at("service_end");
    const auto folder = works.repository.folder / end.scheme;
    if (works.repository.folder.empty()) {
        return;
    }
    std::filesystem::create_directories(folder);
    write_file_durably(folder / "end-of-service.txt",
                       scheme.title.zh + "\n本服務將於民國 " + to_roc_text(end.end) + "（" +
                           to_iso_text(end.end) + "）終止。\n\n" + text.zh + "\n\n" +
                           scheme.title.en + "\nThis service ends on " + to_iso_text(end.end) +
                           ".\n\n" + text.en + "\n",
                       FileAccess::Everyone);
}

struct RevokedChunk {
    Revoking revoking;
    bool more = false;
};

Result<RevokedChunk> revoke_chunk(store::Tx& tx, const Works& works, const std::string& scheme) {
    const auto end = requests::due_service_end(tx, scheme);
    if (!end) {
        return end.error();
    }
    const auto page = subscribers::certificates_alive_at(
        tx, scheme, tx.now(),
        end->revoked_after > 0 ? std::optional(CertificateId{end->revoked_after}) : std::nullopt,
        kEndChunk);
    RevokedChunk chunk{{}, page.last.has_value()};
    const bool is_mine = requests::move_revoked(tx, *end, page.last ? page.last->value() : 0);
    if (!is_mine || !page.last || page.certificates.empty()) {
        return chunk;
    }
    for (const Certificate& one : page.certificates) {
        chunk.revoking.refund_twd +=
            requests::charge_end_refund(tx, scheme_named(works, scheme), *end, one);
    }
    chunk.revoking.certificates = std::int64_t(page.certificates.size());
    queue::enqueue(tx, kServiceEndJob,
                   scheme + "/" + std::to_string(end->revoke_round) + "/" +
                       std::to_string(end->revoked_after) + "/" +
                       std::to_string(page.last->value()),
                   page.last->value(), tx.now());
    audit::append(tx, {"service-end.revoking",
                       "system",
                       "scheme:" + scheme,
                       {{"certificates", chunk.revoking.certificates},
                        {"refund_twd", chunk.revoking.refund_twd},
                        {"after", end->revoked_after},
                        {"last", page.last->value()}}});
    return chunk;
}

}  // namespace

Result<Telling> rehearse_telling(const Works& works, const std::string& scheme) {
    Telling telling;
    std::set<std::int64_t> seen;
    for (std::optional<CertificateId> after;;) {
        const auto next = store::transact(
            works.office.database, "service-end.rehearse",
            [&](store::Tx& tx) -> Result<std::optional<CertificateId>> {
                const auto end = requests::standing_service_end(tx, scheme);
                if (!end) {
                    return end.error();
                }
                const auto page =
                    subscribers::certificates_alive_at(tx, scheme, tx.now(), after, kEndChunk);
                for (const Certificate& one : page.certificates) {
                    if (!requests::was_told(tx, scheme, one.subscriber) &&
                        seen.insert(one.subscriber.value()).second) {
                        count(telling,
                              way_to(tx, subscribers::current_contact(tx, one.subscriber)));
                    }
                }
                return page.last;
            });
        if (!next) {
            return next.error();
        }
        if (!*next) {
            return telling;
        }
        after = *next;
    }
}

Result<Telling> tell_holders(const Works& works, const std::string& scheme,
                             const ChunkDone& done_one) {
    const auto end = store::transact(works.office.database, "service-end.read", [&](store::Tx& tx) {
        return requests::standing_service_end(tx, scheme);
    });
    if (!end) {
        return end.error();
    }
    announce(works, *end);
    Telling all;
    for (bool more = true; more;) {
        const auto chunk =
            store::transact(works.office.database, "service-end.tell",
                            [&](store::Tx& tx) { return tell_chunk(tx, works, scheme); });
        if (!chunk) {
            return chunk.error();
        }
        all.mails += chunk->telling.mails;
        all.letters += chunk->telling.letters;
        all.not_reachable += chunk->telling.not_reachable;
        more = chunk->more;
        if (done_one) {
            done_one(all.mails + all.letters);
        }
    }
    return all;
}

Result<Revoking> revoke_everything(const Works& works, const std::string& scheme,
                                   const ChunkDone& done_one) {
    Revoking all;
    for (bool more = true; more;) {
        const auto chunk =
            store::transact(works.office.database, "service-end.revoke",
                            [&](store::Tx& tx) { return revoke_chunk(tx, works, scheme); });
        if (!chunk) {
            return chunk.error();
        }
        all.certificates += chunk->revoking.certificates;
        more = chunk->more;
        if (done_one) {
            done_one(all.certificates);
        }
    }
    const auto counts =
        store::transact(works.office.database, "service-end.count",
                        [&](store::Tx& tx) { return requests::count_service_end(tx, scheme); });
    all.refunds = counts.refunds_due + counts.refunds_paid;
    all.refund_twd = counts.due_twd + counts.paid_twd;
    return all;
}

EndChunk read_end_chunk(const std::string& key) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= key.size();) {
        const std::size_t slash = std::min(key.find('/', from), key.size());
        parts.push_back(key.substr(from, slash - from));
        from = slash + 1;
    }
    const auto after = parts.size() == 4 ? parse_number(parts[2]) : std::nullopt;
    const auto last = parts.size() == 4 ? parse_number(parts[3]) : std::nullopt;
    if (!after || !last) {
        throw_internal("service_end.bad_key", "A job of the end of a service has a broken key.");
    }
    return {parts[0], *after, *last};
}

}  // namespace sealdesk::effects
