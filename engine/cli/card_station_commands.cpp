#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cards/piv_card.h"
#include "cards/reader.h"
#include "cli/card_commands.h"
#include "cli/card_station.h"
#include "cli/session.h"
#include "cli/stop_signal.h"
#include "cli/words.h"
#include "effects/card_face.h"

namespace sealdesk::cli {
namespace {

using std::chrono::milliseconds;

/// How long one look at the reader takes while nothing happens; then Ctrl-C is heard.
constexpr milliseconds kLook{1000};

struct StationArguments {
    std::string reader;
    std::string scheme;
    bool batch = false;
    int wait_seconds = 600;
    std::string number;
    std::string reason;
};

using SharedStationArguments = std::shared_ptr<StationArguments>;

/// Nothing more is to be done, whatever card comes.
bool is_end(const Error& error) {
    return error.code == "card.none_ordered" || error.code == "card.stock_empty";
}

struct BatchCount {
    int complete = 0;
    int failed = 0;
};

class StationRun {
public:
    StationRun(Program& program, StationOfDesk& of_desk, cards::Readers& readers,
               std::string reader)
        : program_(program), of_desk_(of_desk), readers_(readers), reader_(std::move(reader)) {
        of_desk_.station.progress = [this](const cards::CardRecord& card) {
            show_progress(program_,
                          card.number + "  " + shown(program_, cards::to_text(card.step)));
        };
    }

    /// The card that lies in the reader.
    Outcome make_one() {
        auto wire = readers_.connect(reader_);
        if (!wire) {
            return wire.error();
        }
        cards::PivCard card(**wire, of_desk_.station.works.office.database.random(),
                            of_desk_.station.pin_form);
        const auto made = effects::personalise(of_desk_.station, card);
        end_progress(program_);
        if (!made) {
            return made.error();
        }
        if (program_.json) {
            program_.out << nlohmann::json{{"card", made->number},
                                           {"identity", made->identity},
                                           {"state", cards::to_text(made->state)}}
                         << std::endl;  // a program waits for the line
        } else {
            program_.out << made->number << "  " << shown(program_, cards::to_text(made->state))
                         << std::endl;
        }
        return done();
    }

