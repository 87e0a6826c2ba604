#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "base/durable_file.h"
#include "slips/layout.h"
#include "slips/yaml_entries.h"

namespace sealdesk::slips {
namespace {

constexpr std::size_t kTemplatePagesMax = 20;
constexpr std::size_t kTemplateElementsMax = 500;
constexpr double kShrinkDefault = 0.7;  // of the size, where a template does not say
constexpr double kSizeMin = 4;          // points; smaller is not print
constexpr double kSizeMax = 120;

struct KindName {
    std::string_view key;
    Element::Kind kind;
};
constexpr std::array<KindName, 7> kKindNames{{
    {"text", Element::Kind::Text},
    {"rule", Element::Kind::Rule},
    {"box", Element::Kind::Box},
    {"fill", Element::Kind::Fill},
    {"code128", Element::Kind::Code128},
    {"qr", Element::Kind::Qr},
    {"veil", Element::Kind::Veil},
}};

bool has_content(Element::Kind kind) {
    return kind == Element::Kind::Text || kind == Element::Kind::Code128 ||
           kind == Element::Kind::Qr;
}

/// The entries an element may have.
std::set<std::string> keys_of(const KindName& kind) {
    std::set<std::string> keys{std::string(kind.key), "name", "when", "unless"};
    if (kind.kind == Element::Kind::Text) {
        keys.insert({"at", "style", "face", "size", "line", "align", "tracking", "colour",
                     "shrink_to", "continue_on", "takes_rest"});
    } else if (has_content(kind.kind)) {
        keys.insert("at");
    } else {
        keys.insert("colour");
    }
    if (kind.kind == Element::Kind::Rule || kind.kind == Element::Kind::Box) {
        keys.insert({"width", "dash"});
    }
    return keys;
}

bool is_plain_name(std::string_view text) {
    return !text.empty() && text.size() <= 40 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

/// Reads one file. The first error is kept and ends the reading step by step: every function
/// returns something harmless once there is one.
class TemplateReader {
public:
    TemplateReader(const std::string& file, const Stocks& stocks)
        : entries_(file), stocks_(stocks) {
        layout_.file = file;
    }

    Result<Layout> read(const std::string& bytes) {
        try {
            const YAML::Node root = YAML::Load(bytes);
            read_root(root);
        } catch (const YAML::ParserException& trouble) {
            entries_.fail(trouble.mark.line + 1, "template.not_yaml",
                          "The file is not YAML: " + trouble.msg);
        } catch (const YAML::Exception& trouble) {
            entries_.fail(trouble.mark.line + 1, "template.shape",
                          "The entry cannot be read: " + trouble.msg);
        }
        if (entries_.error()) {
            return *entries_.error();
        }
        return std::move(layout_);
    }

private:
    void read_root(const YAML::Node& root);
    void read_stock(const YAML::Node& root);
    void read_fields(const YAML::Node& fields);
    void read_styles(const YAML::Node& styles);
    void read_style(const YAML::Node& map, paper::TextStyle& style);
    void read_page(const YAML::Node& page);
    const KindName* kind_of(const YAML::Node& node);
    void read_element(const YAML::Node& node, PageLayout& page);
    void read_text_entries(const YAML::Node& node, Element& element);
    std::optional<std::array<double, 4>> read_places(const YAML::Node& node,
                                                     const Element& element);
    void read_area(const YAML::Node& node, Element& element);
    std::vector<Piece> read_pieces(const YAML::Node& node, const std::string& text);
    void check_element(const YAML::Node& node, const Element& element);
    void check_whole(const YAML::Node& pages);

    YamlEntries entries_;
    const Stocks& stocks_;
    Layout layout_;
    std::map<std::string, paper::TextStyle> styles_;
    std::set<std::string> used_fields_;
};

void TemplateReader::read_root(const YAML::Node& root) {
    entries_.check_keys(root, {"template", "title", "stock", "fields", "styles", "pages"});
    if (entries_.error()) {
        return;
    }
    layout_.name = entries_.text_of(root, "template", true);
    layout_.title = entries_.text_of(root, "title", true);
    read_stock(root);
    layout_.fields_line = entries_.line_of(root);
    if (root["fields"].IsDefined()) {
        read_fields(root["fields"]);
    }
    read_styles(root["styles"]);
    const YAML::Node pages = root["pages"];
    if (!pages.IsDefined() || !pages.IsSequence() || pages.size() == 0 ||
        pages.size() > kTemplatePagesMax) {
        entries_.fail_shape(root, "\"pages\" takes a list of 1 to 20 pages.");
        return;
    }
    for (const YAML::Node& page : pages) {
        read_page(page);
    }
    check_whole(pages);
}

void TemplateReader::read_stock(const YAML::Node& root) {
    const YAML::Node node = root["stock"];
    const std::string name =
        node.IsDefined() ? entries_.text_of(root, "stock", true) : std::string(kUsualStock);
    const Stock* const stock = stocks_.find(name);
    if (stock == nullptr) {
        entries_.fail(entries_.line_of(node.IsDefined() ? node : root), "template.unknown_stock",
                      "There is no stock \"" + name + "\" in stocks.yaml.");
        return;
    }
    layout_.stock = *stock;
}

void TemplateReader::read_fields(const YAML::Node& fields) {
    entries_.check_keys(fields, {"required", "optional", "secret", "optional_secret"});
    layout_.fields_line = entries_.line_of(fields);
    for (const char* const group : {"required", "optional", "secret", "optional_secret"}) {
        const YAML::Node names = fields[group];
        if (entries_.error() || !names.IsDefined()) {
            continue;
        }
        if (!names.IsSequence()) {
            entries_.fail_shape(names, "A list of field names is expected here.");
            return;
        }
        for (const YAML::Node& node : names) {
            const auto name = node.as<std::string>();
            if (!is_plain_name(name)) {
                entries_.fail_shape(node, "A field's name is made of a-z 0-9 - _.");
            }
            if (layout_.find_field(name) != nullptr) {
                entries_.fail(entries_.line_of(node), "template.repeated_key",
                              "\"" + name + "\" comes twice.");
            }
            const std::string_view kind = group;
            layout_.fields.push_back({name, kind == "required" || kind == "secret",
                                      kind.ends_with("secret"), entries_.line_of(node)});
        }
    }
}

void TemplateReader::read_styles(const YAML::Node& styles) {
    if (!styles.IsDefined() || !styles.IsMap()) {
        entries_.fail(layout_.fields_line, "template.shape",
                      "\"styles\" takes a list of named styles.");
        return;
    }
    for (const auto& entry : styles) {
        const auto name = entry.first.as<std::string>();
        entries_.check_keys(entry.second, {"face", "size", "line", "align", "tracking", "colour"});
        if (entries_.error()) {
            return;
        }
        paper::TextStyle style;
        read_style(entry.second, style);
        if (!styles_.emplace(name, style).second) {
            entries_.fail(entries_.line_of(entry.first), "template.repeated_key",
                          "\"" + name + "\" comes twice.");
        }
    }
}

void TemplateReader::read_style(const YAML::Node& map, paper::TextStyle& style) {
    static const std::map<std::string, paper::Face> faces{{"song", paper::Face::Song},
                                                          {"sans", paper::Face::Sans},
                                                          {"bold", paper::Face::SansBold},
                                                          {"code", paper::Face::Code}};
    static const std::map<std::string, paper::Align> aligns{{"left", paper::Align::Left},
                                                            {"centre", paper::Align::Centre},
                                                            {"right", paper::Align::Right}};
    if (map["face"].IsDefined()) {
        const auto face = faces.find(entries_.text_of(map, "face", true));
        if (face == faces.end()) {
            entries_.fail_shape(map["face"], "A face is song, sans, bold or code.");
            return;
        }
        style.face = face->second;
    }
    if (map["align"].IsDefined()) {
        const auto align = aligns.find(entries_.text_of(map, "align", true));
        if (align == aligns.end()) {
            entries_.fail_shape(map["align"], "Text is aligned left, centre or right.");
            return;
        }
        style.align = align->second;
    }
    style.size = entries_.number_of(map, "size", style.size, kSizeMin, kSizeMax);
    style.line = entries_.number_of(map, "line", style.line, 1, 100);
    style.tracking = entries_.number_of(map, "tracking", style.tracking, 0, 100);
    style.colour = entries_.colour_of(map, style.colour);
}

void TemplateReader::read_page(const YAML::Node& page) {
    entries_.check_keys(page, {"page", "elements"});
    if (entries_.error()) {
        return;
    }
    PageLayout read{entries_.text_of(page, "page", true), entries_.line_of(page), false, {}};
    if (layout_.find_page(read.name) != nullptr) {
        entries_.fail(entries_.line_of(page), "template.repeated_key",
                      "The page \"" + read.name + "\" comes twice.");
    }
    const YAML::Node elements = page["elements"];
    if (!elements.IsDefined() || !elements.IsSequence() || elements.size() > kTemplateElementsMax) {
        entries_.fail_shape(page, "\"elements\" takes a list of at most 500 elements.");
        return;
    }
    for (const YAML::Node& element : elements) {
        if (entries_.error()) {
            return;
        }
        read_element(element, read);
    }
    layout_.pages.push_back(std::move(read));
}

const KindName* TemplateReader::kind_of(const YAML::Node& node) {
    const KindName* found = nullptr;
    for (const KindName& kind : kKindNames) {
        if (!node[std::string(kind.key)].IsDefined()) {
            continue;
        }
        if (found != nullptr) {
            entries_.fail_shape(node, "An element is one thing only; this one is two.");
        }
        found = &kind;
    }
    if (found == nullptr) {
        entries_.fail_shape(node, "An element is text, rule, box, fill, code128, qr or veil.");
    }
    return found;
}

void TemplateReader::read_element(const YAML::Node& node, PageLayout& page) {
    if (!node.IsMap()) {
        entries_.fail_shape(node, "An element is expected here.");
        return;
    }
    const KindName* const kind = kind_of(node);
    if (kind == nullptr) {
        return;
    }
    entries_.check_keys(node, keys_of(*kind));
    if (entries_.error()) {
        return;
    }
    Element element{kind->kind, entries_.line_of(node), {}, {}, 0, {}, {}, {}, {}, {}, false};
    element.when = entries_.text_of(node, "when", false);
    element.unless = entries_.text_of(node, "unless", false);
    element.pen = {entries_.number_of(node, "width", 0.2, 0.05, 20),
                   entries_.number_of(node, "dash", 0, 0.1, 50),
                   entries_.colour_of(node, paper::kBlack)};
    if (has_content(kind->kind)) {
        element.content =
            read_pieces(node, entries_.text_of(node, std::string(kind->key).c_str(), true));
    }
    if (kind->kind == Element::Kind::Text) {
        read_text_entries(node, element);
    }
    read_area(node[has_content(kind->kind) ? "at" : std::string(kind->key)], element);
    check_element(node, element);
    page.elements.push_back(std::move(element));
}

void TemplateReader::read_text_entries(const YAML::Node& node, Element& element) {
    const std::string style = entries_.text_of(node, "style", true);
    const auto found = styles_.find(style);
    if (found == styles_.end()) {
        entries_.fail_shape(node, "There is no style \"" + style + "\".");
        return;
    }
    element.style = found->second;
    read_style(node, element.style);
    element.size_min = entries_.number_of(node, "shrink_to", element.style.size * kShrinkDefault,
                                          kSizeMin, element.style.size);
    element.continue_on = entries_.text_of(node, "continue_on", false);
    element.takes_rest = entries_.flag_of(node, "takes_rest");
}

std::optional<std::array<double, 4>> TemplateReader::read_places(const YAML::Node& node,
                                                                 const Element& element) {
    const bool is_text = element.kind == Element::Kind::Text;
    const bool is_list = node.IsDefined() && node.IsSequence();
    if (!is_list || node.size() > 4 || node.size() < (is_text ? 3U : 4U)) {
        entries_.fail(node.IsDefined() ? entries_.line_of(node) : element.line, "template.shape",
                      is_text
                          ? "A text stands at: [left, top, width] or [left, top, width, height]."
                          : "Four numbers in millimetres are expected here.");
        return std::nullopt;
    }
    std::array<double, 4> places{};
    for (std::size_t i = 0; i < node.size(); ++i) {
        places.at(i) = entries_.number_of(
            node[i], 0, std::max(layout_.stock.page().width, layout_.stock.page().height));
    }
    return places;
}

void TemplateReader::read_area(const YAML::Node& node, Element& element) {
    const auto places = read_places(node, element);
    if (!places) {
        return;
    }
    const auto& [left, top, third, fourth] = *places;
    element.area = {left, top, third, fourth};
    if (element.kind == Element::Kind::Rule) {
        element.area.width = third - left;
        element.area.height = fourth - top;
    }
    const paper::SheetSize page = layout_.stock.page();
    if (element.area.x + element.area.width > page.width ||
        element.area.y + element.area.height > page.height) {
        entries_.fail_shape(
            node, "The element reaches beyond the page of its stock (" + to_text(page) + ").");
    }
    const bool takes_fields =
        element.takes_rest || std::ranges::any_of(element.content, &Piece::is_field);
    const bool is_text = element.kind == Element::Kind::Text;
    if (is_text && element.area.height == 0 && takes_fields) {
        // Text that changes gets one line unless the template gives it more.
        element.area.height =
            element.style.line > 0 ? element.style.line : element.style.size * 1.45 * 25.4 / 72;
    }
}

std::vector<Piece> TemplateReader::read_pieces(const YAML::Node& node, const std::string& text) {
    std::vector<Piece> pieces;
    std::string literal;
    const auto flush = [&] {
        if (!literal.empty()) {
            pieces.push_back({false, std::exchange(literal, {})});
        }
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c != '{' && c != '}') {
            literal += c;
            continue;
        }
        if (at + 1 < text.size() && text[at + 1] == c) {
            literal += c;  // {{ and }} stand for the brace itself
            ++at;
            continue;
        }
        const std::size_t end = c == '{' ? text.find('}', at) : std::string::npos;
        if (end == std::string::npos) {
            entries_.fail_shape(node,
                                "A brace has no partner; write {{ or }} for the sign itself.");
            return {};
        }
        flush();
        pieces.push_back({true, text.substr(at + 1, end - at - 1)});
        at = end;
    }
    flush();
    return pieces;
}

void TemplateReader::check_element(const YAML::Node& node, const Element& element) {
    const auto use = [&](const std::string& name) {
        used_fields_.insert(name);
        if (layout_.find_field(name) == nullptr) {
            entries_.fail(element.line, "template.unknown_field",
                          "\"" + name + "\" is not among the template's fields.");
        }
    };
    const bool alone = element.kind == Element::Kind::Text && element.content.size() == 1;
    for (const Piece& piece : element.content) {
        if (!piece.is_field) {
            continue;
        }
        use(piece.text);
        const FieldDeclaration* const field = layout_.find_field(piece.text);
        if (field != nullptr && field->secret && !alone) {
            entries_.fail(element.line, "template.secret_misused",
                          "\"" + piece.text + "\" is secret: it must stand alone in a text.");
        }
    }
    for (const std::string& name : {element.when, element.unless}) {
        if (!name.empty()) {
            use(name);
        }
    }
    const bool is_empty = has_content(element.kind) && element.content.empty();
    if (is_empty && !element.takes_rest) {
        entries_.fail_shape(node, "The element shows nothing.");
    }
}

void TemplateReader::check_whole(const YAML::Node& pages) {
    for (const PageLayout& page : layout_.pages) {
        for (const Element& element : page.elements) {
            if (element.continue_on.empty()) {
                continue;
            }
            const auto target =
                std::ranges::find(layout_.pages, element.continue_on, &PageLayout::name);
            const bool takes =
                target != layout_.pages.end() &&
                std::ranges::count(target->elements, true, &Element::takes_rest) == 1;
            if (!takes) {
                entries_.fail(element.line, "template.shape",
                              "\"" + element.continue_on +
                                  "\" is not a page with one element that says takes_rest: true.");
                return;
            }
            target->for_rest = true;
        }
    }
    for (const FieldDeclaration& field : layout_.fields) {
        if (!used_fields_.contains(field.name)) {
            entries_.fail(field.line, "template.unused_field",
                          "Nothing on the pages shows \"" + field.name + "\".");
        }
    }
    if (!entries_.error() && layout_.pages.front().for_rest) {
        entries_.fail_shape(pages, "The first page cannot be one for the rest of a text.");
    }
}

}  // namespace

bool Element::varies() const {
    const bool has_field = std::ranges::any_of(content, &Piece::is_field);
    return has_field || takes_rest || !when.empty() || !unless.empty();
}

const FieldDeclaration* Layout::find_field(std::string_view field) const {
    const auto found = std::ranges::find(fields, field, &FieldDeclaration::name);
    return found == fields.end() ? nullptr : &*found;
}

const PageLayout* Layout::find_page(std::string_view page) const {
    const auto found = std::ranges::find(pages, page, &PageLayout::name);
    return found == pages.end() ? nullptr : &*found;
}

Result<Layout> read_layout(const std::filesystem::path& file, const Stocks& stocks) {
    std::error_code trouble;
    if (!std::filesystem::is_regular_file(file, trouble)) {
        return Error{ErrorKind::Invalid,
                     "template.no_such_file",
                     "There is no such template file.",
                     file.string(),
                     {}};
    }
    return TemplateReader(file.string(), stocks).read(read_file(file));
}

}  // namespace sealdesk::slips
