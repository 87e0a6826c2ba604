#include "scan/blank_form.h"

#include <algorithm>
#include <cmath>

#include "base/digest.h"
#include "base/text.h"

namespace sealdesk::scan {
namespace {

using paper::FormChoice;
using paper::FormField;
using paper::FormInput;
using paper::FormSection;
using scheme::Field;
using scheme::FieldType;

constexpr std::string_view kCodeStart = "sealdesk:";
constexpr std::size_t kLayoutDigits = 6;
constexpr std::size_t kCodeLengthMax = 200;
constexpr std::int64_t kPagesMax = 99;
constexpr int kIdNumberCells = 10;  ///< a national ID; shorter numbers leave cells empty
constexpr int kUbnCells = 8;        ///< where nothing but a unified business number is asked for

FormInput input_of(FieldType type) {
    switch (type) {
        case FieldType::IdNumber: return FormInput::Cells;
        case FieldType::Date: return FormInput::Date;
        case FieldType::Choice:
        case FieldType::YesNo: return FormInput::Choices;
        default: return FormInput::Line;
    }
}

std::vector<FormChoice> boxes_of(const std::vector<scheme::Choice>& choices) {
    std::vector<FormChoice> boxes;
    boxes.reserve(choices.size());
    for (const scheme::Choice& choice : choices) {
        boxes.push_back({choice.value, choice.label});
    }
    return boxes;
}

std::vector<FormChoice> boxes_of(const Field& field) {
    if (field.type == FieldType::YesNo) {
        return {{"yes", {"是", "Yes"}}, {"no", {"否", "No"}}};
    }
    return boxes_of(field.choices);
}

/// Shares a row with its neighbour, if that is short too. The applicant's own name and number are
/// given room: entities have long names, and a hint needs a line.
bool is_short(const scheme::Form& form, const Field& field) {
    switch (field.type) {
        case FieldType::Number:
        case FieldType::Phone:
        case FieldType::YesNo: return true;
        case FieldType::Name: return field.key != form.roles.applicant_name;
        case FieldType::IdNumber: return field.key != form.roles.id_number;
        default: return false;
    }
}

/// Cells of a number's field: as many as the longest number that may stand there.
int cells_of(const scheme::Form& form, const Field& field) {
    const auto only_ubn = [](const std::vector<scheme::AllowedId>& types) {
        return std::ranges::all_of(
            types, [](const auto& allowed) { return allowed.type == scheme::IdType::Ubn; });
    };
    const bool ubn = field.id_types.empty() ? std::ranges::all_of(form.kinds, only_ubn,
                                                                  &scheme::ApplicantKind::id_types)
                                            : only_ubn(field.id_types);
    return ubn ? kUbnCells : kIdNumberCells;
}

FormField field_on_paper(const scheme::Form& form, const Field& field) {
    FormField paper;
    paper.key = field.key;
    paper.label = field.label;
    paper.hint = field.hint;
    paper.input = input_of(field.type);
    paper.required = field.required_when.has_value();
    paper.cells = paper.input == FormInput::Cells ? cells_of(form, field) : 0;
    paper.choices = boxes_of(field);
    paper.half_width = is_short(form, field);
    return paper;
}

bool is_contact(const scheme::Roles& roles, const std::string& key) {
    return key == roles.contact_name || key == roles.contact_phone || key == roles.contact_email ||
           key == roles.contact_address;
}

bool is_service(const scheme::Roles& roles, const std::string& key) {
    return key == roles.delivery || key == roles.token_kind || key == roles.certificate_use ||
           (key == roles.certificate && key != roles.applicant_kind);
}

/// Applicant, contact, what is asked for: as people fill a form in.
std::vector<FormSection> sections_of(const scheme::Form& form) {
    FormSection applicant{{"申請人資料", "Applicant"}, {}};
    FormSection contact{{"憑證聯絡人資料", "Contact"}, {}};
    FormSection service{{"申請項目", "Applied for"}, {}};
    for (const Field& field : form.fields) {
        const bool elsewhere = field.type == FieldType::Documents || field.type == FieldType::Scan;
        if (!field.on_blank_form || elsewhere) {
            continue;
        }
        FormSection& section = is_contact(form.roles, field.key)   ? contact
                               : is_service(form.roles, field.key) ? service
                                                                   : applicant;
        section.fields.push_back(field_on_paper(form, field));
    }
    std::vector<FormSection> sections;
    for (FormSection* section : {&applicant, &contact, &service}) {
        if (!section->fields.empty()) {
            sections.push_back(std::move(*section));
        }
    }
    return sections;
}

std::vector<Bilingual> office_fields_of(const scheme::Form& form) {
    std::vector<Bilingual> labels;
    for (const std::string& key : {form.roles.record_number, form.roles.received_on}) {
        const Field* const field = form.find_field(key);
        if (field != nullptr) {
            labels.push_back(field->label);
        }
    }
    for (const scheme::Check& check : form.checks) {
        labels.push_back(check.label);
    }
    return labels;
}

/// The paper of a form, without the codes.
paper::FormSheet sheet_of(const scheme::Scheme& scheme, const scheme::Form& form) {
    paper::FormSheet sheet;
    sheet.title = form.title;
    sheet.issuer = scheme.authority.name.zh;
    sheet.version = form.version;
    sheet.sections = sections_of(form);
    sheet.documents_key = form.roles.documents;
    sheet.documents = boxes_of(form.documents);
    for (const scheme::CopyBox& copy : form.copies) {
        sheet.copies.push_back(
            {copy.field, copy.label, double(copy.width_mm), double(copy.height_mm)});
    }
    const auto declaration = form.texts.find("declaration");
    if (declaration != form.texts.end()) {
        sheet.declaration = declaration->second;
    }
    for (const scheme::SealBox& box : form.seals) {
        const bool company = box.role == "applicant" && form.seals.size() > 1;
        sheet.seals.push_back({box.field, box.label, company ? kCompanySealBox : kPersonalSealBox});
    }
    sheet.office_fields = office_fields_of(form);
    return sheet;
}

std::string id_of(const std::vector<std::vector<paper::FormPlace>>& pages) {
    std::string text;
    for (const auto& page : pages) {
        text += "page\n";
        for (const paper::FormPlace& place : page) {
            text += std::to_string(int(place.kind)) + " " + place.key + "=" + place.value;
            for (const double length :
                 {place.area.x, place.area.y, place.area.width, place.area.height}) {
                text += " " + std::to_string(std::lround(length * 10));  // tenths of a millimetre
            }
            text += "\n";
        }
    }
    return sha256_hex(text).substr(0, kLayoutDigits);
}

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.").find(c) != std::string_view::npos;
}

/// Takes the text before the next slash; nothing when there is none.
std::optional<std::string_view> take_part(std::string_view& rest) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || slash == 0) {
        return std::nullopt;
    }
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
    return part;
}

