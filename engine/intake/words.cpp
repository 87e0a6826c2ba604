#include "intake/words.h"

#include "scheme/names.h"

namespace sealdesk::intake {

ChoiceNames::ChoiceNames(const std::vector<scheme::Choice>& choices) {
    const auto add = [&](const std::string& name, const std::string& value) {
        written_.emplace(name, value);
        folded_.emplace(scheme::fold_name(name), value);
    };
    for (const scheme::Choice& choice : choices) {
        add(choice.value, choice.value);
        add(choice.label.zh, choice.value);
        add(choice.label.en, choice.value);
        for (const std::string& alias : choice.aliases) {
            add(alias, choice.value);
        }
    }
}

const std::string* ChoiceNames::find(const std::string& text) const {
    if (const auto found = written_.find(text); found != written_.end()) {
        return &found->second;
    }
    if (const auto found = folded_.find(scheme::fold_name(text)); found != folded_.end()) {
        return &found->second;
    }
    const auto found = folded_.find(scheme::fold_name(scheme::without_note(text)));
    return found == folded_.end() ? nullptr : &found->second;
}

}  // namespace sealdesk::intake
