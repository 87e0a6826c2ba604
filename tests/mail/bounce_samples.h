#pragma once

#include <string>

namespace sealdesk::mail::test {

/// A report as Postfix writes it, with what a test is about.
struct ReportSample {
    std::string to = "bounce+0123456789abcdef0123456789abcdef@example.test";
    std::string envelope_id = "0123456789abcdef0123456789abcdef";
    std::string final_recipient = "wang@example.test";
    std::string original_recipient = "wang@example.test";
    std::string status = "5.1.1";
    std::string action = "failed";
    std::string diagnostic = "smtp; 550 5.1.1 <wang@example.test>: no such user";
    std::string message_id = "<abc@ra.example.test>";
};

inline std::string a_report(const ReportSample& sample) {
    const auto field = [](const std::string& name, const std::string& value) {
        return value.empty() ? std::string() : name + value + "\r\n";
    };
    return "Return-Path: <>\r\n" + field("Delivered-To: ", sample.to) +
           "Date: Fri, 27 Nov 2026 03:00:00 +0800 (CST)\r\n"
           "From: MAILER-DAEMON@mail.example.test (Mail Delivery System)\r\n"
           "Subject: Undelivered Mail Returned to Sender\r\n" +
           field("To: ", sample.to) +
           "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
           "Content-Type: multipart/report; report-type=delivery-status;\r\n"
           "\tboundary=\"b1\"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n"
           "--b1\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry.\r\n\r\n"
           "--b1\r\nContent-Description: Delivery report\r\n"
           "Content-Type: message/delivery-status\r\n\r\n"
           "Reporting-MTA: dns; mail.example.test\r\n" +
           field("Original-Envelope-Id: ", sample.envelope_id) +
           "X-Postfix-Sender: rfc822; bounce@example.test\r\n\r\n" +
           field("Final-Recipient: rfc822; ", sample.final_recipient) +
           field("Original-Recipient: rfc822;", sample.original_recipient) +
           field("Action: ", sample.action) + field("Status: ", sample.status) +
           field("Diagnostic-Code: ", sample.diagnostic) +
           "\r\n--b1\r\nContent-Description: Undelivered Message Headers\r\n"
           "Content-Type: text/rfc822-headers\r\n\r\n" +
           field("Message-ID: ", sample.message_id) + "Subject: x\r\n\r\n--b1--\r\n";
}

}  // namespace sealdesk::mail::test
