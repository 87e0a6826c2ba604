#include "intake/columns.h"

#include <algorithm>
#include <array>
#include <utility>

#include "intake/messages.h"
#include "scheme/names.h"

namespace sealdesk::intake {

namespace {

/// Fewer known headings than this may be chance ("編號", "日期").
constexpr std::size_t kKnownHeadingsMin = 3;

constexpr std::array<std::string_view, 5> kVersionHeadings{"form_version", "form version",
                                                           "version", "表單版本", "版本"};

/// Names shown in a message, the first few.
constexpr std::size_t kNamesShown = 12;

bool is_chosen(const SourceOptions& options, const KnownForms::Entry& known) {
    const bool from_register = known.form->origin == scheme::Origin::Register;
    return from_register == (options.origin == scheme::Origin::Register) &&
           (options.scheme.empty() || options.scheme == known.scheme->id) &&
           (options.form.empty() || options.form == known.form->id);
}

FormMatch look_at(const std::vector<std::string>& headings, const KnownForms::Entry& known) {
    const scheme::Form& form = *known.form;
    std::vector<bool> present(form.fields.size());
    FormMatch match{known.scheme, &form, 0, {}};
    for (const std::string& heading : headings) {
        const auto field = known.names.find(heading);
        if (field && *field != HeadingNames::kVersion && !present[*field]) {
            present[*field] = true;
            ++match.known;
        }
    }
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const auto& required = form.fields[i].required_when;
        if (!present[i] && required && required->all.empty()) {
            match.missing.push_back(form.fields[i].label.zh + " (" + form.fields[i].label.en + ")");
        }
    }
    return match;
}

/// Words of the file's name that point at this form.
std::size_t hints_in(const std::string& file, const FormMatch& match) {
    const std::string name = scheme::fold_name(file);
    std::size_t hints = name.find(scheme::fold_name(match.scheme->id)) != std::string::npos ? 1 : 0;
    for (const std::string& hint : match.form->file_hints) {
        hints += name.find(scheme::fold_name(hint)) != std::string::npos ? 1 : 0;
    }
    return hints;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
        text.append(i == 0 ? "" : ", ");
        text.append(names[i]);
    }
    return text.append(names.size() > kNamesShown ? ", …" : "");
}

/// The best of some matches: most known headings, then most hints; nothing when two are equal.
const FormMatch* best_of(const std::vector<FormMatch>& matches, const std::string& file) {
    const auto rank = [&](const FormMatch& match) {
        return std::pair(match.known, hints_in(file, match));
    };
    const FormMatch* best = nullptr;
    bool equal = false;
    for (const FormMatch& match : matches) {
        if (best == nullptr || rank(match) > rank(*best)) {
            best = &match;
            equal = false;
        } else if (rank(match) == rank(*best)) {
            equal = true;
        }
    }
    return equal ? nullptr : best;
}

std::string names_of(const std::vector<FormMatch>& matches) {
    std::vector<std::string> names;
    names.reserve(matches.size());
    for (const FormMatch& match : matches) {
        names.push_back(match.scheme->id + "/" + match.form->id);
    }
    return joined(names);
}

std::vector<FormMatch> look_at_all(const std::vector<std::string>& headings,
                                   const KnownForms& forms, const SourceOptions& options) {
    std::vector<FormMatch> matches;
    for (const KnownForms::Entry& known : forms.all()) {
        if (is_chosen(options, known)) {
            matches.push_back(look_at(headings, known));
        }
    }
    return matches;
}

Error unknown_form(const std::string& file) {
    return file_error("file.unknown_form",
                      {"欄位名稱不屬於任何申請單，請核對欄位名稱（見 forms/）或以 --form 指定。",
                       "The headings belong to no form. Check them (see forms/), or say which form "
                       "it is with --form."},
                      file);
}

