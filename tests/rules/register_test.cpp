// The register of rules (forms/*/rules.yaml) against the documents' rule tables, the definitions,
// the engine and the tests: whatever it claims is there.
#include "scheme/register.h"

#include <fstream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "rules/sources.h"
#include "scheme/definition.h"
#include "scheme/scheme.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::scheme {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const fs::path kRoot = SEALDESK_SOURCE_DIR;

const std::vector<Register>& registers() {
    static const std::vector<Register> all = load_registers(kRoot / "forms").value();
    return all;
}

std::vector<const RegisteredRule*> rules_that_stand(Standing standing) {
    std::vector<const RegisteredRule*> rules;
    for (const Register& one : registers()) {
        for (const RegisteredRule& rule : one.rules) {
            if (rule.standing == standing) {
                rules.push_back(&rule);
            }
        }
    }
    return rules;
}

bool mentions_any(const std::string& text, const RegisteredRule& rule) {
    return std::ranges::any_of(citations_in(text),
                               [&](const std::string& citation) { return rule.cites(citation); });
}

bool is_registered(const std::string& citation) {
    return !rules_cited_as(registers(), citation).empty();
}

/// Rows of the two rule tables, section by section.
const std::vector<std::string> kTableRows{
    // the patent office's certificates
    "T 5.1.1.1", "T 5.1.1.2", "T 5.1.1.3", "T 5.1.2", "T 5.1.3", "T 5.1.4", "T 5.1.5", "T 6.1",
    "T 6.2", "T 6.3", "T 6.4", "T 4.1.2", "S 4.1", "T 4.1.3", "T 4.9.1", "T 4.9.2", "T 4.9.3",
    "T 4.9.4", "T 4.9.5", "T 4.9.6", "T 4.9.7", "T 4.3.2", "T 4.3.1", "T 5.3.1", "T 5.3.2", "C 8.1",
    "C 8.2", "T 4.4.1", "T 4.4.2", "C 6.2", "T 4.5.1", "T 4.5.2", "T 4.5.3", "T 4.6.1", "T 4.6.2",
    "T 5.6.1", "T 5.6.2", "T 4.7.1", "T 4.7.2", "T 4.7.3", "T 4.7.4", "T 5.7.1", "T 5.12.1",
    "T 5.12.2", "T 4.10.2", "S 12.1", "T 4.12.1", "T 4.13.1", "T 3.2.6", "T 8.1", "T 8.2", "T 8.3",
    "T 8.4", "T 8.5",
    // the business certificates
    "M 4.1.1.1", "M 4.2.1.1", "M 4.2", "M 3.1.7", "M 6.1.3", "M 1.3.5.1", "M 3.1.4", "M 3.1.8",
    "M 3.1.11", "M 4.1.1.2", "M 4.2.1.2", "M 4.3", "M 4.4.1", "M 4.4.2", "M 4.4.3", "M 4.4.4",
    "M 4.4.5", "M 4.4.6", "M 4.4.7", "M 4.4.9", "M 4.4.8", "M 2.6.2", "M 4.4.10", "M 4.4.12",
    "M 3.2.2", "M 6.3.2.2", "M 6.1.5", "M 6.1.9", "M 6.3.2.1", "M 4.7", "M 6.2.2", "M 7", "M 4.2.2",
    "M 4.2.4", "M 1.3.2", "M 4.5", "M 4.6", "M 5.2", "M 5.2.3", "M 2.8.1", "M 2.5.4", "M 4.9",
    "P 4"};

TEST(RuleRegister, HoldsEveryRowOfTheRuleTables) {
    for (const std::string& citation : kTableRows) {
        EXPECT_TRUE(is_registered(citation)) << citation;
    }
}

TEST(RuleRegister, WhatItCallsEnforcedStandsInTheFilesItNames) {
    EXPECT_GT(rules_that_stand(Standing::Enforced).size(), 50U);
    for (const RegisteredRule* rule : rules_that_stand(Standing::Enforced)) {
        for (const std::string& file : rule->enforced_by) {
            ASSERT_TRUE(fs::exists(kRoot / file)) << rule->where << ": " << file;
            EXPECT_TRUE(mentions_any(read_file(kRoot / file), *rule))
                << rule->where << ": " << file << " does not cite " << rule->citations.front();
        }
    }
}

TEST(RuleRegister, WhatItCallsEnforcedIsShownByTestsThatCiteIt) {
    const auto tests = test::tests_by_name();
    EXPECT_GT(tests.size(), 400U);
    for (const RegisteredRule* rule : rules_that_stand(Standing::Enforced)) {
        for (const std::string& name : rule->shown_by) {
            const auto found = tests.find(name);
            ASSERT_TRUE(found != tests.end()) << rule->where << ": no test " << name;
            EXPECT_TRUE(mentions_any(found->second, *rule))
                << rule->where << ": " << name << " does not cite " << rule->citations.front();
        }
    }
}

TEST(RuleRegister, SaysWhyARuleIsNotEnforced) {
    for (const Standing standing : {Standing::Outside, Standing::NotYet}) {
        for (const RegisteredRule* rule : rules_that_stand(standing)) {
            EXPECT_FALSE(rule->reason.zh.empty() || rule->reason.en.empty()) << rule->where;
        }
    }
}

