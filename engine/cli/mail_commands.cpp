#include "cli/mail_commands.h"

#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "mail/outbox.h"
#include "mail/own_mail.h"
#include "requests/request_store.h"

namespace sealdesk::cli {
namespace {

struct MailArguments {
    std::int64_t id = 0;
    std::string state;
    std::string request;
    std::string address;
    std::string reason;
    bool full = false;
    bool waiting = false;
};

using SharedMailArguments = std::shared_ptr<MailArguments>;

/// Terminal columns of what varies in length in a list of 80.
constexpr int kAddressColumns = 20;
constexpr int kKindColumns = 11;
constexpr int kCodeColumns = 15;
constexpr int kSuppressedColumns = 36;
constexpr int kSuppressionPage = 1000;

std::string cut_to(std::string_view text, int columns) {
    return display_width(text) <= columns ? std::string(text) : fit_to_columns(text, columns);
}

/// "mail.dead_mailbox" → "dead_mailbox": here everything is about mail.
std::string short_code(const std::string& code) {
    constexpr std::string_view room = "mail.";
    return code.starts_with(room) ? code.substr(room.size()) : code;
}

nlohmann::json time_or_null(const std::optional<Instant>& at) {
    return at ? nlohmann::json(to_utc_text(*at)) : nlohmann::json();
}

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
            {"settled_at", time_or_null(one.settled_at)}};
}

Outcome list_mails(Program& program, Desk& desk, const MailArguments& arguments) {
    Table table(program, {{"郵件", "mail"},
                          {"種類", "kind"},
                          {"收件人", "to"},
                          {"狀態", "state"},
                          {"說明", "note"}});
    mail::MailFilter filter;
    filter.state = mail::state_from_text(arguments.state);
    filter.waits_for_person = arguments.waiting;
    if (!arguments.request.empty()) {
        const auto request = store::transact(
            desk.database, "mail.list-request",
            [&](store::Tx& tx) { return requests::find_request(tx, arguments.request); });
        if (!request) {
            return request.error();
        }
        filter.subject_ref = request->id.value();
    }
    for (;;) {
        const auto page = store::transact(desk.database, "mail.list",
                                          [&](store::Tx& tx) { return mail::list(tx, filter); });
        for (const mail::MailSummary& one : page) {
            if (program.json) {
                program.out << to_json(one).dump() << '\n';
            }
            table.add(
                {std::to_string(one.id.value()), cut_to(shown(program, one.kind), kKindColumns),
                 cut_to(one.address, kAddressColumns), shown(program, mail::to_text(one.state)),
                 cut_to(short_code(one.failure), kCodeColumns)});
        }
        const bool is_last = page.size() < static_cast<std::size_t>(filter.count_max);
        if (is_last || filter.subject_ref != 0) {
            break;
        }
        filter.after = page.back().id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

nlohmann::json to_json(const mail::MailDetail& detail, const MailArguments& arguments) {
    nlohmann::json document = to_json(detail.summary);
    if (!arguments.full) {
        document["to"] = mail::mask_address(detail.summary.address);
    }
    document["message_id"] = detail.message_id;
    document["body_sha256"] = detail.body_sha256;
    document["body_size"] = detail.body_size;
    document["subject"] = detail.subject;
    document["attachments"] = nlohmann::json::array();
    for (const mail::AttachedFile& file : detail.attachments) {
        document["attachments"].push_back({{"name", file.name}, {"bytes", file.bytes}});
    }
    document["history"] = nlohmann::json::array();
    for (const audit::RecordedEvent& event : detail.history) {
        document["history"].push_back({{"at", to_utc_text(event.at)},
                                       {"event", event.kind},
                                       {"actor", event.actor},
                                       {"detail", event.detail}});
    }
    if (arguments.full) {
        document["last_reply"] = detail.last_reply;
    }
    return document;
}

void print_mail(Program& program, const mail::MailDetail& detail, const MailArguments& arguments) {
    const mail::MailSummary& mail = detail.summary;
    const auto line = [&](std::string_view zh, std::string_view en, const std::string& value) {
        if (!value.empty()) {
            program.out << fit_to_columns(program.pick(zh, en), 12) << value << '\n';
        }
    };
    line("郵件", "mail", std::to_string(mail.id.value()) + "  " + shown(program, mail.kind));
    line("收件人", "to", arguments.full ? mail.address : mail::mask_address(mail.address));
    line("主旨", "subject", detail.subject);
    line("狀態", "state", shown(program, mail::to_text(mail.state)) + "  " + mail.failure);
    line("下次", "next", mail.next_at ? to_taipei_text(*mail.next_at) : "");
    line("識別碼", "Message-ID", detail.message_id);
    line("大小", "bytes", std::to_string(detail.body_size));
    for (const mail::AttachedFile& file : detail.attachments) {
        line("附件", "attached", file.name + "  " + std::to_string(file.bytes));
    }
    line("伺服器", "server", arguments.full ? detail.last_reply : "");
    for (const audit::RecordedEvent& event : detail.history) {
        program.out << "  " << to_taipei_text(event.at) << "  " << fit_to_columns(event.kind, 18)
                    << ' ' << event.actor << "  "
                    << event.detail.value("failure", event.detail.value("status", "")) << '\n';
    }
}

Outcome show_mail(Program& program, Desk& desk, const MailArguments& arguments) {
    const auto detail = store::transact(desk.database, "mail.show", [&](store::Tx& tx) {
        return mail::show(tx, MailId(arguments.id));
    });
    if (!detail) {
        return detail.error();
    }
    if (program.json) {
        program.out << to_json(*detail, arguments).dump() << '\n';
    } else {
        print_mail(program, *detail, arguments);
    }
    return done();
}

Outcome list_suppressed(Program& program, Desk& desk) {
    Table table(program,
                {{"地址", "address"}, {"原因", "reason"}, {"郵件", "mail"}, {"自", "since"}});
    std::string after;
    for (;;) {
        const auto page = store::transact(desk.database, "mail.suppressed", [&](store::Tx& tx) {
            return mail::suppressions(tx, after, kSuppressionPage);
        });
        for (const mail::Suppression& one : page) {
            if (program.json) {
                program.out << nlohmann::json{{"address", one.address},
                                              {"reason", one.reason},
                                              {"mail", one.mail},
                                              {"since", to_utc_text(one.since)}}
                                   .dump()
                            << '\n';
            }
            table.add({cut_to(one.address, kSuppressedColumns), one.reason,
                       std::to_string(one.mail), to_iso_text(day_in_taipei(one.since))});
        }
        if (page.size() < std::size_t(kSuppressionPage)) {
            break;
        }
        after = page.back().address;
    }
    if (!program.json) {
        table.print(program.out);
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

void add_views(CLI::App& mail_command, Program& program, const SharedMailArguments& arguments) {
    auto* list = mail_command.add_subcommand("list", program.text("列出郵件", "mails and states"));
    list->add_option("--state", arguments->state)
        ->check(CLI::IsMember({"queued", "sending", "dot", "sent", "deferred", "failed", "indoubt",
                               "superseded", "bounced"}));
    list->add_option("--request", arguments->request,
                     program.text("此申請案的郵件", "mails of this request"));
    list->add_flag("--waiting", arguments->waiting,
                   program.text("待人工處理者：失敗、退回、存疑，且未處理",
                                "those that wait for a person: failed, came back, in doubt"))
        ->excludes("--state")
        ->excludes("--request");
    list->footer(program.text(
        "例： sealdesk mail list --waiting     sealdesk mail list --state bounced",
        "Examples: sealdesk mail list --waiting     sealdesk mail list --state bounced"));
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_mails(program, desk, *arguments); });
    });
    auto* show = mail_command.add_subcommand(
        "show", program.text("主旨、收件人、經過、附件名稱（不含內文）",
                             "subject, recipient, history, names of attachments; no body"));
    show->add_option("MAIL", arguments->id)->required()->check(CLI::PositiveNumber);
    show->add_flag("--full", arguments->full,
                   program.text("完整顯示收件地址與伺服器回應",
                                "the whole address, and what the server said"));
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_mail(program, desk, *arguments); });
    });
    mail_command
        .add_subcommand("suppressed",
                        program.text("列出停寄的地址", "addresses to which no mail goes"))
        ->callback([&program] {
            with_desk(program, [&](Desk& desk) { return list_suppressed(program, desk); });
        });
}

