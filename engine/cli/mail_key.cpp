#include "cli/mail_key.h"

#include "base/password_file.h"
#include "crypto/cms.h"

namespace sealdesk::cli {

Result<std::optional<MailKey>> load_mail_key(const Settings& settings) {
    if (settings.mail_sign_certificate.empty()) {
        return std::optional<MailKey>();
    }
    auto certificate = crypto::Certificate::load(settings.mail_sign_certificate);
    if (!certificate) {
        return certificate.error();
    }
    const auto passphrase = read_password_file(settings.mail_sign_key_password_file);
    if (!passphrase) {
        return passphrase.error();
    }
    auto key = crypto::KeyPair::load(settings.mail_sign_key, *passphrase);
    if (!key) {
        return key.error();
    }
    if (!certificate->belongs_to(*key)) {
        return Error{ErrorKind::Invalid,
                     "mail.bad_settings",
                     "The key that signs mails is not the one of its certificate (settings "
                     "mail.sign_key, mail.sign_certificate).",
                     settings.mail_sign_key.string(),
                     {}};
    }
    return std::optional<MailKey>(MailKey{*std::move(certificate), *std::move(key)});
}

mail::MailSigner signer_with(const MailKey& key, const Clock& clock) {
    return [&key, &clock](std::string_view content) {
        return crypto::sign_detached(content, key.key, key.certificate, clock.now());
    };
}

std::vector<std::string> addresses_signed_for(const MailKey& key,
                                              const std::vector<scheme::Scheme>& schemes) {
    std::vector<std::string> addresses;
    for (const scheme::Scheme& scheme : schemes) {
        const std::string& address = scheme.authority.mail_from;
        if (key.certificate.names_mail_address(address)) {
            addresses.push_back(address);
        }
    }
    return addresses;
}

}  // namespace sealdesk::cli
