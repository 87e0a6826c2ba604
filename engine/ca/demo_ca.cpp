#include <utility>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "ca/authority.h"
#include "ca/new_ca.h"
#include "ca/profile_check.h"
#include "ca/to_be_signed.h"

namespace sealdesk::ca {

std::string draw_ca_serial(Random& random) {
    std::string serial(16, '\0');
    random.fill(serial);
    // The top bits 01 make it positive and of constant length.
    serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x3fU) | 0x40U);
    return serial;
}

Outcome check_no_ca(const CaFiles& files) {
    if (std::filesystem::exists(files.key) || std::filesystem::exists(files.certificate)) {
        return Error{ErrorKind::Refused,
                     "ca.exists",
                     "There is a CA already; its key is never overwritten.",
                     files.key.string(),
                     {}};
    }
    return done();
}

Result<crypto::Certificate> certify(const Statement& statement,
                                    const std::function<std::string(std::string_view tbs)>& sign) {
    const std::string tbs = to_be_signed(statement);
    const Outcome lint = check_to_be_signed(tbs, statement);
    return lint ? crypto::Certificate::parse(with_signature(tbs, sign(tbs))) : lint.error();
}

Result<NewCa> self_signed_ca(CaKey key, const Profiles& profiles, Instant now, Random& random) {
    const Profile profile = authority_profile(profiles);
    const std::map<std::string, std::string> no_fields;
    const Outcome subject = check_subject(profile, no_fields);
    if (!subject) {
        return subject.error();
    }
    const auto checked = check_key(key.public_key(), profile);
    if (!checked) {
        return checked.error();
    }
    const Issuer issuer{name_of(profile.subject, no_fields), checked->key_id};
    const Instant not_before = std::chrono::floor<std::chrono::seconds>(now);
    const Publication nowhere;  // a root is not looked up in itself
    const Statement statement{profile,    nowhere,
                              issuer,     *checked,
                              no_fields,  draw_ca_serial(random),
                              not_before, end_of_validity(not_before, profile.validity)};
    auto certificate =
        certify(statement, [&](std::string_view tbs) { return key.sign_digest(sha256(tbs)); });
    if (!certificate) {
        return certificate.error();
    }
    return NewCa{std::move(key), *std::move(certificate)};
}

Result<Authority> open_new_ca(NewCa made, const NewCaWitness& witness) {
    auto authority = Authority::with_key(std::move(made.key), std::move(made.certificate));
    if (!authority) {
        return authority;
    }
    const Outcome seen = witness ? witness(*authority) : done();
    return seen ? std::move(authority) : seen.error();
}

Result<NewCa> make_new_ca(const CaFiles& files, const Profiles& profiles, Instant now,
                          Random& random) {
    const Outcome absent = check_no_ca(files);
    if (!absent) {
        return absent.error();
    }
    return self_signed_ca(crypto::KeyPair::generate_rsa(kCaKeyBits), profiles, now, random);
}

void save_new_ca(const CaFiles& files, const crypto::Certificate& certificate,
                 std::string_view key_text) {
    std::filesystem::create_directories(files.crl_folder);
    std::filesystem::create_directories(files.key.parent_path());
    std::filesystem::create_directories(files.certificate.parent_path());
    // The key first: a certificate without its key would look like a CA that lost it.
    write_file_durably(files.key, key_text, FileAccess::Owner);
    write_file_durably(files.certificate, certificate.pem(), FileAccess::Everyone);
}

Result<crypto::Certificate> init_demo_ca(const CaFiles& files, const Secret& passphrase,
                                         const Profiles& profiles, Instant now, Random& random,
                                         const NewCaWitness& witness) {
    auto made = make_new_ca(files, profiles, now, random);
    if (!made) {
        return made.error();
    }
    const auto authority = open_new_ca(*std::move(made), witness);
    if (!authority) {
        return authority.error();
    }
    save_new_ca(files, authority->certificate(), authority->key_pem(passphrase));
    return authority->certificate();
}

}  // namespace sealdesk::ca
