#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "mail/mail_texts.h"
#include "mail/outbox.h"

namespace sealdesk::mail {

/// What all mails of an office have in common; from the desk's configuration.
struct Stationery {
    MailTexts& texts;
    std::string message_id_domain;             ///< right side of our Message-IDs
    std::string bounce_address = {};           ///< see MailIdentity::bounce_address
    MailSigner sign = {};                      ///< none: mails go unsigned
    std::vector<std::string> signed_for = {};  ///< sender addresses that the signer's is for

    /// As whom a scheme's mails are sent.
    [[nodiscard]] MailIdentity identity_of(const scheme::Authority& authority) const {
        return {
            .from = {authority.mail_name.zh, authority.mail_from},
            .envelope_from = authority.mail_from,
            .message_id_domain = message_id_domain,
            .bounce_address = bounce_address,
            .sign = std::ranges::count(signed_for, authority.mail_from) > 0 ? sign : MailSigner{}};
    }
};

}  // namespace sealdesk::mail
