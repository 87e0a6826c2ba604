#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "intake/evaluate.h"
#include "intake/field_rules.h"

// One record while evaluate.cpp judges it; nothing outside this room includes it.
namespace sealdesk::intake {

/// One record on its way to being a draft.
class Judgement {
public:
    /// Wipes the user code in `record`.
    Judgement(Record& record, const scheme::Form& form, std::chrono::year_month_day today);

    Draft& draft() { return draft_; }
    [[nodiscard]] const std::string& cell(std::size_t field) const { return cells_[field]; }
    [[nodiscard]] CellForm cell_form(std::size_t field) const {
        return field < forms_.size() ? forms_[field] : CellForm::Text;
    }
    [[nodiscard]] const scheme::Form& form() const { return form_; }
    [[nodiscard]] bool is_faulty(const std::string& field) const { return faulty_.contains(field); }

    void refuse(Reason reason);
    void find(std::string_view check, const scheme::Field& field, std::string citation,
              Fault fault);

    /// The user code that was keyed, or null; where it stood, cell() says kSecretGiven.
    [[nodiscard]] std::shared_ptr<const Secret> user_code() const { return user_code_; }

    /// Makes the preset user code of the fields that it stands on, and takes their values out of
    /// the draft and the cells: kSecretGiven stands for them (M 4.3.2). Nothing where one is
    /// unreadable.
    void take_preset_code();

    /// Takes what a field's rule made of its cell.
    void take(const scheme::Field& field, Reading reading);

    void check_required();
    void check_dates();
    void check_rules();
    void check_checklist();

    /// The postal code of the contact stands before the address or in a field of its own.
    void settle_postal_code();

    /// The day the form counts from.
    [[nodiscard]] std::chrono::year_month_day received_on() const;

    /// Numbers that may stand in the field, given what else is on the form.
    [[nodiscard]] std::vector<scheme::IdType> id_types_of(const scheme::Field& field) const;

private:
    /// Whether every field the condition asks about could be read: what hangs on an unreadable one
    /// is not judged, so that one fault is not reported as three.
    [[nodiscard]] bool is_clear(const scheme::Condition& condition) const;
    bool is_too_long(const scheme::Field& field, const std::string& value);
    void take_doubt(const scheme::Field& field, std::optional<Fault> doubt);
    [[nodiscard]] bool is_broken(const scheme::Rule& rule) const;

    const scheme::Form& form_;
    std::chrono::year_month_day today_;
    std::vector<std::string> cells_;
    std::vector<CellForm> forms_;
    std::shared_ptr<const Secret> user_code_;
    std::set<std::string> faulty_;
    Draft draft_;
};

/// What the field's rule made of a cell, given what a spreadsheet had made of it before: refused
/// are errors, formulas without a result, dates in fields that hold none (cell.error,
/// cell.no_result, cell.became_date), and numbers where a leading zero may be lost
/// (cell.lost_zero). A date that could have been typed as a ROC date of two digits and read by
/// Excel as another year is a doubt (cell.date_converted).
[[nodiscard]] Reading as_spreadsheet_cell(CellForm form, const scheme::Field& field,
                                          const scheme::Roles& roles, Reading reading);

/// Takes the user code 用戶代碼 (M 4.1.1.1): as many characters as the policy says, letters, digits
/// and signs of ASCII, and none of the numbers on the form. Errors: user_code.shape,
/// user_code.guessable.
void read_user_code(Judgement& judgement, const std::optional<scheme::UserCodePolicy>& policy);

/// Reads the scans a form names: each must lie in the batch and be a whole picture. `good` holds
/// the SHA-256 of pictures that were decoded before.
void read_scans(Judgement& judgement, ScanReader& scans, std::set<std::string>& good);

/// Every seal the applicant's kind needs is there; when the kind is not known, those that every
/// kind needs.
void check_seals(Judgement& judgement);

/// The last part of a path with `/` or `\`.
[[nodiscard]] std::string last_part(std::string_view path);

}  // namespace sealdesk::intake