TEST(RuleRegister, EveryCitationInDefinitionsIsInIt) {
    const auto schemes = load_all(kRoot / "forms");
    ASSERT_TRUE(schemes);
    for (const Scheme& scheme : *schemes) {
        const auto mentions = mentions_in(kRoot / "forms", scheme.id);
        EXPECT_GT(mentions.size(), 20U) << scheme.id;
        for (const Mention& mention : mentions) {
            EXPECT_TRUE(is_registered(mention.citation))
                << mention.file << ":" << mention.line << " cites " << mention.citation;
        }
    }
}

TEST(RuleRegister, EveryCitationInTheEngineAndItsTemplatesIsInIt) {
    std::set<char> letters;
    for (const Register& one : registers()) {
        for (const auto& [letter, title] : one.sources) {
            letters.insert(letter.front());
        }
    }
    int seen = 0;
    for (const char* folder : {"engine", "templates"}) {
        for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
            if (!entry.is_regular_file()) {
                continue;
            }
            for (const std::string& citation : citations_in(read_file(entry.path()))) {
                if (letters.contains(citation.front())) {
                    ++seen;
                    EXPECT_TRUE(is_registered(citation)) << entry.path() << " cites " << citation;
                }
            }
        }
    }
    EXPECT_GT(seen, 100);
}

TEST(RuleRegister, FindsCitationsInText) {
    EXPECT_EQ(citations_in("(T 5.12.2; M 4.4.9), C 8.2: RT 4, T4, t 4, T 4x, S 4.1."),
              (std::vector<std::string>{"T 5.12.2", "M 4.4.9", "C 8.2", "S 4.1"}));
    EXPECT_THAT(citations_in(""), IsEmpty());
    EXPECT_THAT(citations_in("T "), IsEmpty());
}

/// The error of the registers after one change in a rules.yaml.
std::string broken_by(const std::string& from, const std::string& to) {
    const FormsCopy copy;
    copy.replace("general/rules.yaml", from, to);
    const auto read = load_registers(copy.folder());
    return read ? "sound" : read.error().code + " " + read.error().detail;
}

TEST(RuleRegister, AFaultInItIsFound) {
    EXPECT_THAT(broken_by("cite: [G 1]", "cite: [X 1]"), HasSubstr("scheme.reference"));
    EXPECT_THAT(broken_by("cite: [G 1]", "cite: [G1]"), HasSubstr("is no citation"));
    EXPECT_THAT(
        broken_by("    shown_by: [DateRules.RocAndIsoDatesInEveryUsualWritingAreOneDay]\n", ""),
        HasSubstr("scheme.shape"));
    EXPECT_THAT(broken_by("cite: [G 1]", "site: [G 1]"), HasSubstr("scheme.shape"));
}

/// `sealdesk rule …` with the forms of this folder, outside any desk.
test::CommandResult rule_command(const fs::path& share, const std::string& words) {
    return test::run_command("cd " + share.string() + " && SEALDESK_SHARE=" + share.string() +
                             " LANG=C " SEALDESK_PROGRAM " --json " + words);
}

/// A share folder with a copy of the forms.
void copy_share(const fs::path& folder) {
    for (const char* part : {"forms", "templates"}) {
        fs::copy(kRoot / part, folder / part, fs::copy_options::recursive);
    }
}

TEST(RuleCommands, ListAndShowSayWhereARuleIsKeptAndWhatShowsIt) {
    const test::TempFolder folder;
    copy_share(folder.path());

    const auto list = rule_command(folder.path(), "rule list");
    EXPECT_EQ(list.status, 0) << list.output;
    std::istringstream lines(list.output);
    std::size_t rules = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('{')) {
            ++rules;
            const auto one = nlohmann::json::parse(line);
            EXPECT_EQ(one.at("standing") == "enforced", !one.at("shown_by").empty()) << line;
        }
    }
    std::size_t expected = 0;
    for (const Register& one : registers()) {
        expected += one.rules.size();
    }
    EXPECT_EQ(rules, expected);

    const auto shown = rule_command(folder.path(), "rule show T-4.1.2");
    EXPECT_EQ(shown.status, 0) << shown.output;
    EXPECT_THAT(shown.output, HasSubstr("scenario three_strikes"));
    EXPECT_THAT(shown.output, HasSubstr("scheme.yaml:"));
    EXPECT_EQ(rule_command(folder.path(), "rule show T-99").status, 1);
    EXPECT_EQ(rule_command(folder.path(), "rule list nowhere").status, 1);
}

TEST(RuleCommands, ADefinitionThatCitesAnUnknownRuleIsRefused) {
    const test::TempFolder folder;
    copy_share(folder.path());
    const fs::path scheme = folder.path() / "forms/tipo/scheme.yaml";
    std::ofstream(scheme, std::ios::app) << "# T 99.9: nobody knows this rule.\n";

    const auto list = rule_command(folder.path(), "rule list");
    EXPECT_EQ(list.status, 1);
    EXPECT_THAT(list.output, HasSubstr("rule.not_registered"));
    EXPECT_THAT(list.output, HasSubstr("T 99.9"));
}

}  // namespace
}  // namespace sealdesk::scheme