void add_handled(CLI::App& mail_command, Program& program, const SharedMailArguments& arguments) {
    auto* handled = mail_command.add_subcommand(
        "handled", program.text("失敗、退回或存疑之郵件已由人工處理，不再列為待處理",
                                "a person has seen to a mail that failed, came back or is in "
                                "doubt; it waits no more"));
    handled->add_option("MAIL", arguments->id)->required()->check(CLI::PositiveNumber);
    handled
        ->add_option("--reason", arguments->reason,
                     program.text("處理情形（記入稽核紀錄，勿填個人資料）",
                                  "what was done, for the audit log; no personal data"))
        ->required();
    handled->footer(program.text("例： sealdesk --as dee mail handled 4711 --reason 已電話通知",
                                 "Example: sealdesk --as dee mail handled 4711 --reason "
                                 "\"told by telephone\""));
    handled->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return as_operator(program, desk, [&](store::Tx& tx, const std::string& by) {
                return mail::handle(tx, MailId(arguments->id), {by, arguments->reason});
            });
        });
    });
}

}  // namespace

void add_mail_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<MailArguments>();
    auto* mail_command = app.add_subcommand(
        "mail", program.text("郵件：清單、內容、重寄、停寄",
                             "the outbox: list, show, retry, suppressed addresses"));
    mail_command->require_subcommand(1);
    add_views(*mail_command, program, arguments);
    add_mail_check(*mail_command, program);
    auto* retry = mail_command->add_subcommand(
        "retry", program.text("再寄一次（失敗、延後、退回或存疑者）",
                              "send again what failed, was deferred, came back or is in doubt"));
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
    add_handled(*mail_command, program, arguments);
    auto* unsuppress = mail_command->add_subcommand(
        "unsuppress", program.text("解除停寄的地址", "let mail to a refused address pass again"));
    unsuppress->add_option("ADDRESS", arguments->address)->required();
    unsuppress
        ->add_option("--reason", arguments->reason,
                     program.text("解除的理由（記入稽核紀錄，勿填個人資料）",
                                  "why, for the audit log; no personal data"))
        ->required();
    unsuppress->footer(program.text(
        "例： sealdesk --as dee mail unsuppress wang@example.com --reason 本人來電確認信箱已恢復",
        "Example: sealdesk --as dee mail unsuppress wang@example.com --reason \"owner called\""));
    unsuppress->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return as_operator(program, desk, [&](store::Tx& tx, const std::string& by) {
                return mail::unsuppress(tx, arguments->address, {by, arguments->reason});
            });
        });
    });
}

}  // namespace sealdesk::cli
