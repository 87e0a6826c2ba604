#include "scheme/yaml_document.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace sealdesk::scheme {

namespace {

/// Ends the parsing from inside yaml-cpp; caught in read_yaml.
struct YamlRefusal {
    int line;
    std::string code;
    std::string detail;
};

nlohmann::json scalar_to_json(const std::string& tag, const std::string& text) {
    if (tag == "!") {  // quoted
        return text;
    }
    if (text == "true" || text == "false") {
        return text == "true";
    }
    const bool number_like = !text.empty() && (text == "0" || text.front() != '0');
    const auto number = number_like ? parse_number(text) : std::nullopt;
    return number ? nlohmann::json(*number) : nlohmann::json(text);
}

/// Builds JSON from yaml-cpp's events; unlike its node tree, this sees repeated keys and lines.
class JsonBuilder final : public YAML::EventHandler {
public:
    explicit JsonBuilder(YamlDocument& document) : document_(document) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
        // The mark of an absent value is that of whatever comes after it.
        const bool keyed = !levels_.empty() && levels_.back().key;
        const int line = keyed ? document_.lines[next_pointer(levels_.back())] : mark.line + 1;
        throw YamlRefusal{line, "scheme.not_yaml",
                          "an empty value; write the value or leave the key out"};
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(mark, "scheme.not_yaml", "aliases (*name) are not used in definitions");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check_plain(mark, tag, anchor);
        if (expects_key()) {
            take_key(mark, value);
            return;
        }
        if (!is_utf8(value)) {
            refuse(mark, "scheme.not_yaml", "text that is not UTF-8");
        }
        put(mark, scalar_to_json(tag, value));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        check_plain(mark, tag, anchor);
        open(mark, nlohmann::json::array());
    }
    void OnSequenceEnd() override { levels_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        check_plain(mark, tag, anchor);
        open(mark, nlohmann::json::object());
    }
    void OnMapEnd() override { levels_.pop_back(); }

private:
    struct Level {
        nlohmann::json* node;
        std::string pointer;
        std::optional<std::string> key;  ///< of a mapping: the key whose value comes next
    };

    [[noreturn]] static void refuse(const YAML::Mark& mark, std::string code, std::string detail) {
        throw YamlRefusal{mark.line + 1, std::move(code), std::move(detail)};
    }

    static void check_plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != 0) {
            refuse(mark, "scheme.not_yaml", "anchors (&name) are not used in definitions");
        }
        if (!tag.empty() && tag != "?" && tag != "!") {
            refuse(mark, "scheme.not_yaml", "tags (!name) are not used in definitions");
        }
    }

    [[nodiscard]] bool expects_key() const {
        return !levels_.empty() && levels_.back().node->is_object() && !levels_.back().key;
    }

    void take_key(const YAML::Mark& mark, const std::string& key) {
        Level& level = levels_.back();
        if (level.node->contains(key)) {
            refuse(mark, "scheme.repeated_key", "the key `" + key + "` is here twice");
        }
        level.key = key;
        document_.lines[level.pointer + "/" + pointer_part(key)] = mark.line + 1;
    }

    /// Places a value; returns where it now lives.
    nlohmann::json& put(const YAML::Mark& mark, nlohmann::json value) {
        if (levels_.empty()) {
            document_.content = std::move(value);
            document_.lines[""] = mark.line + 1;
            return document_.content;
        }
        Level& level = levels_.back();
        if (level.node->is_array()) {
            document_.lines[next_pointer(level)] = mark.line + 1;
            level.node->push_back(std::move(value));
            return level.node->back();
        }
        nlohmann::json& place = (*level.node)[*level.key];
        place = std::move(value);
        level.key.reset();
        return place;
    }

    void open(const YAML::Mark& mark, nlohmann::json empty) {
        if (levels_.size() >= static_cast<std::size_t>(kYamlDepthMax)) {
            refuse(mark, "scheme.not_yaml", "nested too deeply");
        }
        if (expects_key()) {
            refuse(mark, "scheme.not_yaml", "a key must be a word");
        }
        const std::string pointer = levels_.empty() ? "" : next_pointer(levels_.back());
        nlohmann::json& place = put(mark, std::move(empty));
        levels_.push_back({&place, pointer, std::nullopt});
    }

    [[nodiscard]] static std::string next_pointer(const Level& level) {
        const std::string part =
            level.node->is_array() ? std::to_string(level.node->size()) : pointer_part(*level.key);
        return level.pointer + "/" + part;
    }

    YamlDocument& document_;
    // Parents stay where they are while a child is open: a container only grows at its end, after
    // the child was closed.
    std::vector<Level> levels_;
};

Result<std::string> read_definition(const std::filesystem::path& file) {
    std::error_code trouble;
    const auto size = std::filesystem::file_size(file, trouble);
    std::ifstream in(file, std::ios::binary);
    if (trouble || !in) {
        return Error{ErrorKind::Invalid,
                     "scheme.no_such_file",
                     "cannot read the definition",
                     file.string(),
                     {}};
    }
    if (size > kYamlBytesMax) {
        return Error{ErrorKind::Invalid,
                     "scheme.too_large",
                     "a definition is at most 1 MB",
                     file.string(),
                     {}};
    }
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return std::move(bytes).str();
}

}  // namespace

std::string pointer_part(std::string_view key) {
    std::string part;
    for (const char c : key) {
        if (c == '~') {
            part += "~0";
        } else if (c == '/') {
            part += "~1";
        } else {
            part += c;
        }
    }
    return part;
}

std::string YamlDocument::where(std::string_view pointer) const {
    std::string at(pointer);
    while (!lines.contains(at) && !at.empty()) {
        at.erase(at.rfind('/') == std::string::npos ? 0 : at.rfind('/'));
    }
    const auto found = lines.find(at);
    const int line = found == lines.end() ? 1 : found->second;
    return file.string() + ":" + std::to_string(line);
}

Result<YamlDocument> read_yaml(const std::filesystem::path& file) {
    auto bytes = read_definition(file);
    if (!bytes) {
        return bytes.error();
    }
    YamlDocument document{file, std::move(bytes).value(), {}, {}};
    const auto refuse = [&](int line, std::string code, std::string detail) {
        return Error{ErrorKind::Invalid,
                     std::move(code),
                     std::move(detail),
                     file.string() + ":" + std::to_string(line),
                     {}};
    };
    try {
        std::istringstream in(document.bytes);
        YAML::Parser parser(in);
        JsonBuilder builder(document);
        if (!parser.HandleNextDocument(builder)) {
            return refuse(1, "scheme.not_yaml", "the file is empty");
        }
        YamlDocument rest;
        JsonBuilder further(rest);
        if (parser.HandleNextDocument(further)) {
            return refuse(1, "scheme.not_yaml", "more than one document in the file");
        }
    } catch (const YamlRefusal& refusal) {
        return refuse(refusal.line, refusal.code, refusal.detail);
    } catch (const YAML::Exception& trouble) {
        return refuse(trouble.mark.line + 1, "scheme.not_yaml", trouble.msg);
    }
    return document;
}

}  // namespace sealdesk::scheme
