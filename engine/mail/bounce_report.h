#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sealdesk::mail {

/// What a message in the bounce mailbox is.
enum class Incoming {
    Report,     ///< a delivery status notification (RFC 3464)
    AutoReply,  ///< a vacation notice and the like (RFC 3834)
    Other,      ///< a person's words, or nothing readable
};

/// What a report says about one recipient. Texts are printable ASCII.
struct ReportedRecipient {
    std::string final_address;     ///< where it ended
    std::string original_address;  ///< as we wrote it, if the report knows it
    std::string action;            ///< lower case: failed, delayed, delivered, relayed, expanded
    std::string status;            ///< "5.1.1", or empty when it is none (RFC 3463)
    std::string diagnostic;        ///< what the refusing server said
};

struct IncomingMail {
    Incoming kind = Incoming::Other;
    std::vector<std::string> reached;  ///< addresses in To, Delivered-To, X-Original-To
    std::string envelope_id;           ///< RFC 3461; empty when the report has none
    std::string message_id;            ///< of the mail the report is about, with its brackets
    std::vector<ReportedRecipient> recipients;
};

/// So much of a message is looked at. The report proper stands before the returned mail.
inline constexpr std::size_t kIncomingBytesMax = 1'000'000;
/// Recipients of one report that are looked at; each mail of ours has one.
inline constexpr std::size_t kReportRecipientsMax = 100;

/// Reads a message as it came, from whoever wrote it: takes any bytes, never fails. What is not a
/// whole report (multipart/report with a readable message/delivery-status) is none.
[[nodiscard]] IncomingMail read_incoming(std::string_view bytes);

}  // namespace sealdesk::mail
