#include "ca/rekey.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "audit/log.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "ca/authority.h"
#include "ca/ca_store.h"
#include "ca/issuance.h"
#include "ca/new_ca.h"
#include "ca/profile_check.h"
#include "ca/ra_registry.h"
#include "ca/rekey_store.h"
#include "ca/service_key.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;

struct Days {
    Instant from;
    Instant until;
};

/// As the CA's own, and with every policy that the CA certifies under: on a path from one key to
/// certificates of the other no policy would be left without it (RFC 5280 §6.1.3 (e)).
Profile link_profile(const Profiles& profiles) {
    Profile link = authority_profile(profiles);
    for (const Profile& profile : profiles.profiles) {
        for (const std::string& policy : profile.policies) {
            if (std::ranges::find(link.policies, policy) == link.policies.end()) {
                link.policies.push_back(policy);
            }
        }
    }
    if (!link.policies.empty()) {
        link.extensions.push_back(ExtensionKind::Policies);
    }
    return link;
}

/// A certificate for the subject's key, which is a CA's of the same name, by the signer's.
Result<crypto::Certificate> vouch_for(const Authority& signer, const Authority& subject,
                                      const Profiles& profiles, const Days& days, Random& random) {
    const Profile profile = link_profile(profiles);
    const auto key = check_key(subject.certificate().public_key(), profile);
    if (!key) {
        return key.error();
    }
    const Publication nowhere;  // as in the CA's own: its holders have it at hand
    const std::map<std::string, std::string> no_fields;
    const Statement statement{profile,   nowhere,   signer.issuer(),
                              *key,      no_fields, draw_ca_serial(random),
                              days.from, days.until};
    return certify(statement, [&](std::string_view tbs) { return signer.sign(tbs); });
}

struct Vouchers {
    crypto::Certificate new_with_old;
    crypto::Certificate old_with_new;
};

Result<Vouchers> vouch_for_each_other(const Authority& former, const Authority& fresh,
                                      const Profiles& profiles, Random& random) {
    if (former.issuer().name != fresh.issuer().name) {
        return Error{ErrorKind::Invalid, "ca.other_name",
                     "The profiles name the CA otherwise than its certificate does; a new key is "
                     "for a CA of the same name.",
                     fresh.certificate().subject(), "M 4.7"};
    }
    // RFC 4210 §4.4.1: both end with the former key's certificate.
    const Instant until = former.certificate().not_after();
    auto new_with_old =
        vouch_for(former, fresh, profiles, {fresh.certificate().not_before(), until}, random);
    if (!new_with_old) {
        return new_with_old.error();
    }
    auto old_with_new =
        vouch_for(fresh, former, profiles, {former.certificate().not_before(), until}, random);
    if (!old_with_new) {
        return old_with_new.error();
    }
    return Vouchers{*std::move(new_with_old), *std::move(old_with_new)};
}

/// As it stands in the generation's own file.
crypto::Certificate certificate_in(const fs::path& file) {
    auto certificate = crypto::Certificate::load(file);
    if (!certificate) {
        throw Failure(certificate.error());
    }
    return *std::move(certificate);
}

/// Whoever the CA believed under its former key it believes under the new one.
void enter_key_change(store::Database& database, const CaFiles& former, const CaFiles& next) {
    const crypto::Certificate own = certificate_in(next.certificate);
    const KeyChange change{key_id_of(certificate_in(former.certificate)), key_id_of(own),
                           read_file(folder_of(next) / kNewWithOld),
                           read_file(folder_of(next) / kOldWithNew)};
    const Outcome entered = store::transact(database, "ca.rekeyed", [&](store::Tx& tx) -> Outcome {
        if (!note_key_change(tx, change)) {
            return done();
        }
        audit::append(tx, {"ca.rekeyed",
                           "ca",
                           "authority:" + change.successor,
                           {{"former", change.former},
                            {"certificate_sha256", own.fingerprint()},
                            {"new_with_old_sha256", sha256_hex(change.new_with_old)},
                            {"old_with_new_sha256", sha256_hex(change.old_with_new)}}});
        for (const RegisteredRa& ra : believed_ras(tx, change.former)) {
            const Outcome known = register_ra(tx, change.successor, ra.name, ra.certificate);
            SEALDESK_CHECK(known.has_value());  // it was let in before
        }
        return done();
    });
    SEALDESK_CHECK(entered.has_value());
}

}  // namespace

Instant end_of_signing(const crypto::Certificate& authority) {
    return end_of_validity(authority.not_before(), {int(kSigningPeriod.count()), 0, 0});
}

Instant rekey_due(const crypto::Certificate& authority) {
    const Instant end = end_of_signing(authority);
    const auto day = std::chrono::floor<std::chrono::days>(end);
    std::chrono::year_month_day date{day};
    date -= kRekeyBefore;
    if (!date.ok()) {
        date = date.year() / date.month() / std::chrono::last;
    }
    return std::chrono::sys_days{date} + (end - day);
}

Result<Rekeyed> rekey(store::Database& database, const CaFiles& former_files,
                      const KeyRelease& release, const Profiles& profiles, const MakeNextCa& make,
                      bool again) {
    const auto former = Authority::open(former_files, release.passphrase);
    if (!former) {
        return former.error();
    }
    const Instant made_at = former->certificate().not_before();
    if (!again && former_files.generation > 1 && database.clock().now() < made_at + kRekeyOnce) {
        return Error{ErrorKind::Refused, "ca.rekeyed_just_now",
                     "The key was changed within the last day; say --again if one more is meant.",
                     former_files.certificate.string(), "M 4.7"};
    }
    const CaFiles part = unfinished_generation(former_files);
    const CaFiles next = next_generation(former_files);
    fs::remove_all(folder_of(part));
    std::optional<Vouchers> vouchers;
    const Outcome made = make(part, [&](const Authority& fresh) -> Outcome {
        auto both = vouch_for_each_other(*former, fresh, profiles, database.random());
        if (!both) {
            return both.error();
        }
        fs::create_directories(folder_of(part));
        write_file_durably(folder_of(part) / kNewWithOld, both->new_with_old.der(),
                           FileAccess::Everyone);
        write_file_durably(folder_of(part) / kOldWithNew, both->old_with_new.der(),
                           FileAccess::Everyone);
        vouchers = *std::move(both);
        return done();
    });
    if (!made) {
        fs::remove_all(folder_of(part));
        return made.error();
    }
    SEALDESK_CHECK(vouchers.has_value());
    rename_durably(folder_of(part), folder_of(next));
    enter_key_change(database, former_files, next);
    // What others began before that by the former key; after it nothing is begun any more.
    finish_reservations(database, *former);
    return Rekeyed{next, certificate_in(next.certificate), std::move(vouchers->new_with_old),
                   std::move(vouchers->old_with_new)};
}

void note_generations(store::Database& database, std::span<const CaFiles> generations) {
    for (std::size_t i = 1; i < generations.size(); ++i) {
        enter_key_change(database, generations[i - 1], generations[i]);
    }
}

std::vector<CaFiles> living_generations(store::Database& database,
                                        std::span<const CaFiles> generations) {
    std::vector<CaFiles> living;
    for (const CaFiles& one : generations.first(generations.size() - 1)) {
        const std::string id = key_id_of(certificate_in(one.certificate));
        if (store::transact(database, "ca.look_up", [&](store::Tx& tx) {
                return has_living_certificate(tx, id, kOcspProfile);
            })) {
            living.push_back(one);
        }
    }
    living.push_back(generations.back());
    return living;
}

}  // namespace sealdesk::ca
