#include "ca/hsm_ca.h"

#include <algorithm>
#include <utility>

#include "audit/log.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "ca/authority.h"
#include "ca/new_ca.h"

namespace sealdesk::ca {
namespace {

constexpr std::string_view kHsmKeyLine = "HSM key: ";
constexpr std::size_t kHsmLabelMax = 64;

std::string hsm_key_text(const std::string& label) {
    return "憑證機構金鑰在硬體安全模組（HSM）內，不在此檔；此檔只記載是哪一把。\n"
           "The CA's key lies in a hardware security module; this file only names it.\n" +
           std::string(kHsmKeyLine) + label + "\n";
}

bool is_hsm_label(const std::string& label) {
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '_' || c == '-';
    };
    return !label.empty() && label.size() <= kHsmLabelMax && std::ranges::all_of(label, fits);
}

}  // namespace

std::optional<std::string> hsm_label_of(const CaFiles& files) {
    for (const std::string& line : split(read_file(files.key), '\n')) {
        if (line.starts_with(kHsmKeyLine)) {
            return line.substr(kHsmKeyLine.size());
        }
    }
    return std::nullopt;
}

Result<crypto::HsmKey> open_hsm_key(const CaFiles& files, const Secret& pin) {
    return crypto::HsmKey::open(files.hsm, hsm_label_of(files).value_or(""), pin);
}

Result<crypto::Certificate> init_in_hsm(store::Database& database, const CaFiles& files,
                                        const Profiles& profiles, const std::string& label,
                                        const Secret& pin, const NewCaWitness& witness) {
    const Outcome absent = check_no_ca(files);
    if (!absent) {
        return absent.error();
    }
    if (!is_hsm_label(label)) {
        return Error{ErrorKind::Invalid,
                     "hsm.bad_label",
                     "A key's label has 1 to 64 letters, digits, dots, hyphens and underscores.",
                     label,
                     {}};
    }
    auto key = crypto::HsmKey::generate_rsa(files.hsm, label, pin, kCaKeyBits);
    if (!key) {
        return key.error();
    }
    auto made =
        self_signed_ca(*std::move(key), profiles, database.clock().now(), database.random());
    if (!made) {
        return made.error();
    }
    const auto authority = open_new_ca(*std::move(made), witness);
    if (!authority) {
        return authority.error();
    }
    store::transact(database, "ca.hsm_key_made", [&](store::Tx& tx) {
        audit::append(tx, {"ca.hsm_key_made",
                           "ca",
                           "authority:" + authority->id(),
                           {{"certificate_sha256", authority->certificate().fingerprint()},
                            {"label", label},
                            {"token", files.hsm.token}}});
    });
    save_new_ca(files, authority->certificate(), hsm_key_text(label));
    return authority->certificate();
}

}  // namespace sealdesk::ca
