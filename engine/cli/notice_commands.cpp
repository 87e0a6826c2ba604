#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/agency_notice.h"

namespace sealdesk::cli {
namespace {

constexpr int kNoticesShown = 500;

struct NoticeArguments {
    std::string number;
    std::string reference;
    bool all = false;
};

nlohmann::json to_json(const subscribers::AgencyNotice& notice) {
    nlohmann::json line{
        {"notice", notice.number},         {"scheme", notice.scheme},
        {"serial", notice.serial},         {"state", subscribers::to_text(notice.state)},
        {"mails", notice.mails},           {"opened_at", to_utc_text(notice.opened_at)},
        {"settled_by", notice.settled_by}, {"reference", notice.reference}};
    line["certificate_state"] = nlohmann::json::parse(notice.document).at("state");
    line["settled_at"] =
        notice.settled_at ? nlohmann::json(to_utc_text(*notice.settled_at)) : nlohmann::json();
    return line;
}

Outcome list_agency_notices(Program& program, Desk& desk, bool all) {
    Table table(program, {{"通知編號", "notice"},
                          {"憑證序號", "serial"},
                          {"憑證狀態", "certificate"},
                          {"通知狀態", "state"},
                          {"通知次數", "mails"},
                          {"日期", "opened"},
                          {"回覆", "reference"}});
    std::int64_t after = 0;
    for (bool more = true; more;) {
        const auto page = store::transact(desk.database, "notice.list", [&](store::Tx& tx) {
            return subscribers::list_notices(tx, !all, after, kNoticesShown);
        });
        for (const subscribers::AgencyNotice& notice : page) {
            const auto line = to_json(notice);
            if (program.json) {
                program.out << line << '\n';
            }
            table.add({notice.number, notice.serial,
                       shown(program, line.at("certificate_state").get<std::string>()),
                       notice.state == subscribers::NoticeState::Open
                           ? program.text("待回覆", "open")
                           : shown(program, subscribers::to_text(notice.state)),
                       std::to_string(notice.mails), to_taipei_text(notice.opened_at),
                       notice.reference});
            after = notice.id;
        }
        more = page.size() == std::size_t{kNoticesShown};
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome acknowledge_agency_notice(Program& program, Desk& desk, const NoticeArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    const auto notice = store::transact(desk.database, "notice.acknowledge", [&](store::Tx& tx) {
        return effects::acknowledge(
            tx, {arguments.number, arguments.reference, officers::actor_of(*by)});
    });
    if (!notice) {
        return notice.error();
    }
    if (program.json) {
        program.out << to_json(*notice) << '\n';
    } else {
        program.out << notice->number << "  " << shown(program, subscribers::to_text(notice->state))
                    << '\n';
    }
    return done();
}

}  // namespace

void add_notice_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<NoticeArguments>();
    auto* notice = app.add_subcommand(
        "notice", program.text("信賴機關通知：清單、登錄收悉",
                               "notices to relying agencies: list, acknowledge"));
    notice->require_subcommand(1);
    auto* list = notice->add_subcommand(
        "list", program.text("待回覆之通知（每日重送至收悉為止）",
                             "notices without an answer yet; each is sent again every day"));
    list->add_flag("--all", arguments->all, program.text("含已結者", "settled ones, too"));
    list->footer(program.text("例： ", "Example: ") + "sealdesk notice list --all");
    list->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return list_agency_notices(program, desk, arguments->all); });
    });
    auto* ack = notice->add_subcommand(
        "ack", program.text("登錄信賴機關已收悉", "the agency has acknowledged a notice"));
    ack->add_option("NUMBER", arguments->number)->required();
    ack->add_option("--reference", arguments->reference,
                    program.text("回覆文號或郵件識別", "by what its answer is found"))
        ->required();
    ack->footer(program.text("例： ", "Example: ") +
                "sealdesk --as dee notice ack N115-000001-2 --reference 智資字第1150001號");
    ack->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return acknowledge_agency_notice(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
