#include "slips/template.h"

#include <algorithm>

#include "slips/layout.h"

namespace sealdesk::slips {
namespace {

constexpr int kContinuationPagesMax = 20;
constexpr double kShrinkStep = 0.95;

Error template_error(std::string code, std::string detail, const std::string& file, int line) {
    return {ErrorKind::Invalid,
            std::move(code),
            std::move(detail),
            file + ":" + std::to_string(line),
            {}};
}

/// What a slip's fields hold, by name, borrowed.
class Values {
public:
    Values(const Fields& fields, const SecretFields& secrets)
        : fields_(fields), secrets_(secrets) {}

    [[nodiscard]] std::string_view of(const std::string& name) const {
        const auto secret = secrets_.find(name);
        if (secret != secrets_.end()) {
            return secret->second->reveal();
        }
        const auto field = fields_.find(name);
        return field == fields_.end() ? std::string_view{} : std::string_view(field->second);
    }

    [[nodiscard]] bool shows(const Element& element) const {
        return (element.when.empty() || !of(element.when).empty()) &&
               (element.unless.empty() || of(element.unless).empty());
    }

    /// The content as one text. A field that stands alone is returned as it lies, uncopied: the
    /// reader of templates allows secrets only there.
    [[nodiscard]] std::string_view content_of(const Element& element, std::string& buffer) const {
        if (element.content.size() == 1) {
            const Piece& piece = element.content.front();
            return piece.is_field ? of(piece.text) : std::string_view(piece.text);
        }
        buffer.clear();
        for (const Piece& piece : element.content) {
            buffer += piece.is_field ? of(piece.text) : std::string_view(piece.text);
        }
        return buffer;
    }

private:
    const Fields& fields_;
    const SecretFields& secrets_;
};

std::ptrdiff_t count_characters(std::string_view utf8) {
    return std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; });
}

/// The style, smaller if that makes the text fit into the element's area.
paper::TextStyle fitting_style(paper::Canvas& canvas, const Element& element,
                               std::string_view text) {
    paper::TextStyle style = element.style;
    if (element.area.height <= 0 || !element.continue_on.empty() || element.takes_rest) {
        return style;
    }
    // Short lines, which is nearly all of them, are not measured: a character is at most as wide
    // as its size.
    const double width_max =
        double(count_characters(text)) * (style.size + style.tracking) * 25.4 / 72;
    if (width_max <= element.area.width && text.find('\n') == std::string_view::npos) {
        return style;
    }
    while (canvas.measure(element.area, style, text).drawn < text.size() &&
           style.size * kShrinkStep >= element.size_min) {
        style.size *= kShrinkStep;
        style.line *= kShrinkStep;
        style.tracking *= kShrinkStep;
    }
    return style;
}

/// Draws a text; tells how many bytes of it were drawn.
Result<std::size_t> draw_text(paper::Canvas& canvas, const Element& element, std::string_view text,
                              const std::string& file) {
    const paper::TextStyle style = fitting_style(canvas, element, text);
    const paper::TextFit fit = canvas.text(element.area, style, text);
    if (fit.missing > 0) {
        return template_error("template.no_glyph",
                              "The text holds a character that no installed font can show.", file,
                              element.line);
    }
    const bool may_go_on = !element.continue_on.empty() || element.takes_rest;
    if (fit.drawn < text.size() && !may_go_on) {
        return template_error("template.text_overflow",
                              "The text does not fit into its place on the page, even smaller.",
                              file, element.line);
    }
    return fit.drawn;
}

void draw_shape(paper::Canvas& canvas, const Element& element) {
    const paper::Area& area = element.area;
    switch (element.kind) {
        case Element::Kind::Rule:
            canvas.rule({area.x, area.y}, {area.x + area.width, area.y + area.height}, element.pen);
            break;
        case Element::Kind::Box: canvas.box(area, element.pen); break;
        case Element::Kind::Fill: canvas.fill(area, element.pen.colour); break;
        case Element::Kind::Veil: canvas.veil(area, element.pen.colour); break;
        case Element::Kind::Text:
        case Element::Kind::Code128:
        case Element::Kind::Qr: SEALDESK_CHECK(false);
    }
}

/// Draws anything; for a text, tells how much of it was drawn.
Result<std::size_t> draw(paper::Canvas& canvas, const Element& element, std::string_view text,
                         const std::string& file) {
    switch (element.kind) {
        case Element::Kind::Text: return draw_text(canvas, element, text, file);
        case Element::Kind::Code128: canvas.code128(element.area, text); break;
        case Element::Kind::Qr: canvas.qr(element.area, text); break;
        default: draw_shape(canvas, element);
    }
    return text.size();
}

}  // namespace