Error missing_columns(const std::vector<FormMatch>& partial, const std::string& file) {
    const FormMatch* best = best_of(partial, file);
    const FormMatch& nearest = best != nullptr ? *best : partial.front();
    const std::string form = nearest.scheme->id + "/" + nearest.form->id;
    return file_error("file.missing_columns",
                      {"申請單 " + form + " 缺少欄位：" + joined(nearest.missing) + "。",
                       "Columns missing for " + form + ": " + joined(nearest.missing) + "."},
                      file);
}

/// Whether the version the file claims is the form's, or it claims none.
Outcome check_told_version(const scheme::Form& form, const std::string& version,
                           const std::string& file) {
    if (version.empty() || is_version_of(form, version)) {
        return done();
    }
    return file_error(
        "file.form_version",
        {"申請單版本 " + version + " 不是現行版本 " + form.version + "，請以現行申請單重新填寫。",
         "The form's version " + version + " is not the current one, " + form.version +
             "; have the current form filled in."},
        file, 1);
}

/// What is wrong with a row that cannot be taken as one.
struct RowTrouble {
    std::string_view code;
    std::string_view zh;
    std::string_view en;
};
constexpr RowTrouble kRowTroubles[]{
    {"csv.ragged", "欄位數與標題列不同（多一個或少一個逗號？）。請在試算表中核對此列後重新匯出。",
     "The row has another number of cells than the headings. Look at it in a "
     "spreadsheet and export again."},
    {"csv.stray_quote", "引號未成對。請在試算表中核對此列後重新匯出。",
     "A quotation mark stands alone. Look at the row in a spreadsheet and "
     "export again."},
    {"csv.open_quote", "引號未結束。請在試算表中核對此列後重新匯出。",
     "A quotation mark is never closed. Look at the row in a spreadsheet "
     "and export again."},
    {"csv.cell_too_long", "有一格超過 64 KB。請核對此列。", "A cell is larger than 64 KB."},
    {"csv.row_too_long", "此列超過 1 MB。請核對。", "The row is larger than 1 MB."},
    {"csv.too_many_columns", "此列超過 200 欄。請核對。", "The row has more than 200 cells."},
    {"csv.gave_up", "引號錯誤太多，自此列起不再讀取。請重新匯出檔案。",
     "Too many open quotation marks; reading stops here. Export the file "
     "again."},
    {"csv.mixed_encoding", "此列編碼與檔案其他部分不同。請將整個檔案另存為「CSV UTF-8」。",
     "This row is encoded otherwise than the rest of the file. Save the "
     "whole file as \"CSV UTF-8\"."},
    {"xml.shape", "此筆不是 <submission> 內的 <field name=…>。請由產生檔案的系統更正。",
     "The record is not a <submission> of <field name=…>. Have it mended by the program that "
     "made the file."},
    {"xml.repeated_field", "同一欄位出現兩次。", "One field is there twice."},
    {"xml.record_too_large", "此筆超過 1 MB。", "The record is larger than 1 MB."},
    {"xml.broken", "檔案自此筆起不是正確的 XML，不再讀取。",
     "From this record on the file is not correct XML; reading stops here."},
    {"xml.doctype", "檔案含 DOCTYPE，不予讀取。", "The file has a DOCTYPE; reading stops here."},
    {"xml.too_deep", "巢狀超過 64 層，不再讀取。", "Nested more than 64 deep; reading stops here."},
    {"xml.too_large", "標籤過長，不再讀取。", "A tag is too long; reading stops here."},
    {"xlsx.broken_sheet", "工作表自此列起損毀，不再讀取。請以 Excel 開啟後另存新檔。",
     "The worksheet is damaged from this row on; reading stops here. Open it in Excel and "
     "save it again."},
    {"xlsx.misplaced",
     "工作表的列或儲存格位置不正確，自此列起不再讀取。請以 Excel 開啟後另存新檔。",
     "Rows or cells of the worksheet are out of place; reading stops here. Open it in Excel "
     "and save it again."},
    {"xlsx.row_too_long", "此列超過 1 MB。請核對。", "The row is larger than 1 MB."},
    {"xlsx.cell_too_long", "有一格超過 64 KB。請核對此列。", "A cell is larger than 64 KB."},
    {"text.encoding", "此列有無法解讀的位元組。請另存為「CSV UTF-8」後重新送件。",
     "The row has bytes that are no characters. Save as \"CSV UTF-8\" and "
     "try again."},
    {"form.version", "申請單版本與現行版本不同。請改用現行申請單。",
     "The form is of an unknown version. Use the current form."},
    {"json.record", "此筆不是正確的 JSON。請由產生檔案的系統更正。",
     "The record is not correct JSON. Have it mended by the program that made "
     "the file."},
    {"json.shape", "此筆不是「欄位：值」的 JSON 物件。", "The record is not a flat JSON object."},
    {"json.repeated_key", "同一欄位出現兩次。", "One field is there twice."},
    {"json.too_large", "此筆超過 1 MB。", "The record is larger than 1 MB."},
    {"json.too_deep", "此筆巢狀過深。", "The record is nested too deeply."},
    {"json.broken", "檔案自此筆起不是正確的 JSON，不再讀取。",
     "From this record on the file is not correct JSON; reading stops here."},
};

}  // namespace