bool read_pages(std::string_view text, PageCode& code) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return false;
    }
    const auto page = parse_number(text.substr(0, dash));
    const auto pages = parse_number(text.substr(dash + 1));
    if (!page || !pages || *page < 1 || *page > *pages || *pages > kPagesMax) {
        return false;
    }
    code.page = int(*page);
    code.pages = int(*pages);
    return true;
}

}  // namespace

std::string to_text(const PageCode& code) {
    std::string text = std::string(kCodeStart) + code.scheme + "/" + code.form + "/";
    for (const char c : code.version) {
        text += is_plain(c) ? c : '_';  // a version is compared in this form, too
    }
    text += "/" + std::to_string(code.page) + "-" + std::to_string(code.pages) + "/" + code.layout;
    return code.record.empty() ? text : text + "/" + code.record;
}

std::optional<PageCode> parse_code(std::string_view text) {
    const bool readable =
        std::ranges::all_of(text, [](char c) { return is_plain(c) || c == '/' || c == ':'; });
    if (!text.starts_with(kCodeStart) || text.size() > kCodeLengthMax || !readable) {
        return std::nullopt;
    }
    std::string_view rest = text.substr(kCodeStart.size());
    PageCode code;
    for (std::string* part : {&code.scheme, &code.form, &code.version}) {
        const auto taken = take_part(rest);
        if (!taken) {
            return std::nullopt;
        }
        *part = *taken;
    }
    const auto pages = take_part(rest);
    if (!pages || !read_pages(*pages, code)) {
        return std::nullopt;
    }
    code.layout = rest.substr(0, rest.find('/'));
    if (code.layout.size() != kLayoutDigits) {
        return std::nullopt;
    }
    rest.remove_prefix(kLayoutDigits);
    if (!rest.empty()) {
        code.record = rest.substr(1);
    }
    return code;
}

FormLayout lay_out(const scheme::Scheme& scheme, const scheme::Form& form) {
    FormLayout layout{paper::lay_out_form(sheet_of(scheme, form)), {}};
    layout.id = id_of(layout.pages);
    return layout;
}

std::string print_blank_forms(const scheme::Scheme& scheme, const scheme::Form& form,
                              std::span<const std::string> records, Instant created) {
    const std::string layout = lay_out(scheme, form).id;
    std::vector<paper::FormCodes> copies;
    for (const std::string& record : records) {
        copies.push_back([&, record](int page, int pages) {
            return paper::FormCode{
                to_text({scheme.id, form.id, form.version, page, pages, layout, record}), record};
        });
    }
    return paper::draw_forms(sheet_of(scheme, form), copies, created);
}

}  // namespace sealdesk::scan
