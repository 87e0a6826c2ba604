#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intake/byte_stream.h"
#include "intake/record.h"

namespace sealdesk::intake {

/// One record of a JSON file, as the text of its value.
struct JsonItem {
    std::int64_t number = 0;     ///< from 1
    std::string text;            ///< at most kRowBytesMax
    std::string_view trouble{};  ///< json.too_large, json.too_deep, json.broken; else empty
};

/// A JSON file is either a list of records or an object that holds one as "records" beside a few
/// words ("scheme", "form", "form_version"). This reads the outside itself and hands each record
/// to the JSON library by itself, so that memory does not grow with the file and one bad record
/// does not spoil the others.
class JsonReader {
public:
    explicit JsonReader(ByteStream& stream) : stream_(stream) {}

    /// The next record; false after the last. After json.broken there is no further one.
    bool next(JsonItem& item);

    /// Words beside the records seen so far; all of them after next() returned false.
    [[nodiscard]] const std::map<std::string, std::string>& words() const { return words_; }

    /// Whether the file's outside is a list, or an object with "records".
    [[nodiscard]] bool has_records() const { return has_records_; }

private:
    enum class In { Start, Object, Records, End };

    int skip_blanks();
    bool begin(JsonItem& item);
    bool next_in_object(JsonItem& item);
    bool next_in_records(JsonItem& item);
    bool take_comma();
    std::optional<std::string> read_key();
    bool read_word(const std::string& key);
    void take_value(std::string& text, std::string_view& trouble);
    void take_piece(std::string& text, std::string_view& trouble);
    void take_string(std::string& text, std::string_view& trouble);
    void keep(std::string& text, int byte, std::string_view& trouble);
    bool broken(JsonItem& item);

    ByteStream& stream_;
    In in_ = In::Start;
    bool inside_object_ = false;
    bool first_ = true;
    bool has_records_ = false;
    std::int64_t number_ = 0;
    std::map<std::string, std::string> words_;
};

/// The members of a flat JSON object: strings as they are, numbers as written, true and false in
/// words, null as nothing, a list of strings joined by ";". Returns json.record, json.repeated_key,
/// json.shape or "".
[[nodiscard]] std::string_view read_flat_object(
    std::string_view text, std::vector<std::pair<std::string, std::string>>& members);

/// A JSON string literal, or nothing.
[[nodiscard]] std::optional<std::string> read_json_string(std::string_view text);

}  // namespace sealdesk::intake
