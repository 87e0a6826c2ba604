#include "ca/custody.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "audit/log.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/authority.h"
#include "ca/hsm_ca.h"
#include "ca/new_ca.h"
#include "ca/share_file.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kSetLine = "Custody set: ";
constexpr std::string_view kThresholdLine = "Custody threshold: ";
constexpr std::string_view kHolderLine = "Custody holder: ";
constexpr std::size_t kHolderNameMax = 100;  // bytes

/// base64url (RFC 4648 §5); 43 symbols are 258 bits, as many as 32 bytes and two more.
constexpr std::string_view kPassphraseSymbols =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kPassphraseLength = 43;

Error custody_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), "M 6.2.2"};
}

std::string custody_text(const Custody& custody) {
    std::string text =
        "憑證機構金鑰，由多人分持；其密碼不存於任何檔案。\n"
        "A CA's key in the custody of several holders; its passphrase is stored nowhere.\n";
    text += std::string(kSetLine) + custody.set + "\n";
    text += std::string(kThresholdLine) + std::to_string(custody.threshold) + "\n";
    for (const std::string& holder : custody.holders) {
        text += std::string(kHolderLine) + holder + "\n";
    }
    return text;
}

bool is_holder_name(const std::string& name) {
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return !name.empty() && name.size() <= kHolderNameMax && is_utf8(name) && trim(name) == name &&
           std::ranges::none_of(name, is_control) && name.find("---") == std::string::npos;
}

/// Different people with passphrases of their own (M 5.2.3).
Outcome check_holders(const std::vector<Holder>& holders) {
    for (std::size_t i = 0; i < holders.size(); ++i) {
        const auto before = std::span(holders).first(i);
        const Holder& holder = holders[i];
        if (!is_holder_name(holder.name) ||
            std::ranges::find(before, holder.name, &Holder::name) != before.end()) {
            return custody_error(ErrorKind::Invalid, "share.holder_name",
                                 "Each holder has a name of his own, of one line and at most 100 "
                                 "bytes.",
                                 holder.name);
        }
        if (holder.passphrase.size() < kHolderPassphraseMin) {
            return custody_error(ErrorKind::Invalid, "share.short_passphrase",
                                 "A holder's passphrase has 12 characters or more.", holder.name);
        }
        if (std::ranges::any_of(before, [&](const Holder& other) {
                return other.passphrase.same_as(holder.passphrase);
            })) {
            return Error{ErrorKind::Invalid, "share.same_passphrase",
                         "Two holders have the same passphrase; each chooses his own and tells "
                         "nobody.",
                         holder.name, "M 5.2.3"};
        }
    }
    return done();
}

nlohmann::json facts_of(const Ceremony& ceremony) {
    nlohmann::json facts{{"set", ceremony.custody.set},
                         {"threshold", ceremony.custody.threshold},
                         {"count", ceremony.custody.holders.size()},
                         {"certificate_sha256", ceremony.certificate.fingerprint()},
                         {"new_key", ceremony.is_new_key}};
    if (!ceremony.is_new_key) {
        facts["former_set"] = ceremony.former_set;
        facts["released_by"] = ceremony.former_shares;
    }
    return facts;
}

/// The log tells of every ceremony that was begun; one without an end did not take effect, or its
/// end could not be written any more.
Instant note(store::Database& database, std::string_view unit, const Ceremony& ceremony) {
    return store::transact(database, unit, [&](store::Tx& tx) {
        audit::append(
            tx, {std::string(unit), "ca", "authority:" + ceremony.key_id, facts_of(ceremony)});
        return tx.now();
    });
}

Outcome write_shares(Ceremony& ceremony, std::span<const crypto::Share> shares,
                     const CustodyOrder& order) {
    if (!fs::exists(order.folder)) {
        fs::create_directories(order.folder);
        fs::permissions(order.folder, fs::perms::owner_all);
    }
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const Holder& holder = order.holders[i];
        ceremony.files.push_back(order.folder / ("share-" + ceremony.custody.set.substr(0, 8) +
                                                 "-" + std::to_string(i + 1) + ".pem"));
        const Outcome written = write_share_file(ceremony.files.back(), shares[i],
                                                 {ceremony.certificate.subject(), holder.name},
                                                 holder.passphrase, order.iterations);
        if (!written) {
            return written.error();
        }
    }
    return done();
}

/// Opens the key text with what the written files give, whichever way they are brought together:
/// only then is the key given away to them.
void try_out(const Ceremony& ceremony, const CustodyOrder& order, std::string_view key_text) {
    std::vector<crypto::Share> shares;
    for (std::size_t i = 0; i < ceremony.files.size(); ++i) {
        auto share = read_share_file(ceremony.files[i], order.holders[i].passphrase);
        if (share) {
            shares.push_back(*std::move(share));
        }
    }
    const auto needed = static_cast<std::size_t>(order.threshold);
    bool sound = shares.size() == ceremony.files.size();
    if (sound) {
        const auto first = crypto::combine_shares(std::span(shares).first(needed));
        const auto last = crypto::combine_shares(std::span(shares).last(needed));
        sound = first && last && first->same_as(*last) &&
                crypto::KeyPair::from_pem(key_text, *first).has_value();
    }
    if (!sound) {
        throw_internal("share.not_sound",
                       "The shares just written do not open the key; nothing was changed. Check "
                       "the medium they were written to.");
    }
}

