#include "intake/byte_stream.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace sealdesk::intake {

namespace {

constexpr std::size_t kStreamBlock = std::size_t{64} * 1024;

bool is_high_surrogate(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

unsigned utf16_unit(std::string_view bytes, std::size_t place) {
    return static_cast<unsigned char>(bytes[place]) |
           static_cast<unsigned>(static_cast<unsigned char>(bytes[place + 1])) << 8U;
}

/// Whole UTF-16LE characters as UTF-8; leaves what is incomplete in `bytes`.
std::string take_utf16(std::string_view& bytes, bool last) {
    std::string out;
    while (bytes.size() >= 2) {
        const unsigned unit = utf16_unit(bytes, 0);
        if (is_high_surrogate(unit) && bytes.size() < 4 && !last) {
            break;
        }
        if (is_high_surrogate(unit) && bytes.size() >= 4 &&
            is_low_surrogate(utf16_unit(bytes, 2))) {
            const unsigned low = utf16_unit(bytes, 2);
            append_utf8(out, 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00));
            bytes.remove_prefix(4);
            continue;
        }
        const bool lone = is_high_surrogate(unit) || is_low_surrogate(unit);
        append_utf8(out, lone ? 0xFFFD : static_cast<char32_t>(unit));
        bytes.remove_prefix(2);
    }
    if (last && !bytes.empty()) {
        append_utf8(out, 0xFFFD);
        bytes = {};
    }
    return out;
}

std::string take_cp950(std::string_view& bytes, bool last) {
    std::string out;
    while (!bytes.empty() && (last || bytes.size() >= 2)) {
        const Cp950Step step = step_cp950(bytes);
        append_utf8(out, step.character);
        bytes.remove_prefix(step.length);
    }
    return out;
}

}  // namespace

ByteStream::ByteStream(const std::filesystem::path& file, Encoding encoding, bool transcode)
    : in_(file, std::ios::binary), encoding_(encoding), transcode_(transcode) {
    if (!in_) {
        throw_unavailable("intake.unreadable", "a data file cannot be opened");
    }
}

void ByteStream::push_back(std::string_view bytes) {
    buffer_ = std::string(bytes) + buffer_.substr(next_);
    next_ = 0;
}

bool ByteStream::refill() {
    constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
    buffer_.clear();
    next_ = 0;
    while (buffer_.empty() && !ended_) {
        const std::size_t had = raw_.size();
        raw_.resize(had + kStreamBlock);
        in_.read(raw_.data() + had, static_cast<std::streamsize>(kStreamBlock));
        raw_.resize(had + static_cast<std::size_t>(in_.gcount()));
        ended_ = in_.eof();
        if (!in_ && !ended_) {
            throw_unavailable("intake.unreadable", "a data file cannot be read");
        }
        buffer_ = convert(ended_);
        if (std::exchange(at_start_, false) && buffer_.starts_with(utf8_mark)) {
            buffer_.erase(0, utf8_mark.size());
        }
    }
    return !buffer_.empty();
}

std::string ByteStream::convert(bool last) {
    std::string out;
    std::string_view rest = raw_;
    if (encoding_ == Encoding::Utf16Le) {
        out = take_utf16(rest, last);
    } else if (encoding_ == Encoding::Cp950 && transcode_) {
        out = take_cp950(rest, last);
    } else {
        return std::exchange(raw_, {});
    }
    raw_ = std::string(rest);
    return out;
}

}  // namespace sealdesk::intake
