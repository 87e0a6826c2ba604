#include "cli/program.h"

#include <ostream>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "cli/settings.h"

namespace sealdesk::cli {
namespace {

Exit exit_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Invalid:
        case ErrorKind::NotFound:
        case ErrorKind::Refused:
        case ErrorKind::Conflict: return Exit::Refused;
        case ErrorKind::Unavailable: return Exit::Unavailable;
        case ErrorKind::Internal: return Exit::Defect;
    }
    return Exit::Defect;
}

constexpr char32_t kFirstHan = 0x4E00;

bool holds_chinese(const std::string& text) {
    for (const char32_t c : to_code_points(text)) {
        if (c >= kFirstHan) {
            return true;
        }
    }
    return false;
}

/// The Chinese sentence of a code; empty when the catalogue has none.
std::string chinese_for(const std::string& code) {
    try {
        const YAML::Node catalogue =
            YAML::LoadFile((share_folder() / "templates/messages.yaml").string());
        const YAML::Node text = catalogue[code];
        return text.IsDefined() ? text.as<std::string>() : "";
    } catch (const YAML::Exception&) {
        return "";  // an error is being reported: the English sentence must do
    }
}

}  // namespace

void report(Program& program, const Error& error) {
    program.exit = exit_of(error.kind);
    std::string message = error.detail;
    // A detail that speaks Chinese already says more than the catalogue's general sentence.
    if (program.language == Language::Chinese && !holds_chinese(error.detail)) {
        const std::string chinese = chinese_for(error.code);
        message = chinese.empty() ? message : chinese;
    }
    if (program.json) {
        program.out << nlohmann::json{{"error",
                                       {{"code", error.code},
                                        {"message", message},
                                        {"where", error.where},
                                        {"rule", error.rule}}}}
                           .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                    << '\n';
        return;
    }
    end_progress(program);
    program.err << "sealdesk: " << message << '\n';
    if (!error.where.empty()) {
        program.err << "  " << program.pick("位置：", "where: ") << error.where << '\n';
    }
    if (!error.rule.empty()) {
        program.err << "  " << program.pick("規定：", "rule:  ") << error.rule << '\n';
    }
    program.err << "  " << program.pick("代碼：", "code:  ") << error.code << '\n';
}

void run_guarded(Program& program, const std::function<Outcome()>& body) {
    try {
        const Outcome outcome = body();
        if (!outcome) {
            report(program, outcome.error());
        }
    } catch (const Failure& failure) {
        report(program, failure.error());
    } catch (const std::exception& e) {
        report(program, {ErrorKind::Internal,
                         "program.defect",
                         std::string("A defect of the program: ") + e.what() +
                             ". Nothing half done remains; tell its makers.",
                         {},
                         {}});
    }
}

void show_progress(const Program& program, const std::string& line) {
    if (program.terminal) {
        program.err << '\r' << fit_to_columns(line, 78) << std::flush;
    }
}

void end_progress(const Program& program) {
    if (program.terminal) {
        program.err << '\r' << std::string(78, ' ') << '\r' << std::flush;
    }
}

}  // namespace sealdesk::cli
