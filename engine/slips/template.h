#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "paper/page.h"
#include "slips/stock.h"

namespace sealdesk::slips {

/// What a template's placeholders become. Every field the template declares must be there, and
/// nothing else; an optional field may be left out or empty.
using Fields = std::map<std::string, std::string>;

/// The same for fields the template declares secret. Borrowed for the call, never copied.
using SecretFields = std::map<std::string, const Secret*>;

struct Layout;

/// A layout from templates/, read, checked and drawn once: what is the same on every slip is
/// recorded, what changes is stamped onto it.
class CompiledTemplate {
public:
    /// Errors (Invalid; `where` is "file:line"): template.no_such_file, template.not_yaml,
    /// template.repeated_key, template.shape (unknown, missing or misplaced entry),
    /// template.unknown_field (a placeholder that is not declared), template.unused_field (a
    /// declared field that nothing shows), template.secret_misused (a secret inside other text or
    /// a barcode), template.no_glyph, template.text_overflow (static text too long for its area),
    /// template.unknown_stock.
    [[nodiscard]] static Result<CompiledTemplate> load(const std::filesystem::path& file,
                                                       const Stocks& stocks = {});

    CompiledTemplate(CompiledTemplate&&) noexcept;
    CompiledTemplate& operator=(CompiledTemplate&&) noexcept;
    ~CompiledTemplate();

    /// Adds the pages of one slip or letter to a document; returns how many. Errors (Invalid):
    /// template.field_missing, template.field_unused (`where`: file and line of the declarations),
    /// template.no_glyph (a character no font has) and template.text_overflow (`where`: file and
    /// line of the element). Error texts never hold a field's value. After an error the document
    /// holds half a slip: throw it away.
    [[nodiscard]] Result<int> stamp(paper::Document& document, const Fields& fields,
                                    const SecretFields& secrets = {}) const;

    /// The same of a template of one page onto a part of a page: a label on its sheet.
    [[nodiscard]] Outcome stamp_part(paper::Canvas& canvas, const paper::Area& area,
                                     const Fields& fields) const;

    /// True when the template declares the field.
    [[nodiscard]] bool takes(std::string_view field) const;

    [[nodiscard]] const std::string& name() const;
    [[nodiscard]] const std::string& title() const;  ///< for the PDF's properties
    [[nodiscard]] const Stock& stock() const;        ///< what it is printed on

    /// What was read; for checks and benchmarks.
    [[nodiscard]] const Layout& layout() const;

private:
    struct Impl;
    explicit CompiledTemplate(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The templates of an office: templates/<scheme>/<name>.yaml when the scheme has its own, else
/// templates/<name>.yaml. Each is compiled when it is first asked for.
class TemplateShelf {
public:
    explicit TemplateShelf(std::filesystem::path root);

    /// The pointer is good as long as the shelf. Errors: those of CompiledTemplate::load();
    /// template.bad_name (Invalid) for names that are not a–z 0–9 - _.
    [[nodiscard]] Result<const CompiledTemplate*> get(std::string_view scheme,
                                                      std::string_view name);

    /// Those of `root`/stocks.yaml; without that file A4 alone. Errors: those of Stocks::read().
    [[nodiscard]] Result<const Stocks*> stocks();

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

private:
    std::filesystem::path root_;
    std::optional<Stocks> stocks_;
    std::map<std::string, std::unique_ptr<CompiledTemplate>> compiled_;
};

}  // namespace sealdesk::slips
