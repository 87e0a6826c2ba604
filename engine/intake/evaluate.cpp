#include "intake/evaluate.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "intake/field_rules.h"
#include "intake/judgement.h"
#include "intake/messages.h"
#include "intake/words.h"

namespace sealdesk::intake {

namespace {

using scheme::Field;
using scheme::FieldType;
using scheme::Form;

/// What is kept of a record number that cannot be read, so that the clerk recognises the row.
constexpr std::size_t kRecordNumberShown = 60;

/// Parts of different lengths cannot be confused with one another.
void add_part(std::string& parts, std::string_view part) {
    parts.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

struct Evaluator::Words {
    std::vector<std::optional<ChoiceNames>> choices;  ///< one a field
    ChoiceNames documents;
    std::set<std::string> good_scans;  ///< SHA-256 of pictures that were decoded whole
};

namespace {

Reading read_value(const Field& field, const std::string& cell, const ChoiceNames* names) {
    switch (field.type) {
        case FieldType::RecordNumber: return read_record_number(cell);
        case FieldType::Text: return read_text(cell);
        case FieldType::Name: return read_name(cell);
        case FieldType::Date: return read_date(cell);
        case FieldType::Phone: return read_phone(cell);
        case FieldType::PostalCode: return read_postal_code(cell);
        case FieldType::Address: return read_address(cell);
        case FieldType::Email: return read_email(cell);
        case FieldType::Number: return read_number(cell);
        case FieldType::YesNo: return read_yes_no(cell);
        case FieldType::CertificateSerial: return read_certificate_serial(cell);
        case FieldType::Choice: {
            SEALDESK_CHECK(names != nullptr);
            const std::string* value = names->find(cell);
            return value != nullptr ? Reading{*value, {}, {}, {}}
                                    : read_choice(cell, field.choices);
        }
        case FieldType::IdNumber:
        case FieldType::Documents:
        case FieldType::Scan:
        case FieldType::UserCode: break;
    }
    check_failed("a field read by the functions below", __FILE__, __LINE__);
}

bool is_plain_value(FieldType type) {
    return type != FieldType::IdNumber && type != FieldType::Documents && type != FieldType::Scan &&
           type != FieldType::UserCode;
}

void take_cell(Judgement& judgement, std::size_t i, Reading reading) {
    const Form& form = judgement.form();
    judgement.take(form.fields[i], as_spreadsheet_cell(judgement.cell_form(i), form.fields[i],
                                                       form.roles, std::move(reading)));
}

void read_id_fields(Judgement& judgement) {
    const Form& form = judgement.form();
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const Field& field = form.fields[i];
        if (field.type == FieldType::IdNumber && !judgement.cell(i).empty()) {
            take_cell(judgement, i,
                      read_id_number(judgement.cell(i), judgement.id_types_of(field)));
        }
    }
}

void read_document_list(Judgement& judgement, const Field& field, const std::string& cell,
                        const ChoiceNames& names) {
    std::vector<std::string>& documents = judgement.draft().documents;
    for (const std::string& part : split_documents(cell)) {
        const Reading text = read_text(part);
        if (text.fault) {
            judgement.take(field, text);
            continue;
        }
        const std::string* known = names.find(text.value);
        if (known == nullptr) {
            judgement.find("documents", field, field.rule,
                           {"documents.unknown",
                            {"清單外的文件：" + text.value + "。請核對。",
                             "Not on the list: " + text.value + "."}});
        } else if (std::ranges::find(documents, *known) == documents.end()) {
            documents.push_back(*known);
        }
    }
}

/// An unreadable row of such a form is not kept, nor hashed: a user code may lie in it.
bool asks_for_secret(const Form& form) {
    return !form.roles.user_code.empty() || !form.preset_user_code.empty();
}

/// Where an unreadable row stands, instead of what it holds.
std::string place_of(const Record& record) {
    return std::to_string(record.row) + "/" + std::to_string(record.raw.size());
}

/// The identity of what was keyed: scheme, form, every cell (a scan by its content, a value that
/// could be read as it was read, so that 115/11/20, a spreadsheet's date and 2026-11-20 are one).
std::string content_of(const Record& record, const std::string& scheme, const Judgement& judgement,
                       const Draft& draft) {
    std::string parts;
    add_part(parts, scheme);
    add_part(parts, draft.form->id);
    if (record.trouble) {
        add_part(parts, record.trouble->code);
        add_part(parts, asks_for_secret(judgement.form()) ? place_of(record) : record.raw);
        return sha256_hex(parts);
    }
    std::map<std::string_view, std::string_view> cells;
    for (std::size_t i = 0; i < draft.form->fields.size(); ++i) {
        const std::string& key = draft.form->fields[i].key;
        if (!judgement.cell(i).empty()) {
            const auto read = draft.values.find(key);
            cells[key] = read == draft.values.end() ? judgement.cell(i) : read->second;
        }
    }
    for (const Scan& scan : draft.scans) {
        cells[scan.field] = scan.sha256;
    }
    for (const auto& [key, value] : cells) {
        add_part(parts, key);
        add_part(parts, value);
    }
    return sha256_hex(parts);
}

/// A refused record as it was keyed, so that it can be looked up and corrected.
std::string keyed_payload(const Record& record, const Judgement& judgement) {
    nlohmann::json keyed = nlohmann::json::object();
    for (std::size_t i = 0; i < judgement.form().fields.size(); ++i) {
        if (!judgement.cell(i).empty()) {
            keyed[judgement.form().fields[i].key] = judgement.cell(i);
        }
    }
    if (record.trouble && !asks_for_secret(judgement.form())) {
        keyed["unreadable_base64"] = to_base64(record.raw);
    }
    return nlohmann::json{{"as_keyed", keyed}}.dump(-1, ' ', false,
                                                    nlohmann::json::error_handler_t::replace);
}

std::string shown_record_number(const Judgement& judgement, const Draft& draft) {
    const Form& form = judgement.form();
    std::string read = draft.value(form.roles.record_number);
    if (!read.empty()) {
        return read;
    }
    const auto field = std::ranges::find(form.fields, form.roles.record_number, &Field::key);
    const std::string& cell = judgement.cell(static_cast<std::size_t>(field - form.fields.begin()));
    return cell.size() <= kRecordNumberShown && !find_bad_character(cell) ? cell : std::string{};
}

}  // namespace

Evaluator::Evaluator(const scheme::Scheme& scheme, const scheme::Form& form)
    : scheme_(scheme), form_(form), words_(new Words{{}, ChoiceNames(form.documents), {}}) {
    for (const Field& field : form.fields) {
        words_->choices.push_back(field.type == FieldType::Choice
                                      ? std::optional<ChoiceNames>(field.choices)
                                      : std::nullopt);
    }
}

Evaluator::~Evaluator() = default;

Draft Evaluator::evaluate(Record& record, ScanReader& scans,
                          std::chrono::year_month_day today) const {
    Judgement judgement(record, form_, today);
    Draft& draft = judgement.draft();
    if (record.trouble) {
        judgement.refuse(*record.trouble);
    } else {
        for (std::size_t i = 0; i < form_.fields.size(); ++i) {
            const Field& field = form_.fields[i];
            const std::string& cell = judgement.cell(i);
            const ChoiceNames* names = words_->choices[i] ? &*words_->choices[i] : nullptr;
            if (is_plain_value(field.type) && !cell.empty()) {
                take_cell(judgement, i, read_value(field, cell, names));
            } else if (field.type == FieldType::Documents) {
                read_document_list(judgement, field, cell, words_->documents);
            }
        }
        read_id_fields(judgement);
        read_user_code(judgement, scheme_.user_codes);
        judgement.check_required();
        judgement.check_dates();
        judgement.check_rules();
        judgement.check_checklist();
        judgement.settle_postal_code();
        read_scans(judgement, scans, words_->good_scans);
        check_seals(judgement);
    }
    judgement.take_preset_code();
    draft.record_number = shown_record_number(judgement, draft);
    draft.content = content_of(record, scheme_.id, judgement, draft);
    draft.payload = draft.refused() ? keyed_payload(record, judgement) : payload_of(draft);
    return std::move(draft);
}

Draft evaluate(Record record, const scheme::Scheme& scheme, const scheme::Form& form,
               ScanReader& scans, std::chrono::year_month_day today) {
    return Evaluator(scheme, form).evaluate(record, scans, today);
}

Record record_of(const scheme::Form& form, const scheme::Values& values) {
    Record record;
    record.row = 1;
    for (const Field& field : form.fields) {
        const auto found = values.find(field.key);
        record.cells.push_back(found == values.end() ? std::string{} : found->second);
    }
    return record;
}

std::string Draft::value(std::string_view key) const {
    const auto found = values.find(std::string(key));
    return found == values.end() ? std::string{} : found->second;
}

}  // namespace sealdesk::intake
