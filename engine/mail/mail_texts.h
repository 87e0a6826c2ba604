#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "scheme/scheme.h"

namespace sealdesk::mail {

/// What the placeholders of a mail's text become. Every field that the text declares required must
/// be there and filled, and nothing that it does not declare. Beside its own, every text has those
/// of all mails: recipient_name (required), request_number (may be left out), and what the scheme
/// says of itself: scheme, scheme_en, authority, authority_en, authority_address, authority_phone,
/// authority_website.
using TextFields = std::map<std::string, std::string>;

/// A mail's words, ready for OutgoingMail. `heading` and `body` are the text's own in each
/// language, without greeting and signature block: what a letter about the same matter says.
struct WrittenMail {
    std::string subject;  ///< Chinese, then English
    std::string text;
    std::string html;
    Bilingual heading;
    Bilingual body;
};

/// One text as it was read: templates/mails/<name>.yaml.
struct MailText;
/// What stands around every text: templates/mails/frame.yaml and layout.html.
struct MailFrame;

/// The mails of an office: templates/<scheme>/mails/<name>.yaml when the scheme has its own, else
/// templates/mails/<name>.yaml. Each is read and checked when it is first asked for.
class MailTexts {
public:
    explicit MailTexts(std::filesystem::path root);
    ~MailTexts();
    MailTexts(const MailTexts&) = delete;
    MailTexts& operator=(const MailTexts&) = delete;

    /// Errors (Invalid): mail_text.bad_name; those of reading the file, each with file and line:
    /// scheme.no_such_file, scheme.not_yaml, scheme.repeated_key, mail_text.shape (unknown, missing
    /// or misplaced entry), mail_text.unknown_field (a placeholder that is not declared),
    /// mail_text.unused_field (a declared field that nothing shows), and, when a mail is written,
    /// mail_text.field_missing and mail_text.field_unused. Details never hold a field's value.
    [[nodiscard]] Result<WrittenMail> compose(const scheme::Scheme& scheme, std::string_view name,
                                              const TextFields& fields);

    /// The same with the sample values that stand in the file itself. Error besides:
    /// mail_text.other_fields when a scheme's own text declares others than the house's.
    [[nodiscard]] Result<WrittenMail> compose_sample(const scheme::Scheme& scheme,
                                                     std::string_view name);

    /// Names of all texts of the office, in order; a scheme's own have the same names.
    [[nodiscard]] std::vector<std::string> names() const;

    /// Whether the scheme has wording of its own for a text.
    [[nodiscard]] bool is_own(const scheme::Scheme& scheme, std::string_view name) const;

private:
    [[nodiscard]] Result<const MailText*> text(const std::string& scheme, std::string_view name);
    [[nodiscard]] Result<const MailFrame*> frame(const std::string& scheme);
    [[nodiscard]] std::filesystem::path file_of(const std::string& scheme,
                                                const std::string& file_name) const;

    std::filesystem::path root_;
    std::map<std::filesystem::path, std::unique_ptr<MailText>> texts_;
    std::map<std::string, std::unique_ptr<MailFrame>> frames_;  ///< by scheme
};

}  // namespace sealdesk::mail
