#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/watching.h"
#include "cli/words.h"
#include "cli/works_of.h"
#include "effects/publish.h"
#include "subscribers/repository.h"

namespace sealdesk::cli {
namespace {

struct RepositoryArguments {
    std::string scheme;
    std::string text;
    bool exact = false;
};

Outcome publish_repository(Program& program, Desk& desk, const RepositoryArguments&) {
    const auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    Watching watching(program);
    const effects::Published report = effects::publish_all((*works)->works, watching.watch());
    end_progress(program);
    if (program.json) {
        program.out << nlohmann::json{{"published", report.certificates},
                                      {"restored", report.restored},
                                      {"crls", report.crls},
                                      {"waiting", report.waiting}}
                    << '\n';
    } else {
        program.out << program.pick("公布憑證 ", "certificates published ") << report.certificates
                    << program.pick("，補回檔案 ", ", files restored ") << report.restored
                    << program.pick("，廢止清冊與 CA 憑證檔 ", ", files of CAs ") << report.crls
                    << program.pick("，未公布 ", ", waiting ") << report.waiting << '\n';
    }
    if (report.stopped) {
        return watching.stopped_error(program.text("未公布 ", "waiting ") +
                                      std::to_string(report.waiting));
    }
    if (report.waiting > 0) {
        program.exit = Exit::Refused;  // `doctor` says why
    }
    return done();
}

Result<std::string> known_scheme(const Desk& desk, const std::string& name) {
    if (scheme::find_scheme(desk.schemes, name) == nullptr) {
        return Error{ErrorKind::NotFound,
                     "repository.unknown_scheme",
                     "There is no scheme of this name.",
                     name,
                     {}};
    }
    return name;
}

Outcome search_in_repository(Program& program, Desk& desk, const RepositoryArguments& arguments) {
    const auto scheme = known_scheme(desk, arguments.scheme);
    if (!scheme) {
        return scheme.error();
    }
    const auto result = store::transact(desk.database, "repository.search", [&](store::Tx& tx) {
        return subscribers::search_repository(tx, *scheme, arguments.text, arguments.exact);
    });
    if (!result) {
        return result.error();
    }
    Table table(program, {{"憑證序號", "serial"},
                          {"狀態", "state"},
                          {"有效至", "not after"},
                          {"憑證主體", "subject"}});
    for (const auto& [certificate, subject] : result->found) {
        const auto state = subscribers::to_text(certificate.state);
        if (program.json) {
            program.out << nlohmann::json{{"serial", certificate.serial},
                                          {"subject", subject},
                                          {"profile", certificate.profile},
                                          {"state", state},
                                          {"not_before", to_utc_text(certificate.not_before)},
                                          {"not_after", to_utc_text(certificate.not_after)}}
                        << '\n';
        }
        table.add({certificate.serial, shown(program, state), to_taipei_text(certificate.not_after),
                   subject});
    }
    if (!program.json) {
        constexpr int subject_columns = 100;
        table.print(program.out, subject_columns);
    }
    if (!result->complete) {
        program.err << program.pick("尚有其他憑證：請輸入更完整之名稱\n",
                                    "there may be more: name the subject more exactly\n");
    }
    return done();
}

nlohmann::json to_json(const subscribers::Publication& one, Instant due) {
    nlohmann::json line{{"serial", one.serial},
                        {"accepted_at", to_utc_text(one.accepted_at)},
                        {"due_by", to_utc_text(due)}};
    line["published_at"] =
        one.published_at ? nlohmann::json(to_utc_text(*one.published_at)) : nlohmann::json();
    return line;
}

/// How one scheme stands against M 2.6.2. True: nothing waits beyond its time.
bool report_scheme(Program& program, Desk& desk, const effects::Works& works,
                   const std::string& scheme, Table& table) {
    const Instant now = desk.clock.now();
    const auto standing = store::transact(desk.database, "repository.report", [&](store::Tx& tx) {
        return subscribers::repository_standing(tx, scheme);
    });
    auto late = nlohmann::json::array();
    bool on_time = true;
    for (const subscribers::Publication& one : standing.open) {
        const Instant due = effects::publication_due(works, scheme, one.accepted_at);
        if (due < now) {
            on_time = false;
            late.push_back(to_json(one, due));
        }
    }
    for (const subscribers::Publication& one : standing.overdue) {
        late.push_back(to_json(one, *one.due_by));
    }
    const auto oldest =
        standing.open.empty() ? std::nullopt : std::optional(standing.open.front().accepted_at);
    if (program.json) {
        nlohmann::json line{{"scheme", scheme},
                            {"published", standing.published},
                            {"published_late", standing.late},
                            {"waiting", standing.waiting},
                            {"late", late}};
        line["oldest_waiting"] = oldest ? nlohmann::json(to_utc_text(*oldest)) : nlohmann::json();
        program.out << line << '\n';
    }
    std::string serials;
    for (const auto& one : late) {
        serials += (serials.empty() ? "" : " ") + one.at("serial").get<std::string>();
    }
    table.add({scheme, std::to_string(standing.published), std::to_string(standing.late),
               std::to_string(standing.waiting), oldest ? to_taipei_text(*oldest) : "", serials});
    return on_time;
}

Outcome report_repository(Program& program, Desk& desk, const RepositoryArguments& arguments) {
    const auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    Table table(program, {{"憑證種類", "scheme"},
                          {"已公布", "published"},
                          {"逾期公布", "published late"},
                          {"未公布", "waiting"},
                          {"最早接受日", "oldest accepted"},
                          {"逾期憑證", "late"}});
    for (const scheme::Scheme& scheme : desk.schemes) {
        const bool meant = arguments.scheme.empty() || arguments.scheme == scheme.id;
        if (meant && !report_scheme(program, desk, (*works)->works, scheme.id, table)) {
            program.exit = Exit::Refused;
        }
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

}  // namespace

void add_repository_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<RepositoryArguments>();
    auto* repository = app.add_subcommand(
        "repository", program.text("儲存庫：公布、查詢、時限報表",
                                   "published certificates: publish, search, report"));
    repository->require_subcommand(1);
    const auto add = [&](const char* name, std::string_view zh, std::string_view en,
                         Outcome (*act)(Program&, Desk&, const RepositoryArguments&)) {
        auto* command = repository->add_subcommand(name, program.text(zh, en));
        command->callback([&program, arguments, act] {
            with_desk(program, [&](Desk& desk) { return act(program, desk, *arguments); });
        });
        return command;
    };
    add("publish", "全部重新檢視：公布已接受之憑證，補回遺失之檔案（夜間作業平日即辦）",
        "look at everything: publish what is accepted, restore lost files (`run` does what is due)",
        publish_repository)
        ->footer(program.text("例： ", "Example: ") + "sealdesk repository publish");
    auto* search =
        add("search", "以完整或部分識別名稱查詢已公布之憑證",
            "published certificates by full or partial subject name", search_in_repository);
    search->add_option("SCHEME", arguments->scheme)->required();
    search
        ->add_option(
            "TEXT", arguments->text,
            program.text("名稱，或 \"O=…, serialNumber=…\"", "a name, or \"O=…, serialNumber=…\""))
        ->required();
    search->add_flag("--exact", arguments->exact,
                     program.text("名稱完全相符", "the whole name, nothing less"));
    search->footer(program.text("例： ", "Examples: ") +
                   "sealdesk repository search SCHEME 茶業\n"
                   "  sealdesk repository search SCHEME 'O=華岳茶業有限公司' --exact");
    auto* report = add("report", "公布時限：接受後一個工作日內（結束狀態 1：有逾期未公布者）",
                       "within one working day of acceptance (exit 1: something waits longer)",
                       report_repository);
    report->add_option("--scheme", arguments->scheme,
                       program.text("憑證種類（省略時為全部）", "every scheme when left out"));
    report->footer(program.text("例： ", "Example: ") + "sealdesk repository report");
}

}  // namespace sealdesk::cli