struct CompiledTemplate::Impl {
    Layout layout;
    std::vector<paper::Drawing> statics;  ///< one for each page of the layout

    Outcome record_statics();
    Outcome check_fields(const Fields& fields, const SecretFields& secrets) const;
    Outcome check_given(const std::string& name, bool as_secret) const;

    /// Draws what varies on one page; `rest` is what a continuation page goes on with, and what
    /// remains after it.
    Outcome stamp_page(paper::Document& document, const PageLayout& page, const Values& values,
                       std::string& rest) const;
    Outcome stamp_canvas(paper::Canvas& canvas, const PageLayout& page, const Values& values,
                         std::string& rest) const;
    Result<int> stamp_rest(paper::Document& document, const std::string& page, const Values& values,
                           std::string rest) const;
};

Outcome CompiledTemplate::Impl::record_statics() {
    const Fields no_fields;
    const SecretFields no_secrets;
    const Values nothing(no_fields, no_secrets);
    std::string buffer;
    for (const PageLayout& page : layout.pages) {
        statics.push_back(statics.empty() ? paper::Drawing(layout.stock.page())
                                          : paper::Drawing::beside(statics.front()));
        for (const Element& element : page.elements) {
            if (element.varies()) {
                continue;
            }
            const auto drawn = draw(statics.back().canvas(), element,
                                    nothing.content_of(element, buffer), layout.file);
            if (!drawn) {
                return drawn.error();
            }
        }
    }
    return done();
}

Outcome CompiledTemplate::Impl::check_given(const std::string& name, bool as_secret) const {
    const FieldDeclaration* const field = layout.find_field(name);
    if (field == nullptr || field->secret != as_secret) {
        return template_error("template.field_unused",
                              "The template \"" + layout.name + "\" has no " +
                                  (as_secret ? "secret " : "") + "field \"" + name + "\".",
                              layout.file, layout.fields_line);
    }
    return done();
}

Outcome CompiledTemplate::Impl::check_fields(const Fields& fields,
                                             const SecretFields& secrets) const {
    for (const FieldDeclaration& field : layout.fields) {
        const bool given = field.secret
                               ? secrets.contains(field.name)
                               : fields.contains(field.name) && !fields.at(field.name).empty();
        if (field.required && !given) {
            return template_error("template.field_missing",
                                  "The field \"" + field.name + "\" is not given.", layout.file,
                                  field.line);
        }
    }
    for (const auto& entry : fields) {
        const Outcome known = check_given(entry.first, false);
        if (!known) {
            return known.error();
        }
    }
    for (const auto& entry : secrets) {
        const Outcome known = check_given(entry.first, true);
        if (!known) {
            return known.error();
        }
    }
    return done();
}

Outcome CompiledTemplate::Impl::stamp_page(paper::Document& document, const PageLayout& page,
                                           const Values& values, std::string& rest) const {
    return stamp_canvas(document.add_page(layout.stock.page()), page, values, rest);
}

Outcome CompiledTemplate::Impl::stamp_canvas(paper::Canvas& canvas, const PageLayout& page,
                                             const Values& values, std::string& rest) const {
    canvas.show(statics[std::size_t(&page - layout.pages.data())]);
    std::string buffer;
    std::string remains;
    for (const Element& element : page.elements) {
        if (!element.varies() || !values.shows(element)) {
            continue;
        }
        const std::string_view text =
            element.takes_rest ? std::string_view(rest) : values.content_of(element, buffer);
        const auto drawn = draw(canvas, element, text, layout.file);
        if (!drawn) {
            return drawn.error();
        }
        if (*drawn < text.size()) {
            remains = text.substr(*drawn);
        }
    }
    rest = std::move(remains);
    return done();
}

Result<int> CompiledTemplate::Impl::stamp_rest(paper::Document& document, const std::string& page,
                                               const Values& values, std::string rest) const {
    const PageLayout* const target = layout.find_page(page);
    SEALDESK_CHECK(target != nullptr);
    int added = 0;
    while (!rest.empty()) {
        const std::size_t before = rest.size();
        const Outcome stamped = stamp_page(document, *target, values, rest);
        if (!stamped) {
            return stamped.error();
        }
        if (rest.size() >= before || ++added == kContinuationPagesMax) {
            return template_error("template.text_overflow",
                                  "The text does not fit on 20 further pages.", layout.file,
                                  target->line);
        }
    }
    return added;
}

