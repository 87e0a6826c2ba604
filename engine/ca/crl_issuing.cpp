#include "ca/crl_issuing.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/crash.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "ca/ca_store.h"
#include "ca/crl_partition.h"
#include "ca/crl_writer.h"
#include "ca/local_ca.h"

namespace sealdesk::ca {
namespace {

std::filesystem::path public_partition(const std::filesystem::path& folder, int partition) {
    return folder / ("partition-" + std::to_string(partition) + ".crl");
}

/// Those of the scheme, and former ones that certificates may name yet.
int partitions_of(const CrlIssuer& issuer) {
    int count = issuer.publication.crl_partitions;
    while (count > 0 && count < kPartitionsMax &&
           std::filesystem::exists(public_partition(issuer.folder, count + 1))) {
        ++count;
    }
    return count;
}

struct Published {
    std::filesystem::path name;
    std::filesystem::path file;
};

/// The public names of a CRL's files, the complete one last.
std::vector<Published> files_of(const CrlIssuer& issuer, std::int64_t number) {
    std::vector<Published> files;
    for (int i = 1; std::filesystem::exists(partition_file(issuer.folder, i, number)); ++i) {
        files.push_back(
            {public_partition(issuer.folder, i), partition_file(issuer.folder, i, number)});
    }
    if (std::filesystem::exists(delta_file(issuer.folder, number))) {
        files.push_back({issuer.folder / "delta.crl", delta_file(issuer.folder, number)});
    }
    files.push_back({issuer.folder / "complete.crl", crl_file(issuer.folder, number)});
    return files;
}

/// True when the name was another file's.
bool publish(const Published& one) {
    std::error_code error;
    if (std::filesystem::equivalent(one.name, one.file, error)) {
        return false;
    }
    const auto beside = one.file.string() + ".link.part";
    std::filesystem::remove(beside, error);
    std::filesystem::create_hard_link(one.file, beside, error);
    if (error) {
        throw_unavailable("file.not_written", "The CRL cannot be published as " +
                                                  one.name.string() + "; check the disk.");
    }
    rename_durably(beside, one.name);
    return true;
}

bool is_of_today(Instant issued, Instant now) {
    return day_in_taipei(issued) == day_in_taipei(now);
}

/// Takes the next number. Nothing when none is due.
Result<std::optional<CrlSet>> begin_set(const CrlIssuer& issuer, store::Tx& tx, bool only_if_due) {
    const std::string& id = issuer.authority.id();
    // Locks the authority's row: of two processes the second one sees what the first one began.
    const bool clock_sound = note_signing(tx, id, kClockTolerance);
    if (only_if_due && !crl_is_due(tx, id, issuer.publication)) {
        return std::optional<CrlSet>();
    }
    const Instant this_update = std::chrono::floor<std::chrono::seconds>(tx.now());
    const auto previous = newest_crl(tx, id);
    if (!clock_sound || (previous && this_update < previous->this_update)) {
        return Error{ErrorKind::Refused,
                     "ca.clock_back",
                     "The clock stands before the last signature; set it right.",
                     {},
                     {}};
    }
    CrlSet set;
    set.crl.number = take_crl_number(tx, id);
    set.crl.this_update = this_update;
    set.crl.next_update = this_update + kCrlLife;
    set.oldest = previous ? previous->this_update : this_update;
    set.base = oldest_good_crl(tx, id).value_or(BaseCrl{set.crl.number, this_update});
    set.partitions = partitions_of(issuer);
    set.folder = issuer.folder;
    begin_crl(tx, id, set.crl);
    return std::optional(std::move(set));
}

Result<std::optional<CrlInfo>> issue_set(const CrlIssuer& issuer, bool only_if_due) {
    const auto set = store::transact(issuer.database, "ca.crl.begin", [&](store::Tx& tx) {
        return begin_set(issuer, tx, only_if_due);
    });
    if (!set) {
        return set.error();
    }
    if (!*set) {
        return std::optional<CrlInfo>();
    }
    const CrlInfo written =
        write_crls(issuer.database, issuer.authority, issuer.publication, **set);
    crash_point("ca.crl.written");
    store::transact(issuer.database, "ca.crl.issued", [&](store::Tx& tx) {
        finish_crl(tx, issuer.authority.id(), written);
        audit::append(tx, {"ca.crl_issued",
                           "ca",
                           "crl:" + std::to_string(written.number),
                           {{"entries", written.entries}, {"sha256", written.sha256}}});
    });
    publish_newest_crl(issuer);
    return std::optional(written);
}

}  // namespace

bool crl_is_due(store::Tx& tx, std::string_view issuer, const Publication& publication) {
    const auto begun = crl_begun(tx, issuer);
    if (begun && tx.now() - *begun < kCrlInTheMaking) {
        return false;
    }
    const auto newest = newest_crl(tx, issuer);
    return !newest || !is_of_today(newest->this_update, tx.now()) ||
           newest->next_update - tx.now() < kCrlLeftMin ||
           (publication.crl_at_once && has_changed_since(tx, issuer, newest->number));
}

Result<CrlInfo> issue_crl(const CrlIssuer& issuer) {
    auto issued = issue_set(issuer, false);
    if (!issued) {
        return issued.error();
    }
    SEALDESK_CHECK(issued->has_value());
    return **std::move(issued);
}

Result<std::optional<CrlInfo>> issue_due_crl(const CrlIssuer& issuer) {
    return issue_set(issuer, true);
}

std::optional<CrlInfo> newest_crl_in(store::Tx& tx, std::string_view issuer,
                                     const std::filesystem::path& folder) {
    auto crl = newest_crl(tx, issuer);
    if (crl) {
        crl->file = crl_file(folder, crl->number);
    }
    return crl;
}

std::optional<CrlInfo> newest_crl_of(const CrlIssuer& issuer) {
    return store::transact(issuer.database, "ca.look_up", [&](store::Tx& tx) {
        return newest_crl_in(tx, issuer.authority.id(), issuer.folder);
    });
}

bool publish_newest_crl(const CrlIssuer& issuer) {
    // Two processes may publish at once: each looks again afterwards, so the newer one wins
    // whatever the order.
    bool changed = false;
    for (auto crl = newest_crl_of(issuer); crl; crl = newest_crl_of(issuer)) {
        bool now = false;
        for (const Published& one : files_of(issuer, crl->number)) {
            now = publish(one) || now;
        }
        if (!now) {
            break;
        }
        changed = true;
    }
    return changed;
}

}  // namespace sealdesk::ca
