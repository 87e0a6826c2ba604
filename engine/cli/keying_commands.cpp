#include "cli/keying_commands.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "requests/keying.h"

namespace sealdesk::cli {
namespace {

constexpr int kTaskPage = 500;
constexpr std::size_t kFileBytesMax = 65'536;  ///< a few fields of one form

struct KeyingArguments {
    std::string number;
    std::string file;
    std::string field;
    std::string take;
};

/// The file's text, or standard input for "-": values never stand in a command line.
Result<std::string> read_text(const std::string& name) {
    std::string text;
    if (name == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        std::ifstream stream(name, std::ios::binary);
        if (!stream) {
            return Error{
                ErrorKind::NotFound, "keying.no_file", "There is no such file to read.", name, {}};
        }
        text.assign(std::istreambuf_iterator<char>(stream), {});
    }
    if (text.size() > kFileBytesMax || !is_utf8(text)) {
        return Error{ErrorKind::Invalid,
                     "keying.file",
                     "Expected a JSON object {\"field\": \"text\"} in UTF-8.",
                     name,
                     {}};
    }
    return text;
}

Result<requests::Keyed> read_keyed(const std::string& name) {
    const auto text = read_text(name);
    if (!text) {
        return text.error();
    }
    const auto document = nlohmann::json::parse(*text, nullptr, false);
    requests::Keyed keyed;
    bool good = document.is_object();
    for (auto one = document.begin(); good && one != document.end(); ++one) {
        good = one.value().is_string();
        if (good) {
            keyed[one.key()] = one.value().get<std::string>();
        }
    }
    if (!good) {
        return Error{ErrorKind::Invalid,
                     "keying.file",
                     "Expected a JSON object {\"field\": \"text\"} in UTF-8.",
                     name,
                     {}};
    }
    return keyed;
}

std::vector<requests::KeyingTask> read_tasks(Desk& desk, requests::KeyingState state) {
    return store::transact(desk.database, "request.keying-tasks", [&](store::Tx& tx) {
        std::vector<requests::KeyingTask> all;
        for (std::int64_t after = 0;;) {
            auto page = requests::keying_tasks(tx, state, after, kTaskPage);
            if (page.empty()) {
                return all;
            }
            after = page.back().request.id.value();
            std::ranges::move(page, std::back_inserter(all));
        }
    });
}

void add_tasks(Program& program, Desk& desk, requests::KeyingState state, Table& table) {
    for (const requests::KeyingTask& task : read_tasks(desk, state)) {
        const scheme::Form& form = requests::form_of(desk.office, task.request);
        nlohmann::json keys = nlohmann::json::array();
        std::string labels;
        for (const requests::Keying& one : task.fields) {
            const scheme::Field* field = form.find_field(one.field);
            keys.push_back(one.field);
            labels += (labels.empty() ? "" : program.text("、", ", ")) +
                      (field == nullptr ? one.field : field->label.in(program.language));
        }
        if (program.json) {
            program.out << nlohmann::json{{"request", task.request.number},
                                          {"record", task.request.record},
                                          {"form", task.request.form},
                                          {"waits_for", to_text(state)},
                                          {"first_by", task.fields.front().first_by},
                                          {"fields", keys}}
                               .dump()
                        << '\n';
        } else {
            table.add(
                {task.request.number, task.request.record, form.short_title.in(program.language),
                 state == requests::KeyingState::Open ? program.text("再次鍵入", "second keying")
                                                      : program.text("裁定", "settlement"),
                 task.fields.front().first_by, labels});
        }
    }
}

Outcome list_tasks(Program& program, Desk& desk) {
    Table table(program, {{"申請案號", "request"},
                          {"收件編號", "record"},
                          {"申請單", "form"},
                          {"待辦", "waits for"},
                          {"初次鍵入", "keyed by"},
                          {"欄位", "fields"}});
    add_tasks(program, desk, requests::KeyingState::Open, table);
    add_tasks(program, desk, requests::KeyingState::Differs, table);
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome key_request(Program& program, Desk& desk, const KeyingArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    const auto keyed = read_keyed(arguments.file);
    if (!keyed) {
        return keyed.error();
    }
    const auto differing = requests::key_again(desk.office, arguments.number, *keyed, *by);
    if (!differing) {
        return differing.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"request", arguments.number}, {"differs", *differing}}.dump()
                    << '\n';
    } else if (differing->empty()) {
        program.out << arguments.number
                    << program.pick("  兩次鍵入相符\n", "  both keyed the same\n");
    } else {
        program.out << arguments.number
                    << program.pick("  兩次鍵入不符，待第三人裁定，欄位數 ",
                                    "  differs, a third person settles it; fields: ")
                    << differing->size() << '\n';
    }
    program.exit = differing->empty() ? program.exit : Exit::Refused;
    return done();
}

Outcome show_difference(Program& program, Desk& desk, const KeyingArguments& arguments,
                        const std::string& by) {
    const auto difference =
        requests::look_at_difference(desk.office, arguments.number, arguments.field, by);
    if (!difference) {
        return difference.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"request", arguments.number},
                                      {"field", difference->field},
                                      {"first", difference->first},
                                      {"second", difference->second}}
                           .dump()
                    << '\n';
    } else {
        program.out << arguments.number << "  " << difference->field << '\n'
                    << program.pick("  第一次 ", "  first  ") << difference->first << '\n'
                    << program.pick("  第二次 ", "  second ") << difference->second << '\n';
    }
    return done();
}

