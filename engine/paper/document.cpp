#include <cstring>
#include <vector>

#include <cairo-pdf.h>

#include "base/error.h"
#include "base/secret.h"
#include "paper/canvas.h"
#include "paper/page.h"

namespace sealdesk::paper {
namespace {

constexpr std::size_t kChunkSize = std::size_t{1} << 20;

/// Where the library writes to: chunks that never move, so that growing leaves no copies behind.
class PdfSink {
public:
    PdfSink() = default;
    PdfSink(const PdfSink&) = delete;
    PdfSink& operator=(const PdfSink&) = delete;
    ~PdfSink() {
        for (std::string& chunk : chunks_) {
            wipe({chunk.data(), chunk.size()});
        }
    }

    void add(std::string_view bytes) {
        size_ += bytes.size();
        while (!bytes.empty()) {
            if (chunks_.empty() || chunks_.back().size() == kChunkSize) {
                chunks_.emplace_back().reserve(kChunkSize);
            }
            const std::size_t room = kChunkSize - chunks_.back().size();
            chunks_.back().append(bytes.substr(0, room));
            bytes.remove_prefix(std::min(room, bytes.size()));
        }
    }

    [[nodiscard]] std::string whole() const {
        std::string bytes;
        bytes.reserve(size_);
        for (const std::string& chunk : chunks_) {
            bytes += chunk;
        }
        return bytes;
    }

private:
    std::vector<std::string> chunks_;
    std::size_t size_ = 0;
};

cairo_status_t write_to_sink(void* sink, const unsigned char* bytes, unsigned int length) {
    try {
        static_cast<PdfSink*>(sink)->add({reinterpret_cast<const char*>(bytes), length});
        return CAIRO_STATUS_SUCCESS;
    } catch (const std::bad_alloc&) {
        return CAIRO_STATUS_NO_MEMORY;
    }
}

}  // namespace

Drawing::Drawing() {
    const cairo_rectangle_t page{0, 0, kPageWidth * kPointsPerMm, kPageHeight * kPointsPerMm};
    SurfaceHandle recording(cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &page));
    canvas_ = std::make_unique<Canvas>(std::make_unique<Canvas::Impl>(std::move(recording)));
}
Drawing::~Drawing() = default;
Drawing::Drawing(Drawing&&) noexcept = default;
Drawing& Drawing::operator=(Drawing&&) noexcept = default;

struct Document::Impl {
    // Destroyed in reverse: the canvas with the surface still writes into the sink.
    PdfSink sink;
    cairo_t* cairo = nullptr;            ///< the canvas's, borrowed
    cairo_surface_t* surface = nullptr;  ///< likewise
    std::unique_ptr<Canvas> canvas;
    int pages = 0;
};

Document::Document(std::string_view title, Instant created) : impl_(std::make_unique<Impl>()) {
    require_fonts();
    SurfaceHandle surface(cairo_pdf_surface_create_for_stream(
        &write_to_sink, &impl_->sink, kPageWidth * kPointsPerMm, kPageHeight * kPointsPerMm));
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE,
                                   std::string(title).c_str());
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "sealdesk");
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                   to_utc_text(created).c_str());
    impl_->surface = surface.get();
    auto canvas = std::make_unique<Canvas::Impl>(std::move(surface));
    impl_->cairo = canvas->cairo.get();
    impl_->canvas = std::make_unique<Canvas>(std::move(canvas));
}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Canvas& Document::add_page() {
    if (impl_->pages > 0) {
        cairo_show_page(impl_->cairo);
    }
    ++impl_->pages;
    return *impl_->canvas;
}

int Document::pages() const { return impl_->pages; }

std::string Document::finish() {
    SEALDESK_CHECK(impl_->pages > 0);
    cairo_show_page(impl_->cairo);
    cairo_surface_finish(impl_->surface);
    const cairo_status_t status = cairo_surface_status(impl_->surface);
    if (status != CAIRO_STATUS_SUCCESS) {
        throw_internal("paper.failed", std::string("Writing the PDF failed: ") +
                                           cairo_status_to_string(status) + ".");
    }
    return impl_->sink.whole();
}

}  // namespace sealdesk::paper
