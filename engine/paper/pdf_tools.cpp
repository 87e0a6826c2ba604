#include "paper/pdf_tools.h"

#include <cstring>
#include <map>

#include <qpdf/qpdf-c.h>

#include "base/error.h"
#include "base/secret.h"

namespace sealdesk::paper {
namespace {

/// One of the library's documents. Its C interface is used: the C++ one does not parse under
/// clang 14 (C++20), and no exception of its leaves this way.
class QpdfDocument {
public:
    QpdfDocument() : data_(qpdf_init()) {
        SEALDESK_CHECK(data_ != nullptr);
        qpdf_set_suppress_warnings(data_, QPDF_TRUE);
        qpdf_silence_errors(data_);
    }
    ~QpdfDocument() {
        if (qpdf_has_error(data_) != QPDF_FALSE) {
            static_cast<void>(qpdf_get_error(data_));  // else cleaning up writes to stderr
        }
        qpdf_cleanup(&data_);
    }
    QpdfDocument(const QpdfDocument&) = delete;
    QpdfDocument& operator=(const QpdfDocument&) = delete;

    [[nodiscard]] qpdf_data get() const { return data_; }

    /// The library's messages can quote the file, so they are not passed on.
    void require(QPDF_ERROR_CODE code) const {
        if ((code & QPDF_ERRORS) != 0) {
            throw_internal("paper.bad_pdf", "The PDF could not be read or written.");
        }
    }

    /// Reads; the bytes are borrowed as long as this object lives.
    void read(std::string_view bytes) const {
        qpdf_set_attempt_recovery(data_, QPDF_FALSE);
        require(qpdf_read_memory(data_, "memory", bytes.data(), bytes.size(), nullptr));
    }

    [[nodiscard]] int pages() const {
        const int count = qpdf_get_num_pages(data_);
        if (count < 0) {
            throw_internal("paper.bad_pdf", "The pages of the PDF could not be read.");
        }
        return count;
    }

    /// Writes what was prepared and takes it, wiping the library's own buffer.
    [[nodiscard]] std::string write() const {
        require(qpdf_write(data_));
        const std::size_t size = qpdf_get_buffer_length(data_);
        // The library lends its buffer for reading; it is ours to wipe before it is freed.
        auto* const bytes =
            const_cast<char*>(reinterpret_cast<const char*>(qpdf_get_buffer(data_)));
        std::string output(bytes, size);
        wipe({bytes, size});
        return output;
    }

private:
    qpdf_data data_;
};

}  // namespace

std::string assemble(std::span<const PageRange> ranges) {
    std::map<const char*, QpdfDocument> sources;  // each file opened once, until all is written
    const QpdfDocument output;
    output.require(qpdf_empty_pdf(output.get()));
    for (const PageRange& range : ranges) {
        const auto [source, is_new] = sources.try_emplace(range.pdf.data());
        if (is_new) {
            source->second.read(range.pdf);
        }
        const int pages = source->second.pages();
        if (range.first < 1 || range.count < 0 || range.count > pages - (range.first - 1)) {
            throw_internal("paper.bad_pdf", "A page that was asked for is not in the PDF.");
        }
        for (int i = 0; i < range.count; ++i) {
            const auto index = static_cast<std::size_t>(range.first) - 1U + std::size_t(i);
            const qpdf_oh page = qpdf_get_page_n(source->second.get(), index);
            output.require(qpdf_add_page(output.get(), source->second.get(), page, QPDF_FALSE));
        }
    }
    output.require(qpdf_init_write_memory(output.get()));
    qpdf_set_deterministic_ID(output.get(), QPDF_TRUE);
    qpdf_set_object_stream_mode(output.get(), qpdf_o_generate);
    return output.write();
}

int count_pages(std::string_view pdf) {
    const QpdfDocument document;
    document.read(pdf);
    return document.pages();
}

}  // namespace sealdesk::paper
