#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_in_reader.h"
#include "cli/officer_enrolment.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"

namespace sealdesk::cli {
namespace {

struct OfficerArguments {
    std::string login;
    std::string name;
    std::string roles;
    std::string certificate;
    std::string why;
    CardEnrolment card;
};

using SharedOfficerArguments = std::shared_ptr<OfficerArguments>;

Outcome list_officers(Program& program, Desk& desk) {
    const auto all = store::transact(desk.database, "officer.list",
                                     [&](store::Tx& tx) { return officers::list(tx); });
    Table table(program, {{"帳號", "login"},
                          {"姓名", "name"},
                          {"角色", "roles"},
                          {"狀態", "state"},
                          {"憑證", "certificate"}});
    for (const officers::Officer& one : all) {
        const bool active = one.state == officers::OfficerState::Active;
        if (program.json) {
            program.out << nlohmann::json{{"login", one.login},
                                          {"name", one.display_name},
                                          {"roles", officers::to_text(one.roles)},
                                          {"state", active ? "active" : "suspended"},
                                          {"certificate_sha256", one.certificate.fingerprint()}}
                               .dump()
                        << '\n';
        }
        table.add({one.login, one.display_name,
                   shown_list(program, officers::to_text(one.roles), ','),
                   std::string(active ? program.pick("有效", "active")
                                      : program.pick("停權", "suspended")),
                   one.certificate.subject()});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

/// The first people of a desk are added by whoever set it up; later ones by an administrator.
Result<std::string> who_adds(Program& program, Desk& desk) {
    const auto all = store::transact(desk.database, "officer.list",
                                     [&](store::Tx& tx) { return officers::list(tx); });
    if (all.empty()) {
        return std::string("system");
    }
    const auto session = sign_in(program, desk, officers::Action::ManageOfficers);
    if (!session) {
        return session.error();
    }
    return officers::actor_of(session->officer.login);
}

Result<officers::Officer> enrol_in_reader(Program& program, Desk& desk, Session& administrator,
                                          const CardEnrolment& person) {
    const auto place = open_card(desk.random, person.reader);
    return place ? enrol_on_card(program, desk, administrator, person, *place->card)
                 : place.error();
}

Outcome add_by_card(Program& program, Desk& desk, const OfficerArguments& arguments) {
    auto administrator =
        sign_in(program, desk, officers::Action::ManageOfficers, Proof::WithSignature);
    if (!administrator) {
        return administrator.error();
    }
    auto roles = officers::parse_roles(arguments.roles);
    if (!roles) {
        return roles.error();
    }
    CardEnrolment person = arguments.card;
    person.login = arguments.login;
    person.name = arguments.name;
    person.roles = *std::move(roles);
    const auto added = enrol_in_reader(program, desk, *administrator, person);
    if (!added) {
        return added.error();
    }
    program.err << added->login << program.pick("  已新增  ", "  added  ")
                << added->certificate.subject() << '\n';
    return done();
}

/// Another certificate for somebody who has one: on a card, or from a file.
Outcome renew_officer(Program& program, Desk& desk, const OfficerArguments& arguments) {
    auto administrator =
        sign_in(program, desk, officers::Action::ManageOfficers, Proof::WithSignature);
    if (!administrator) {
        return administrator.error();
    }
    const auto seen = store::transact(desk.database, "officer.find", [&](store::Tx& tx) {
        return officers::find_by_login(tx, arguments.login);
    });
    if (!seen) {
        return seen.error();
    }
    using officers::ReplacedFor;
    const auto why = arguments.why == officers::to_text(ReplacedFor::Lost) ? ReplacedFor::Lost
                     : arguments.why == officers::to_text(ReplacedFor::Damaged)
                         ? ReplacedFor::Damaged
                         : ReplacedFor::Expiring;
    if (arguments.certificate.empty()) {
        CardEnrolment person = arguments.card;
        person.login = seen->login;
        person.name = seen->display_name;
        person.roles = seen->roles;
        person.present = *seen;
        person.why = why;
        const auto renewed = enrol_in_reader(program, desk, *administrator, person);
        if (!renewed) {
            return renewed.error();
        }
    } else {
        const auto certificate = crypto::Certificate::load(arguments.certificate);
        if (!certificate) {
            return certificate.error();
        }
        const officers::NewCertificate fresh{*certificate, why,
                                             issuing_scheme(desk, seen->certificate)};
        const Outcome replaced =
            store::transact(desk.database, "officer.renew", [&](store::Tx& tx) {
                return officers::replace_certificate(
                    tx, *seen, fresh, officers::actor_of(administrator->officer.login));
            });
        if (!replaced) {
            return replaced.error();
        }
    }
    program.err << seen->login
                << program.pick("  已換發；原憑證由 sealdesk run 送請廢止\n",
                                "  renewed; sealdesk run has the certificate before revoked\n");
    return done();
}

Outcome add_officer(Program& program, Desk& desk, const OfficerArguments& arguments) {
    if (arguments.certificate.empty()) {
        return add_by_card(program, desk, arguments);
    }
    const auto by = who_adds(program, desk);
    if (!by) {
        return by.error();
    }
    const auto roles = officers::parse_roles(arguments.roles);
    if (!roles) {
        return roles.error();
    }
    const auto certificate = crypto::Certificate::load(arguments.certificate);
    if (!certificate) {
        return certificate.error();
    }
    const auto added = store::transact(desk.database, "officer.add", [&](store::Tx& tx) {
        return officers::add(tx, {arguments.login, arguments.name, *roles, *certificate}, *by);
    });
    if (!added) {
        return added.error();
    }
    program.err << added->login << program.pick("  已新增\n", "  added\n");
    return done();
}

Outcome set_officer_state(Program& program, Desk& desk, const std::string& login,
                          officers::OfficerState state) {
    const auto session = sign_in(program, desk, officers::Action::ManageOfficers);
    if (!session) {
        return session.error();
    }
    return store::transact(desk.database, "officer.state", [&](store::Tx& tx) -> Outcome {
        const auto officer = officers::find_by_login(tx, login);
        if (!officer) {
            return officer.error();
        }
        return officers::set_state(tx, *officer, state, officers::actor_of(session->officer.login));
    });
}

void require_one_way(const OfficerArguments& arguments) {
    if (arguments.card.reader.empty() && arguments.certificate.empty()) {
        throw CLI::RequiredError("--reader | --certificate");
    }
}

/// A certificate, or a card and what opens it.
void add_where_its_key_is(CLI::App& command, Program& program,
                          const SharedOfficerArguments& arguments) {
    command.add_option("LOGIN", arguments->login, program.text("人員帳號", "the person's login"))
        ->required();
    auto* reader = command.add_option(
        "--reader", arguments->card.reader,
        program.text("空白卡所在讀卡機（名稱之一部分）；金鑰在卡內產生，或",
                     "reader with a blank card (part of its name): the key is made in the card; "
                     "or"));
    command
        .add_option("--certificate", arguments->certificate,
                    program.text("憑證檔 FILE.pem（二者擇一）", "FILE.pem (one of the two)"))
        ->excludes(reader);
    const auto file = [&](const char* name, std::string& into, std::string_view zh,
                          std::string_view en) {
        command.add_option(name, into, program.text(zh, en));
    };
    file("--scheme", arguments->card.scheme, "由哪一種憑證之 CA 簽發",
         "whose CA certifies the key");
    file("--present-pin-file", arguments->card.present_pin_file,
         "卡片目前 PIN 碼檔（省略則由本人輸入）",
         "file with the card's present PIN; typed by the person when left out");
    file("--pin-file", arguments->card.pin_file, "本人 PIN 碼檔", "file with the person's own PIN");
    file("--present-puk-file", arguments->card.present_puk_file, "卡片目前 PUK 碼檔",
         "file with the card's present PUK");
    file("--puk-file", arguments->card.puk_file, "本人 PUK 碼檔", "file with the person's own PUK");
}

void add_adding(CLI::App& officer, Program& program, const SharedOfficerArguments& arguments) {
    auto* add = officer.add_subcommand(
        "add", program.text("新增人員（以其憑證，或當場製發卡片）",
                            "add a person by certificate, or by a card that is made for them"));
    add->add_option("--name", arguments->name)->required();
    add->add_option("--roles", arguments->roles, "administrator | officer | auditor [, operator]")
        ->required();
    add_where_its_key_is(*add, program, arguments);
    add->footer(program.text("例： ", "Examples: ") +
                "sealdesk officer add ann --name Ann --roles officer --certificate ann.pem\n"
                "  sealdesk --as amy officer add zoe --name Zoe --roles officer --reader ACS");
    add->callback([&program, arguments] {
        require_one_way(*arguments);
        with_desk(program, [&](Desk& desk) { return add_officer(program, desk, *arguments); });
    });
}

void add_renewing_officer(CLI::App& officer, Program& program,
                          const SharedOfficerArguments& arguments) {
    auto* renew = officer.add_subcommand(
        "renew", program.text("換發憑證或卡片（將到期、損壞、遺失）",
                              "another certificate or card: the first expires, is damaged, lost"));
    add_where_its_key_is(*renew, program, arguments);
    renew
        ->add_option("--reason", arguments->why,
                     program.text("expiring 將到期、damaged 損壞、lost 遺失",
                                  "why; of a lost one, nothing signed later is believed"))
        ->required()
        ->check(CLI::IsMember({"expiring", "damaged", "lost"}));
    renew->footer(program.text("遺失時請先停權：sealdesk officer suspend。\n例： ",
                               "Suspend who has lost a card first: sealdesk officer suspend.\n"
                               "Example: ") +
                  "sealdesk --as amy officer renew zoe --reader ACS --reason lost");
    renew->callback([&program, arguments] {
        require_one_way(*arguments);
        with_desk(program, [&](Desk& desk) { return renew_officer(program, desk, *arguments); });
    });
}

}  // namespace

void add_officer_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<OfficerArguments>();
    auto* officer = app.add_subcommand(
        "officer", program.text("人員：清單、新增、換發、停權",
                                "people of the office: list, add, renew, suspend"));
    officer->require_subcommand(1);
    officer->add_subcommand("list", program.text("列出人員", "everybody"))->callback([&program] {
        with_desk(program, [&](Desk& desk) { return list_officers(program, desk); });
    });
    add_adding(*officer, program, arguments);
    add_renewing_officer(*officer, program, arguments);
    add_officer_session_command(*officer, program);
    for (const bool suspend : {true, false}) {
        auto* command = officer->add_subcommand(
            suspend ? "suspend" : "reinstate",
            std::string(suspend ? program.pick("停權", "may do nothing until reinstated")
                                : program.pick("復權", "let back in")));
        command->add_option("LOGIN", arguments->login)->required();
        command->callback([&program, arguments, suspend] {
            with_desk(program, [&](Desk& desk) {
                return set_officer_state(
                    program, desk, arguments->login,
                    suspend ? officers::OfficerState::Suspended : officers::OfficerState::Active);
            });
        });
    }
}

}  // namespace sealdesk::cli
