#pragma once

#include <optional>

#include "cli/desk.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "mail/message.h"

namespace sealdesk::cli {

/// The RA's certificate for mail, with its key (S/MIME, RFC 8551).
struct MailKey {
    crypto::Certificate certificate;
    crypto::KeyPair key;
};

/// Nothing when the desk signs no mails. Errors: those of Certificate::load(), KeyPair::load() and
/// read_password_file(); (Invalid) mail.bad_settings when the key is not the certificate's.
[[nodiscard]] Result<std::optional<MailKey>> load_mail_key(const Settings& settings);

/// Signs with the key; both outlive it.
[[nodiscard]] mail::MailSigner signer_with(const MailKey& key, const Clock& clock);

/// Sender addresses of the schemes that the certificate is for.
[[nodiscard]] std::vector<std::string> addresses_signed_for(
    const MailKey& key, const std::vector<scheme::Scheme>& schemes);

}  // namespace sealdesk::cli
