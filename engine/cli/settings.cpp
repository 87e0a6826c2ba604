#include "cli/settings.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include <yaml-cpp/yaml.h>

#include "base/text.h"
#include "mail/message.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;

/// One setting: how its text becomes a member.
using Take = std::function<bool(Settings&, const std::string&)>;

Take path_to(fs::path Settings::*member, const fs::path& desk) {
    return [member, desk](Settings& settings, const std::string& text) {
        settings.*member = text.empty() ? fs::path() : desk / text;
        return true;
    };
}

template <class Part>
Take text_to(Part Settings::*part, std::string Part::*member) {
    return [part, member](Settings& settings, const std::string& text) {
        (settings.*part).*member = text;
        return true;
    };
}

template <class Part>
Take file_to(Part Settings::*part, std::string Part::*member, const fs::path& desk) {
    return [part, member, desk](Settings& settings, const std::string& text) {
        (settings.*part).*member = text.empty() ? "" : (desk / text).string();
        return true;
    };
}

constexpr std::int64_t kDomainLimitMax = 1'000'000;
constexpr std::int64_t kMailKeptDaysMax = 3650;

constexpr std::string_view kEmbedded = "sqlite:";

bool take_url(Settings& settings, const std::string& text, const fs::path& desk) {
    settings.store.url =
        text.starts_with(kEmbedded)
            ? std::string(kEmbedded) + (desk / text.substr(kEmbedded.size())).string()
            : text;
    return !text.empty();
}

bool take_tls(Settings& settings, const std::string& text) {
    const std::map<std::string, mail::TlsMode> modes{{"starttls", mail::TlsMode::StartTls},
                                                     {"implicit", mail::TlsMode::Implicit},
                                                     {"none", mail::TlsMode::None}};
    const auto found = modes.find(text);
    if (found != modes.end()) {
        settings.smtp.tls = found->second;
    }
    return found != modes.end();
}

bool take_inbox_settled(Settings& settings, const std::string& text) {
    const auto seconds = parse_number(text);
    if (!seconds || *seconds > 3600) {
        return false;
    }
    settings.inbox_settled = std::chrono::seconds(*seconds);
    return true;
}

bool take_mail_kept(Settings& settings, const std::string& text) {
    const auto days = parse_number(text);
    if (!days || *days < 1 || *days > kMailKeptDaysMax) {
        return false;
    }
    settings.mail_kept = std::chrono::days(*days);
    return true;
}

bool take_pin_life(Settings& settings, const std::string& text) {
    const auto minutes = parse_number(text);
    if (!minutes || *minutes < 1 || *minutes > kOfficerPinMinutesMax) {
        return false;
    }
    settings.officer_pin_life = std::chrono::minutes(*minutes);
    return true;
}

/// Addresses with blanks or commas between them.
bool take_alarm_addresses(Settings& settings, const std::string& text) {
    std::string spaced = text;
    std::ranges::replace(spaced, ',', ' ');
    std::istringstream words(spaced);
    for (std::string address; words >> address;) {
        if (!mail::check_address(address)) {
            return false;
        }
        settings.alarm_to.push_back(address);
    }
    return true;
}

Take word_to(std::string Settings::*member) {
    return [member](Settings& settings, const std::string& text) {
        settings.*member = text;
        return true;
    };
}

bool take_port(Settings& settings, const std::string& text) {
    const auto port = parse_number(text);
    if (port && *port > 0 && *port < 65536) {
        settings.smtp.port = static_cast<std::uint16_t>(*port);
        return true;
    }
    return false;
}

bool take_bounce_address(Settings& settings, const std::string& text) {
    settings.bounces.address = text;
    return text.empty() || mail::check_address(text).has_value();
}

/// "*: {sessions: 2, per_minute: 300}", one domain a line.
bool take_domains(Settings& settings, const YAML::Node& domains) {
    for (const auto& entry : domains) {
        if (!entry.second.IsMap()) {
            return false;
        }
        mail::DomainLimit& limit =
            settings.mail_domains[to_lower_ascii(entry.first.as<std::string>())];
        for (const auto& one : entry.second) {
            const std::string what = one.first.as<std::string>();
            const auto number = parse_number(one.second.as<std::string>());
            if (!number || *number < 1 || *number > kDomainLimitMax ||
                (what != "sessions" && what != "per_minute")) {
                return false;
            }
            (what == "sessions" ? limit.sessions : limit.per_minute) = static_cast<int>(*number);
        }
    }
    return domains.IsMap();
}

bool take_message_id_domain(Settings& settings, const std::string& text) {
    settings.message_id_domain = text;
    return !text.empty();
}

/// "RR########*TW s10", or without a check digit "######70000117".
bool take_mail_numbers(Settings& settings, const std::string& text) {
    const auto gap = text.find(' ');
    const auto check = gap == std::string::npos ? NumberSeries::Check::None
                                                : NumberSeries::check_from(trim(text.substr(gap)));
    settings.mail_numbers = check ? NumberSeries::parse(text.substr(0, gap), *check) : std::nullopt;
    return text.empty() || settings.mail_numbers.has_value();
}

