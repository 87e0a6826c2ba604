#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

// g++ 12 warns, wrongly, inside valijson's json_pointer.hpp once its string copies are inlined.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "scheme/yaml_document.h"

namespace sealdesk::scheme {

namespace {

/// valijson names the place as {"<root>", "[fields]", "[3]"}; ours is a JSON pointer.
std::string pointer_of(const std::vector<std::string>& context) {
    std::string pointer;
    for (std::size_t i = 1; i < context.size(); ++i) {
        std::string_view part = context[i];
        if (part.starts_with('[') && part.ends_with(']')) {
            part.remove_prefix(1);
            part.remove_suffix(1);
        }
        pointer += '/';
        pointer += pointer_part(part);
    }
    return pointer;
}

/// The property a message names in quotes at its end, if it stands in the document there.
std::string quoted_name(const std::string& message) {
    const std::size_t close = message.rfind('\'');
    if (close == std::string::npos || close == 0) {
        return {};
    }
    const std::size_t open = message.rfind('\'', close - 1);
    return open == std::string::npos ? std::string{} : message.substr(open + 1, close - open - 1);
}

/// The fault that lies deepest: what stands above it only repeats that something below is wrong.
std::optional<valijson::ValidationResults::Error> deepest(valijson::ValidationResults& results) {
    std::optional<valijson::ValidationResults::Error> found;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
        if (!found || error.context.size() > found->context.size()) {
            found = error;
        }
    }
    return found;
}

Error shape_error(const YamlDocument& document,
                  const std::optional<valijson::ValidationResults::Error>& fault) {
    if (!fault) {
        return {ErrorKind::Invalid,
                "scheme.shape",
                "the definition has a wrong shape",
                document.where(""),
                {}};
    }
    std::string pointer = pointer_of(fault->context);
    const std::string name = quoted_name(fault->description);
    const std::string inner = pointer + "/" + pointer_part(name);
    std::string detail = fault->description;
    if (!name.empty() && document.lines.contains(inner)) {
        pointer = inner;
        if (detail.find("additionalProperties") != std::string::npos) {
            detail = "unknown key `" + name + "`; see forms/README.md for the keys there are";
        }
    }
    return {ErrorKind::Invalid, "scheme.shape", detail, document.where(pointer), {}};
}

}  // namespace

Outcome check_shape(const YamlDocument& document, const std::filesystem::path& schema_file) {
    std::ifstream in(schema_file);
    if (!in) {
        return Error{ErrorKind::Invalid,
                     "scheme.no_such_file",
                     "cannot read the JSON schema",
                     schema_file.string(),
                     {}};
    }
    try {
        const nlohmann::json rules = nlohmann::json::parse(in);
        valijson::Schema schema;
        valijson::SchemaParser parser;
        parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(rules), schema);
        valijson::Validator validator;
        valijson::ValidationResults results;
        const valijson::adapters::NlohmannJsonAdapter target(document.content);
        if (!validator.validate(schema, target, &results)) {
            return shape_error(document, deepest(results));
        }
    } catch (const std::exception& trouble) {  // nlohmann and valijson: a damaged schema
        return Error{
            ErrorKind::Invalid, "scheme.bad_schema", trouble.what(), schema_file.string(), {}};
    }
    return done();
}

}  // namespace sealdesk::scheme

#pragma GCC diagnostic pop
