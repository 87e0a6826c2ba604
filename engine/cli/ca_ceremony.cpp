#include "cli/ca_ceremony.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "ca/hsm_ca.h"
#include "cli/ca_of.h"
#include "effects/ceremony_protocol.h"

namespace sealdesk::cli {
namespace {

struct HsmChoice {
    bool in_hsm;
    std::string label;
};

/// "3/5"; nothing when it is not that.
std::optional<std::pair<int, int>> read_numbers(const std::string& text) {
    const auto slash = text.find('/');
    if (slash == std::string::npos || text.size() > 5) {
        return std::nullopt;
    }
    const auto threshold = parse_number(text.substr(0, slash));
    const auto count = parse_number(text.substr(slash + 1));
    if (!threshold || !count) {
        return std::nullopt;
    }
    return std::pair{int(*threshold), int(*count)};
}

/// Typed twice: a passphrase with a slip of the finger would be lost with the share.
Result<Secret> type_new_passphrase(const Program& program, const std::string& holder) {
    auto first = read_password({}, program.text("持份人 ", "Holder ") + holder +
                                       program.text(" 設定持份密碼：", ", choose a passphrase: "));
    if (!first) {
        return first.error();
    }
    const auto again = read_password({}, program.pick("再輸入一次：", "The same once more: "));
    if (!again) {
        return again.error();
    }
    if (!first->same_as(*again)) {
        return Error{ErrorKind::Refused, "share.typed_differently",
                     "The two were not the same; nothing was made, begin again.", holder,
                     "M 6.2.2"};
    }
    return first;
}

Result<ca::Holder> read_holder(const Program& program, const std::string& text) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    auto passphrase = equals == std::string::npos ? type_new_passphrase(program, name)
                                                  : read_password(text.substr(equals + 1), "");
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::Holder{name, *std::move(passphrase)};
}

Result<ca::CustodyOrder> read_order(const Program& program, const CeremonyArguments& arguments) {
    const auto numbers = read_numbers(arguments.shares);
    if (!numbers) {
        return Error{ErrorKind::Invalid, "share.bad_numbers",
                     "Of n shares, 2 to 16, any m from 2 to n open the key: write m/n, as in 3/5.",
                     arguments.shares, "M 6.2.2"};
    }
    if (arguments.holders.size() != std::size_t(numbers->second)) {
        return Error{
            ErrorKind::Invalid, "share.holder_count", "There must be one --holder for each share.",
            std::to_string(arguments.holders.size()) + " --holder, --shares " + arguments.shares,
            "M 6.2.2"};
    }
    ca::CustodyOrder order{numbers->first, {}, arguments.folder};
    for (const std::string& text : arguments.holders) {
        auto holder = read_holder(program, text);
        if (!holder) {
            return holder.error();
        }
        order.holders.push_back(*std::move(holder));
    }
    return order;
}

void print_ceremony(Program& program, const ca::Ceremony& ceremony) {
    const ca::Custody& custody = ceremony.custody;
    if (program.json) {
        nlohmann::json shares = nlohmann::json::array();
        for (std::size_t i = 0; i < custody.holders.size(); ++i) {
            shares.push_back({{"number", i + 1},
                              {"holder", custody.holders[i]},
                              {"file", ceremony.files[i].string()}});
        }
        program.out << nlohmann::json{{"subject", ceremony.certificate.subject()},
                                      {"fingerprint", ceremony.certificate.fingerprint()},
                                      {"key_id", ceremony.key_id},
                                      {"set", custody.set},
                                      {"threshold", custody.threshold},
                                      {"shares", shares}}
                           .dump()
                    << '\n';
        return;
    }
    program.out << ceremony.certificate.subject() << '\n'
                << ceremony.certificate.fingerprint() << '\n'
                << program.pick("持份組 ", "set ") << custody.set << "  " << custody.threshold
                << "/" << custody.holders.size() << '\n';
    for (std::size_t i = 0; i < custody.holders.size(); ++i) {
        program.out << i + 1 << "  " << custody.holders[i] << "  " << ceremony.files[i].string()
                    << '\n';
    }
}

using Hold = std::function<Result<ca::Ceremony>(const ca::CaFiles&, const ca::CustodyOrder&)>;

Outcome hold_ceremony(Program& program, Desk& desk, const scheme::Scheme& scheme,
                      const CeremonyArguments& arguments, const Hold& hold) {
    slips::TemplateShelf templates(desk.settings.templates);
    const auto layout = templates.get(scheme.id, effects::kCeremonyTemplate);
    if (!layout && !arguments.protocol.empty()) {
        return layout.error();  // now, not when the key is made and the paper cannot be
    }
    const auto order = read_order(program, arguments);
    if (!order) {
        return order.error();
    }
    const auto held = hold(ca_files(desk, scheme), *order);
    if (!held) {
        return held.error();
    }
    print_ceremony(program, *held);
    if (arguments.protocol.empty()) {
        return done();
    }
    const auto protocol = effects::ceremony_protocol(scheme, templates, *held);
    if (!protocol) {
        return protocol.error();
    }
    write_file_durably(arguments.protocol, *protocol, FileAccess::Owner);
    return done();
}

}  // namespace