HeadingNames::HeadingNames(const scheme::Form& form) {
    const auto add = [&](const std::string& name, std::size_t field) {
        written_.emplace(name, field);
        folded_.emplace(scheme::fold_name(name), field);
    };
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const scheme::Field& field = form.fields[i];
        add(field.key, i);
        add(field.label.zh, i);
        add(field.label.en, i);
        add(field.label.zh + field.label.en, i);  // as our own templates head a column
        for (const std::string& alias : field.aliases) {
            add(alias, i);
        }
    }
    for (const std::string_view name : kVersionHeadings) {
        add(std::string(name), kVersion);
    }
}

KnownForms::KnownForms(const std::vector<scheme::Scheme>& schemes) {
    for (const scheme::Scheme& scheme : schemes) {
        for (const scheme::Form& form : scheme.forms) {
            entries_.push_back({&scheme, &form, HeadingNames(form)});
        }
    }
}

const KnownForms::Entry* KnownForms::find(std::string_view scheme, std::string_view form) const {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.scheme->id == scheme && entry.form->id == form;
    });
    return found == entries_.end() ? nullptr : &*found;
}

std::optional<std::size_t> HeadingNames::find(const std::string& heading) const {
    if (const auto found = written_.find(heading); found != written_.end()) {
        return found->second;
    }
    for (const std::string& name : {heading, scheme::without_note(heading)}) {
        if (const auto found = folded_.find(scheme::fold_name(name)); found != folded_.end()) {
            return found->second;
        }
    }
    return std::nullopt;
}

Result<FormMatch> match_form(const std::vector<std::string>& headings, const std::string& file,
                             const KnownForms& forms, const SourceOptions& options) {
    const std::vector<FormMatch> all = look_at_all(headings, forms, options);
    if (all.empty()) {
        return file_error("file.unknown_scheme",
                          {"沒有這個憑證種類或申請單，請核對 --scheme、--form。",
                           "No such scheme or form; check --scheme and --form."},
                          file);
    }
    std::vector<FormMatch> whole;
    std::vector<FormMatch> partial;
    for (const FormMatch& match : all) {
        if (match.known >= kKnownHeadingsMin) {
            (match.missing.empty() ? whole : partial).push_back(match);
        }
    }
    if (const FormMatch* best = best_of(whole, file)) {
        return *best;
    }
    if (!whole.empty()) {
        return file_error(
            "file.ambiguous_form",
            {"欄位符合多種申請單，請以 --scheme、--form 指定：" + names_of(whole) + "。",
             "The headings fit several forms, say which with --scheme and --form: " +
                 names_of(whole) + "."},
            file);
    }
    return partial.empty() ? unknown_form(file) : missing_columns(partial, file);
}

std::size_t known_headings(const std::vector<std::string>& headings, const KnownForms& forms) {
    std::size_t most = 0;
    for (const KnownForms::Entry& known : forms.all()) {
        most = std::max(most, look_at(headings, known).known);
    }
    return most;
}

