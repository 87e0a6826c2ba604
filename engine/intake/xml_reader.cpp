#include "intake/xml_reader.h"

#include <algorithm>

#include "intake/record.h"

namespace sealdesk::intake {

namespace {

constexpr std::size_t kXmlBlock = std::size_t{16} * 1024;

// Depths of the elements that mean something.
constexpr int kRootDepth = 1;
constexpr int kSubmissionDepth = 2;
constexpr int kFieldDepth = 3;

constexpr std::size_t kXmlWordMax = 4096;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

XmlReader::XmlReader(ByteStream& stream) : stream_(stream), parser_(*this) {
    parser_.expect_utf8();
}

bool XmlReader::next(XmlItem& item) {
    while (ready_.empty() && !ended_) {
        feed();
    }
    if (ready_.empty()) {
        return false;
    }
    item = std::move(ready_.front());
    ready_.pop_front();
    return true;
}

void XmlReader::feed() {
    std::string block;
    while (block.size() < kXmlBlock && stream_.peek() != ByteStream::kEnd) {
        block.push_back(static_cast<char>(stream_.get()));
    }
    const bool more = parser_.feed(block, block.empty());
    ended_ = !more || block.empty();
    if (!more) {
        number_ += depth_ < kSubmissionDepth ? 1 : 0;  // else it is the record being read
        item_ = XmlItem{number_, parser_.line(), {}, parser_.trouble()};
        ready_.push_back(std::move(item_));
    }
}

void XmlReader::start(std::string_view name, const XmlAttributes& attributes) {
    switch (++depth_) {
        case kRootDepth: start_root(name, attributes); break;
        case kSubmissionDepth:
            item_ = XmlItem{++number_, parser_.line(), {}, {}};
            bytes_ = 0;
            if (name != "submission") {
                spoil("xml.shape");
            }
            break;
        case kFieldDepth: start_field(name, attributes); break;
        default: spoil("xml.shape"); break;
    }
}

void XmlReader::end(std::string_view) {
    if (depth_-- == kSubmissionDepth) {
        ready_.push_back(std::move(item_));
    }
}

void XmlReader::text(std::string_view piece) {
    if (depth_ == kFieldDepth && item_.trouble.empty()) {
        bytes_ += piece.size();
        if (bytes_ > kRowBytesMax || item_.members.back().second.size() > kCellBytesMax) {
            spoil("xml.record_too_large");
        } else {
            item_.members.back().second.append(piece);
        }
    } else if (depth_ == kSubmissionDepth && !std::ranges::all_of(piece, is_space)) {
        spoil("xml.shape");
    }
}

void XmlReader::start_root(std::string_view name, const XmlAttributes& attributes) {
    root_ = name.substr(0, kXmlWordMax);
    for (const char* word : {"scheme", "form", "form_version"}) {
        if (attributes.has(word)) {
            words_[word] = attributes.get(word).substr(0, kXmlWordMax);
        }
    }
}

void XmlReader::start_field(std::string_view name, const XmlAttributes& attributes) {
    const std::string_view field = attributes.get("name");
    if (!item_.trouble.empty()) {
        return;
    }
    if (name != "field" || field.empty()) {
        spoil("xml.shape");
        return;
    }
    bytes_ += field.size();
    if (item_.members.size() >= kColumnsMax || bytes_ > kRowBytesMax) {
        spoil("xml.record_too_large");
        return;
    }
    const bool repeated = std::ranges::any_of(
        item_.members, [&](const auto& member) { return member.first == field; });
    item_.members.emplace_back(field, std::string{});
    if (repeated) {
        spoil("xml.repeated_field");
    }
}

/// The first fault of a record is the one that is told.
void XmlReader::spoil(std::string_view trouble) {
    if (item_.trouble.empty()) {
        item_.trouble = trouble;
        item_.line = parser_.line();
    }
}

}  // namespace sealdesk::intake