void add_ceremony_options(CLI::App& command, const Program& program, CeremonyArguments& arguments,
                          bool shares_required) {
    auto* shares = command.add_option("--shares", arguments.shares,
                                      program.text("金鑰分持：共 N 份，任 M 份啟用",
                                                   "M/N: of N shares of the key any M open it"));
    shares->required(shares_required);
    auto* folder = command.add_option("--share-out", arguments.folder,
                                      program.text("持份檔資料夾", "folder for the share files"));
    auto* holders = command.add_option(
        "--holder", arguments.holders,
        program.text("持份人姓名，每份一次；未附密碼檔者自行輸入",
                     "NAME or NAME=PASSPHRASE_FILE, once a share; without a file he types it"));
    auto* protocol =
        command.add_option("--protocol", arguments.protocol,
                           program.text("可列印之分持紀錄 FILE.pdf",
                                        "FILE.pdf: the ceremony's protocol, to be signed"));
    holders->allow_extra_args(false);
    for (auto* option : {folder, holders, protocol}) {
        option->needs(shares);
    }
    shares->needs(folder);
    shares->needs(holders);
}

Outcome init_ca_in_custody(Program& program, Desk& desk, const std::string& scheme_name,
                           const CeremonyArguments& arguments) {
    const auto plan = plan_ca(desk, scheme_name);
    if (!plan) {
        return plan.error();
    }
    return hold_ceremony(program, desk, plan->scheme, arguments,
                         [&](const ca::CaFiles& files, const ca::CustodyOrder& order) {
                             return ca::init_in_custody(desk.database, files, plan->profiles,
                                                        order);
                         });
}

Outcome share_ca_anew(Program& program, Desk& desk, const std::string& scheme_name,
                      const CeremonyArguments& arguments) {
    const auto scheme = scheme_of_ca(desk, scheme_name);
    if (!scheme) {
        return scheme.error();
    }
    const auto release = release_of_ca(program, desk, ca_files(desk, **scheme));
    if (!release) {
        return release.error();
    }
    return hold_ceremony(program, desk, **scheme, arguments,
                         [&](const ca::CaFiles& files, const ca::CustodyOrder& order) {
                             return ca::share_anew(desk.database, files, *release, order);
                         });
}

namespace {

/// The next key under the passphrase of the settings, or in the HSM.
ca::MakeNextCa make_alone(const Program& program, Desk& desk, const ca::Profiles& profiles,
                          const HsmChoice& choice) {
    return [&program, &desk, &profiles, choice](const ca::CaFiles& files,
                                                const ca::NewCaWitness& witness) -> Outcome {
        const auto secret = choice.in_hsm ? hsm_pin(program, desk) : ca_passphrase(program, desk);
        if (!secret) {
            return secret.error();
        }
        const auto made = choice.in_hsm ? ca::init_in_hsm(desk.database, files, profiles,
                                                          choice.label, *secret, witness)
                                        : ca::init_demo_ca(files, *secret, profiles,
                                                           desk.clock.now(), desk.random, witness);
        return made ? done() : made.error();
    };
}

void print_rekeyed(Program& program, const ca::Rekeyed& rekeyed) {
    const auto folder = ca::folder_of(rekeyed.files);
    if (program.json) {
        program.out << nlohmann::json{{"subject", rekeyed.certificate.subject()},
                                      {"fingerprint", rekeyed.certificate.fingerprint()},
                                      {"generation", rekeyed.files.generation},
                                      {"certificate", rekeyed.files.certificate.string()},
                                      {"new_with_old", (folder / ca::kNewWithOld).string()},
                                      {"old_with_new", (folder / ca::kOldWithNew).string()}}
                           .dump()
                    << '\n';
        return;
    }
    program.out << rekeyed.certificate.subject() << '\n'
                << rekeyed.certificate.fingerprint() << '\n'
                << program.pick("新金鑰與交互憑證 ", "new key and cross-certificates ")
                << folder.string() << '\n';
}

}  // namespace

Outcome change_ca_key(Program& program, Desk& desk, const std::string& scheme_name,
                      const RekeyArguments& arguments) {
    const auto plan = plan_ca(desk, scheme_name);
    if (!plan) {
        return plan.error();
    }
    ca::note_generations(desk.database, ca_keys(desk, plan->scheme));  // what a crash left out
    const ca::CaFiles former = ca_files(desk, plan->scheme);
    const auto release = release_of_ca(program, desk, former);
    if (!release) {
        return release.error();
    }
    if (arguments.ceremony.shares.empty()) {
        const HsmChoice choice{arguments.in_hsm,
                               hsm_label(desk, plan->scheme, arguments.hsm_label)};
        const auto rekeyed =
            ca::rekey(desk.database, former, *release, plan->profiles,
                      make_alone(program, desk, plan->profiles, choice), arguments.again);
        if (rekeyed) {
            print_rekeyed(program, *rekeyed);
        }
        return rekeyed ? done() : rekeyed.error();
    }
    return hold_ceremony(
        program, desk, plan->scheme, arguments.ceremony,
        [&](const ca::CaFiles&, const ca::CustodyOrder& order) -> Result<ca::Ceremony> {
            std::optional<ca::Ceremony> held;
            const auto rekeyed = ca::rekey(
                desk.database, former, *release, plan->profiles,
                [&](const ca::CaFiles& files, const ca::NewCaWitness& witness) -> Outcome {
                    auto made =
                        ca::init_in_custody(desk.database, files, plan->profiles, order, witness);
                    if (!made) {
                        return made.error();
                    }
                    held = *std::move(made);
                    return done();
                },
                arguments.again);
            return rekeyed ? Result<ca::Ceremony>(*std::move(held)) : rekeyed.error();
        });
}

}  // namespace sealdesk::cli
