#include <fstream>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/card_commands.h"
#include "cli/chosen_day.h"
#include "cli/session.h"
#include "cli/table.h"
#include "effects/apart.h"
#include "effects/mail_list.h"
#include "effects/parcel_steps.h"
#include "slips/print_batch.h"

namespace sealdesk::cli {
namespace {

struct PostArguments {
    std::vector<std::string> parcels;
    bool waiting = false;
    int first = 1;
    std::string output;
    std::string list;
    bool close = false;
    std::string day;
    std::string csv;
    std::string pdf;
    std::vector<std::string> except;
    std::string first_number;
    std::string last_number;
};

using SharedPostArguments = std::shared_ptr<PostArguments>;

/// The named parcels, or all that can be posted.
Result<std::vector<effects::Label>> wanted_labels(store::Tx& tx, const Desk& desk,
                                                  const PostArguments& arguments) {
    std::vector<parcels::Parcel> parcels;
    for (const std::string& number : arguments.parcels) {
        const auto parcel = parcels::find_parcel(tx, number);
        if (!parcel) {
            return parcel.error();
        }
        const Outcome apart = effects::check_contents_apart(tx, desk.office, *parcel);
        if (!apart) {
            return apart.error();
        }
        parcels.push_back(*parcel);
    }
    parcels::ParcelFilter filter{parcels::ParcelState::Waiting};
    for (bool last = !arguments.waiting; !last;) {
        const auto page = parcels::list_parcels(tx, filter);
        last = int(page.size()) < filter.limit;
        filter.after = last ? 0 : page.back().id.value();
        for (const parcels::Parcel& parcel : page) {
            if (effects::check_postable(tx, parcel) &&
                effects::check_contents_apart(tx, desk.office, parcel)) {
                parcels.push_back(parcel);
            }
        }
    }
    std::vector<effects::Label> labels;
    labels.reserve(parcels.size());
    for (const parcels::Parcel& parcel : parcels) {
        labels.push_back({parcel.number, parcel.to});
    }
    return labels;
}

Outcome make_labels(Program& program, Desk& desk, const PostArguments& arguments) {
    const auto labels = store::transact(desk.database, "parcel.labels", [&](store::Tx& tx) {
        return wanted_labels(tx, desk, arguments);
    });
    if (!labels) {
        return labels.error();
    }
    if (labels->empty()) {
        return Error{ErrorKind::Refused,
                     "post.nothing_waits",
                     "Nothing waits for the post that this person may hand over.",
                     {},
                     "T 3.2.6"};
    }
    slips::TemplateShelf templates(desk.settings.templates);
    const auto pdf = effects::label_sheets(templates, *labels, arguments.first, desk.clock.now());
    if (!pdf) {
        return pdf.error();
    }
    write_file_durably(arguments.output, *pdf, FileAccess::Owner);
    if (program.json) {
        program.out << nlohmann::ordered_json{{"file", arguments.output},
                                              {"labels", labels->size()}}
                    << '\n';
    } else {
        program.out << arguments.output << program.pick("  標籤 ", "  labels ") << labels->size()
                    << '\n';
    }
    return done();
}

void print_lines(Program& program, const std::vector<parcels::MailLine>& lines) {
    Table table(program, {{"順序", "no."},
                          {"掛號號碼", "number"},
                          {"收件人", "addressee"},
                          {"區號", "zip"},
                          {"物件", "item"}});
    int number = 0;
    for (const parcels::MailLine& line : lines) {
        ++number;
        if (program.json) {
            program.out << nlohmann::ordered_json{{"no", number},
                                                  {"item", line.item},
                                                  {"kind", parcels::to_text(line.kind)},
                                                  {"tracking", line.tracking},
                                                  {"to", line.to.name},
                                                  {"postal_code", line.to.postal_code},
                                                  {"address", line.to.address},
                                                  {"left_out", line.left_out}}
                        << '\n';
        }
        table.add({std::to_string(number), line.tracking, line.to.name, line.to.postal_code,
                   line.item + (line.left_out ? program.text("（未寄）", " (left out)") : "")});
    }
    if (!program.json) {
        table.print(program.out);
    }
}

/// The list as files and on the screen.
Outcome show_list(Program& program, Desk& desk, const parcels::MailList& list,
                  const PostArguments& arguments) {
    const auto lines = store::transact(desk.database, "parcel.list-lines", [&](store::Tx& tx) {
        return parcels::lines_of(tx, list.id);
    });
    if (!arguments.csv.empty()) {
        write_file_durably(arguments.csv, effects::mail_list_csv(lines), FileAccess::Owner);
    }
    if (!arguments.pdf.empty()) {
        slips::TemplateShelf templates(desk.settings.templates);
        const auto pdf = effects::mail_list_pdf(templates, list, lines);
        if (!pdf) {
            return pdf.error();
        }
        write_file_durably(arguments.pdf, *pdf, FileAccess::Owner);
    }
    print_lines(program, lines);
    if (program.json) {
        program.out << nlohmann::ordered_json{{"list", list.number},
                                              {"day", list.day},
                                              {"lines", list.lines},
                                              {"closed_by", list.closed_by},
                                              {"posted_at",
                                               list.posted_at ? to_utc_text(*list.posted_at) : ""}}
                    << '\n';
    } else {
        program.out << list.number << "  " << list.day << program.pick("  共 ", "  items ")
                    << list.lines
                    << (list.posted_at ? program.pick("  已交寄", "  posted")
                                       : program.pick("  未交寄", "  not posted"))
                    << '\n';
    }
    return done();
}

Outcome close_one(Program& program, Desk& desk, const PostArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const auto list = effects::close_list(desk.office, officers::actor_of(*by));
    return list ? show_list(program, desk, *list, arguments) : Outcome(list.error());
}

Outcome show_waiting(Program& program, Desk& desk) {
    const std::string actor =
        program.officer.empty() ? std::string() : officers::actor_of(program.officer);
    const auto waiting = store::transact(desk.database, "parcel.mail-waiting", [&](store::Tx& tx) {
        return effects::mail_waiting(tx, desk.office, actor);
    });
    print_lines(program, waiting.lines);
    for (const auto& [item, why] : waiting.held_back) {
        if (program.json) {
            program.out << nlohmann::ordered_json{{"item", item}, {"held_back", why.code}} << '\n';
        } else {
            program.err << item << "  " << why.code << '\n';
        }
    }
    return done();
}

Outcome show_lists_of_day(Program& program, Desk& desk, const std::string& day) {
    const auto chosen = chosen_day(desk, day);
    if (!chosen) {
        return chosen.error();
    }
    const auto lists = store::transact(desk.database, "parcel.mail-lists", [&](store::Tx& tx) {
        return parcels::list_mail_lists(tx, to_iso_text(*chosen));
    });
    Table table(program, {{"清單", "list"}, {"日期", "day"}, {"件數", "items"}, {"狀態", "state"}});
    for (const parcels::MailList& list : lists) {
        if (program.json) {
            program.out << nlohmann::ordered_json{{"list", list.number},
                                                  {"day", list.day},
                                                  {"lines", list.lines},
                                                  {"posted_at", list.posted_at
                                                                    ? to_utc_text(*list.posted_at)
                                                                    : ""}}
                        << '\n';
        }
        table.add({list.number, list.day, std::to_string(list.lines),
                   list.posted_at ? program.text("已交寄", "posted")
                                  : program.text("未交寄", "not posted")});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome run_mail_list(Program& program, Desk& desk, const PostArguments& arguments) {
    if (arguments.close) {
        return close_one(program, desk, arguments);
    }
    if (!arguments.day.empty()) {
        return show_lists_of_day(program, desk, arguments.day);
    }
    if (arguments.list.empty()) {
        return show_waiting(program, desk);
    }
    const auto list = store::transact(desk.database, "parcel.find-list", [&](store::Tx& tx) {
        return parcels::find_mail_list(tx, arguments.list);
    });
    return list ? show_list(program, desk, *list, arguments) : Outcome(list.error());
}

Outcome post_one_list(Program& program, Desk& desk, const PostArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const auto posted = effects::post_list(
        desk.office, {arguments.list, arguments.except, officers::actor_of(*by)});
    if (!posted) {
        return posted.error();
    }
    for (const std::string& batch : posted->closed_batches) {
        slips::forget_queue_file(desk.print_folder(), batch);
    }
    if (program.json) {
        program.out << nlohmann::ordered_json{{"list", arguments.list},
                                              {"posted", posted->posted},
                                              {"left_out", posted->left_out}}
                    << '\n';
    } else {
        program.out << arguments.list << program.pick("  已交寄 ", "  posted ") << posted->posted
                    << program.pick("，未寄 ", ", left out ") << posted->left_out.size() << '\n';
    }
    return done();
}

Outcome show_numbers(Program& program, Desk& desk) {
    const auto rolls = store::transact(desk.database, "parcel.numbers", [](store::Tx& tx) {
        return parcels::list_mail_numbers(tx);
    });
    Table table(program,
                {{"首號", "first"}, {"末號", "last"}, {"下一號", "next"}, {"結存", "left"}});
    for (const parcels::RollState& roll : rolls) {
        if (program.json) {
            program.out << nlohmann::ordered_json{{"first", roll.first},
                                                  {"last", roll.last},
                                                  {"next", roll.next},
                                                  {"left", roll.left}}
                        << '\n';
        }
        table.add({roll.first, roll.last, roll.next, std::to_string(roll.left)});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome receive_numbers(Program& program, Desk& desk, const PostArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const Outcome received =
        store::transact(desk.database, "parcel.numbers-receive", [&](store::Tx& tx) {
            return parcels::receive_mail_numbers(
                tx, {arguments.first_number, arguments.last_number, desk.settings.mail_numbers},
                officers::actor_of(*by));
        });
    return received ? show_numbers(program, desk) : received;
}

void add_labels(CLI::App& parcel, Program& program, const SharedPostArguments& arguments) {
    auto* labels = parcel.add_subcommand(
        "labels", program.text("地址標籤（標籤紙，含包裹條碼）",
                               "address labels on a label sheet, with the parcel's bar code"));
    labels->add_option("PARCEL", arguments->parcels, "G115-000001-2 …");
    labels->add_flag("--waiting", arguments->waiting,
                     program.text("所有可寄出者", "of all that can be posted"));
    labels->add_option("--start", arguments->first,
                       program.text("自第幾枚標籤開始（用過的標籤紙）",
                                    "first label that is left on the sheet (1)"));
    labels->add_option("-o,--output", arguments->output, "FILE.pdf")->required();
    labels->footer(program.text("例： ", "Example: ") +
                   "sealdesk parcel labels --waiting --start 5 -o labels.pdf");
    labels->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return make_labels(program, desk, *arguments); });
    });
}

void add_mail_list(CLI::App& parcel, Program& program, const SharedPostArguments& arguments) {
    auto* list = parcel.add_subcommand(
        "mail-list", program.text("大宗掛號函件清單：待寄、結單、重印",
                                  "the post's list of registered mail: waiting, closed, again"));
    list->add_option("LIST", arguments->list,
                     program.text("已結清單之編號（可再輸出）", "a closed list, once more"));
    list->add_flag("--close", arguments->close,
                   program.text("結單：待寄者取得掛號號碼，清單不再更動",
                                "close a list of what waits: each gets a registered number"));
    list->add_option("--day", arguments->day,
                     program.text("某日之清單", "the lists of a day (today, 2026-11-20)"));
    list->add_option("--csv", arguments->csv, program.text("輸出 CSV", "write it as CSV"));
    list->add_option("--pdf", arguments->pdf,
                     program.text("輸出 PDF（交郵局蓋戳）", "write it as PDF for the stamp"));
    list->footer(program.text(
        "同日再結單，為其後新增者另成一單；卡片與其密碼單不在同一單。\n"
        "例： sealdesk --as dee parcel mail-list --close --csv list.csv --pdf list.pdf",
        "The same day again makes another list of what came after. A card and its PIN slip are "
        "never on one list.\n"
        "Example: sealdesk --as dee parcel mail-list --close --csv list.csv --pdf list.pdf"));
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return run_mail_list(program, desk, *arguments); });
    });
    auto* post = parcel.add_subcommand(
        "post-list", program.text("清單已交郵局：其上各件一次登錄已郵寄",
                                  "a list was handed to the post: all on it are posted"));
    post->add_option("LIST", arguments->list, "M115-000001-2")->required();
    post->add_option("--except", arguments->except,
                     program.text("郵局未收之物件", "an item that the post did not take"));
    post->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as dee parcel post-list M115-000001-2");
    post->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return post_one_list(program, desk, *arguments); });
    });
}

