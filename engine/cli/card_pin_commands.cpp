#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_commands.h"
#include "cli/card_in_reader.h"
#include "cli/session.h"
#include "effects/card_pin.h"

// The PIN of the card in a reader: how it stands, changed with the old one, reset, unblocked.
namespace sealdesk::cli {
namespace {

struct PinArguments {
    std::string reader;
    std::string account;
    std::string account_password_file;
    std::string old_pin_file;
    std::string new_pin_file;
    bool last_try = false;
};

using SharedPinArguments = std::shared_ptr<PinArguments>;

Outcome show_pin_status(Program& program, const PinArguments& arguments) {
    SystemRandom random;
    const auto place = open_card(random, arguments.reader);
    if (!place) {
        return place.error();
    }
    const auto identity = place->card->identity();
    if (!identity) {
        return identity.error();
    }
    const auto state = place->card->pin_state();
    if (!state) {
        return state.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"card", *identity},
                                      {"tries_left", state->tries_left},
                                      {"locked", state->locked()}}
                    << '\n';
    } else if (state->locked()) {
        program.out << *identity
                    << program.pick("  已鎖卡：sealdesk card pin unblock",
                                    "  locked: `sealdesk card pin unblock`")
                    << '\n';
    } else {
        program.out << *identity << program.pick("  密碼尚可嘗試次數 ", "  PIN tries left ")
                    << state->tries_left << '\n';
    }
    return done();
}

/// From the file, or typed twice (C 13).
Result<Secret> read_new_pin(Program& program, const std::string& file) {
    auto fresh = read_password(file, program.pick("新晶片卡密碼：", "New PIN: "));
    if (!fresh || !file.empty()) {
        return fresh;
    }
    const auto again = read_password(file, program.pick("再輸入一次：", "The same again: "));
    if (!again) {
        return again.error();
    }
    if (!fresh->same_as(*again)) {
        return Error{ErrorKind::Refused,
                     "card.pin_typed_differently",
                     "The new PIN was typed in two ways; nothing was sent to the card.",
                     {},
                     {}};
    }
    return fresh;
}

void print_pin_done(Program& program, const std::string& identity, std::string_view code,
                    std::string_view words) {
    if (program.json) {
        program.out << nlohmann::json{{"card", identity}, {"pin", code}} << '\n';
    } else {
        program.out << identity << "  " << words << '\n';
    }
}

Outcome change_card_pin(Program& program, Desk& desk, const PinArguments& arguments) {
    const auto old =
        read_password(arguments.old_pin_file, program.pick("原晶片卡密碼：", "Old PIN: "));
    if (!old) {
        return old.error();
    }
    const auto fresh = read_new_pin(program, arguments.new_pin_file);
    if (!fresh) {
        return fresh.error();
    }
    const auto place = open_card(desk.random, arguments.reader);
    if (!place) {
        return place.error();
    }
    const auto changed = effects::change_pin(desk.office, *place->card, {}, {*old, *fresh});
    if (!changed) {
        return changed.error();
    }
    print_pin_done(program, *changed, "changed", program.pick("晶片卡密碼變更完成", "PIN changed"));
    return done();
}

using RenewPin = std::function<Result<std::string>(const effects::PinDesk&, cards::Card&,
                                                   const effects::PinWish&)>;

/// Opens the unblock service and sets the PIN of the card in the reader.
Outcome renew_with(Program& program, Desk& desk, const PinArguments& arguments,
                   effects::PinWork work, const RenewPin& renew) {
    const auto fresh = read_new_pin(program, arguments.new_pin_file);
    if (!fresh) {
        return fresh.error();
    }
    const auto passphrase =
        read_password(desk.settings.unblock_key_password_file,
                      program.pick("解碼服務金鑰密碼：", "Unblock service key password: "));
    if (!passphrase) {
        return passphrase.error();
    }
    const auto certificate = crypto::Certificate::load(desk.settings.unblock_certificate);
    if (!certificate) {
        return certificate.error();
    }
    const auto key = crypto::KeyPair::load(desk.settings.unblock_key, *passphrase);
    if (!key) {
        return key.error();
    }
    const effects::PukVault vault(desk.database, *certificate);
    const auto place = open_card(desk.random, arguments.reader);
    if (!place) {
        return place.error();
    }
    const auto renewed = renew({desk.office, vault, *certificate, *key}, *place->card,
                               {work, *fresh, arguments.last_try});
    if (!renewed) {
        return renewed.error();
    }
    const bool reset = work == effects::PinWork::Reset;
    print_pin_done(program, *renewed, reset ? "reset" : "unblocked",
                   reset ? program.pick("晶片卡密碼已重置", "PIN reset")
                         : program.pick("晶片卡解鎖成功且密碼已重置", "unblocked, PIN reset"));
    return done();
}

