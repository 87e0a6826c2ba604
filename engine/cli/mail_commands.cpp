#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "mail/outbox.h"

namespace sealdesk::cli {
namespace {

struct MailArguments {
    std::int64_t id = 0;
    std::string state;
    std::string address;
};

using SharedMailArguments = std::shared_ptr<MailArguments>;

nlohmann::json to_json(const mail::MailSummary& one) {
    return {{"mail", one.id.value()},
            {"kind", one.kind},
            {"to", one.address},
            {"state", mail::to_text(one.state)},
            {"failure", one.failure},
            {"attempts", one.attempts},
            {"doubts", one.doubts},
            {"last_code", one.last_code},
            {"enqueued_at", to_utc_text(one.enqueued_at)},
            {"settled_at",
             one.settled_at ? nlohmann::json(to_utc_text(*one.settled_at)) : nlohmann::json()}};
}

Outcome list_mails(Program& program, Desk& desk, const std::string& state) {
    Table table(program, {{"郵件", "mail"},
                          {"種類", "kind"},
                          {"收件人", "to"},
                          {"狀態", "state"},
                          {"嘗試", "tries"},
                          {"說明", "note"}});
    mail::MailFilter filter;
    filter.state = mail::state_from_text(state);
    for (;;) {
        const auto page = store::transact(desk.database, "mail.list",
                                          [&](store::Tx& tx) { return mail::list(tx, filter); });
        for (const mail::MailSummary& one : page) {
            if (program.json) {
                program.out << to_json(one).dump() << '\n';
            }
            table.add({std::to_string(one.id.value()), shown(program, one.kind), one.address,
                       shown(program, mail::to_text(one.state)), std::to_string(one.attempts),
                       one.failure});
        }
        if (page.size() < static_cast<std::size_t>(filter.count_max)) {
            break;
        }
        filter.after = page.back().id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome show_mail(Program& program, Desk& desk, std::int64_t id) {
    const auto detail = store::transact(desk.database, "mail.show",
                                        [&](store::Tx& tx) { return mail::show(tx, MailId(id)); });
    if (!detail) {
        return detail.error();
    }
    if (program.json) {
        auto document = to_json(detail->summary);
        document["message_id"] = detail->message_id;
        document["body_sha256"] = detail->body_sha256;
        document["body_size"] = detail->body_size;
        document["last_reply"] = detail->last_reply;
        program.out << document.dump() << '\n';
    } else {
        program.out << detail->headers << '\n' << detail->last_reply << '\n';
    }
    return done();
}

Outcome as_operator(Program& program, Desk& desk,
                    const std::function<Outcome(store::Tx&, const std::string&)>& act) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    return store::transact(desk.database, "mail.by-hand",
                           [&](store::Tx& tx) { return act(tx, officers::actor_of(*by)); });
}

}  // namespace

void add_mail_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<MailArguments>();
    auto* mail_command = app.add_subcommand(
        "mail", program.text("郵件：清單、內容、重寄", "the outbox: list, show, retry"));
    mail_command->require_subcommand(1);
    auto* list =
        mail_command->add_subcommand("list", program.text("列出郵件", "mails and their states"));
    list->add_option("--state", arguments->state)
        ->check(CLI::IsMember(
            {"queued", "sending", "dot", "sent", "deferred", "failed", "indoubt", "superseded"}));
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_mails(program, desk, arguments->state); });
    });
    auto* show = mail_command->add_subcommand(
        "show", program.text("顯示標頭與狀態（不含內文）", "headers and state, no body"));
    show->add_option("MAIL", arguments->id)->required()->check(CLI::PositiveNumber);
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_mail(program, desk, arguments->id); });
    });
    auto* retry = mail_command->add_subcommand(
        "retry", program.text("再寄一次（失敗、延後或存疑者）",
                              "send again what failed, was deferred or is in doubt"));
    retry->add_option("MAIL", arguments->id)->required()->check(CLI::PositiveNumber);
    retry->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return as_operator(program, desk, [&](store::Tx& tx, const std::string& by) {
                return mail::retry(tx, MailId(arguments->id), by);
            });
        });
    });
    auto* close = mail_command->add_subcommand(
        "arrived", program.text("確認存疑郵件已送達", "a mail in doubt did arrive"));
    close->add_option("MAIL", arguments->id)->required()->check(CLI::PositiveNumber);
    close->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return as_operator(program, desk, [&](store::Tx& tx, const std::string& by) {
                return mail::close_by_hand(tx, MailId(arguments->id), mail::Word::Arrived, by);
            });
        });
    });
    auto* unsuppress = mail_command->add_subcommand(
        "unsuppress", program.text("解除停寄的地址", "let mail to a refused address pass again"));
    unsuppress->add_option("ADDRESS", arguments->address)->required();
    unsuppress->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return as_operator(program, desk, [&](store::Tx& tx, const std::string& by) {
                return mail::unsuppress(tx, arguments->address, by);
            });
        });
    });
}

}  // namespace sealdesk::cli
