#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace sealdesk::scheme {

/// How a rule of a source document stands with this program.
enum class Standing {
    Enforced,  ///< the program keeps it, and a test shows that it does
    Outside,   ///< outside software: a card's chip, a website's page, what people do
    NotYet,    ///< the program will keep it; `reason` names the work that is missing
};
/// "enforced", "outside", "not_yet".
[[nodiscard]] std::string_view name_of(Standing standing);

/// One rule, as the register says it.
struct RegisteredRule {
    std::vector<std::string> citations;  ///< "T 4.1.2"; the first is its own, others say the same
    Bilingual text;                      ///< one sentence
    Standing standing;
    Bilingual reason;                      ///< why it is not enforced; empty when it is
    std::vector<std::string> enforced_by;  ///< files of the repository that cite it
    std::vector<std::string> shown_by;     ///< "Suite.Test", or "scenario NAME"
    std::string where;                     ///< "file:line" of its row

    [[nodiscard]] bool cites(std::string_view citation) const;
};

/// The rules of one scheme's source documents: forms/<id>/rules.yaml.
struct Register {
    std::string id;
    std::map<std::string, Bilingual> sources;  ///< letter → title of the document
    std::vector<RegisteredRule> rules;
};

/// A place in the definitions that cites a rule.
struct Mention {
    std::string citation;
    std::string file;  ///< below the repository: "forms/x/registration.yaml"
    int line;          ///< from 1
};

/// Citations in a text, in order: a capital letter, a blank, a section ("T 5.12.2").
[[nodiscard]] std::vector<std::string> citations_in(std::string_view text);

/// Reads the rules.yaml of every folder in `forms_folder`, by folder. Errors: as of load(), and
/// scheme.reference for a citation that is none or whose letter stands for no source.
[[nodiscard]] Result<std::vector<Register>> load_registers(
    const std::filesystem::path& forms_folder);

/// Every citation in the definitions of the folder `id` (its *.yaml but the register), by file and
/// line.
[[nodiscard]] std::vector<Mention> mentions_in(const std::filesystem::path& forms_folder,
                                               std::string_view id);

/// The rules that carry this citation, of all registers.
[[nodiscard]] std::vector<const RegisteredRule*> rules_cited_as(
    const std::vector<Register>& registers, std::string_view citation);

}  // namespace sealdesk::scheme
