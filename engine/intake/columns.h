#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "intake/bundle.h"
#include "intake/record.h"
#include "scheme/scheme.h"

// Which form a file holds, and which column is which field; nothing outside this room includes it.
namespace sealdesk::intake {

/// The headings a form knows: key, label in either language, aliases.
class HeadingNames {
public:
    explicit HeadingNames(const scheme::Form& form);

    /// Index of the field in Form::fields; kVersion for the form's version; nothing when no field
    /// has that heading.
    [[nodiscard]] std::optional<std::size_t> find(const std::string& heading) const;

    /// Stands for a column with the version of the form (表單版本): read, compared, not kept.
    static constexpr std::size_t kVersion = static_cast<std::size_t>(-1);

private:
    std::unordered_map<std::string, std::size_t> written_;
    std::unordered_map<std::string, std::size_t> folded_;
};

/// All forms with their headings, made once a file.
class KnownForms {
public:
    struct Entry {
        const scheme::Scheme* scheme;
        const scheme::Form* form;
        HeadingNames names;
    };
    /// `schemes` must outlive it.
    explicit KnownForms(const std::vector<scheme::Scheme>& schemes);
    [[nodiscard]] const std::vector<Entry>& all() const { return entries_; }
    /// Null when there is none.
    [[nodiscard]] const Entry* find(std::string_view scheme, std::string_view form) const;

private:
    std::vector<Entry> entries_;
};

/// A form a file could hold.
struct FormMatch {
    const scheme::Scheme* scheme;
    const scheme::Form* form;
    std::size_t known;                 ///< headings that are fields
    std::vector<std::string> missing;  ///< fields every row needs, and no heading names
};

/// Looks at the headings with each form's eyes. `file` is the file's name, whose words decide
/// between forms the headings fit equally well. Errors: file.unknown_form, file.ambiguous_form,
/// file.unknown_scheme, file.missing_columns (one form fits, but lacks columns).
[[nodiscard]] Result<FormMatch> match_form(const std::vector<std::string>& headings,
                                           const std::string& file, const KnownForms& forms,
                                           const SourceOptions& options);

/// How many headings the best form knows; to choose between separators and encodings.
[[nodiscard]] std::size_t known_headings(const std::vector<std::string>& headings,
                                         const KnownForms& forms);

/// Which column holds which field.
struct ColumnMap {
    std::vector<std::optional<std::size_t>> fields;  ///< one a column; none: an unknown column
    std::optional<std::size_t> version;
    std::optional<std::size_t> record_number;
    std::vector<Reason> warnings;  ///< columns that no field has
};

/// Errors: file.repeated_column.
[[nodiscard]] Result<ColumnMap> map_columns(const std::vector<std::string>& headings,
                                            const FormMatch& match, const std::string& file,
                                            std::int64_t heading_row);

/// The form and version a file itself claims to hold.
struct ToldForm {
    std::string scheme;
    std::string form;
    std::string version;
};

/// The form the file names, or the command line (which wins); nothing when neither names both.
/// Errors: file.unknown_scheme, file.form_version.
[[nodiscard]] Result<std::optional<FormMatch>> told_form(const ToldForm& told,
                                                         const std::string& file,
                                                         const KnownForms& forms,
                                                         const SourceOptions& options);

/// The form that keys of records fit, where the file or the command line names half of it at most.
/// Errors: those of match_form, file.form_version.
[[nodiscard]] Result<FormMatch> match_keys(const std::vector<std::string>& keys,
                                           const ToldForm& told, const std::string& file,
                                           const KnownForms& forms, const SourceOptions& options);

/// The form's version as written on a record: "5.1" and "V5.1" are one.
[[nodiscard]] bool is_version_of(const scheme::Form& form, const std::string& written);

[[nodiscard]] Error file_error(std::string code, const Bilingual& what, const std::string& file,
                               std::int64_t row = 0);

/// The reason for a row that cannot be read, by its code.
[[nodiscard]] Reason row_trouble(std::string_view code);

}  // namespace sealdesk::intake
