#include "intake/json_reader.h"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace sealdesk::intake {

namespace {

/// Records are flat; a list of documents is the deepest thing in one.
constexpr std::size_t kJsonDepthMax = 64;

/// Words beside the records, and their length.
constexpr std::size_t kWordsMax = 100;
constexpr std::size_t kWordBytesMax = 4096;

bool is_blank(int byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

bool opens_nesting(int byte) { return byte == '{' || byte == '['; }
bool closes_nesting(int byte) { return byte == '}' || byte == ']'; }

std::size_t depth_after(std::size_t depth, int byte) {
    if (opens_nesting(byte)) {
        return depth + 1;
    }
    return closes_nesting(byte) ? depth - 1 : depth;
}

bool ends_scalar(int byte) {
    return byte == ByteStream::kEnd || byte == ',' || closes_nesting(byte) || is_blank(byte);
}

/// Takes a flat object apart as the JSON library reads it; anything deeper than a list is refused.
class FlatHandler final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit FlatHandler(std::vector<std::pair<std::string, std::string>>& members)
        : members_(members) {}

    [[nodiscard]] std::string_view trouble() const { return trouble_; }

    bool null() override { return put({}); }
    bool boolean(bool value) override { return put(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return put(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return put(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& written) override { return put(written); }
    bool string(string_t& value) override { return put(value); }
    bool binary(binary_t&) override { return fail("json.shape"); }

    bool start_object(std::size_t) override { return depth_++ == 0 ? true : fail("json.shape"); }
    bool key(string_t& name) override {
        if (!keys_.insert(name).second) {
            return fail("json.repeated_key");
        }
        members_.emplace_back(name, std::string{});
        return true;
    }
    bool end_object() override {
        --depth_;
        return true;
    }
    bool start_array(std::size_t) override {
        if (depth_ != 1 || in_list_) {
            return fail("json.shape");
        }
        in_list_ = true;
        return true;
    }
    bool end_array() override {
        in_list_ = false;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return fail("json.record");
    }

private:
    bool fail(std::string_view code) {
        trouble_ = code;
        return false;
    }
    bool put(const std::string& value) {
        if (depth_ != 1) {
            return fail("json.shape");
        }
        std::string& member = members_.back().second;
        if (in_list_ && !member.empty()) {
            member.push_back(';');
        }
        member.append(value);
        return true;
    }

    std::vector<std::pair<std::string, std::string>>& members_;
    std::set<std::string> keys_;
    int depth_ = 0;
    bool in_list_ = false;
    std::string_view trouble_;
};

}  // namespace

int JsonReader::skip_blanks() {
    while (is_blank(stream_.peek())) {
        stream_.get();
    }
    return stream_.peek();
}

bool JsonReader::next(JsonItem& item) {
    item.text.clear();
    item.trouble = {};
    switch (in_) {
        case In::Start: return begin(item);
        case In::Object: return next_in_object(item);
        case In::Records: return next_in_records(item);
        case In::End: return false;
    }
    return false;
}

bool JsonReader::begin(JsonItem& item) {
    const int byte = skip_blanks();
    if (byte == '[') {
        stream_.get();
        has_records_ = true;
        in_ = In::Records;
        return next_in_records(item);
    }
    if (byte == '{') {
        stream_.get();
        inside_object_ = true;
        in_ = In::Object;
        return next_in_object(item);
    }
    return broken(item);
}

/// Members of the outer object up to the next record.
bool JsonReader::next_in_object(JsonItem& item) {
    for (;;) {
        if (skip_blanks() == '}') {
            stream_.get();
            in_ = In::End;
            return skip_blanks() == ByteStream::kEnd ? false : broken(item);
        }
        const auto key = take_comma() ? read_key() : std::nullopt;
        if (!key) {
            return broken(item);
        }
        if (*key == "records" && stream_.peek() == '[' && !has_records_) {
            stream_.get();
            has_records_ = true;
            first_ = true;
            in_ = In::Records;
            return next_in_records(item);
        }
        if (!read_word(*key)) {
            return broken(item);
        }
    }
}

/// The comma before a member or record, unless it is the first.
bool JsonReader::take_comma() {
    if (std::exchange(first_, false)) {
        return true;
    }
    if (skip_blanks() != ',') {
        return false;
    }
    stream_.get();
    skip_blanks();
    return true;
}

/// A key with its colon, up to the value.
std::optional<std::string> JsonReader::read_key() {
    std::string text;
    std::string_view trouble;
    if (stream_.peek() != '"') {
        return std::nullopt;
    }
    take_value(text, trouble);
    auto key = trouble.empty() ? read_json_string(text) : std::nullopt;
    if (skip_blanks() != ':') {
        return std::nullopt;
    }
    stream_.get();
    skip_blanks();
    return key;
}

/// Keeps a word beside the records; passes over anything else there.
bool JsonReader::read_word(const std::string& key) {
    std::string text;
    std::string_view trouble;
    take_value(text, trouble);
    if (trouble == "json.broken" || words_.contains(key) || words_.size() >= kWordsMax) {
        return false;
    }
    const auto word = read_json_string(text);
    words_[key] = word && word->size() <= kWordBytesMax ? *word : std::string{};
    return true;
}

bool JsonReader::next_in_records(JsonItem& item) {
    if (skip_blanks() == ']') {
        stream_.get();
        first_ = false;
        if (inside_object_) {
            in_ = In::Object;
            return next_in_object(item);
        }
        in_ = In::End;
        return skip_blanks() == ByteStream::kEnd ? false : broken(item);
    }
    if (!take_comma()) {
        return broken(item);
    }
    take_value(item.text, item.trouble);
    if (item.trouble == "json.broken" || item.text.empty()) {
        return broken(item);
    }
    item.number = ++number_;
    return true;
}

void JsonReader::keep(std::string& text, int byte, std::string_view& trouble) {
    if (text.size() >= kRowBytesMax) {
        trouble = "json.too_large";
        return;
    }
    text.push_back(static_cast<char>(byte));
}

/// The text of one value, found by its brackets and quotes alone.
void JsonReader::take_value(std::string& text, std::string_view& trouble) {
    std::size_t depth = 0;
    for (bool ended = false; !ended && trouble != "json.broken";) {
        const int byte = stream_.peek();
        if (depth == 0 && ends_scalar(byte)) {
            return;
        }
        take_piece(text, trouble);
        depth = depth_after(depth, byte);
        if (depth > kJsonDepthMax && trouble != "json.broken") {
            trouble = "json.too_deep";
        }
        ended = depth == 0 && (byte == '"' || closes_nesting(byte));
    }
}

/// One byte, or a whole string literal.
void JsonReader::take_piece(std::string& text, std::string_view& trouble) {
    switch (stream_.peek()) {
        case ByteStream::kEnd: trouble = "json.broken"; break;
        case '"': take_string(text, trouble); break;
        default: keep(text, stream_.get(), trouble); break;
    }
}

/// A string literal from quote to quote.
void JsonReader::take_string(std::string& text, std::string_view& trouble) {
    keep(text, stream_.get(), trouble);
    for (;;) {
        const int byte = stream_.get();
        if (byte == ByteStream::kEnd) {
            trouble = "json.broken";
            return;
        }
        keep(text, byte, trouble);
        if (byte == '"') {
            return;
        }
        if (byte == '\\' && stream_.peek() != ByteStream::kEnd) {
            keep(text, stream_.get(), trouble);
        }
    }
}

bool JsonReader::broken(JsonItem& item) {
    in_ = In::End;
    item.number = ++number_;
    item.trouble = "json.broken";
    return true;
}

std::string_view read_flat_object(std::string_view text,
                                  std::vector<std::pair<std::string, std::string>>& members) {
    members.clear();
    if (text.empty() || text.front() != '{') {
        return "json.shape";
    }
    FlatHandler handler(members);
    nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
    return handler.trouble();
}

std::optional<std::string> read_json_string(std::string_view text) {
    const auto parsed = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
    if (!parsed.is_string()) {
        return std::nullopt;
    }
    return parsed.get<std::string>();
}

}  // namespace sealdesk::intake
