#include <map>

#include "base/error.h"
#include "base/text.h"
#include "paper/canvas.h"
#include "paper/page.h"
#include "paper/pdf_writer.h"

namespace sealdesk::paper {
namespace {

constexpr int kQuickCompression = 1;  ///< of what is made for one document
constexpr std::size_t kPagesOfNode = 128;

std::string box_of(const FontMetrics& metrics) {
    std::string box = "[";
    for (const int side : metrics.box) {
        box += std::to_string(side) + " ";
    }
    return box + "]";
}

/// A composite font (ISO 32000-1 §9.7) with what it is made of; its object's number.
unsigned write_font(PdfWriter& writer, const EmbeddedFont& font) {
    const unsigned file = writer.stream(
        (font.is_cff ? "/Subtype /CIDFontType0C" : "/Length1 " + std::to_string(font.file_size)) +
            " /Filter /FlateDecode",
        font.file);
    constexpr int symbolic = 4;
    const int flags = symbolic | (font.metrics.fixed_pitch ? 1 : 0);
    const unsigned descriptor = writer.object(
        "<</Type /FontDescriptor /FontName /" + font.base_name + " /Flags " +
        std::to_string(flags) + " /FontBBox " + box_of(font.metrics) + " /ItalicAngle 0 /Ascent " +
        std::to_string(font.metrics.ascent) + " /Descent " + std::to_string(font.metrics.descent) +
        " /CapHeight " + std::to_string(font.metrics.cap_height) + " /StemV 80 /" +
        (font.is_cff ? "FontFile3 " : "FontFile2 ") + reference(file) + ">>");
    const unsigned descendant = writer.object(
        std::string("<</Type /Font /Subtype /CIDFontType") + (font.is_cff ? "0" : "2") +
        " /BaseFont /" + font.base_name + " /CIDSystemInfo <</Registry " + writer.text("Adobe") +
        " /Ordering " + writer.text("Identity") + " /Supplement 0>> /FontDescriptor " +
        reference(descriptor) + " /DW 1000 /W [" + font.widths + "]" +
        (font.is_cff ? ">>" : " /CIDToGIDMap /Identity>>"));
    const unsigned to_unicode = writer.stream("/Filter /FlateDecode", font.to_unicode);
    return writer.object("<</Type /Font /Subtype /Type0 /BaseFont /" + font.base_name +
                         " /Encoding /Identity-H /DescendantFonts [" + reference(descendant) +
                         "] /ToUnicode " + reference(to_unicode) + ">>");
}

/// Fonts and tiles as they are named in content.
std::string write_resources(PdfWriter& writer, const SharedParts& shared,
                            const std::vector<EmbeddedFont>& fonts) {
    std::string entries = "/Font <<";
    for (std::size_t i = 0; i < fonts.size(); ++i) {
        entries += "/F" + std::to_string(i) + " " + reference(write_font(writer, fonts[i])) + " ";
    }
    entries += ">> /XObject <<";
    for (std::size_t i = 0; i < shared.tiles.size(); ++i) {
        const Tile& tile = shared.tiles[i];
        Operators box;
        box << "[" << -tile.margin << -tile.margin << tile.width + tile.margin
            << tile.height + tile.margin << "]";
        const unsigned form =
            writer.stream("/Type /XObject /Subtype /Form /Filter /FlateDecode /BBox " + box.bytes(),
                          deflated(tile.strokes, kQuickCompression));
        entries += "/T" + std::to_string(i) + " " + reference(form) + " ";
    }
    return entries;  // the dictionary of XObjects is left open
}

std::string page_box(SheetSize size) {
    Operators box;
    box << "[0 0 " << size.width * kPointsPerMm << size.height * kPointsPerMm << "]";
    return box.bytes();
}

/// A page that was ended.
struct EndedPage {
    unsigned content;
    SheetSize size;
};

/// "D:20261127152200Z" (ISO 32000-1 §7.9.4) of "2026-11-27T15:22:00Z".
std::string pdf_date(Instant when) {
    std::string date = "D:";
    for (const char c : to_utc_text(when)) {
        if (c >= '0' && c <= '9') {
            date += c;
        }
    }
    constexpr std::size_t to_seconds = 16;
    return date.substr(0, to_seconds) + "Z";
}

}  // namespace

struct Document::Impl {
    Impl(std::unique_ptr<PdfLock> lock, std::string_view title, Instant created)
        : writer(std::move(lock)) {
        resources = writer.reserve();
        root = writer.reserve();
        info = writer.object("<</Title " + writer.text(title) + " /Creator " +
                             writer.text("sealdesk") + " /CreationDate " +
                             writer.text(pdf_date(created)) + ">>");
    }

    unsigned number_of(const Drawing& drawing);
    void end_page();
    [[nodiscard]] unsigned page_node(std::size_t first, std::size_t count);

