#pragma once

#include <chrono>
#include <string>

#include "mail/outbox.h"
#include "mail/smtp_session.h"
#include "support/smtp_peer.h"

namespace sealdesk::mail::test {

inline MailIdentity our_identity() {
    return MailIdentity{.from = {.name = "憑證註冊中心", .address = "ra@example.test"},
                        .envelope_from = "bounce@example.test",
                        .message_id_domain = "ra.example.test"};
}

inline OutgoingMail a_mail(const std::string& key, const std::string& to = "wang@example.test") {
    return OutgoingMail{
        .dedup_key = key,
        .kind = "slip",
        .subject_ref = 4711,
        .to = {.name = "王小明", .address = to},
        .subject = "您的憑證帳號密碼單",
        .text = "您好:\n請用收據上的開啟碼開啟附件。\n",
        .attachments = {
            {.name = "密碼單.pdf", .type = "application/pdf", .bytes = "%PDF-1.7 not really"}}};
}

/// Larger than what the network between us and the peer holds: it cannot leave before the peer
/// reads it.
inline OutgoingMail a_large_mail(const std::string& key,
                                 const std::string& to = "wang@example.test") {
    OutgoingMail mail = a_mail(key, to);
    mail.attachments[0].bytes.assign(5'500'000, 'x');
    return mail;
}

/// Short waits, so that a silent server costs a test milliseconds.
inline SmtpSettings settings_for(const sealdesk::test::SmtpPeer& peer) {
    using std::chrono::milliseconds;
    return SmtpSettings{.host = "localhost",
                        .port = peer.port(),
                        .ca_file = peer.ca_file(),
                        .client_name = "desk.example.test",
                        .user = "desk",
                        .password_file = peer.password_file(),
                        .connect_wait = milliseconds(2'000),
                        .command_wait = milliseconds(2'000),
                        .dot_wait = milliseconds(2'000)};
}

/// "ok", or the error's code.
template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

}  // namespace sealdesk::mail::test
