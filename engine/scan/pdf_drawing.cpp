#include <array>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-image.h>
#include <poppler/cpp/poppler-page-renderer.h>
#include <poppler/cpp/poppler-page.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "scan/pdf_pages.h"

namespace sealdesk::scan {
namespace {

constexpr rlim_t kDrawingSeconds = 20;  ///< of CPU time for one page
#if defined(__SANITIZE_ADDRESS__)
constexpr rlim_t kDrawingBytes = RLIM_INFINITY;  // the sanitizer's own map is larger than any limit
#else
constexpr rlim_t kDrawingBytes = rlim_t{2} * 1024 * 1024 * 1024;  ///< of address space
#endif
constexpr double kPointsPerInch = 72;

/// What the drawing process says first.
struct DrawnHeader {
    int width = 0;  ///< 0: it could not
    int height = 0;
    bool too_large = false;
};

Error page_unreadable() {
    return {ErrorKind::Invalid,
            "scan.page_unreadable",
            "The page cannot be drawn; scan it again.",
            {},
            {}};
}

void set_limit(int which, rlim_t most) {
    const rlimit limit{most, most};
    (void)::setrlimit(decltype(RLIMIT_CPU)(which), &limit);
}

void write_all(int to, const void* bytes, std::size_t count) {
    const char* from = static_cast<const char*>(bytes);
    while (count > 0) {
        const ssize_t written = ::write(to, from, count);
        if (written <= 0) {
            ::_exit(1);
        }
        from += written;
        count -= std::size_t(written);
    }
}

bool read_all(int from, void* bytes, std::size_t count) {
    char* to = static_cast<char*>(bytes);
    while (count > 0) {
        const ssize_t got = ::read(from, to, count);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        to += got;
        count -= std::size_t(got);
    }
    return true;
}

void complain_to_nobody(const std::string& /*message*/, void* /*closure*/) {}

/// In the drawing process: the header, then the rows as RGB.
void draw_into(int to, std::string_view pdf, int number, double dpi, const image::Limits& limits) {
    poppler::set_debug_error_function(&complain_to_nobody, nullptr);
    const std::unique_ptr<poppler::document> document(
        poppler::document::load_from_raw_data(pdf.data(), int(pdf.size())));
    const std::unique_ptr<poppler::page> page(document ? document->create_page(number - 1)
                                                       : nullptr);
    DrawnHeader header;
    if (!page) {
        write_all(to, &header, sizeof header);
        return;
    }
    const poppler::rectf box = page->page_rect();
    const double width = box.width() / kPointsPerInch * dpi;
    const double height = box.height() / kPointsPerInch * dpi;
    const bool fits = width <= limits.side_max && height <= limits.side_max &&
                      width * height <= double(limits.pixels_max);
    header.too_large = !fits;
    poppler::image drawn;
    if (fits) {
        poppler::page_renderer renderer;
        renderer.set_image_format(poppler::image::format_rgb24);
        renderer.set_render_hint(poppler::page_renderer::antialiasing, true);
        renderer.set_render_hint(poppler::page_renderer::text_antialiasing, true);
        drawn = renderer.render_page(page.get(), dpi, dpi);
    }
    if (drawn.is_valid()) {
        header.width = drawn.width();
        header.height = drawn.height();
    }
    write_all(to, &header, sizeof header);
    for (int y = 0; y < header.height; ++y) {
        write_all(to, drawn.const_data() + std::ptrdiff_t(y) * drawn.bytes_per_row(),
                  std::size_t(header.width) * 3);
    }
}

[[noreturn]] void be_the_drawing_process(int to, std::string_view pdf, int page, double dpi,
                                         const image::Limits& limits) {
    set_limit(RLIMIT_CPU, kDrawingSeconds);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_AS, kDrawingBytes);
    try {
        draw_into(to, pdf, page, dpi, limits);
    } catch (...) {
        ::_exit(1);
    }
    ::_exit(0);  // none of the desk's own objects may be ended here
}

}  // namespace

Result<image::Picture> draw_page(std::string_view pdf, int page, double dpi,
                                 const image::Limits& limits) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_unavailable("scan.no_process", "No pipe to the process that draws PDF pages.");
    }
    std::optional<Descriptor> from(ends[0]);
    std::optional<Descriptor> to(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) {
        throw_unavailable("scan.no_process", "No process to draw PDF pages.");
    }
    if (child == 0) {
        be_the_drawing_process(to->get(), pdf, page, dpi, limits);
    }
    to.reset();
    DrawnHeader header;
    image::Picture picture;
    bool whole = read_all(from->get(), &header, sizeof header) && header.width > 0 &&
                 header.height > 0 && header.width <= limits.side_max &&
                 header.height <= limits.side_max;
    if (whole) {
        picture = {header.width, header.height, {}, dpi};
        picture.rgb.resize(std::size_t(header.width) * std::size_t(header.height) * 3);
        whole = read_all(from->get(), picture.rgb.data(), picture.rgb.size());
    }
    from.reset();  // a process that still writes ends by it
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (header.too_large) {
        return Error{ErrorKind::Invalid,
                     "image.too_large",
                     "The page is larger than any form; scan it at 300 dpi.",
                     {},
                     {}};
    }
    if (!whole) {
        return page_unreadable();
    }
    return picture;
}

}  // namespace sealdesk::scan
