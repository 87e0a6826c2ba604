// The end of a service (M 4.9): `end-of-service order|second|status|notify|revoke|refunds|pay`.
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/chosen_day.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/works_of.h"
#include "effects/service_end.h"

namespace sealdesk::cli {
namespace {

constexpr int kEndRefundPage = 500;

struct ServiceEndArguments {
    std::string scheme;
    std::string date;
    std::string request;
    std::string reference;
    bool dry_run = false;
    bool paid = false;
};
using SharedEnd = std::shared_ptr<ServiceEndArguments>;

nlohmann::ordered_json end_facts(const requests::ServiceEnd& end) {
    return {{"scheme", end.scheme},
            {"end", to_iso_text(end.end)},
            {"ordered_by", end.ordered_by},
            {"seconded_by", end.seconded_by},
            {"revoked_at", end.revoked_at ? to_taipei_text(*end.revoked_at) : ""}};
}

void print_end_order(Program& program, const requests::ServiceEnd& end) {
    if (program.json) {
        program.out << end_facts(end).dump() << '\n';
        return;
    }
    program.out << end.scheme << program.pick("  終止日 ", "  ends on ") << to_roc_text(end.end)
                << "  " << to_iso_text(end.end) << program.pick("，命令 ", ", ordered by ")
                << end.ordered_by << program.pick("，副署 ", ", seconded by ")
                << (end.is_seconded() ? end.seconded_by : program.text("尚無", "nobody yet"))
                << '\n';
}

Outcome order_end(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    const auto session = sign_in(program, desk, officers::Action::ManageDesk, Proof::WithSignature);
    if (!session) {
        return session.error();
    }
    const auto day = chosen_day(desk, arguments.date);
    if (!day) {
        return day.error();
    }
    const auto ordered = requests::order_service_end(desk.office, arguments.scheme, *day,
                                                     session->officer.login, *session->key);
    if (!ordered) {
        return ordered.error();
    }
    print_end_order(program, *ordered);
    return done();
}

/// M 5.2.3: the second person is an administrator or an officer.
Outcome second_end(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    auto session = sign_in(program, desk, officers::Action::ManageDesk, Proof::WithSignature);
    if (!session && session.error().code == "officer.not_allowed") {
        session = sign_in(program, desk, officers::Action::Decide, Proof::WithSignature);
    }
    if (!session) {
        return session.error();
    }
    const auto seconded = requests::second_service_end(desk.office, arguments.scheme,
                                                       session->officer.login, *session->key);
    if (!seconded) {
        return seconded.error();
    }
    print_end_order(program, *seconded);
    return done();
}

Outcome show_end_status(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    struct Status {
        std::optional<requests::ServiceEnd> end;
        requests::EndCounts counts;
    };
    const Status status = store::transact(desk.database, "service-end.status", [&](store::Tx& tx) {
        return Status{requests::find_service_end(tx, arguments.scheme),
                      requests::count_service_end(tx, arguments.scheme)};
    });
    if (!status.end) {
        return Error{ErrorKind::NotFound, "service_end.none",
                     "The end of this service is not ordered; see `sealdesk end-of-service order`.",
                     arguments.scheme, "M 4.9"};
    }
    const requests::EndCounts& counts = status.counts;
    if (program.json) {
        auto facts = end_facts(*status.end);
        facts.update({{"told_by_mail", counts.told_by_mail},
                      {"told_by_letter", counts.told_by_letter},
                      {"not_reachable", counts.not_reachable},
                      {"refunds_due", counts.refunds_due},
                      {"due_twd", counts.due_twd},
                      {"refunds_paid", counts.refunds_paid},
                      {"paid_twd", counts.paid_twd}});
        program.out << facts.dump() << '\n';
        return done();
    }
    print_end_order(program, *status.end);
    program.out << program.pick("已通知：郵件 ", "told: by mail ") << counts.told_by_mail
                << program.pick("，信函 ", ", by letter ") << counts.told_by_letter
                << program.pick("，無法通知 ", ", not reachable ") << counts.not_reachable << '\n'
                << program.pick("退費：未付 ", "refunds: due ") << counts.refunds_due << "  NT$ "
                << counts.due_twd << program.pick("，已付 ", ", paid ") << counts.refunds_paid
                << "  NT$ " << counts.paid_twd << '\n';
    return done();
}

effects::ChunkDone end_progress_of(Program& program) {
    return [&program](std::int64_t so_far) { show_progress(program, std::to_string(so_far)); };
}

Outcome tell_of_end(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    const auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    const auto told =
        arguments.dry_run
            ? effects::rehearse_telling((*works)->works, arguments.scheme)
            : effects::tell_holders((*works)->works, arguments.scheme, end_progress_of(program));
    end_progress(program);
    if (!told) {
        return told.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"dry_run", arguments.dry_run},
                                      {"mails", told->mails},
                                      {"letters", told->letters},
                                      {"not_reachable", told->not_reachable}}
                           .dump()
                    << '\n';
        return done();
    }
    program.out << (arguments.dry_run ? program.text("將通知：", "would be told: ")
                                      : program.text("已通知：", "told: "))
                << program.pick("郵件 ", "by mail ") << told->mails
                << program.pick("，信函 ", ", by letter ") << told->letters
                << program.pick("，無法通知 ", ", not reachable ") << told->not_reachable << '\n';
    return done();
}

