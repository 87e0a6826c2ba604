#include <algorithm>
#include <map>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/desk.h"
#include "cli/words.h"
#include "scheme/register.h"

namespace sealdesk::cli {
namespace {

struct RuleArguments {
    std::string scheme;
    std::string standing;
    std::string citation;
};

/// The registers, and where the definitions cite their rules.
struct Rules {
    std::vector<scheme::Register> registers;
    std::vector<scheme::Mention> mentions;  ///< of all folders
};

/// As the definitions themselves: the desk's when there is one, else the program's.
Result<Rules> read_rules(const Program& program) {
    const auto settings = read_settings(program.desk);
    const auto folder = settings ? settings->forms : share_folder() / "forms";
    const auto schemes = scheme::load_all(folder);
    if (!schemes) {
        return schemes.error();
    }
    auto registers = scheme::load_registers(folder);
    if (!registers) {
        return registers.error();
    }
    Rules rules{std::move(registers).value(), {}};
    for (const scheme::Scheme& one : *schemes) {
        std::ranges::move(scheme::mentions_in(folder, one.id), std::back_inserter(rules.mentions));
    }
    return rules;
}

/// A file that cites the rule; a definition with the first line that does.
std::string place_of(const Rules& rules, const scheme::RegisteredRule& rule,
                     const std::string& file) {
    const auto first = std::ranges::find_if(rules.mentions, [&](const scheme::Mention& mention) {
        return mention.file == file && rule.cites(mention.citation);
    });
    return first == rules.mentions.end() ? file : file + ":" + std::to_string(first->line);
}

std::vector<std::string> places_of(const Rules& rules, const scheme::RegisteredRule& rule) {
    std::vector<std::string> places;
    for (const std::string& file : rule.enforced_by) {
        places.push_back(place_of(rules, rule, file));
    }
    return places;
}

std::string joined_words(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words) {
        text += text.empty() ? "" : separator;
        text += word;
    }
    return text;
}

void print_rule_json(const Program& program, const Rules& rules, const scheme::Register& home,
                     const scheme::RegisteredRule& rule) {
    program.out << nlohmann::json{{"scheme", home.id},
                                  {"citations", rule.citations},
                                  {"text_zh", rule.text.zh},
                                  {"text_en", rule.text.en},
                                  {"standing", scheme::name_of(rule.standing)},
                                  {"reason_zh", rule.reason.zh},
                                  {"reason_en", rule.reason.en},
                                  {"enforced_by", places_of(rules, rule)},
                                  {"shown_by", rule.shown_by}}
                       .dump()
                << '\n';
}

/// Three lines: the rule, where it is kept, what shows it; or why it is not enforced.
void print_rule(const Program& program, const Rules& rules, const scheme::RegisteredRule& rule) {
    program.out << joined_words(rule.citations, ", ") << "  ["
                << shown(program, scheme::name_of(rule.standing)) << "]  "
                << rule.text.in(program.language) << '\n';
    if (rule.standing != scheme::Standing::Enforced) {
        program.out << "    " << rule.reason.in(program.language) << '\n';
        return;
    }
    program.out << "    " << joined_words(places_of(rules, rule), "  ") << '\n'
                << program.pick("    測試：", "    shown by: ") << joined_words(rule.shown_by, ", ")
                << '\n';
}

void print_one_rule(const Program& program, const Rules& rules, const scheme::Register& home,
                    const scheme::RegisteredRule& rule) {
    if (program.json) {
        print_rule_json(program, rules, home, rule);
    } else {
        print_rule(program, rules, rule);
    }
}

/// A definition that cites what no register has is a rule nobody answers for.
void report_unregistered(Program& program, const Rules& rules, const std::string& scheme) {
    for (const scheme::Mention& mention : rules.mentions) {
        const bool asked = scheme.empty() || mention.file.starts_with("forms/" + scheme + "/");
        if (asked && scheme::rules_cited_as(rules.registers, mention.citation).empty()) {
            report(program,
                   {ErrorKind::Refused, "rule.not_registered",
                    "A definition cites a rule that no register has; add it to rules.yaml.",
                    mention.file + ":" + std::to_string(mention.line), mention.citation});
        }
    }
}

void print_standings(const Program& program, const std::map<scheme::Standing, int>& counts) {
    std::string text;
    for (const auto& [standing, count] : counts) {
        text += (text.empty() ? "" : program.text("，", ", ")) +
                shown(program, scheme::name_of(standing)) + " " + std::to_string(count);
    }
    program.err << text << '\n';
}

void print_register(Program& program, const Rules& rules, const scheme::Register& one,
                    const std::string& standing, std::map<scheme::Standing, int>& counts) {
    for (const auto& [letter, title] : one.sources) {
        if (!program.json) {
            program.out << "== " << letter << "  " << title.in(program.language) << '\n';
        }
    }
    for (const scheme::RegisteredRule& rule : one.rules) {
        if (standing.empty() || standing == scheme::name_of(rule.standing)) {
            ++counts[rule.standing];
            print_one_rule(program, rules, one, rule);
        }
    }
}

Outcome list_rules(Program& program, const RuleArguments& arguments) {
    const auto rules = read_rules(program);
    if (!rules) {
        return rules.error();
    }
    const bool known = std::ranges::any_of(rules->registers, [&](const scheme::Register& one) {
        return arguments.scheme.empty() || one.id == arguments.scheme;
    });
    if (!known) {
        return Error{ErrorKind::NotFound,
                     "rule.no_register",
                     "There is no register of rules for this scheme (forms/SCHEME/rules.yaml).",
                     arguments.scheme,
                     {}};
    }
    std::map<scheme::Standing, int> counts;
    for (const scheme::Register& one : rules->registers) {
        if (!arguments.scheme.empty() && one.id != arguments.scheme) {
            continue;
        }
        print_register(program, *rules, one, arguments.standing, counts);
    }
    print_standings(program, counts);
    report_unregistered(program, *rules, arguments.scheme);
    return done();
}

/// "T-4.1.2" is easier to type than "T 4.1.2".
std::string citation_from(std::string text) {
    if (text.size() > 1 && (text[1] == '-' || text[1] == '_')) {
        text[1] = ' ';
    }
    return text;
}

Outcome show_rule(Program& program, const RuleArguments& arguments) {
    const auto rules = read_rules(program);
    if (!rules) {
        return rules.error();
    }
    const std::string citation = citation_from(arguments.citation);
    if (scheme::rules_cited_as(rules->registers, citation).empty()) {
        return Error{ErrorKind::NotFound,
                     "rule.unknown",
                     "No register has this rule; `sealdesk rule list` shows those there are.",
                     citation,
                     {}};
    }
    for (const scheme::Register& one : rules->registers) {
        for (const scheme::RegisteredRule& rule : one.rules) {
            if (!rule.cites(citation)) {
                continue;
            }
            print_one_rule(program, *rules, one, rule);
            if (!program.json) {
                program.out << "    " << one.sources.at(citation.substr(0, 1)).in(program.language)
                            << "  (" << rule.where << ")\n";
            }
        }
    }
    for (const scheme::Mention& mention : rules->mentions) {
        if (!program.json && mention.citation == citation) {
            program.out << program.pick("    引用：", "    cited: ") << mention.file << ':'
                        << mention.line << '\n';
        }
    }
    return done();
}

}  // namespace

