#include "mail/bounce_report.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "mail/smtp_reply.h"

namespace sealdesk::mail {
namespace {

constexpr int kHeadersMax = 500;                // of one block
constexpr std::size_t kHeaderBytesMax = 4'000;  // one header, unfolded
constexpr int kReportPartsMax = 20;
constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 §5.1.1
constexpr std::size_t kAddressesMax = 20;

/// One line, without its end; `rest` goes on behind it.
std::string_view next_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A block of headers, such as a message's own or one recipient's in a report.
class HeaderBlock {
public:
    /// Takes the block at the head of `rest`, and the empty line that ends it.
    static HeaderBlock take(std::string_view& rest) {
        HeaderBlock block;
        while (!rest.empty()) {
            const std::string_view line = next_line(rest);
            if (line.empty()) {
                break;
            }
            block.add(line);
        }
        return block;
    }

    [[nodiscard]] bool empty() const { return headers_.empty(); }

    /// The first one of a name (lower case); empty when there is none.
    [[nodiscard]] std::string_view value(std::string_view name) const {
        const auto found = std::ranges::find(headers_, name, &Entry::first);
        return found == headers_.end() ? std::string_view() : std::string_view(found->second);
    }
    void for_each(std::string_view name, const auto& look) const {
        for (const auto& [known, value] : headers_) {
            if (known == name) {
                look(std::string_view(value));
            }
        }
    }

private:
    using Entry = std::pair<std::string, std::string>;

    void add(std::string_view line) {
        if (is_blank(line.front())) {  // goes on with the header before
            if (!headers_.empty() && headers_.back().second.size() < kHeaderBytesMax) {
                headers_.back().second += " " + trim(line.substr(0, kHeaderBytesMax));
            }
            return;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || headers_.size() >= std::size_t(kHeadersMax)) {
            return;
        }
        headers_.emplace_back(to_lower_ascii(trim(line.substr(0, colon))),
                              trim(line.substr(colon + 1, kHeaderBytesMax)));
    }