CompiledTemplate::CompiledTemplate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CompiledTemplate::CompiledTemplate(CompiledTemplate&&) noexcept = default;
CompiledTemplate& CompiledTemplate::operator=(CompiledTemplate&&) noexcept = default;
CompiledTemplate::~CompiledTemplate() = default;

Result<CompiledTemplate> CompiledTemplate::load(const std::filesystem::path& file,
                                                const Stocks& stocks) {
    auto layout = read_layout(file, stocks);
    if (!layout) {
        return layout.error();
    }
    paper::require_fonts();
    auto impl = std::make_unique<Impl>();
    impl->layout = std::move(*layout);
    const Outcome recorded = impl->record_statics();
    if (!recorded) {
        return recorded.error();
    }
    return CompiledTemplate(std::move(impl));
}

Result<int> CompiledTemplate::stamp(paper::Document& document, const Fields& fields,
                                    const SecretFields& secrets) const {
    const Outcome complete = impl_->check_fields(fields, secrets);
    if (!complete) {
        return complete.error();
    }
    const Values values(fields, secrets);
    int pages = 0;
    for (const PageLayout& page : impl_->layout.pages) {
        if (page.for_rest) {
            continue;
        }
        std::string rest;
        const Outcome stamped = impl_->stamp_page(document, page, values, rest);
        if (!stamped) {
            return stamped.error();
        }
        ++pages;
        const auto long_text = std::ranges::find_if(
            page.elements, [](const Element& element) { return !element.continue_on.empty(); });
        if (long_text != page.elements.end() && !rest.empty()) {
            const auto added =
                impl_->stamp_rest(document, long_text->continue_on, values, std::move(rest));
            if (!added) {
                return added.error();
            }
            pages += *added;
        }
    }
    return pages;
}

Outcome CompiledTemplate::stamp_part(paper::Canvas& canvas, const paper::Area& area,
                                     const Fields& fields) const {
    const Outcome complete = impl_->check_fields(fields, {});
    if (!complete) {
        return complete.error();
    }
    canvas.begin_part(area);
    std::string rest;
    const SecretFields no_secrets;
    Outcome stamped =
        impl_->stamp_canvas(canvas, impl_->layout.pages.front(), Values(fields, no_secrets), rest);
    canvas.end_part();
    return stamped;
}

const Stock& CompiledTemplate::stock() const { return impl_->layout.stock; }
const std::string& CompiledTemplate::name() const { return impl_->layout.name; }
const std::string& CompiledTemplate::title() const { return impl_->layout.title; }
const Layout& CompiledTemplate::layout() const { return impl_->layout; }

bool CompiledTemplate::takes(std::string_view field) const {
    return impl_->layout.find_field(field) != nullptr;
}

TemplateShelf::TemplateShelf(std::filesystem::path root) : root_(std::move(root)) {}

Result<const Stocks*> TemplateShelf::stocks() {
    if (!stocks_) {
        const std::filesystem::path file = root_ / "stocks.yaml";
        std::error_code absent;
        auto read = std::filesystem::exists(file, absent) ? Stocks::read(file) : Stocks();
        if (!read) {
            return read.error();
        }
        stocks_ = std::move(*read);
    }
    return &*stocks_;
}

Result<const CompiledTemplate*> TemplateShelf::get(std::string_view scheme, std::string_view name) {
    for (const std::string_view part : {scheme, name}) {
        if (part.empty() || part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") !=
                                std::string_view::npos) {
            return Error{ErrorKind::Invalid,
                         "template.bad_name",
                         "The name of a template or scheme is made of a-z 0-9 - _.",
                         {},
                         {}};
        }
    }
    const std::string file_name = std::string(name) + ".yaml";
    std::filesystem::path file = root_ / scheme / file_name;
    std::error_code absent;
    if (!std::filesystem::exists(file, absent)) {
        file = root_ / file_name;
    }
    std::unique_ptr<CompiledTemplate>& place = compiled_[file.string()];
    if (place == nullptr) {
        const auto known = stocks();
        if (!known) {
            return known.error();
        }
        auto loaded = CompiledTemplate::load(file, **known);
        if (!loaded) {
            return loaded.error();
        }
        place = std::make_unique<CompiledTemplate>(std::move(*loaded));
    }
    return place.get();
}

}  // namespace sealdesk::slips