void add_rule_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<RuleArguments>();
    auto* rule = app.add_subcommand(
        "rule", program.text("規定：引用條文、定義處、測試", "rules: citation, definition, test"));
    rule->require_subcommand(1);
    auto* list = rule->add_subcommand(
        "list", program.text("列出規定：已執行、軟體以外、尚未完成",
                             "every rule of the sources: enforced, outside software, not yet"));
    list->add_option("SCHEME", arguments->scheme, program.text("憑證種類", "only this scheme's"));
    list->add_option("--standing", arguments->standing, "enforced, outside, not_yet")
        ->check(CLI::IsMember({"enforced", "outside", "not_yet"}));
    list->footer(program.text("定義引用了未登錄的條文時，結束狀態為1。\n例： ",
                              "Exit status 1 when a definition cites a rule that is not here.\n"
                              "Example: ") +
                 "sealdesk rule list --standing not_yet");
    list->callback([&program, arguments] {
        run_guarded(program, [&] { return list_rules(program, *arguments); });
    });
    auto* show =
        rule->add_subcommand("show", program.text("一條規定的全部", "all there is about one rule"));
    show->add_option("CITATION", arguments->citation, "T-4.1.2")->required();
    show->footer(program.text("例： ", "Example: ") + "sealdesk rule show T-4.1.2");
    show->callback([&program, arguments] {
        run_guarded(program, [&] { return show_rule(program, *arguments); });
    });
}

}  // namespace sealdesk::cli
