#include "mail/calendar_event.h"

#include <algorithm>
#include <string_view>

namespace sealdesk::mail {
namespace {

constexpr std::size_t kLineBytes = 75;  // RFC 5545 §3.1, without the line end

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// One content line, folded (RFC 5545 §3.1).
void add_line(std::string& out, std::string_view line) {
    std::size_t room = kLineBytes;
    while (line.size() > room) {
        std::size_t cut = room;
        while (cut > 0 && continues_character(line[cut])) {
            --cut;
        }
        out.append(line.substr(0, cut)).append("\r\n ");
        line.remove_prefix(cut);
        room = kLineBytes - 1;  // the blank counts
    }
    out.append(line).append("\r\n");
}

/// RFC 5545 §3.3.11. Control characters other than line ends are left out.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\\' || c == ';' || c == ',') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) >= 0x20U && c != 0x7F) {
            out += c;
        }
    }
    return out;
}

/// "20261231"
std::string date_of(std::chrono::year_month_day day) {
    std::string text = to_iso_text(day);
    std::erase(text, '-');
    return text;
}

/// "20261127T010203Z"
std::string stamp_of(Instant at) {
    std::string text = to_utc_text(at);
    std::erase(text, '-');
    std::erase(text, ':');
    return text;
}

void add_event(std::string& out, const CalendarEvent& event, Instant stamp) {
    const std::chrono::year_month_day after(std::chrono::sys_days(event.day) +
                                            std::chrono::days(1));
    add_line(out, "BEGIN:VEVENT");
    add_line(out, "UID:" + escaped(event.uid));
    add_line(out, "DTSTAMP:" + stamp_of(stamp));
    add_line(out, "DTSTART;VALUE=DATE:" + date_of(event.day));
    add_line(out, "DTEND;VALUE=DATE:" + date_of(after));
    add_line(out, "SUMMARY:" + escaped(event.summary));
    add_line(out, "DESCRIPTION:" + escaped(event.description));
    add_line(out, "TRANSP:TRANSPARENT");
    if (event.alarm_days > 0) {
        add_line(out, "BEGIN:VALARM");
        add_line(out, "ACTION:DISPLAY");
        add_line(out, "TRIGGER:-P" + std::to_string(event.alarm_days) + "D");
        add_line(out, "DESCRIPTION:" + escaped(event.summary));
        add_line(out, "END:VALARM");
    }
    add_line(out, "END:VEVENT");
}

}  // namespace

std::string calendar_file(std::span<const CalendarEvent> events, Instant stamp) {
    std::string out;
    add_line(out, "BEGIN:VCALENDAR");
    add_line(out, "VERSION:2.0");
    add_line(out, "PRODID:-//Sealdesk//RA//ZH");
    add_line(out, "METHOD:PUBLISH");
    for (const CalendarEvent& event : events) {
        add_event(out, event, stamp);
    }
    add_line(out, "END:VCALENDAR");
    return out;
}

}  // namespace sealdesk::mail