Result<ColumnMap> map_columns(const std::vector<std::string>& headings, const FormMatch& match,
                              const std::string& file, std::int64_t heading_row) {
    const HeadingNames names(*match.form);
    ColumnMap columns;
    std::map<std::size_t, std::string> taken;
    for (std::size_t i = 0; i < headings.size(); ++i) {
        const std::string heading = trim(headings[i]);
        const auto field = names.find(heading);
        columns.fields.push_back(field == HeadingNames::kVersion ? std::nullopt : field);
        if (field == HeadingNames::kVersion) {
            columns.version = i;
        } else if (field) {
            if (const auto [known, fresh] = taken.emplace(*field, heading); !fresh) {
                return file_error(
                    "file.repeated_column",
                    {"兩欄為同一欄位，請刪去一欄：" + known->second + "、" + heading + "。",
                     "Two columns for one field, remove one: " + known->second + ", " + heading +
                         "."},
                    file, heading_row);
            }
            if (match.form->fields[*field].key == match.form->roles.record_number) {
                columns.record_number = i;
            }
        } else if (!heading.empty()) {
            columns.warnings.push_back(
                {"file.unknown_column",
                 {},
                 heading,
                 {"未使用的欄位：" + heading + "。", "This column is not used: " + heading + "."}});
        }
    }
    return columns;
}

Result<std::optional<FormMatch>> told_form(const ToldForm& told, const std::string& file,
                                           const KnownForms& forms, const SourceOptions& options) {
    const std::string& scheme = options.scheme.empty() ? told.scheme : options.scheme;
    const std::string& name = options.form.empty() ? told.form : options.form;
    if (scheme.empty() || name.empty()) {
        return std::optional<FormMatch>();
    }
    const KnownForms::Entry* const known = forms.find(scheme, name);
    if (known == nullptr || known->form->origin != options.origin) {
        return file_error("file.unknown_scheme",
                          {"沒有這個憑證種類或申請單：" + scheme + "/" + name + "。",
                           "No such scheme or form: " + scheme + "/" + name + "."},
                          file);
    }
    const Outcome version = check_told_version(*known->form, told.version, file);
    if (!version) {
        return version.error();
    }
    return std::optional(FormMatch{known->scheme, known->form, 0, {}});
}

Result<FormMatch> match_keys(const std::vector<std::string>& keys, const ToldForm& told,
                             const std::string& file, const KnownForms& forms,
                             const SourceOptions& options) {
    SourceOptions narrowed = options;
    narrowed.scheme = options.scheme.empty() ? told.scheme : options.scheme;
    narrowed.form = options.form.empty() ? told.form : options.form;
    auto match = match_form(keys, file, forms, narrowed);
    if (match) {
        const Outcome version = check_told_version(*match->form, told.version, file);
        if (!version) {
            return version.error();
        }
    }
    return match;
}

bool is_version_of(const scheme::Form& form, const std::string& written) {
    std::string version = scheme::fold_name(written);
    for (const std::string_view mark : {"version", "v", "第", "版"}) {
        if (version.starts_with(mark)) {
            version.erase(0, mark.size());
        }
    }
    constexpr std::string_view edition = "版";
    if (version.ends_with(edition)) {
        version.erase(version.size() - edition.size());
    }
    return version == scheme::fold_name(form.version);
}

Error file_error(std::string code, const Bilingual& what, const std::string& file,
                 std::int64_t row) {
    std::string where = file;
    if (row > 0) {
        where.append(":").append(std::to_string(row));
    }
    return {ErrorKind::Invalid, std::move(code), in_both(what), std::move(where), {}};
}

Reason row_trouble(std::string_view code) {
    const auto* const found = std::ranges::find(kRowTroubles, code, &RowTrouble::code);
    SEALDESK_CHECK(found != std::end(kRowTroubles));
    return {std::string(code), {}, {}, {std::string(found->zh), std::string(found->en)}};
}

}  // namespace sealdesk::intake
