#pragma once

#include <functional>
#include <span>
#include <string>

#include "ca/custody.h"
#include "ca/generations.h"

/// A new key for a CA (M 4.7): the CA keeps its name, and each key certifies the other (RFC 4210
/// §4.4), so that whoever trusts one of them follows to certificates of both.
namespace sealdesk::ca {

/// The CA signs certificates for ten years (kSigningPeriod); its key is changed in the two months
/// before that (M 4.7).
inline constexpr std::chrono::months kRekeyBefore{2};

/// The day from which the change of the key is due, and the last on which it signs certificates.
[[nodiscard]] Instant rekey_due(const crypto::Certificate& authority);
[[nodiscard]] Instant end_of_signing(const crypto::Certificate& authority);

/// A key is changed once: within this time a second change is taken for the first one's command
/// given again, after its answer was lost.
inline constexpr std::chrono::days kRekeyOnce{1};

/// What a change of keys led to.
struct Rekeyed {
    CaFiles files;  ///< of the new key
    crypto::Certificate certificate;
    crypto::Certificate new_with_old;  ///< the new key, signed by the former one, as long as that
    crypto::Certificate old_with_new;  ///< the former key, signed by the new one
};

/// Makes the CA of the new key: init_demo_ca(), init_in_hsm() or init_in_custody() with these files
/// and this witness.
using MakeNextCa = std::function<Outcome(const CaFiles& files, const NewCaWitness& witness)>;

/// Changes the key of the CA whose newest key these files hold. All is made in a folder beside and
/// becomes the CA's newest generation by one rename: until then nothing has changed (the rest of a
/// crash is removed by the next attempt), after it nothing is missing (note_generations() enters
/// into the database what a crash left out). Errors: those of LocalCa::open() and of `make`;
/// (Invalid) ca.other_name when the profiles have another name for the CA than its certificate;
/// (Refused) ca.rekeyed_just_now, see kRekeyOnce, unless `again`.
[[nodiscard]] Result<Rekeyed> rekey(store::Database& database, const CaFiles& former,
                                    const KeyRelease& release, const Profiles& profiles,
                                    const MakeNextCa& make, bool again = false);

/// Enters changes of keys that are not in the database yet; from then on the former key's CA
/// refuses to issue certificates (ca.superseded). For whoever opens a CA. Throws Failure when the
/// files of a generation cannot be read.
void note_generations(store::Database& database, std::span<const CaFiles> generations);

/// Those whose CRL is still needed: the newest, and each whose certificates have not all run out.
[[nodiscard]] std::vector<CaFiles> living_generations(store::Database& database,
                                                      std::span<const CaFiles> generations);

}  // namespace sealdesk::ca
