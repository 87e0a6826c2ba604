#include "paper/pdf_writer.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "paper/pdf_text.h"

namespace sealdesk::paper {
namespace {

constexpr std::size_t kChunkSize = std::size_t{1} << 18U;
constexpr std::size_t kPlaceDigits = 10;  ///< of an entry of the cross-reference table

}  // namespace

std::string reference(unsigned number) { return std::to_string(number) + " 0 R"; }

PdfWriter::PdfWriter(std::unique_ptr<PdfLock> lock) : lock_(std::move(lock)) {
    add("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");  // four bytes that say: not text
}

PdfWriter::~PdfWriter() {
    for (std::string& chunk : chunks_) {
        wipe({chunk.data(), chunk.size()});
    }
}

void PdfWriter::add(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
        if (chunks_.empty() || chunks_.back().size() == kChunkSize) {
            chunks_.emplace_back().reserve(kChunkSize);
        }
        const std::size_t part = std::min(bytes.size(), kChunkSize - chunks_.back().size());
        chunks_.back().append(bytes.substr(0, part));
        bytes.remove_prefix(part);
    }
}

unsigned PdfWriter::reserve() {
    places_.push_back(0);
    return unsigned(places_.size());
}

void PdfWriter::begin_object(unsigned number) {
    SEALDESK_CHECK(places_.at(number - 1) == 0);
    places_[number - 1] = size_;
    add(std::to_string(number));
    add(" 0 obj\n");
}

void PdfWriter::object(unsigned number, std::string_view body) {
    begin_object(number);
    add(body);
    add("\nendobj\n");
}

unsigned PdfWriter::object(std::string_view body) {
    const unsigned number = reserve();
    object(number, body);
    return number;
}

void PdfWriter::stream(unsigned number, std::string_view entries, std::string_view bytes) {
    const std::string locked = lock_ ? lock_->encrypted(bytes) : std::string();
    const std::string_view stored = lock_ ? std::string_view(locked) : bytes;
    begin_object(number);
    add("<<");
    add(entries);
    add(" /Length ");
    add(std::to_string(stored.size()));
    add(">>\nstream\n");
    add(stored);
    add("\nendstream\nendobj\n");
}

unsigned PdfWriter::stream(std::string_view entries, std::string_view bytes) {
    const unsigned number = reserve();
    stream(number, entries, bytes);
    return number;
}

std::string PdfWriter::text(std::string_view utf8) {
    const std::string bytes = "\xFE\xFF" + utf16(utf8);
    return "<" + to_hex(lock_ ? lock_->encrypted(bytes) : bytes) + ">";
}

std::string PdfWriter::finish(unsigned catalog, unsigned info) {
    std::string trailer;
    if (lock_) {
        // The one dictionary whose strings are not encrypted.
        const unsigned encryption = object("<<" + lock_->dictionary() + ">>");
        const std::string id = "<" + to_hex(lock_->file_id()) + ">";
        trailer = " /Encrypt " + reference(encryption) + " /ID [" + id + id + "]";
    }
    const std::size_t table = size_;
    const std::string count = std::to_string(places_.size() + 1);
    add("xref\n0 " + count + "\n0000000000 65535 f \n");
    for (const std::size_t place : places_) {
        SEALDESK_CHECK(place > 0);
        const std::string digits = std::to_string(place);
        add(std::string(kPlaceDigits - digits.size(), '0') + digits + " 00000 n \n");
    }
    add("trailer\n<</Size " + count + " /Root " + reference(catalog) + " /Info " + reference(info) +
        trailer + ">>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n");
    std::string whole;
    whole.reserve(size_);
    for (std::string& chunk : chunks_) {
        whole += chunk;
        wipe({chunk.data(), chunk.size()});
        chunk = std::string();  // or the document would be in memory twice
    }
    return whole;
}

}  // namespace sealdesk::paper