    PdfWriter writer;
    SharedParts own;  ///< of what is drawn on pages directly
    std::unique_ptr<Canvas> canvas;
    Canvas::Impl* page = nullptr;  ///< the canvas's, borrowed
    unsigned resources = 0;        ///< of every page
    unsigned root = 0;             ///< of the page tree
    unsigned info = 0;
    std::map<const Drawing*, unsigned> drawings;       ///< their numbers on pages
    std::vector<unsigned> forms;                       ///< their objects, by number
    std::map<const SharedParts*, std::string> shared;  ///< resources of drawings
    std::vector<EndedPage> ended;                      ///< pages, in their order
    int pages = 0;
};

unsigned Document::Impl::number_of(const Drawing& drawing) {
    const auto [place, is_new] = drawings.try_emplace(&drawing, unsigned(forms.size()));
    if (is_new) {
        const DrawingParts& parts = drawing.parts();
        const auto [known, is_first] = shared.try_emplace(parts.shared.get());
        if (is_first) {
            known->second = write_resources(writer, *parts.shared, parts.shared->embedded);
        }
        forms.push_back(writer.stream("/Type /XObject /Subtype /Form /BBox " +
                                          page_box(parts.size) + " /Resources <<" + known->second +
                                          ">>>> /Filter /FlateDecode",
                                      parts.content));
    }
    return place->second;
}

void Document::Impl::end_page() {
    if (page == nullptr) {
        return;
    }
    std::string& content = page->content.bytes();
    ended.push_back({writer.stream({}, content), page->sheet});
    wipe({content.data(), content.size()});
    content.clear();
}

unsigned Document::Impl::page_node(std::size_t first, std::size_t count) {
    const unsigned node = writer.reserve();
    std::string kids;
    for (std::size_t i = first; i < first + count; ++i) {
        const SheetSize size = ended[i].size;
        const bool is_a4 = size.width == kPageWidth && size.height == kPageHeight;
        kids += reference(writer.object("<</Type /Page /Parent " + reference(node) + " /Contents " +
                                        reference(ended[i].content) +
                                        (is_a4 ? "" : " /MediaBox " + page_box(size)) + ">>")) +
                " ";
    }
    writer.object(node, "<</Type /Pages /Parent " + reference(root) + " /Count " +
                            std::to_string(count) + " /Kids [" + kids + "]>>");
    return node;
}

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
    auto canvas = std::make_unique<Canvas::Impl>(impl_->own);
    canvas->number_of = [made = impl_.get()](const Drawing& drawing) {
        return made->number_of(drawing);
    };
    impl_->page = canvas.get();
    impl_->canvas = std::make_unique<Canvas>(std::move(canvas));
}

Document::Document(std::string_view title, Instant created)
    : Document(std::make_unique<Impl>(nullptr, title, created)) {}
Document::Document(std::string_view title, Instant created, const Secret& code, Random& random)
    : Document(std::make_unique<Impl>(std::make_unique<PdfLock>(code, random), title, created)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Canvas& Document::add_page(SheetSize size) {
    if (impl_->pages > 0) {
        impl_->end_page();
    }
    impl_->page->sheet = size;
    impl_->page->content.set_height(size.height * kPointsPerMm);
    ++impl_->pages;
    return *impl_->canvas;
}

int Document::pages() const { return impl_->pages; }

std::string Document::finish() {
    SEALDESK_CHECK(impl_->pages > 0);
    PdfWriter& writer = impl_->writer;
    impl_->end_page();
    std::vector<EmbeddedFont> fonts;
    for (std::size_t i = 0; i < impl_->own.fonts.count(); ++i) {
        fonts.push_back(impl_->own.fonts.embed(i, kQuickCompression));
    }
    std::string resources = "<<" + write_resources(writer, impl_->own, fonts);
    for (std::size_t i = 0; i < impl_->forms.size(); ++i) {
        resources += "/X" + std::to_string(i) + " " + reference(impl_->forms[i]) + " ";
    }
    writer.object(impl_->resources, resources + ">>>>");
    std::string kids;
    for (std::size_t first = 0; first < impl_->ended.size(); first += kPagesOfNode) {
        kids += reference(
                    impl_->page_node(first, std::min(kPagesOfNode, impl_->ended.size() - first))) +
                " ";
    }
    writer.object(impl_->root, "<</Type /Pages /Count " + std::to_string(impl_->ended.size()) +
                                   " /MediaBox " + page_box({}) + " /Resources " +
                                   reference(impl_->resources) + " /Kids [" + kids + "]>>");
    const unsigned catalog = writer.object("<</Type /Catalog /Pages " + reference(impl_->root) +
                                           " /Lang " + writer.text("zh-TW") + ">>");
    return writer.finish(catalog, impl_->info);
}

}  // namespace sealdesk::paper
