#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/chosen_day.h"
#include "cli/fee_parts.h"
#include "cli/session.h"
#include "cli/table.h"
#include "requests/end_of_service.h"

namespace sealdesk::cli {
namespace {

struct EndArguments {
    std::string scheme;
    std::string date;
    std::string output;
};

void print_json(Program& program, const requests::EndOfService& service) {
    for (const requests::EndRefund& one : service.refunds) {
        program.out
            << nlohmann::json{{"request", one.request_number},    {"holder", one.holder.name},
                              {"contact", one.contact.name},      {"email", one.contact.email},
                              {"certificates", one.certificates}, {"from", to_iso_text(one.from)},
                              {"until", to_iso_text(one.until)},  {"paid_twd", one.paid_twd},
                              {"refund_twd", one.refund_twd}}
                   .dump()
            << '\n';
    }
    program.out << nlohmann::json{{"end", to_iso_text(service.end)},
                                  {"notify_by", to_iso_text(service.notify_by)},
                                  {"holders", service.refunds.size()},
                                  {"paid_twd", service.paid_twd()},
                                  {"refund_twd", service.refund_twd()}}
                       .dump()
                << '\n';
}

void print_text(Program& program, const requests::EndOfService& service) {
    Table table(program, {{"申請案", "request"},
                          {"用戶", "holder"},
                          {"憑證", "certificates"},
                          {"起", "from"},
                          {"訖", "until"},
                          {"已繳 NT$", "paid NT$"},
                          {"退費 NT$", "refund NT$"}});
    for (const requests::EndRefund& one : service.refunds) {
        table.add({one.request_number, one.holder.name, std::to_string(one.certificates),
                   to_roc_text(one.from), to_roc_text(one.until), std::to_string(one.paid_twd),
                   std::to_string(one.refund_twd)});
    }
    table.add({program.text("合計", "sum"), "", "", "", "", std::to_string(service.paid_twd()),
               std::to_string(service.refund_twd())});
    table.print(program.out);
    program.out << program.pick("應於 ", "notify every holder by ")
                << to_iso_text(service.notify_by)
                << program.pick(
                       " 前通知所有用戶（M 4.9）；依剩餘日數比例，四捨五入至元，上限百分之八十\n",
                       " (M 4.9); by days left, rounded to the dollar, at most 80 %\n");
}

Outcome show_end(Program& program, Desk& desk, const EndArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReadRequests);
    if (!by) {
        return by.error();
    }
    const auto end = chosen_day(desk, arguments.date);
    if (!end) {
        return end.error();
    }
    const auto service = requests::end_of_service(desk.office, arguments.scheme, *end);
    if (!service) {
        return service.error();
    }
    if (!arguments.output.empty()) {
        write_file_durably(arguments.output, requests::to_csv(*service), FileAccess::Owner);
        program.err << arguments.output << '\n';
    }
    if (program.json) {
        print_json(program, *service);
    } else {
        print_text(program, *service);
    }
    return done();
}

}  // namespace

void add_end_of_service(CLI::App& fee, Program& program) {
    auto arguments = std::make_shared<EndArguments>();
    auto* end = fee.add_subcommand(
        "end-of-service",
        program.text("終止服務試算：應通知之用戶、按比例退費（只計算，不變更資料）",
                     "if the service ended: whom to notify, pro rata refunds; "
                     "calculates, changes nothing"));
    end->add_option("SCHEME", arguments->scheme)->required();
    end->add_option("--date", arguments->date, program.text("終止日", "the last day"))->required();
    end->add_option("-o,--output", arguments->output, "FILE.csv");
    end->footer(program.text("例： ", "Example: ") +
                "sealdesk --as amy fee end-of-service SCHEME --date 116/06/30 -o end.csv");
    end->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_end(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
