#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "intake/encoding.h"

namespace sealdesk::intake {

/// A data file's bytes, one at a time, without its byte order mark. UTF-16 comes out as UTF-8, so
/// that quotes, separators and line breaks are single bytes whatever the file (CP950's second
/// bytes are never one of `"` `,` `;` TAB CR LF). Memory: one buffer.
class ByteStream {
public:
    static constexpr int kEnd = -1;

    /// `transcode`: CP950 comes out as UTF-8 too, for JSON, where `\` matters.
    /// Throws Failure (intake.unreadable).
    ByteStream(const std::filesystem::path& file, Encoding encoding, bool transcode);

    /// The next byte, or kEnd. Throws Failure (intake.unreadable).
    int get() { return next_ < buffer_.size() || refill() ? take() : kEnd; }

    /// The next byte without taking it.
    int peek() { return next_ < buffer_.size() || refill() ? byte_here() : kEnd; }

    /// Bytes to be read again, before what comes next.
    void push_back(std::string_view bytes);

private:
    int byte_here() const { return static_cast<unsigned char>(buffer_[next_]); }
    int take() {
        const int byte = byte_here();
        ++next_;
        return byte;
    }
    bool refill();
    std::string convert(bool last);

    std::ifstream in_;
    Encoding encoding_;
    bool transcode_;
    bool at_start_ = true;
    bool ended_ = false;
    std::string raw_;     ///< bytes read but not yet converted
    std::string buffer_;  ///< bytes to hand out
    std::size_t next_ = 0;
};

}  // namespace sealdesk::intake
