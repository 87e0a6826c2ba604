#include <functional>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "ca/local_ca.h"
#include "ca/profile_reader.h"
#include "cli/ca_ceremony.h"
#include "cli/ca_of.h"
#include "cli/ca_service.h"
#include "cli/house_ra.h"
#include "cli/key_shares.h"
#include "cli/session.h"
#include "cli/watching.h"
#include "effects/issue_certificate.h"

namespace sealdesk::cli {
namespace {

struct CaArguments {
    std::string scheme;
    std::string request;
    std::string csr;
    std::string profile;
    std::string output;
    CeremonyArguments ceremony = {};
    bool in_hsm = false;
    bool again = false;
    std::string hsm_label;
};

using SharedCaArguments = std::shared_ptr<CaArguments>;

Outcome init_ca(Program& program, Desk& desk, const CaArguments& arguments) {
    if (!arguments.ceremony.shares.empty()) {
        return init_ca_in_custody(program, desk, arguments.scheme, arguments.ceremony);
    }
    const auto made = arguments.in_hsm
                          ? make_hsm_ca(program, desk, arguments.scheme, arguments.hsm_label)
                          : make_demo_ca(program, desk, arguments.scheme);
    if (!made) {
        return made.error();
    }
    program.out << made->subject() << '\n' << made->fingerprint() << '\n';
    return done();
}

Outcome share_ca(Program& program, Desk& desk, const CaArguments& arguments) {
    return share_ca_anew(program, desk, arguments.scheme, arguments.ceremony);
}

Outcome rekey_ca(Program& program, Desk& desk, const CaArguments& arguments) {
    return change_ca_key(
        program, desk, arguments.scheme,
        {arguments.ceremony, arguments.in_hsm, arguments.hsm_label, arguments.again});
}

void print_crl(Program& program, const ca::CrlInfo& crl) {
    if (program.json) {
        program.out << nlohmann::json{{"number", crl.number},
                                      {"this_update", to_utc_text(crl.this_update)},
                                      {"next_update", to_utc_text(crl.next_update)},
                                      {"entries", crl.entries},
                                      {"sha256", crl.sha256},
                                      {"file", crl.file.string()}}
                           .dump()
                    << '\n';
    } else {
        program.out << "CRL " << crl.number << "  " << to_utc_text(crl.this_update) << " – "
                    << to_utc_text(crl.next_update) << "  " << program.pick("筆數 ", "entries ")
                    << crl.entries << "  " << crl.file.string() << '\n';
    }
}

/// Does it with every CA that is meant (M 4.4.10: once a day), and with each of its keys that has
/// living certificates; one that cannot does not stop the others.
Outcome with_authorities(Program& program, Desk& desk, const CaArguments& arguments,
                         const std::function<Outcome(ca::LocalCa&)>& act) {
    Outcome all = done();
    for (const std::string& name : schemes_with_ca(desk, arguments.scheme)) {
        const auto scheme = scheme_of_ca(desk, name);
        if (!scheme) {
            all = scheme.error();
            continue;
        }
        for (const ca::CaFiles& files :
             ca::living_generations(desk.database, ca_keys(desk, **scheme))) {
            const auto authority = open_ca_key(program, desk, **scheme, files);
            const Outcome one = authority ? act(*(*authority)->signer) : authority.error();
            all = one ? all : one;
        }
    }
    return all;
}

Outcome issue_crl(Program& program, Desk& desk, const CaArguments& arguments) {
    Watching watching(program);
    std::int64_t issued = 0;
    return with_authorities(program, desk, arguments, [&](ca::LocalCa& signer) -> Outcome {
        if (watching.stopped()) {
            return watching.stopped_error("CRL " + std::to_string(issued));
        }
        const auto crl = signer.issue_crl();
        if (!crl) {
            return crl.error();
        }
        ++issued;
        print_crl(program, *crl);
        return done();
    });
}

Outcome show_ca(Program& program, Desk& desk, const CaArguments& arguments) {
    return with_authorities(program, desk, arguments, [&](ca::LocalCa& signer) {
        const crypto::Certificate& certificate = signer.certificate();
        program.out << certificate.subject() << "  " << to_utc_text(certificate.not_before())
                    << " – " << to_utc_text(certificate.not_after()) << '\n';
        const auto crl = signer.latest_crl();
        if (crl) {
            print_crl(program, *crl);
        }
        return done();
    });
}

Outcome issue_one(Program& program, Desk& desk, const CaArguments& arguments) {
    const auto session = sign_in(program, desk, officers::Action::Decide);
    if (!session) {
        return session.error();
    }
    const auto request = requests::look_up(desk.office, arguments.request);
    if (!request) {
        return request.error();
    }
    const auto authority = open_ra(program, desk, request->scheme);
    if (!authority) {
        return authority.error();
    }
    const auto issued =
        effects::issue_certificate(desk.office, (*authority)->client(), (*authority)->profiles,
                                   {arguments.request, read_file(arguments.csr), arguments.profile,
                                    officers::actor_of(session->officer.login)});
    if (!issued) {
        return issued.error();
    }
    const auto certificate = crypto::Certificate::parse(issued->der);
    if (!certificate) {
        return certificate.error();
    }
    if (arguments.output.empty() || arguments.output == "-") {
        program.out << certificate->pem();
    } else {
        write_file_durably(arguments.output, certificate->pem(), FileAccess::Everyone);
        program.out << issued->serial << "  " << certificate->subject() << '\n';
    }
    return done();
}

void add_hsm_options(CLI::App& command, const Program& program, bool& in_hsm, std::string& label) {
    auto* flag = command.add_flag(
        "--hsm", in_hsm,
        program.text("金鑰產生並留在 HSM 內（設定 ca.pkcs11_module、ca.pkcs11_token）",
                     "make the key inside the HSM of ca.pkcs11_module and ca.pkcs11_token"));
    flag->excludes("--shares");
    command
        .add_option("--hsm-label", label,
                    program.text("該金鑰之標籤（省略時含種類與日期）",
                                 "the key's label; scheme and day when left out"))
        ->needs(flag);
}

}  // namespace

void add_ca_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<CaArguments>();
    auto* ca_command = app.add_subcommand(
        "ca", program.text("簽發模組：建立、分持、簽發、廢止清冊、服務",
                           "the signing module: init, share, issue, crl, serve"));
    ca_command->require_subcommand(1);
    add_share_options(*ca_command, program);
    const auto add = [&](std::string_view name, std::string_view zh, std::string_view en,
                         Outcome (*act)(Program&, Desk&, const CaArguments&)) {
        auto* command = ca_command->add_subcommand(std::string(name), program.text(zh, en));
        command->callback([&program, arguments, act] {
            with_desk(program, [&](Desk& desk) { return act(program, desk, *arguments); });
        });
        return command;
    };
    auto* init =
        add("init", "建立示範憑證機構（RSA-2048）", "make a demo CA (RSA-2048, SHA-256)", init_ca);
    auto* share = add("share", "金鑰不變，交由另一組持份人分持",
                      "give the same key into the custody of new holders", share_ca);
    add_ceremony_options(*init, program, arguments->ceremony, false);
    auto* rekey =
        add("rekey", "更換金鑰：新金鑰、交互憑證，舊憑證之廢止清冊續由舊金鑰簽發",
            "change the key: a new one, certified by the former and the other way round", rekey_ca);
    add_ceremony_options(*rekey, program, arguments->ceremony, false);
    for (auto* command : {init, rekey}) {
        add_hsm_options(*command, program, arguments->in_hsm, arguments->hsm_label);
    }
    rekey->add_flag("--again", arguments->again,
                    program.text("一日內已更換過仍再更換", "though it was changed within a day"));
    rekey->footer(program.text("例： ", "Example: ") + "sealdesk ca rekey --scheme SCHEME");
    init->footer(program.text("例： ", "Example: ") + "sealdesk ca init --scheme SCHEME --hsm");
    add_ceremony_options(*share, program, arguments->ceremony, true);
    share->footer(program.text("例： ", "Example: ") +
                  "sealdesk ca share --share a.pem --share b.pem --share c.pem --shares 3/5 "
                  "--share-out usb --holder 王大明 --holder … --protocol protocol.pdf");
    for (auto* command :
         {init, share, rekey, add("crl", "簽發廢止清冊", "issue a CRL now", issue_crl),
          add("status", "憑證機構現況", "the CA and its newest CRL", show_ca)}) {
        command->add_option("--scheme", arguments->scheme,
                            program.text("憑證種類（crl、status 省略時為全部）",
                                         "crl, status: every scheme when left out"));
    }
    auto* issue =
        add("issue", "依核准之註冊簽發憑證", "issue for an approved registration", issue_one);
    issue->add_option("REQUEST", arguments->request)->required();
    issue->add_option("--csr", arguments->csr, "PKCS#10, PEM or DER")->required();
    issue->add_option("--profile", arguments->profile,
                      program.text("產品含多張憑證時指定（如加密憑證）",
                                   "when the product has several certificates"));
    issue->add_option("-o,--output", arguments->output, "FILE.pem");
    issue->footer(program.text("例： ", "Example: ") +
                  "sealdesk --as ben ca issue R115-000001-2 --csr key.csr -o certificate.pem");
    add_ca_service_commands(*ca_command, program);
    add_ra_commands(*ca_command, program);
}

}  // namespace sealdesk::cli