using KnownSettings = std::map<std::string, Take>;

KnownSettings office_settings(const fs::path& desk) {
    using store::ConnectionOptions;
    return {
        {"store.url", [desk](Settings& s, const std::string& t) { return take_url(s, t, desk); }},
        {"store.password_file", file_to(&Settings::store, &ConnectionOptions::password_file, desk)},
        {"store.socket", text_to(&Settings::store, &ConnectionOptions::socket)},
        {"store.tls_ca", file_to(&Settings::store, &ConnectionOptions::tls_ca, desk)},
        {"store.tls_certificate",
         file_to(&Settings::store, &ConnectionOptions::tls_certificate, desk)},
        {"store.tls_key", file_to(&Settings::store, &ConnectionOptions::tls_key, desk)},
        {"office.forms", path_to(&Settings::forms, desk)},
        {"office.templates", path_to(&Settings::templates, desk)},
        {"office.ddl", path_to(&Settings::ddl, desk)},
        {"office.jobs", path_to(&Settings::jobs, desk)},
        {"alarm.to", take_alarm_addresses},
        {"alarm.from",
         [](Settings& s, const std::string& t) {
             s.alarm_from = t;
             return mail::check_address(t).has_value();
         }},
        {"office.officers", path_to(&Settings::officers, desk)},
        {"office.inbox", path_to(&Settings::inbox, desk)},
        {"office.inbox_settled_seconds", take_inbox_settled},
        {"office.demo",
         [](Settings& s, const std::string& t) {
             s.demo = t == "true";
             return t == "true" || t == "false";
         }},
    };
}

KnownSettings mail_settings(const fs::path& desk) {
    using mail::SmtpSettings;
    return {
        {"mail.host", text_to(&Settings::smtp, &SmtpSettings::host)},
        {"mail.port", take_port},
        {"mail.tls", take_tls},
        {"mail.ca_file", file_to(&Settings::smtp, &SmtpSettings::ca_file, desk)},
        {"mail.user", text_to(&Settings::smtp, &SmtpSettings::user)},
        {"mail.password_file", file_to(&Settings::smtp, &SmtpSettings::password_file, desk)},
        {"mail.client_name", text_to(&Settings::smtp, &SmtpSettings::client_name)},
        {"mail.message_id_domain", take_message_id_domain},
        {"mail.bounces",
         [desk](Settings& s, const std::string& t) {
             s.bounces.folder = t.empty() ? fs::path() : desk / t;
             return true;
         }},
        {"mail.bounce_address", take_bounce_address},
        {"mail.sign_certificate", path_to(&Settings::mail_sign_certificate, desk)},
        {"mail.sign_key", path_to(&Settings::mail_sign_key, desk)},
        {"mail.sign_key_password_file", path_to(&Settings::mail_sign_key_password_file, desk)},
        {"mail.keep_days", take_mail_kept},
    };
}

KnownSettings card_and_print_settings(const fs::path& desk) {
    return {
        {"officer.reader", word_to(&Settings::officer_reader)},
        {"officer.pin_minutes", take_pin_life},
        {"card.pin_file", path_to(&Settings::card_pin_file, desk)},
        {"card.puk_file", path_to(&Settings::card_puk_file, desk)},
        {"card.own_keys_file", path_to(&Settings::card_own_keys_file, desk)},
        {"card.management_key_file", path_to(&Settings::card_management_key_file, desk)},
        {"card.management_key_kind", word_to(&Settings::card_management_key_kind)},
        {"print.certificate", path_to(&Settings::print_certificate, desk)},
        {"print.key", path_to(&Settings::print_key, desk)},
        {"print.key_password_file", path_to(&Settings::print_key_password_file, desk)},
        {"post.numbers", take_mail_numbers},
        {"unblock.certificate", path_to(&Settings::unblock_certificate, desk)},
        {"unblock.key", path_to(&Settings::unblock_key, desk)},
        {"unblock.key_password_file", path_to(&Settings::unblock_key_password_file, desk)},
    };
}

KnownSettings ca_and_audit_settings(const fs::path& desk) {
    return {
        {"ca.folder", path_to(&Settings::ca, desk)},
        {"ca.passphrase_file", path_to(&Settings::ca_passphrase_file, desk)},
        {"ca.pkcs11_module",
         [desk](Settings& s, const std::string& t) {
             s.hsm.module = t.empty() ? fs::path() : desk / t;
             return true;
         }},
        {"ca.pkcs11_token", text_to(&Settings::hsm, &crypto::HsmPlace::token)},
        {"ca.weak_keys", path_to(&Settings::weak_keys, desk)},
        {"ca.pkcs11_pin_file", path_to(&Settings::hsm_pin_file, desk)},
        {"ca.url", word_to(&Settings::ca_url)},
        {"ca.url_ca_file", path_to(&Settings::ca_url_ca_file, desk)},
        {"ca.cmp_path",
         [](Settings& s, const std::string& t) {
             s.ca_cmp_path = t;
             return t.empty() || t.front() == '/';
         }},
        {"ca.service_passphrase_file", path_to(&Settings::service_passphrase_file, desk)},
        {"ca.ra_passphrase_file", path_to(&Settings::ra_passphrase_file, desk)},
        {"audit.folder", path_to(&Settings::audit, desk)},
        {"audit.passphrase_file", path_to(&Settings::audit_passphrase_file, desk)},
    };
}