Outcome revoke_at_end(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ManageDesk);
    if (!by) {
        return by.error();
    }
    const auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    const auto revoked =
        effects::revoke_everything((*works)->works, arguments.scheme, end_progress_of(program));
    end_progress(program);
    if (!revoked) {
        return revoked.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"certificates", revoked->certificates},
                                      {"refunds", revoked->refunds},
                                      {"refund_twd", revoked->refund_twd}}
                           .dump()
                    << '\n';
        return done();
    }
    program.out << program.pick("已請求廢止 ", "revocation asked for: ") << revoked->certificates
                << program.pick(" 張憑證（由 sealdesk run 執行），應退費 ",
                                " certificates (sealdesk run carries it out); refunds ")
                << revoked->refunds << "  NT$ " << revoked->refund_twd << '\n';
    return done();
}

void print_end_payment(Program& program, Table& table, const requests::EndPayment& one) {
    if (program.json) {
        program.out << nlohmann::json{{"request", one.request_number},
                                      {"paid_twd", one.paid_twd},
                                      {"refund_twd", one.refund_twd},
                                      {"state", one.is_paid ? "paid" : "due"},
                                      {"by", one.settled_by},
                                      {"reference", one.reference}}
                           .dump()
                    << '\n';
    }
    table.add({one.request_number, std::to_string(one.paid_twd), std::to_string(one.refund_twd),
               one.reference});
}

Outcome list_end_payments(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReadRequests);
    if (!by) {
        return by.error();
    }
    Table table(program, {{"申請案", "request"},
                          {"已繳 NT$", "paid NT$"},
                          {"退費 NT$", "refund NT$"},
                          {"付款文號", "reference"}});
    std::int64_t after = 0;
    for (bool more = true; more;) {
        const auto page = store::transact(desk.database, "service-end.refunds", [&](store::Tx& tx) {
            return requests::list_end_refunds(tx, arguments.scheme, arguments.paid, after,
                                              kEndRefundPage);
        });
        for (const requests::EndPayment& one : page) {
            print_end_payment(program, table, one);
            after = one.request.value();
        }
        more = page.size() == kEndRefundPage;
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome pay_at_end(Program& program, Desk& desk, const ServiceEndArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    Outcome paid =
        requests::pay_end_refund(desk.office, arguments.request, arguments.reference, *by);
    if (paid) {
        program.err << arguments.request << program.pick("  已付\n", "  paid\n");
    }
    return paid;
}

using EndAct = Outcome (*)(Program&, Desk&, const ServiceEndArguments&);

struct EndWords {
    const char* name;
    const char* zh;
    const char* en;
    const char* example;
    EndAct act;
};

CLI::App* add_end_command(CLI::App& group, Program& program, const SharedEnd& arguments,
                          const EndWords& words) {
    auto* command = group.add_subcommand(words.name, program.text(words.zh, words.en));
    command->footer(program.text("例： ", "Example: ") + words.example);
    const EndAct act = words.act;
    command->callback([&program, arguments, act] {
        with_desk(program, [&](Desk& desk) { return act(program, desk, *arguments); });
    });
    return command;
}

void add_end_scheme(CLI::App& command, const SharedEnd& arguments) {
    command.add_option("SCHEME", arguments->scheme)->required();
}

}  // namespace

void add_service_end_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<ServiceEndArguments>();
    auto* group = app.add_subcommand(
        "end-of-service", program.text("終止服務：命令、副署、通知用戶、廢止、退費（M 4.9）",
                                       "the end of a service: two signatures, holders told, "
                                       "everything revoked, refunds (M 4.9)"));
    group->require_subcommand(1);
    auto* ordered = add_end_command(
        *group, program, arguments,
        {"order", "命令終止服務（管理員簽章；至少三個月前）",
         "an administrator signs, three months ahead at least",
         "sealdesk --as amy end-of-service order SCHEME --date 116/12/31", order_end});
    add_end_scheme(*ordered, arguments);
    ordered->add_option("--date", arguments->date, program.text("終止日", "the last day"))
        ->required();
    add_end_scheme(*add_end_command(*group, program, arguments,
                                    {"second", "副署終止命令（他人簽章）", "another person signs",
                                     "sealdesk --as ann end-of-service second SCHEME", second_end}),
                   arguments);
    add_end_scheme(*add_end_command(*group, program, arguments,
                                    {"status", "終止進度", "how far it has come",
                                     "sealdesk end-of-service status SCHEME", show_end_status}),
                   arguments);
    auto* told =
        add_end_command(*group, program, arguments,
                        {"notify", "通知所有用戶（各一次；中斷後可再執行）",
                         "tells every holder, once; goes on after a break",
                         "sealdesk --as dee end-of-service notify SCHEME --dry-run", tell_of_end});
    add_end_scheme(*told, arguments);
    told->add_flag("--dry-run", arguments->dry_run,
                   program.text("只計數，不通知", "counts, tells nobody"));
    add_end_scheme(
        *add_end_command(*group, program, arguments,
                         {"revoke", "終止日起：廢止全部憑證並計算退費（可再執行）",
                          "from the last day on: has everything revoked, works out refunds",
                          "sealdesk --as amy end-of-service revoke SCHEME", revoke_at_end}),
        arguments);
    auto* refunds =
        add_end_command(*group, program, arguments,
                        {"refunds", "應付退費清單", "refunds that wait to be paid out",
                         "sealdesk --as dee end-of-service refunds SCHEME", list_end_payments});
    add_end_scheme(*refunds, arguments);
    refunds->add_flag("--paid", arguments->paid, program.text("已付者", "those paid out"));
    auto* payment = add_end_command(
        *group, program, arguments,
        {"pay", "登錄退費已付（匯款文號）", "notes that a refund was paid out",
         "sealdesk --as dee end-of-service pay R115-000001-2 --reference T-5521", pay_at_end});
    payment->add_option("REQUEST", arguments->request)->required();
    payment
        ->add_option("--reference", arguments->reference,
                     program.text("付款文號", "of the payment"))
        ->required();
}

}  // namespace sealdesk::cli
