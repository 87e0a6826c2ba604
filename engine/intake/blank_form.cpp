#include "intake/blank_form.h"

#include <algorithm>

#include "paper/form_sheet.h"

namespace sealdesk::intake {
namespace {

using paper::FormField;
using paper::FormInput;
using paper::FormSection;
using scheme::Field;
using scheme::FieldType;

constexpr int kIdNumberCells = 10;  ///< a national ID; shorter numbers leave cells empty

FormInput input_of(FieldType type) {
    switch (type) {
        case FieldType::IdNumber: return FormInput::Cells;
        case FieldType::Date: return FormInput::Date;
        case FieldType::Choice:
        case FieldType::YesNo: return FormInput::Choices;
        default: return FormInput::Line;
    }
}

std::vector<Bilingual> boxes_of(const Field& field) {
    if (field.type == FieldType::YesNo) {
        return {{"是", "Yes"}, {"否", "No"}};
    }
    std::vector<Bilingual> boxes;
    for (const scheme::Choice& choice : field.choices) {
        boxes.push_back(choice.label);
    }
    return boxes;
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

FormField field_on_paper(const scheme::Form& form, const Field& field) {
    FormField paper;
    paper.label = field.label;
    paper.hint = field.hint;
    paper.input = input_of(field.type);
    paper.required = field.required_when.has_value();
    paper.cells = paper.input == FormInput::Cells ? kIdNumberCells : 0;
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

}  // namespace

std::string form_code(const scheme::Scheme& scheme, const scheme::Form& form) {
    return "sealdesk:" + scheme.id + "/" + form.id + "/" + form.version;
}

std::string print_blank_form(const scheme::Scheme& scheme, const scheme::Form& form,
                             Instant created) {
    paper::FormSheet sheet;
    sheet.title = form.title;
    sheet.issuer = scheme.authority.name.zh;
    sheet.version = form.version;
    sheet.code = form_code(scheme, form);
    sheet.sections = sections_of(form);
    for (const scheme::Choice& document : form.documents) {
        sheet.documents.push_back(document.label);
    }
    const auto declaration = form.texts.find("declaration");
    if (declaration != form.texts.end()) {
        sheet.declaration = declaration->second;
    }
    for (const scheme::SealBox& box : form.seals) {
        const bool company = box.role == "applicant" && form.seals.size() > 1;
        sheet.seals.push_back({box.label, company ? kCompanySealBox : kPersonalSealBox});
    }
    sheet.office_fields = office_fields_of(form);
    return paper::draw_form(sheet, created);
}

}  // namespace sealdesk::intake
