#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "effects/matter.h"
#include "mail/outbox.h"
#include "requests/decide.h"
#include "requests/fees.h"
#include "slips/print_item.h"

namespace sealdesk::effects {

/// What was decided on a request, as letters and mails tell it.
struct News {
    enum class Kind { Approved, Rejected, Returned };
    Kind kind;
    std::vector<std::string> reasons = {};  ///< of a rejection or a return
    /// The form's text that says what an approval means to the reader.
    std::string text = "reply";
    std::string last_day_roc = {};  ///< of a return: 補正期限, that day included; may be empty
    std::string last_day_iso = {};
};

/// What every paper of the office says about itself.
[[nodiscard]] slips::Fields head_fields(const scheme::Scheme& scheme);

/// The news of a decision; of an approval with the text `reply_<ground>` where the form has one for
/// the ground that was chosen, else `reply`.
[[nodiscard]] News news_of(store::Tx& tx, const Matter& matter, const requests::Decision& decision);

/// Whom news go to: of an approval the slip's recipient (T 5.1.4, T 5.12.2); of anything else about
/// a subscriber the registered contact, whatever the form says. Nothing when nobody is known: then
/// there is nowhere to write to.
[[nodiscard]] std::optional<subscribers::Contact> news_recipient(store::Tx& tx,
                                                                 const Matter& matter,
                                                                 News::Kind kind);

/// How paper leaves the office for a request: posted unless everything is picked up (T 6.3).
[[nodiscard]] slips::Delivery paper_delivery(const Matter& matter);

/// Fields of the slip's template beyond those of slips::slip_fields().
[[nodiscard]] slips::Fields slip_texts(const Matter& matter);

/// Fields of "counter-receipt", all but the opening code and the slip's number.
[[nodiscard]] slips::Fields receipt_fields(const Matter& matter,
                                           std::span<const requests::Charge> fees, Instant now);

/// Fields of "result-letter" or, for a return, "return-letter".
[[nodiscard]] slips::Fields letter_fields(const Matter& matter, const News& news,
                                          const subscribers::Contact& to, Instant now);

/// Something nobody applied for, as letter and mail tell it: a text of templates/mails/ and its
/// fields, beside those that all mails have.
struct Notice {
    std::string text;
    mail::TextFields fields = {};
};

/// Which text tells the news of a decision, and with what.
[[nodiscard]] Notice words_of(const Matter& matter, const News& news);

/// What an approval means to the reader when it was not the reader who asked for it.
[[nodiscard]] Notice notice_of(const Matter& matter, const News& news);

/// The words of a notice. Errors: those of MailTexts::compose().
[[nodiscard]] Result<mail::WrittenMail> written(const Works& works, const Matter& matter,
                                                const Notice& notice,
                                                const subscribers::Contact& to);

/// Fields of "notice-letter": the mail's heading and body are the letter's.
[[nodiscard]] slips::Fields notice_fields(const Matter& matter, const mail::WrittenMail& words,
                                          const subscribers::Contact& to, Instant now);

/// Where a notice goes and under which key it is told once.
struct Addressed {
    const subscribers::Contact& to;
    std::string key;
};

/// Tells a notice by mail; to whom no mail address is known, not at all.
Outcome tell_by_mail(store::Tx& tx, const Works& works, const Matter& matter, const Notice& notice,
                     const Addressed& addressed);
/// Tells a notice by mail or, to whom no mail address is known, by letter.
Outcome tell_notice(store::Tx& tx, const Works& works, const Matter& matter, const Notice& notice,
                    const Addressed& addressed);
/// Tells a notice by letter.
Outcome tell_by_letter(store::Tx& tx, const Works& works, const Matter& matter,
                       const Notice& notice, const Addressed& addressed);

/// The mail that tells the news. It never holds a secret, an account name or an id number. Errors:
/// those of MailTexts::compose().
[[nodiscard]] Result<mail::OutgoingMail> news_mail(const Works& works, const Matter& matter,
                                                   const News& news, const Addressed& addressed);

/// The mail with a text of templates/mails/ that belongs to a request; what is beside the words
/// (attachments, another kind) the caller adds. Errors: those of MailTexts::compose().
[[nodiscard]] Result<mail::OutgoingMail> mail_about(const Works& works, const Matter& matter,
                                                    const Notice& notice,
                                                    const Addressed& addressed);

/// Into the outbox, in the name of the matter's authority.
Outcome post(store::Tx& tx, const Works& works, const Matter& matter,
             const Result<mail::OutgoingMail>& mail);

}  // namespace sealdesk::effects
