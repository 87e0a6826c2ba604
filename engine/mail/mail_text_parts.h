#pragma once

// Inside of mail/ only: what templates/mails/ holds, read and checked.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealdesk::mail {

/// Fixed words, or the name of a field.
struct TextPiece {
    std::string text;
    bool is_field;
};
using TextLine = std::vector<TextPiece>;

struct Paragraph {
    TextLine line;
    std::string when = {};    ///< shown only when this field is filled
    std::string unless = {};  ///< shown only when this field is empty
};

struct DeclaredField {
    std::string sample;
    bool required;
    std::string where;  ///< "file:line"
};

struct MailText {
    std::string where;  ///< "file:line" of the declarations
    std::map<std::string, DeclaredField> fields;
    TextLine subject_zh;
    TextLine subject_en;
    std::vector<Paragraph> body_zh;
    std::vector<Paragraph> body_en;
};

struct MailFrame {
    TextLine subject;
    std::vector<Paragraph> opening_zh;
    std::vector<Paragraph> opening_en;
    std::vector<Paragraph> closing;
    TextLine layout;  ///< of the HTML part; its fields: subject, chinese, english, closing
};

/// Fields that every text may show without declaring them, with sample values for those that the
/// scheme does not know.
[[nodiscard]] const std::map<std::string, std::string>& fields_of_all_mails();

[[nodiscard]] Result<MailText> read_mail_text(const std::filesystem::path& file);
[[nodiscard]] Result<MailFrame> read_mail_frame(const std::filesystem::path& frame,
                                                const std::filesystem::path& layout);

}  // namespace sealdesk::mail
