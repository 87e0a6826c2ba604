#include "intake/json_reader.h"

#include <set>

#include <nlohmann/json.hpp>

namespace sealdesk::intake {

namespace {

/// Records are flat; a list of documents is the deepest thing in one.
constexpr std::size_t kJsonDepthMax = 64;

/// Words beside the records, and their length.
constexpr std::size_t kWordsMax = 100;
constexpr std::size_t kWordBytesMax = 4096;

bool is_blank(int byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

bool ends_scalar(int byte) {
    return byte == ByteStream::kEnd || byte == ',' || byte == ']' || byte == '}' || is_blank(byte);
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
        int byte = skip_blanks();
        if (byte == '}') {
            stream_.get();
            in_ = In::End;
            return skip_blanks() == ByteStream::kEnd ? false : broken(item);
        }
        if (!first_ && byte == ',') {
            stream_.get();
            byte = skip_blanks();
        } else if (!first_) {
            return broken(item);
        }
        first_ = false;
        std::string key;
        if (byte != '"' || !take_string(key) || skip_blanks() != ':') {
            return broken(item);
        }
        stream_.get();
        const auto name = read_json_string(key);
        if (name == "records" && skip_blanks() == '[' && !has_records_) {
            stream_.get();
            has_records_ = true;
            first_ = true;
            in_ = In::Records;
            return next_in_records(item);
        }
        if (!name || !read_word(item, *name)) {
            return broken(item);
        }
    }
}

/// Keeps a word beside the records; passes over anything else there.
bool JsonReader::read_word(JsonItem& item, const std::string& key) {
    std::string text;
    std::string_view trouble;
    skip_blanks();
    take_value(text, trouble);
    if (trouble == "json.broken" || words_.contains(key) || words_.size() >= kWordsMax) {
        return false;
    }
    item.text.clear();
    const auto word = read_json_string(text);
    words_[key] = word && word->size() <= kWordBytesMax ? *word : std::string{};
    return true;
}

bool JsonReader::next_in_records(JsonItem& item) {
    int byte = skip_blanks();
    if (byte == ']') {
        stream_.get();
        first_ = false;
        if (inside_object_) {
            in_ = In::Object;
            return next_in_object(item);
        }
        in_ = In::End;
        return skip_blanks() == ByteStream::kEnd ? false : broken(item);
    }
    if (!first_) {
        if (byte != ',') {
            return broken(item);
        }
        stream_.get();
        byte = skip_blanks();
    }
    first_ = false;
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
    bool in_string = false;
    for (;;) {
        const int byte = stream_.peek();
        if (depth == 0 && !in_string && ends_scalar(byte)) {
            return;
        }
        if (byte == ByteStream::kEnd) {
            trouble = "json.broken";
            return;
        }
        stream_.get();
        keep(text, byte, trouble);
        if (in_string && byte == '\\') {
            keep(text, stream_.get(), trouble);
        } else if (byte == '"') {
            in_string = !in_string;
        } else if (!in_string && (byte == '{' || byte == '[')) {
            trouble = ++depth > kJsonDepthMax ? std::string_view("json.too_deep") : trouble;
        } else if (!in_string && (byte == '}' || byte == ']')) {
            --depth;
        }
        if (depth == 0 && !in_string && (byte == '}' || byte == ']' || byte == '"')) {
            return;
        }
    }
}

/// A string literal with its quotes.
bool JsonReader::take_string(std::string& text) {
    std::string_view trouble;
    take_value(text, trouble);
    return trouble.empty() && text.size() >= 2 && text.front() == '"';
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
