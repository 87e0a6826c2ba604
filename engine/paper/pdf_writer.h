#pragma once

// Inside of paper/ only: the objects of a PDF file (ISO 32000-1 §7).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "paper/pdf_lock.h"

namespace sealdesk::paper {

/// Writes objects one after the other into memory that is wiped when it goes.
class PdfWriter {
public:
    /// With a lock, streams and strings are encrypted.
    explicit PdfWriter(std::unique_ptr<PdfLock> lock);
    ~PdfWriter();
    PdfWriter(const PdfWriter&) = delete;
    PdfWriter& operator=(const PdfWriter&) = delete;

    /// A number for an object that is written later.
    [[nodiscard]] unsigned reserve();

    void object(unsigned number, std::string_view body);
    [[nodiscard]] unsigned object(std::string_view body);

    /// `entries`: of its dictionary, but /Length. `bytes` as they are, filters applied.
    void stream(unsigned number, std::string_view entries, std::string_view bytes);
    [[nodiscard]] unsigned stream(std::string_view entries, std::string_view bytes);

    /// A text string for the body of an object: UTF-16, in hexadecimal.
    [[nodiscard]] std::string text(std::string_view utf8);

    /// Cross-reference table and trailer; the whole file. Afterwards nothing can be written.
    [[nodiscard]] std::string finish(unsigned catalog, unsigned info);

private:
    void add(std::string_view bytes);
    void begin_object(unsigned number);

    std::unique_ptr<PdfLock> lock_;
    std::vector<std::string> chunks_;  ///< never move, so that growing leaves no copies behind
    std::size_t size_ = 0;
    std::vector<std::size_t> places_;  ///< of objects, by number less one; 0: not written yet
};

/// "12 0 R".
[[nodiscard]] std::string reference(unsigned number);

}  // namespace sealdesk::paper
