#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/number_series.h"
#include "base/result.h"
#include "crypto/hsm.h"
#include "mail/bounces.h"
#include "mail/domain_limits.h"
#include "mail/smtp_session.h"
#include "store/connection.h"

namespace sealdesk::cli {

/// The longest that an officer's PIN is remembered: a working day.
inline constexpr std::int64_t kOfficerPinMinutesMax = 600;

/// A desk's configuration, `<desk>/sealdesk.yaml`. Paths in it are relative to the desk. Secrets
/// are never in it, only the names of files that hold them.
struct Settings {
    store::ConnectionOptions store;
    std::filesystem::path forms;
    std::filesystem::path templates;
    std::filesystem::path ddl;
    std::filesystem::path jobs;         ///< when each job runs
    std::vector<std::string> alarm_to;  ///< operators who are told of failed jobs
    std::string alarm_from;             ///< the sender of those mails
    mail::SmtpSettings smtp;
    std::string message_id_domain;
    mail::BounceMailbox bounces;                  ///< where reports about our mails arrive
    mail::DomainLimits mail_domains;              ///< how fast single domains are written to
    std::filesystem::path mail_sign_certificate;  ///< signs our mails (S/MIME); empty: none does
    std::filesystem::path mail_sign_key;
    std::filesystem::path mail_sign_key_password_file;
    std::filesystem::path print_certificate;
    std::filesystem::path print_key;
    std::filesystem::path print_key_password_file;
    std::filesystem::path unblock_certificate;  ///< of the unblock service: PUKs are sealed to it
    std::filesystem::path unblock_key;
    std::filesystem::path unblock_key_password_file;
    std::filesystem::path card_pin_file;        ///< PIN of blank cards; empty: 123456
    std::filesystem::path card_puk_file;        ///< PUK of blank cards; empty: 12345678
    std::filesystem::path card_own_keys_file;   ///< master of each card's own key, or empty
    std::filesystem::path officers;             ///< folder of LOGIN.p12
    std::string officer_reader;                 ///< where officers' cards lie, unless --reader says
    std::chrono::minutes officer_pin_life{30};  ///< how long their PIN is remembered
    std::filesystem::path card_management_key_file;  ///< of blank cards, hexadecimal
    std::string card_management_key_kind = "3des";   ///< or "aes128", "aes192", "aes256"
    std::filesystem::path ca;                        ///< folder of the signing module
    std::filesystem::path ca_passphrase_file;
    std::filesystem::path weak_keys;                ///< folder of lists of them; empty: none
    crypto::HsmPlace hsm;                           ///< where keys of CAs lie that are not in files
    std::filesystem::path hsm_pin_file;             ///< of the token's PIN
    std::string ca_url;                             ///< of a CA elsewhere; empty: it signs here
    std::filesystem::path ca_url_ca_file;           ///< who certified that server
    std::string ca_cmp_path;                        ///< where it speaks CMP; empty: signed batches
    std::filesystem::path service_passphrase_file;  ///< of the keys of OCSP and CMP
    std::filesystem::path ra_passphrase_file;       ///< of the desk's key as an RA
    std::filesystem::path audit;                    ///< folder of the audit key and the checkpoints
    std::filesystem::path audit_passphrase_file;
    std::filesystem::path inbox;  ///< the hot folder, one sub-folder a counter
    /// The counters' sub-folders, and the login of who keys forms there.
    std::map<std::string, std::string> counters;
    /// How the post writes registered-mail numbers; none: digits that run on, no check digit.
    std::optional<NumberSeries> mail_numbers;
    std::chrono::seconds inbox_settled{5};  ///< how long a dropped file must have stood still
    std::chrono::days mail_kept{90};        ///< texts of mails that arrived
    bool demo = false;  ///< made by `init --demo`: its secrets lie beside their keys
};

/// Reads the file. Errors (Invalid): settings.missing, settings.not_yaml, settings.unknown_key,
/// settings.bad_value, each with file and line.
[[nodiscard]] Result<Settings> read_settings(const std::filesystem::path& desk);

/// Where the program's own forms/, templates/ and ddl/ lie: $SEALDESK_SHARE, else beside the
/// sources it was built from.
[[nodiscard]] std::filesystem::path share_folder();

}  // namespace sealdesk::cli