Outcome renew_card_pin(Program& program, Desk& desk, const PinArguments& arguments,
                       effects::PinWork work) {
    if (arguments.account.empty()) {
        const auto by = acting(program, desk, officers::Action::UnblockCards);
        if (!by) {
            return by.error();
        }
        return renew_with(program, desk, arguments, work,
                          [&](const auto& pin_desk, cards::Card& card, const auto& wish) {
                              return effects::renew_pin_at_counter(pin_desk, card, *by, wish);
                          });
    }
    const auto password = read_password(arguments.account_password_file,
                                        program.pick("網站密碼：", "Website password: "));
    if (!password) {
        return password.error();
    }
    const auto visitor = effects::enter(desk.office, arguments.account, *password);
    if (!visitor) {
        return visitor.error();
    }
    return renew_with(program, desk, arguments, work,
                      [&](const auto& pin_desk, cards::Card& card, const auto& wish) {
                          return effects::renew_pin(pin_desk, card, *visitor, wish);
                      });
}

void add_reader_option(CLI::App& command, Program& program, PinArguments& arguments) {
    command.add_option("--reader", arguments.reader,
                       program.text("讀卡機名稱之一部分（僅一臺時可省略）",
                                    "part of the reader's name (not needed when there is one)"));
}

void add_new_pin_option(CLI::App& command, Program& program, PinArguments& arguments) {
    command.add_option("--new-pin-file", arguments.new_pin_file,
                       program.text("新密碼檔（6 至 8 位數字；省略則輸入兩次）",
                                    "file with the new PIN (6 to 8 digits); else typed twice"));
}

void add_renewing(CLI::App& pin, Program& program, const std::string& name, const std::string& what,
                  effects::PinWork work) {
    auto arguments = std::make_shared<PinArguments>();
    auto* command = pin.add_subcommand(name, what);
    add_reader_option(*command, program, *arguments);
    command->add_option("--account", arguments->account,
                        program.text("持卡人之網站帳號；省略則由櫃檯人員（--as）核對身分後辦理",
                                     "the holder's website account; without it a person at the "
                                     "counter (--as), who has identified the holder"));
    command->add_option("--account-password-file", arguments->account_password_file,
                        program.text("網站密碼檔", "file with the website password"));
    add_new_pin_option(*command, program, *arguments);
    command->add_flag("--last-try", arguments->last_try,
                      program.text("解碼只剩最後一次機會時仍嘗試（失敗則卡片永久鎖住）",
                                   "also when one PUK try is left (a wrong one locks for ever)"));
    command->footer(
        program.text("晶片卡（PIV）之密碼為 6 至 8 位數字，卡片不收英文字母（T 4.9.7）。"
                     "卡片中途取出時，放回再執行一次即可。\n例： ",
                     "A PIV card's PIN has 6 to 8 digits; the card takes no letters "
                     "(T 4.9.7). When the card was pulled, put it in and repeat.\n"
                     "Examples: ") +
        "sealdesk card pin " + name +
        " --reader ACS --account T00000015\n"
        "  sealdesk --as ann card pin " +
        name + " --reader ACS");
    command->callback([&program, arguments, work] {
        with_desk(program,
                  [&](Desk& desk) { return renew_card_pin(program, desk, *arguments, work); });
    });
}

void add_change(CLI::App& pin, Program& program) {
    auto arguments = std::make_shared<PinArguments>();
    auto* change = pin.add_subcommand(
        "change", program.text("以原密碼變更密碼", "set a new PIN with the old one"));
    add_reader_option(*change, program, *arguments);
    change->add_option("--old-pin-file", arguments->old_pin_file,
                       program.text("原密碼檔", "file with the old PIN"));
    add_new_pin_option(*change, program, *arguments);
    change->footer(
        program.text("密碼連續錯誤三次即鎖卡。晶片卡（PIV）之密碼為 6 至 8 位數字。\n例： ",
                     "Three wrong PINs lock the card. A PIV card's PIN has 6 to 8 "
                     "digits.\nExample: ") +
        "sealdesk card pin change --reader ACS");
    change->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return change_card_pin(program, desk, *arguments); });
    });
}

}  // namespace

void add_card_pin_commands(CLI::App& card, Program& program) {
    auto* pin =
        card.add_subcommand("pin", program.text("晶片卡密碼：狀態、修改、重置、鎖卡解碼",
                                                "the card's PIN: status, change, reset, unblock"));
    pin->require_subcommand(1);
    auto arguments = std::make_shared<PinArguments>();
    auto* status = pin->add_subcommand(
        "status", program.text("尚可嘗試次數，是否鎖卡", "tries left, and whether it is locked"));
    add_reader_option(*status, program, *arguments);
    status->footer(program.text("例： ", "Example: ") + "sealdesk card pin status --reader ACS");
    status->callback([&program, arguments] {
        run_guarded(program, [&] { return show_pin_status(program, *arguments); });
    });
    add_change(*pin, program);
    add_renewing(*pin, program, "reset",
                 program.text("忘記密碼時重置（驗證網站密碼）",
                              "set a new PIN when it was forgotten (website password)"),
                 effects::PinWork::Reset);
    add_renewing(*pin, program, "unblock",
                 program.text("鎖卡解碼並重設密碼（驗證網站密碼）",
                              "unlock a locked card and set a new PIN (website password)"),
                 effects::PinWork::Unblock);
}

}  // namespace sealdesk::cli