Outcome settle_request(Program& program, Desk& desk, const KeyingArguments& arguments) {
    const auto session = sign_in(program, desk, officers::Action::Examine);
    if (!session) {
        return session.error();
    }
    const std::string& by = session->officer.login;
    if (arguments.take.empty() && arguments.file.empty()) {
        return show_difference(program, desk, arguments, by);
    }
    auto with =
        arguments.take == "second" ? requests::Settlement::Second : requests::Settlement::First;
    std::string own;
    if (!arguments.file.empty()) {
        const auto keyed = read_keyed(arguments.file);
        if (!keyed) {
            return keyed.error();
        }
        const auto text = keyed->find(arguments.field);
        if (text == keyed->end()) {
            return Error{ErrorKind::Invalid,
                         "keying.file",
                         "The file does not hold the field that is to be settled.",
                         arguments.field,
                         {}};
        }
        own = text->second;
        with = requests::Settlement::Own;
    }
    const auto state =
        requests::settle_keying(desk.office, arguments.number, arguments.field, with, own, by);
    if (!state) {
        return state.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"request", arguments.number},
                                      {"state", requests::to_text(*state)}}
                           .dump()
                    << '\n';
    } else {
        program.out << arguments.number << "  " << arguments.field
                    << program.pick("  已裁定\n", "  settled\n");
    }
    return done();
}

}  // namespace

void add_keying_commands(CLI::App& request, Program& program) {
    auto arguments = std::make_shared<KeyingArguments>();
    auto* keying = request.add_subcommand(
        "keying", program.text("待第二人鍵入或待裁定之欄位",
                               "what waits for a second keying, or to be settled"));
    keying->callback(
        [&program] { with_desk(program, [&](Desk& desk) { return list_tasks(program, desk); }); });
    auto* key = request.add_subcommand(
        "key", program.text("第二人鍵入（不顯示第一次內容）", "the second keying, blind"));
    key->add_option("NUMBER", arguments->number)->required();
    key->add_option("--file", arguments->file,
                    program.text("JSON：{\"欄位\": \"內容\"}；- 為標準輸入",
                                 "JSON {\"field\": \"text\"}; - is standard input"))
        ->required();
    key->footer(program.text("例： ", "Example: ") +
                "sealdesk --as ann request key R115-000001-2 --file -");
    key->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return key_request(program, desk, *arguments); });
    });
    auto* settle = request.add_subcommand(
        "settle", program.text("裁定兩次鍵入之差異（第三人）；不加 --take 則顯示差異",
                               "settle a difference (a third person); shows it without --take"));
    settle->add_option("NUMBER", arguments->number)->required();
    settle->add_option("--field", arguments->field)->required();
    auto* take = settle->add_option("--take", arguments->take, "first, second")
                     ->check(CLI::IsMember({"first", "second"}));
    settle
        ->add_option("--file", arguments->file,
                     program.text("兩者皆非時：JSON {\"欄位\": \"內容\"}；- 為標準輸入",
                                  "neither: JSON {\"field\": \"text\"}; - is standard input"))
        ->excludes(take);
    settle->footer(
        program.text("例： ", "Example: ") +
        "sealdesk --as ben request settle R115-000001-2 --field id_number --take second");
    settle->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return settle_request(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
