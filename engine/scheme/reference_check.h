#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheme/parse.h"

// How check_references() looks at a form; nothing outside this room includes it.
namespace sealdesk::scheme {

/// Looks at one form and remembers the first fault.
class ReferenceCheck {
public:
    ReferenceCheck(const YamlDocument& document, const SchemeParts& parts, const Form& form)
        : document_(document), parts_(parts), form_(form) {}

    Outcome run();

private:
    void fail(const std::string& pointer, std::string detail,
              std::string code = "scheme.reference");
    /// Remembers a folded name; a name of two different things is a fault.
    void take_name(std::map<std::string, std::string>& names, const std::string& name,
                   const std::string& owner, const std::string& pointer);
    void take_choices(const std::vector<Choice>& choices, const std::string& pointer);
    const Field* need_field(const std::string& key, FieldType type, const std::string& pointer);
    void need_same_choices(const std::string& key, const char* source, const std::string& pointer);
    /// The field's choices are among those the engine knows.
    void need_choices(const std::string& key, const std::set<std::string>& known,
                      const std::string& pointer);
    void check_condition(const Condition& condition, const std::string& pointer);
    /// The values a field (or a derived value) can have; nothing when they cannot be listed.
    std::optional<std::set<std::string>> values_possible(const std::string& name,
                                                         const std::string& pointer);

    // reference_fields.cpp
    void check_fields();
    void check_code_field(const Field& field, const std::string& here);
    void check_headings();
    void check_documents();
    void check_roles();
    void check_role_fields();
    void check_key_file();
    void check_seals();
    void check_copies();
    /// Conditions of kinds stand in scheme.yaml, but name fields of this form.
    void check_id_conditions();

    // reference_rules.cpp
    void check_checklist();
    void check_checks();
    void check_rules();
    void check_rule_value(RuleKind kind, bool has_value, const std::string& here);
    void check_rule_field(const Rule& rule, const std::string& here);
    void check_profiles();
    /// Every ground that revokes has a reason, and what is no ground has none.
    void check_grounds();
    [[nodiscard]] bool revokes_for(const std::string& ground) const;
    void check_fees();
    void check_effects();
    void check_effect_needs(const std::string& kind, const std::string& pointer);
    void need_text(const std::string& name, const std::string& pointer);

    const YamlDocument& document_;
    const SchemeParts& parts_;
    const Form& form_;
    std::optional<Error> fault_;
};

}  // namespace sealdesk::scheme