KnownSettings known_settings(const fs::path& desk) {
    KnownSettings known = office_settings(desk);
    known.merge(mail_settings(desk));
    known.merge(card_and_print_settings(desk));
    known.merge(ca_and_audit_settings(desk));
    return known;
}

Error at_line(const fs::path& file, const YAML::Mark& mark, std::string code, std::string detail) {
    return {ErrorKind::Invalid,
            std::move(code),
            std::move(detail),
            file.string() + ":" + std::to_string(mark.line + 1),
            {}};
}

Outcome take_section(Settings& settings, const fs::path& file, const std::string& section,
                     const YAML::Node& node, const KnownSettings& known) {
    if (!node.IsMap()) {
        return at_line(file, node.Mark(), "settings.bad_value",
                       "A section holds settings, one a line, indented.");
    }
    for (const auto& entry : node) {
        if (section == "inbox") {  // its keys are the counters' own folders
            settings.counters[entry.first.as<std::string>()] = entry.second.as<std::string>();
            continue;
        }
        const std::string name = section + "." + entry.first.as<std::string>();
        if (name == "mail.domains") {
            if (!take_domains(settings, entry.second)) {
                return at_line(file, entry.second.Mark(), "settings.bad_value",
                               "A domain has \"sessions\" and \"per_minute\", numbers from 1.");
            }
            continue;
        }
        const auto found = known.find(name);
        if (found == known.end()) {
            return at_line(file, entry.first.Mark(), "settings.unknown_key",
                           "There is no setting '" + name + "'; see the README's table.");
        }
        const std::string text = entry.second.IsNull() ? "" : entry.second.as<std::string>();
        if (!found->second(settings, text)) {
            return at_line(file, entry.second.Mark(), "settings.bad_value",
                           "This is no value for '" + name + "'; see the README's table.");
        }
    }
    return done();
}

Settings defaults(const fs::path& desk) {
    Settings settings;
    const fs::path share = share_folder();
    settings.store.url = "sqlite:" + (desk / "data/sealdesk.db").string();
    settings.forms = share / "forms";
    settings.templates = share / "templates";
    settings.ddl = share / "ddl";
    settings.jobs = share / "jobs";
    settings.officers = desk / "officers";
    settings.inbox = desk / "inbox";
    settings.print_certificate = desk / "print/room.pem";
    settings.print_key = desk / "print/room.key";
    settings.unblock_certificate = desk / "unblock/service.pem";
    settings.unblock_key = desk / "unblock/service.key";
    settings.unblock_key_password_file = desk / "secrets/unblock.passphrase";
    settings.ca = desk / "ca";
    settings.service_passphrase_file = desk / "secrets/service.passphrase";
    settings.ra_passphrase_file = desk / "secrets/ra.passphrase";
    settings.audit = desk / "audit";
    settings.message_id_domain = "sealdesk.invalid";
    return settings;
}

}  // namespace

fs::path share_folder() {
    if (const char* share = std::getenv("SEALDESK_SHARE")) {  // NOLINT(concurrency-mt-unsafe)
        return share;
    }
    return SEALDESK_SOURCE_DIR;
}

Result<Settings> read_settings(const fs::path& desk) {
    const fs::path file = desk / "sealdesk.yaml";
    if (!fs::exists(file)) {
        return Error{ErrorKind::NotFound,
                     "settings.missing",
                     "There is no desk here; make one with `sealdesk init`, or name another with "
                     "--desk.",
                     file.string(),
                     {}};
    }
    Settings settings = defaults(desk);
    const auto known = known_settings(desk);
    try {
        const YAML::Node root = YAML::LoadFile(file.string());
        for (const auto& section : root) {
            const auto taken = take_section(settings, file, section.first.as<std::string>(),
                                            section.second, known);
            if (!taken) {
                return taken.error();
            }
        }
    } catch (const YAML::Exception& e) {
        return at_line(file, e.mark, "settings.not_yaml", "The file is not YAML: " + e.msg + ".");
    }
    if (!settings.alarm_to.empty() && settings.alarm_from.empty()) {
        return Error{ErrorKind::Invalid,
                     "settings.bad_value",
                     "alarm.to needs alarm.from, the sender of the alarms.",
                     file.string(),
                     {}};
    }
    return settings;
}

}  // namespace sealdesk::cli
