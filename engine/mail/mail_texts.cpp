#include "mail/mail_texts.h"

#include <algorithm>
#include <utility>

#include "mail/mail_text_parts.h"

namespace sealdesk::mail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFrameName = "frame";

Error text_error(std::string code, std::string detail, std::string where) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), std::move(where), {}};
}

std::string value_of(const TextFields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
}

std::string filled(const TextLine& line, const TextFields& fields) {
    std::string text;
    for (const TextPiece& piece : line) {
        text += piece.is_field ? value_of(fields, piece.text) : piece.text;
    }
    return text;
}

/// A subject is one line, whatever its fields hold.
std::string filled_line(const TextLine& line, const TextFields& fields) {
    std::string text = filled(line, fields);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

using Paragraphs = std::vector<std::string>;

/// The paragraphs that are shown; one that comes out empty is not.
Paragraphs filled(const std::vector<Paragraph>& paragraphs, const TextFields& fields) {
    Paragraphs shown;
    for (const Paragraph& paragraph : paragraphs) {
        const bool wanted =
            (paragraph.when.empty() || !value_of(fields, paragraph.when).empty()) &&
            (paragraph.unless.empty() || value_of(fields, paragraph.unless).empty());
        std::string text = wanted ? filled(paragraph.line, fields) : std::string();
        if (!text.empty()) {
            shown.push_back(std::move(text));
        }
    }
    return shown;
}

std::string as_text(const Paragraphs& paragraphs) {
    std::string text;
    for (const std::string& paragraph : paragraphs) {
        text += (text.empty() ? "" : "\n\n") + paragraph;
    }
    return text;
}

std::string as_html(const Paragraphs& paragraphs) {
    std::string html;
    for (const std::string& paragraph : paragraphs) {
        html += "<p>";
        for (const char c : to_html(paragraph)) {
            html += c == '\n' ? std::string("<br>\n") : std::string(1, c);
        }
        html += "</p>\n";
    }
    return html;
}

Paragraphs joined(Paragraphs first, const Paragraphs& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

void add_words_of(const scheme::Scheme& scheme, TextFields& fields) {
    const scheme::Authority& authority = scheme.authority;
    fields["scheme"] = scheme.short_title.zh;
    fields["scheme_en"] = scheme.short_title.en;
    fields["authority"] = authority.name.zh;
    fields["authority_en"] = authority.name.en;
    fields["authority_address"] = authority.address.zh;
    fields["authority_phone"] = authority.phone;
    fields["authority_website"] = authority.website;
}

Outcome check_given(const MailText& text, std::string_view name, const TextFields& fields) {
    const auto is_missing = [&](const std::string& field) {
        return value_of(fields, field).empty();
    };
    if (is_missing("recipient_name")) {
        return text_error("mail_text.field_missing", "The field \"recipient_name\" is not given.",
                          text.where);
    }
    for (const auto& [field, declared] : text.fields) {
        if (declared.required && is_missing(field)) {
            return text_error("mail_text.field_missing",
                              "The field \"" + field + "\" is not given.", declared.where);
        }
    }
    for (const auto& [field, value] : fields) {
        if (!text.fields.contains(field) && !fields_of_all_mails().contains(field)) {
            return text_error("mail_text.field_unused",
                              "The mail \"" + std::string(name) + "\" has no field \"" + field +
                                  "\"; declare it and show it.",
                              text.where);
        }
    }
    return done();
}

WrittenMail write(const MailFrame& frame, const MailText& text, TextFields fields) {
    WrittenMail mail;
    const Paragraphs zh = filled(text.body_zh, fields);
    const Paragraphs en = filled(text.body_en, fields);
    const Paragraphs closing = filled(frame.closing, fields);
    mail.heading = {filled_line(text.subject_zh, fields), filled_line(text.subject_en, fields)};
    mail.body = {as_text(zh), as_text(en)};

    const Paragraphs chinese = joined(filled(frame.opening_zh, fields), zh);
    const Paragraphs english = joined(filled(frame.opening_en, fields), en);
    mail.text = as_text(joined(joined(chinese, english), closing)) + "\n";
    fields["heading"] = mail.heading.zh;
    fields["heading_en"] = mail.heading.en;
    mail.subject = filled_line(frame.subject, fields);
    mail.html = filled(frame.layout, {{"subject", to_html(mail.subject)},
                                      {"chinese", as_html(chinese)},
                                      {"english", as_html(english)},
                                      {"closing", as_html(closing)}});
    return mail;
}

}  // namespace

MailTexts::MailTexts(fs::path root) : root_(std::move(root)) {}
MailTexts::~MailTexts() = default;

Result<WrittenMail> MailTexts::compose(const scheme::Scheme& scheme, std::string_view name,
                                       const TextFields& fields) {
    const auto around = frame(scheme.id);
    if (!around) {
        return around.error();
    }
    const auto found = text(scheme.id, name);
    if (!found) {
        return found.error();
    }
    const auto given = check_given(**found, name, fields);
    if (!given) {
        return given.error();
    }
    TextFields all = fields;
    add_words_of(scheme, all);
    return write(**around, **found, std::move(all));
}

Result<WrittenMail> MailTexts::compose_sample(const scheme::Scheme& scheme, std::string_view name) {
    const auto found = text(scheme.id, name);
    const auto house = text("", name);
    for (const auto* read : {&found, &house}) {
        if (!*read) {
            return read->error();
        }
    }
    const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
    if (!std::ranges::equal((*found)->fields, (*house)->fields, same_name)) {
        return text_error("mail_text.other_fields",
                          "The scheme's own text declares other fields than the house's of the "
                          "same name.",
                          (*found)->where);
    }
    TextFields fields;
    for (const auto& [field, declared] : (*found)->fields) {
        fields[field] = declared.sample;
    }
    for (const auto& [field, sample] : fields_of_all_mails()) {
        if (!sample.empty()) {
            fields[field] = sample;
        }
    }
    return compose(scheme, name, fields);
}

std::vector<std::string> MailTexts::names() const {
    std::vector<std::string> names;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(root_ / "mails", unreadable)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() == ".yaml" && name != kFrameName) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

bool MailTexts::is_own(const scheme::Scheme& scheme, std::string_view name) const {
    const std::string file_name = std::string(name) + ".yaml";
    return file_of(scheme.id, file_name) != root_ / "mails" / file_name;
}

fs::path MailTexts::file_of(const std::string& scheme, const std::string& file_name) const {
    const fs::path own = root_ / scheme / "mails" / file_name;
    std::error_code absent;
    return fs::exists(own, absent) ? own : root_ / "mails" / file_name;
}

Result<const MailText*> MailTexts::text(const std::string& scheme, std::string_view name) {
    if (name.empty() || name == kFrameName ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos) {
        return text_error("mail_text.bad_name", "The name of a mail is made of a-z 0-9 -.", {});
    }
    const fs::path file = file_of(scheme, std::string(name) + ".yaml");
    auto known = texts_.find(file);
    if (known == texts_.end()) {
        auto read = read_mail_text(file);
        if (!read) {
            return read.error();
        }
        known = texts_.emplace(file, std::make_unique<MailText>(*std::move(read))).first;
    }
    return known->second.get();
}

Result<const MailFrame*> MailTexts::frame(const std::string& scheme) {
    auto known = frames_.find(scheme);
    if (known == frames_.end()) {
        auto read = read_mail_frame(file_of(scheme, "frame.yaml"), file_of(scheme, "layout.html"));
        if (!read) {
            return read.error();
        }
        known = frames_.emplace(scheme, std::make_unique<MailFrame>(*std::move(read))).first;
    }
    return known->second.get();
}

}  // namespace sealdesk::mail