void add_numbers(CLI::App& parcel, Program& program, const SharedPostArguments& arguments) {
    auto* numbers = parcel.add_subcommand(
        "numbers", program.text("郵局給的掛號號碼：結存、收入",
                                "registered-mail numbers of the post: left, received"));
    numbers->require_subcommand(0, 1);
    auto* receive = numbers->add_subcommand(
        "receive", program.text("收入一卷：首號、末號", "a roll came: first and last number"));
    receive->add_option("FIRST", arguments->first_number)->required();
    receive->add_option("LAST", arguments->last_number)->required();
    receive->footer(program.text("格式與檢查碼見設定 post.numbers。\n例： ",
                                 "Format and check digit: setting post.numbers.\n"
                                 "Example: ") +
                    "sealdesk --as dee parcel numbers receive 123401 123900");
    receive->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return receive_numbers(program, desk, *arguments); });
    });
    numbers->callback([&program, numbers] {
        if (numbers->get_subcommands().empty()) {
            with_desk(program, [&](Desk& desk) { return show_numbers(program, desk); });
        }
    });
}

}  // namespace

void add_parcel_post_commands(CLI::App& parcel, Program& program) {
    auto arguments = std::make_shared<PostArguments>();
    add_labels(parcel, program, arguments);
    add_mail_list(parcel, program, arguments);
    add_numbers(parcel, program, arguments);
}

}  // namespace sealdesk::cli