/// The common part of both ceremonies: shares out, tried out, then `save` puts the key into its
/// file.
Result<Ceremony> hand_out(store::Database& database, Ceremony ceremony, const Authority& authority,
                          const CustodyOrder& order,
                          const std::function<void(const std::string&)>& save) {
    const Secret passphrase = random_text(database.random(), kPassphraseSymbols, kPassphraseLength);
    const auto shares = crypto::split_secret(passphrase, order.threshold, int(order.holders.size()),
                                             database.random());
    if (!shares) {
        return shares.error();
    }
    ceremony.custody = {shares->front().set.id, order.threshold, {}};
    for (const Holder& holder : order.holders) {
        ceremony.custody.holders.push_back(holder.name);
    }
    ceremony.at = note(database, "ca.custody_begun", ceremony);
    const Outcome written = write_shares(ceremony, *shares, order);
    if (!written) {
        return written.error();
    }
    const std::string key_text = custody_text(ceremony.custody) + authority.key_pem(passphrase);
    try_out(ceremony, order, key_text);
    save(key_text);
    note(database, "ca.custody_done", ceremony);
    return ceremony;
}

}  // namespace

std::optional<Custody> custody_of(const CaFiles& files) {
    const std::string text = read_file(files.key);
    Custody custody;
    for (const std::string& line : split(text.substr(0, text.find(kBegin)), '\n')) {
        if (line.starts_with(kSetLine)) {
            custody.set = line.substr(kSetLine.size());
        } else if (line.starts_with(kThresholdLine)) {
            custody.threshold = int(parse_number(line.substr(kThresholdLine.size())).value_or(0));
        } else if (line.starts_with(kHolderLine)) {
            custody.holders.push_back(line.substr(kHolderLine.size()));
        }
    }
    return custody.set.empty() ? std::nullopt : std::optional(std::move(custody));
}

Result<KeyRelease> release_key(store::Database& database, const CaFiles& files,
                               std::span<const crypto::Share> shares) {
    const auto custody = custody_of(files);
    if (!custody) {
        return custody_error(ErrorKind::Refused, "ca.not_in_custody",
                             "This CA's key lies under a single passphrase; there are no shares of "
                             "it. `sealdesk ca share` makes some.",
                             files.key.string());
    }
    if (shares.empty()) {
        return custody_error(
            ErrorKind::Refused, "ca.shares_needed",
            "Several people hold this CA's key: " + std::to_string(custody->threshold) + " of " +
                std::to_string(custody->holders.size()) + " shares are needed, each --share FILE.",
            "set " + custody->set);
    }
    std::vector<crypto::Share> ours;
    KeyRelease release{Secret(std::size_t{0}), custody->set, {}};
    for (const crypto::Share& share : shares) {
        if (share.set.id == custody->set) {
            ours.push_back({share.set, share.number, Secret(share.value.reveal()), share.mark});
            release.shares.push_back(share.number);
        }
    }
    const bool strangers = ours.size() < shares.size();
    if (strangers && (ours.empty() || int(ours.size()) < ours.front().set.threshold)) {
        return custody_error(ErrorKind::Invalid, "share.other_set",
                             "These are not shares of this CA's present set; the older ones are "
                             "good for nothing any more.",
                             "set " + custody->set);
    }
    auto passphrase = crypto::combine_shares(ours);
    if (!passphrase) {
        return passphrase.error();
    }
    release.passphrase = *std::move(passphrase);
    store::transact(database, "ca.key_released", [&](store::Tx& tx) {
        audit::append(tx, {"ca.key_released",
                           "ca",
                           "share_set:" + release.set,
                           {{"shares", release.shares}, {"threshold", custody->threshold}}});
    });
    return release;
}

Result<Ceremony> init_in_custody(store::Database& database, const CaFiles& files,
                                 const Profiles& profiles, const CustodyOrder& order,
                                 const NewCaWitness& witness) {
    const Outcome sound = check_holders(order.holders);
    if (!sound) {
        return sound.error();
    }
    auto made = make_new_ca(files, profiles, database.clock().now(), database.random());
    if (!made) {
        return made.error();
    }
    const auto authority = open_new_ca(*std::move(made), witness);
    if (!authority) {
        return authority.error();
    }
    return hand_out(
        database,
        {.certificate = authority->certificate(), .key_id = authority->id(), .is_new_key = true},
        *authority, order, [&](const std::string& key_text) {
            save_new_ca(files, authority->certificate(), key_text);
        });
}

Result<Ceremony> share_anew(store::Database& database, const CaFiles& files,
                            const KeyRelease& release, const CustodyOrder& order) {
    const Outcome sound = check_holders(order.holders);
    if (!sound) {
        return sound.error();
    }
    if (hsm_label_of(files)) {
        return custody_error(ErrorKind::Refused, "ca.key_in_hsm",
                             "The CA's key lies in a hardware security module, which does not give "
                             "it out; several people hold it by the module's own means.",
                             files.key.string());
    }
    const auto authority = Authority::open(files, release.passphrase);
    if (!authority) {
        return authority.error();
    }
    return hand_out(database,
                    {.certificate = authority->certificate(),
                     .key_id = authority->id(),
                     .former_set = release.set,
                     .former_shares = release.shares},
                    *authority, order, [&](const std::string& key_text) {
                        write_file_durably(files.key, key_text, FileAccess::Owner);
                    });
}

}  // namespace sealdesk::ca
