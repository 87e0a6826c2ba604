#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "scheme/parse.h"
#include "scheme/parse_counter.h"
#include "scheme/scheme.h"
#include "scheme/yaml_document.h"

namespace sealdesk::scheme {

namespace {

/// Folders below forms/ that are looked at: schemes are counted by the dozen.
constexpr std::size_t kSchemesMax = 200;

Result<YamlDocument> read_checked(const std::filesystem::path& file,
                                  const std::filesystem::path& schema) {
    auto document = read_yaml(file);
    if (!document) {
        return document;
    }
    const Outcome shape = check_shape(*document, schema);
    if (!shape) {
        return shape.error();
    }
    return document;
}

Result<Form> load_form(const std::filesystem::path& folder, const std::string& name,
                       const SchemeParts& parts, std::string_view scheme_bytes) {
    const auto document = read_checked(folder / (name + ".yaml"),
                                       folder.parent_path() / "schema" / "form.schema.json");
    if (!document) {
        return document.error();
    }
    auto form = parse_form(*document, parts);
    if (!form) {
        return form;
    }
    if (form->id != name) {
        return Error{ErrorKind::Invalid,
                     "scheme.reference",
                     "the id must be the file's name: " + name,
                     document->where("/id"),
                     {}};
    }
    const Outcome references = check_references(*document, parts, *form);
    if (!references) {
        return references.error();
    }
    const Outcome counter = check_counter_references(*document, *form);
    if (!counter) {
        return counter.error();
    }
    Sha256 hash;
    hash.add(scheme_bytes);
    hash.add(document->bytes);
    form->hash = hash.finish_hex();
    return form;
}

}  // namespace

Result<Scheme> load(const std::filesystem::path& folder) {
    const auto absolute = std::filesystem::absolute(folder).lexically_normal();
    const auto home = absolute.has_filename() ? absolute : absolute.parent_path();
    const auto document =
        read_checked(home / "scheme.yaml", home.parent_path() / "schema" / "scheme.schema.json");
    if (!document) {
        return document.error();
    }
    auto parts = parse_scheme(*document);
    if (!parts) {
        return parts.error();
    }
    const Outcome references = check_scheme_references(*document, *parts);
    if (!references) {
        return references.error();
    }
    Scheme scheme = parts->scheme;
    scheme.id = home.filename().string();
    scheme.folder = home;
    for (const std::string& name : parts->form_names) {
        auto form = load_form(home, name, *parts, document->bytes);
        if (!form) {
            return form.error();
        }
        scheme.forms.push_back(std::move(form).value());
    }
    return scheme;
}

Result<std::vector<Scheme>> load_all(const std::filesystem::path& forms_folder) {
    std::error_code trouble;
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(forms_folder, trouble)) {
        if (std::filesystem::exists(entry.path() / "scheme.yaml")) {
            folders.push_back(entry.path());
        }
        if (folders.size() > kSchemesMax) {
            break;
        }
    }
    if (trouble || folders.empty() || folders.size() > kSchemesMax) {
        return Error{ErrorKind::Invalid,
                     "scheme.no_such_file",
                     "no scheme here: expected folders with a scheme.yaml",
                     forms_folder.string(),
                     {}};
    }
    std::ranges::sort(folders);
    std::vector<Scheme> schemes;
    for (const auto& folder : folders) {
        auto scheme = load(folder);
        if (!scheme) {
            return scheme.error();
        }
        schemes.push_back(std::move(scheme).value());
    }
    return schemes;
}

}  // namespace sealdesk::scheme
