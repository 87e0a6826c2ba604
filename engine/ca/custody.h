#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ca/local_ca.h"
#include "crypto/cms.h"
#include "crypto/secret_shares.h"

/// The key of a CA in the hands of several people (M 6.2.2, M 5.2.3). Its file is encrypted under a
/// random passphrase that is stored nowhere: it is split, each holder has a share in a file under a
/// passphrase of his own, and any `threshold` of them open the key together.
namespace sealdesk::ca {

/// How a key is held. It stands in clear above the encrypted key, in the same file, so that key and
/// custody change in one rename; what is true of it is what opens the key.
struct Custody {
    std::string set;  ///< of the shares; as crypto::ShareSet::id
    int threshold = 0;
    std::vector<std::string> holders;  ///< of the shares 1, 2, 3 …
};

/// Nothing when the key lies under a single passphrase. Throws Failure when there is no key file.
[[nodiscard]] std::optional<Custody> custody_of(const CaFiles& files);

/// What opens a CA's key now, and who let it out.
struct KeyRelease {
    Secret passphrase;        ///< or the PIN of the token
    std::string set;          ///< empty: a single passphrase, or a PIN
    std::vector<int> shares;  ///< their numbers
};

/// Brings shares together. Those of other sets are passed over as long as there are enough of the
/// right one, so that the shares of several CAs may lie on one table. The release is an audit
/// event. Errors: ca.not_in_custody, ca.shares_needed (Refused), those of combine_shares().
[[nodiscard]] Result<KeyRelease> release_key(store::Database& database, const CaFiles& files,
                                             std::span<const crypto::Share> shares);

/// Someone who is to hold a share.
struct Holder {
    std::string name;
    Secret passphrase;
};

/// A holder's passphrase has at least so many bytes: his share must stand being copied.
inline constexpr std::size_t kHolderPassphraseMin = 12;

struct CustodyOrder {
    int threshold = 0;
    std::vector<Holder> holders;
    std::filesystem::path folder;  ///< where the files of the shares are written
    int iterations = crypto::kPassphraseIterations;
};

/// What was done, as the protocol of the ceremony tells it; no secret.
struct Ceremony {
    Custody custody = {};
    std::vector<std::filesystem::path> files = {};  ///< of the shares 1, 2, 3 …
    crypto::Certificate certificate;                ///< of the CA
    std::string key_id;                             ///< hexadecimal
    Instant at = {};
    bool is_new_key = false;
    std::string former_set = {};          ///< of a sharing anew; empty: a single passphrase
    std::vector<int> former_shares = {};  ///< that released the key
};

/// Makes a CA as init_demo_ca() does, its key in custody from the start. Errors: ca.exists,
/// share.bad_numbers, share.file_exists; (Invalid) share.holder_name (empty, too long, twice, or
/// not one line), share.short_passphrase, share.same_passphrase (two holders with one passphrase
/// are one person, M 5.2.3); and those of the witness.
[[nodiscard]] Result<Ceremony> init_in_custody(store::Database& database, const CaFiles& files,
                                               const Profiles& profiles, const CustodyOrder& order,
                                               const NewCaWitness& witness = {});

/// Gives the same key into new hands: the new shares are written and tried out, then the key file
/// is replaced, encrypted under a new passphrase, which makes the former shares useless (destroy
/// old copies of that file: the former shares still open those). A crash in between leaves the
/// former shares good and the new ones useless. Errors as above but ca.exists, those of
/// LocalCa::open(), and (Refused) ca.key_in_hsm.
[[nodiscard]] Result<Ceremony> share_anew(store::Database& database, const CaFiles& files,
                                          const KeyRelease& release, const CustodyOrder& order);

}  // namespace sealdesk::ca