    std::vector<Entry> headers_;
};

/// "multipart/report" of "Multipart/Report; boundary=x".
std::string media_type(const HeaderBlock& headers) {
    const std::string_view value = headers.value("content-type");
    return to_lower_ascii(trim(value.substr(0, value.find(';'))));
}

/// A parameter of Content-Type, quoted or not; empty when absent.
std::string parameter(const HeaderBlock& headers, std::string_view name) {
    const std::string value(headers.value("content-type"));
    const std::string lower = to_lower_ascii(value);
    std::size_t at = lower.find(';');
    while (at != std::string::npos) {
        at = lower.find_first_not_of(" \t;", at);
        if (at == std::string::npos) {
            break;
        }
        if (lower.compare(at, name.size(), name) == 0 && lower[at + name.size()] == '=') {
            const std::size_t start = at + name.size() + 1;
            if (start < value.size() && value[start] == '"') {
                return value.substr(start + 1, value.find('"', start + 1) - start - 1);
            }
            return value.substr(start, value.find_first_of("; \t", start) - start);
        }
        at = lower.find(';', at);
    }
    return {};
}

/// The address behind "rfc822;" (RFC 3464 §2.1.2).
std::string typed_address(std::string_view field) {
    const std::size_t type_end = field.find(';');
    std::string address =
        trim(type_end == std::string_view::npos ? field : field.substr(type_end + 1));
    if (address.starts_with('<') && address.ends_with('>')) {
        address = address.substr(1, address.size() - 2);
    }
    return harmless(address);
}

bool is_status(std::string_view text) {  // RFC 3463 §2
    const auto parts = split(text, '.');
    return parts.size() == 3 && (parts[0] == "2" || parts[0] == "4" || parts[0] == "5") &&
           std::ranges::all_of(parts, [](const std::string& part) {
               return part.size() <= 3 && parse_number(part).has_value();
           });
}

/// The code at the beginning: some servers explain it in the same line.
std::string status_in(std::string_view field) {
    const std::string_view code = field.substr(0, field.find_first_of(" \t("));
    return is_status(code) ? std::string(code) : std::string();
}

void read_delivery_status(std::string_view part, IncomingMail& mail) {
    const HeaderBlock whole = HeaderBlock::take(part);
    mail.envelope_id = harmless(whole.value("original-envelope-id"));
    for (std::size_t blocks = 0; !part.empty() && blocks < 2 * kReportRecipientsMax; ++blocks) {
        const HeaderBlock one = HeaderBlock::take(part);
        if (typed_address(one.value("final-recipient")).empty() ||
            mail.recipients.size() >= kReportRecipientsMax) {
            continue;
        }
        mail.recipients.push_back({typed_address(one.value("final-recipient")),
                                   typed_address(one.value("original-recipient")),
                                   to_lower_ascii(harmless(one.value("action"))),
                                   status_in(one.value("status")),
                                   typed_address(one.value("diagnostic-code"))});
    }
}

void read_part(std::string_view part, IncomingMail& mail) {
    const std::string type = media_type(HeaderBlock::take(part));
    if (type == "message/delivery-status" || type == "message/global-delivery-status") {
        if (mail.recipients.empty()) {
            read_delivery_status(part, mail);
        }
    } else if (type == "message/rfc822" || type == "text/rfc822-headers" ||
               type == "message/global" || type == "message/global-headers") {
        mail.message_id = harmless(HeaderBlock::take(part).value("message-id"));
    }
}

/// Cuts the body at its boundary lines and reads each part. The last may be cut off.
void read_parts(std::string_view body, const std::string& boundary, IncomingMail& mail) {
    const std::string marker = "--" + boundary;
    std::optional<std::size_t> start;
    std::string_view rest = body;
    for (int parts = 0; !rest.empty() && parts < kReportPartsMax;) {
        const std::size_t line_at = body.size() - rest.size();
        const std::string_view line = next_line(rest);
        if (!line.starts_with(marker)) {
            continue;
        }
        if (start) {
            read_part(body.substr(*start, line_at - *start), mail);
            ++parts;
        }
        start = body.size() - rest.size();
        if (line.substr(marker.size()).starts_with("--")) {
            return;
        }
    }
    if (start) {
        read_part(body.substr(*start), mail);
    }
}

/// Every "name@domain" in a header of addresses.
void add_addresses(std::string_view value, std::vector<std::string>& addresses) {
    constexpr std::string_view around = " \t<>,;\"()";
    while (!value.empty() && addresses.size() < kAddressesMax) {
        const std::size_t start = std::min(value.find_first_not_of(around), value.size());
        value.remove_prefix(start);
        const std::size_t end = std::min(value.find_first_of(around), value.size());
        const std::string_view word = value.substr(0, end);
        if (word.find('@') != std::string_view::npos) {
            addresses.push_back(harmless(word));
        }
        value.remove_prefix(end);
    }
}

bool is_auto_reply(const HeaderBlock& headers) {
    const std::string automatic = to_lower_ascii(headers.value("auto-submitted"));
    return automatic.starts_with("auto-replied") || automatic.starts_with("auto-generated") ||
           to_lower_ascii(headers.value("precedence")) == "auto_reply" ||
           !headers.value("x-autoreply").empty();
}

}  // namespace

IncomingMail read_incoming(std::string_view bytes) {
    IncomingMail mail;
    std::string_view rest = bytes.substr(0, kIncomingBytesMax);
    const HeaderBlock headers = HeaderBlock::take(rest);
    for (const char* name : {"delivered-to", "x-original-to", "to"}) {
        headers.for_each(name, [&](std::string_view value) { add_addresses(value, mail.reached); });
    }
    const std::string boundary = parameter(headers, "boundary");
    const bool looks_like_one =
        media_type(headers) == "multipart/report" &&
        to_lower_ascii(parameter(headers, "report-type")) == "delivery-status" &&
        !boundary.empty() && boundary.size() <= kBoundaryMax;
    if (looks_like_one) {
        read_parts(rest, boundary, mail);
    }
    if (!mail.recipients.empty()) {
        mail.kind = Incoming::Report;
    } else if (is_auto_reply(headers)) {
        mail.kind = Incoming::AutoReply;
    }
    return mail;
}

}  // namespace sealdesk::mail
