#include "paper/pdf_tools.h"

#include <array>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <vector>

#define POINTERHOLDER_TRANSITION 4  // the library's own std::shared_ptr interface
#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>

#include "base/error.h"
#include "base/text.h"

namespace sealdesk::paper {
namespace {

constexpr std::size_t kOpenCodeMax = 127;  // bytes; ISO 32000-2 §7.6.4.3.3

/// Runs `work`, turning the library's exceptions into ours. Its messages can quote the file, so
/// they are not passed on.
template <class Work>
auto with_qpdf(Work&& work) {
    try {
        return work();
    } catch (const Failure&) {
        throw;
    } catch (const std::exception&) {
        throw_internal("paper.bad_pdf", "The PDF could not be read or written.");
    }
}

std::unique_ptr<QPDF> open_pdf(std::string_view bytes) {
    auto pdf = std::make_unique<QPDF>();
    pdf->setSuppressWarnings(true);
    pdf->setAttemptRecovery(false);
    pdf->processMemoryFile("memory", bytes.data(), bytes.size());
    return pdf;
}

/// Takes the writer's result and wipes the library's buffer.
std::string take_output(QPDFWriter& writer) {
    const std::shared_ptr<Buffer> buffer = writer.getBufferSharedPointer();
    auto* const bytes = reinterpret_cast<char*>(buffer->getBuffer());
    std::string output(bytes, buffer->getSize());
    wipe({bytes, buffer->getSize()});
    return output;
}

/// A range's PDF with its pages, opened once however many ranges come from it.
struct Source {
    std::unique_ptr<QPDF> pdf;
    std::vector<QPDFPageObjectHelper> pages;
};

using Sources = std::map<const char*, Source>;

Source& source_of(Sources& sources, std::string_view bytes) {
    Source& source = sources[bytes.data()];
    if (source.pdf == nullptr) {
        source.pdf = open_pdf(bytes);
        source.pages = QPDFPageDocumentHelper(*source.pdf).getAllPages();
    }
    return source;
}

}  // namespace

std::string assemble(std::span<const PageRange> ranges) {
    return with_qpdf([&] {
        Sources sources;
        QPDF output;
        output.emptyPDF();
        QPDFPageDocumentHelper pages(output);
        for (const PageRange& range : ranges) {
            const Source& source = source_of(sources, range.pdf);
            if (range.first < 1 || range.count < 0 ||
                std::size_t(range.first) - 1 + std::size_t(range.count) > source.pages.size()) {
                throw_internal("paper.bad_pdf", "A page that was asked for is not in the PDF.");
            }
            for (int i = 0; i < range.count; ++i) {
                pages.addPage(source.pages[std::size_t(range.first - 1 + i)], false);
            }
        }
        QPDFWriter writer(output);
        writer.setOutputMemory();
        writer.setDeterministicID(true);
        writer.setObjectStreamMode(qpdf_o_generate);
        writer.write();
        return take_output(writer);
    });
}

int count_pages(std::string_view pdf) {
    return with_qpdf([&] { return int(open_pdf(pdf)->getAllPages().size()); });
}

std::string encrypt_pdf(std::string_view pdf, const Secret& code, Random& random) {
    SEALDESK_CHECK(code.size() > 0 && code.size() <= kOpenCodeMax);
    // The library wants terminated texts.
    Secret open_password(code.size() + 1);
    std::memcpy(open_password.fill().data(), code.reveal().data(), code.size());
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    const Secret owner = random_text(random, kHexDigits, 64);
    Secret owner_password(owner.size() + 1);
    std::memcpy(owner_password.fill().data(), owner.reveal().data(), owner.size());
    return with_qpdf([&] {
        const std::unique_ptr<QPDF> input = open_pdf(pdf);
        QPDFWriter writer(*input);
        writer.setOutputMemory();
        writer.setPreserveEncryption(false);
        writer.setR6EncryptionParameters(open_password.reveal().data(),
                                         owner_password.reveal().data(),
                                         true,   // reading aloud
                                         true,   // copying text: the password is typed from it
                                         false,  // rearranging
                                         false,  // annotating
                                         false,  // filling forms
                                         false,  // changing
                                         qpdf_r3p_full, true);
        writer.write();
        return take_output(writer);
    });
}

}  // namespace sealdesk::paper