    /// Looks until `happened` or `limit` is over.
    template <class Wait>
    Outcome patiently(milliseconds limit, const Wait& wait) {
        for (milliseconds waited{0};; waited += kLook) {
            Outcome came = wait();
            const bool only_not_yet = !came && (came.error().code == "card.none_inserted" ||
                                                came.error().code == "card.not_taken_out");
            if (!only_not_yet || waited >= limit || stop_asked()) {
                return came;
            }
        }
    }
    Outcome wait_for_card(milliseconds limit) {
        return patiently(limit, [&] { return readers_.wait_for_card(reader_, kLook); });
    }
    Outcome wait_for_removal(milliseconds limit) {
        return patiently(limit, [&] { return readers_.wait_for_removal(reader_, kLook); });
    }

private:
    Program& program_;
    StationOfDesk& of_desk_;
    cards::Readers& readers_;
    std::string reader_;
};

Outcome make_many(Program& program, StationRun& run, milliseconds patience) {
    BatchCount count;
    listen_for_stop();
    while (!stop_asked()) {
        const Outcome came = run.wait_for_card(patience);
        if (!came) {
            break;  // nobody puts one in any more
        }
        const Outcome made = run.make_one();
        if (made) {
            ++count.complete;
        } else if (is_end(made.error())) {
            break;
        } else {
            ++count.failed;
            report(program, made.error());
        }
        if (!run.wait_for_removal(patience)) {
            break;
        }
    }
    program.err << program.pick("完成 ", "complete ") << count.complete
                << program.pick("，未完成 ", ", not complete ") << count.failed << '\n';
    return done();
}

Outcome personalise(Program& program, Desk& desk, const StationArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    const auto of_desk = StationOfDesk::open(program, desk, officers::actor_of(*by));
    if (!of_desk) {
        return of_desk.error();
    }
    (*of_desk)->station.scheme = arguments.scheme;
    auto readers = cards::Readers::open();
    if (!readers) {
        return readers.error();
    }
    const auto reader = readers->choose(arguments.reader);
    if (!reader) {
        return reader.error();
    }
    StationRun run(program, **of_desk, *readers, *reader);
    const milliseconds patience = std::chrono::seconds(arguments.wait_seconds);
    if (arguments.batch) {
        return make_many(program, run, patience);
    }
    Outcome came = run.wait_for_card(patience);
    return came ? run.make_one() : came;
}

Outcome spoil(Program& program, Desk& desk, const StationArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    Outcome spoiled = effects::spoil_card(desk.database, arguments.number, arguments.reason,
                                          officers::actor_of(*by));
    if (spoiled) {
        program.err << arguments.number
                    << program.pick("  已報廢；憑證由 sealdesk run 送請廢止\n",
                                    "  spoiled; sealdesk run has its certificates revoked\n");
    }
    return spoiled;
}

/// What the card printer prints; it has no secret.
Outcome print_face(Program& program, Desk& desk, const StationArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    const auto face = effects::card_face(desk.office, arguments.number);
    if (!face) {
        return face.error();
    }
    program.out << nlohmann::ordered_json{{"card", face->number},
                                          {"name", face->name},
                                          {"id_number", face->id_number},
                                          {"kind", subscribers::to_text(face->kind)},
                                          {"valid_until", face->valid_until
                                                              ? to_iso_text(*face->valid_until)
                                                              : ""}}
                << '\n';
    return done();
}

void add_personalise_command(CLI::App& card, Program& program,
                             const SharedStationArguments& arguments) {
    auto* command = card.add_subcommand(
        "personalise",
        program.text("製卡：卡內產製金鑰、簽發憑證寫入、亂數設定密碼，密碼單入列印批次",
                     "make a card: keys made in it (or none), random PIN on a slip"));
    command->add_option("--reader", arguments->reader,
                        program.text("讀卡機名稱之一部分", "part of the reader's name"));
    command->add_flag("--batch", arguments->batch,
                      program.text("逐張製作，至無待製者", "card after card, until none waits"));
    command->add_option("--scheme", arguments->scheme,
                        program.text("只製此憑證之卡", "only this scheme's cards"));
    command
        ->add_option("--wait", arguments->wait_seconds,
                     program.text("等候插卡秒數", "seconds to wait for a card"))
        ->check(CLI::Range(0, 86400));
    command->footer(
        program.text("中途取出之卡再插入即接續；損壞者：card spoil。\n例： ",
                     "A card pulled out goes on when it is put in again; a broken one: card "
                     "spoil.\nExample: ") +
        "sealdesk --as dee card personalise --batch");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return personalise(program, desk, *arguments); });
    });
}

}  // namespace

void add_card_station_commands(CLI::App& card, Program& program) {
    auto arguments = std::make_shared<StationArguments>();
    add_personalise_command(card, program, arguments);
    auto* ruined = card.add_subcommand(
        "spoil",
        program.text("報廢製作中或未寄出之卡", "a card that is broken before it left the office"));
    ruined->add_option("NUMBER", arguments->number, program.text("卡號", "the card's number"))
        ->required();
    ruined->add_option("--reason", arguments->reason, program.text("原因", "why"))->required();
    ruined->footer(program.text("例： ", "Example: ") +
                   "sealdesk --as dee card spoil C115-000042-7 --reason 晶片無反應");
    ruined->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return spoil(program, desk, *arguments); });
    });
    auto* face = card.add_subcommand(
        "face", program.text("卡面印製資料（JSON）", "what is printed on the card, as JSON"));
    face->add_option("NUMBER", arguments->number, program.text("卡號", "the card's number"))
        ->required();
    face->footer(program.text("例： ", "Example: ") + "sealdesk --as dee card face C115-000042-7");
    face->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return print_face(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
