#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace sealdesk::intake {

/// How a data file's bytes stand for characters.
enum class Encoding { Utf8, Cp950, Utf16Le };

/// "utf-8", "cp950", "utf-16le".
[[nodiscard]] std::string_view name_of(Encoding encoding);

/// From what a clerk writes: also "utf8", "big5", "big-5", "ms950", "utf-16", "unicode".
[[nodiscard]] std::optional<Encoding> encoding_from(std::string_view name);

/// One character of CP950 by Poco::Windows950Encoding, the strict one (notes/mail.md §7.2: it does
/// not decode the 408 pairs that others turn into private use characters).
struct Cp950Step {
    char32_t character;  ///< U+FFFD for bytes that are none
    std::size_t length;  ///< bytes taken: 1 or 2
};
[[nodiscard]] Cp950Step step_cp950(std::string_view bytes);

/// The text in UTF-8; bytes that are no character become U+FFFD. For Utf8 and Cp950.
[[nodiscard]] std::string decode_bytes(std::string_view bytes, Encoding encoding);

/// What one pass over a file tells about it; memory does not grow with the file.
struct FileSurvey {
    std::string sha256;  ///< lower-case hex
    std::int64_t size = 0;
    std::string head;  ///< first bytes, at most 16
    bool utf8_mark = false;
    bool utf16le_mark = false;
    bool utf16be_mark = false;
    std::int64_t nul_bytes = 0;
    std::int64_t utf8_faults = 0;
    std::int64_t cp950_faults = 0;
    std::int64_t utf8_characters = 0;  ///< whole ones beyond ASCII
    std::int64_t cp950_characters = 0;
    std::int64_t cp950_common = 0;  ///< of these: signs, and the 5,401 characters of level 1
    std::int64_t utf8_fault_line =
        0;  ///< first line that is not UTF-8, from 1; 0 when there is none
};

/// An encoding, with how sure we are and why: "certain (byte order mark)" …
struct FoundEncoding {
    Encoding encoding;
    Bilingual certainty;
};

/// How sure it is that a file of this survey is in this encoding; `told`: the clerk said so. Big5
/// is never certain: its byte pairs are byte pairs of GBK, too. What helps is how common the
/// characters are that it gives.
[[nodiscard]] Bilingual certainty_of(const FileSurvey& survey, Encoding encoding, bool told);

/// The encoding of a file that is read whole (JSON, XML): as told, else by its mark, else UTF-8
/// without fault, else CP950 without fault, else UTF-8 with its faults.
[[nodiscard]] FoundEncoding find_encoding(const FileSurvey& survey, std::string_view told);

/// As the file itself declares.
[[nodiscard]] FoundEncoding declared_as(Encoding encoding);

/// Throws Failure (intake.unreadable) when the file cannot be read.
[[nodiscard]] FileSurvey survey_file(const std::filesystem::path& file);

}  // namespace sealdesk::intake
