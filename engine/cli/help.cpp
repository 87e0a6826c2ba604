#include "cli/help.h"

#include <algorithm>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/text.h"

namespace sealdesk::cli {
namespace {

constexpr int kColumns = 80;
constexpr int kNameColumns = 26;

/// An option's name with a long list of choices, broken after commas.
std::string in_lines(const std::string& name) {
    std::string out;
    int used = 0;
    for (const std::string& piece : split(name, ',')) {
        const int width = display_width(piece) + 1;
        out += out.empty() ? "" : ",";
        if (used > 0 && used + width > kColumns - 4) {
            out += "\n    ";
            used = 2;
        }
        out += piece;
        used += width;
    }
    return out;
}

/// The name, and beside it or below it what it is.
std::string entry(const std::string& name, const std::string& description) {
    const std::string margin(kNameColumns, ' ');
    std::string out = "  " + name;
    out += display_width(out) < kNameColumns
               ? std::string(std::size_t(kNameColumns - display_width(out)), ' ')
               : "\n" + margin;
    for (const char c : wrap_to_columns(description, kColumns - kNameColumns)) {
        out += c;
        out += c == '\n' ? margin : "";
    }
    return out + "\n";
}

class WrappedHelp : public CLI::Formatter {
public:
    std::string make_description(const CLI::App* app) const override {
        return wrap_to_columns(CLI::Formatter::make_description(app), kColumns);
    }
    std::string make_footer(const CLI::App* app) const override {
        const std::string footer = CLI::Formatter::make_footer(app);
        const std::size_t example = std::min(footer.find("\nExample"), footer.find("\n例"));
        if (example == std::string::npos) {
            return footer;
        }
        return wrap_to_columns(footer.substr(0, example), kColumns) + footer.substr(example);
    }
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return entry(in_lines(make_option_name(option, is_positional) + make_option_opts(option)),
                     option->get_description());
    }
    std::string make_subcommand(const CLI::App* command) const override {
        return entry(command->get_display_name(true), command->get_description());
    }
};

class ChineseHelp final : public WrappedHelp {
public:
    ChineseHelp() {
        label("Usage", "用法");
        label("REQUIRED", "（必填）");
        label("OPTIONS", "選項");
        label("SUBCOMMAND", "指令");
        label("Env", "環境變數");
    }
    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override {
        std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
        for (const auto& [english, chinese] :
             {std::pair{"\nOptions:\n", "\n選項：\n"}, std::pair{"\nSubcommands:\n", "\n指令：\n"},
              std::pair{"\nPositionals:\n", "\n引數：\n"}}) {
            if (const auto at = help.find(english); at != std::string::npos) {
                help.replace(at, std::string_view(english).size(), chinese);
            }
        }
        return help;
    }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter(Language language) {
    if (language == Language::Chinese) {
        return std::make_shared<ChineseHelp>();
    }
    return std::make_shared<WrappedHelp>();
}

}  // namespace sealdesk::cli
