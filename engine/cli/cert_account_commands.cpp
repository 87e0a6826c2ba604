#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/cert_commands.h"
#include "cli/house_ra.h"
#include "crypto/certificate.h"
#include "effects/own_application.h"
#include "effects/own_certificates.h"

// What a subscriber does on the website with its password: applies, renews, activates, downloads.
namespace sealdesk::cli {
namespace {

struct OwnArguments {
    AccountArguments account;
    std::string csr;
    std::string profile;
    std::string serial;
    std::string output;
};

using Applying = Result<ca::IssuedCertificate> (*)(const effects::ApplicationDesk&,
                                                   const effects::Visitor&,
                                                   const effects::OwnApplication&);
using Taking = Result<subscribers::Certificate> (*)(const requests::Office&,
                                                    const effects::Visitor&, std::string_view);

Result<effects::Visitor> let_in(Program& program, Desk& desk, const AccountArguments& arguments) {
    const auto password =
        read_password(arguments.password_file, program.pick("網站密碼：", "Website password: "));
    if (!password) {
        return password.error();
    }
    return effects::enter(desk.office, arguments.name, *password);
}

Outcome apply_or_renew(Program& program, Desk& desk, const OwnArguments& arguments, Applying act) {
    const auto visitor = let_in(program, desk, arguments.account);
    if (!visitor) {
        return visitor.error();
    }
    const auto authority = open_ra(program, desk, visitor->scheme().id);
    if (!authority) {
        return authority.error();
    }
    const auto issued = act({desk.office, (*authority)->client(), (*authority)->profiles}, *visitor,
                            {read_file(arguments.csr), arguments.profile});
    if (!issued) {
        return issued.error();
    }
    return print_certificate(program, issued->der, "");
}

Outcome take(Program& program, Desk& desk, const OwnArguments& arguments, Taking act) {
    const auto visitor = let_in(program, desk, arguments.account);
    if (!visitor) {
        return visitor.error();
    }
    const auto own = act(desk.office, *visitor, arguments.serial);
    if (!own) {
        return own.error();
    }
    return print_certificate(program, own->der, arguments.output);
}

Outcome show_own(Program& program, Desk& desk, const OwnArguments& arguments) {
    const auto visitor = let_in(program, desk, arguments.account);
    if (!visitor) {
        return visitor.error();
    }
    for (const auto& one : effects::own_certificates(desk.office, *visitor)) {
        Outcome printed = print_certificate(program, one.der, "");
        if (!printed) {
            return printed;
        }
    }
    return done();
}

void add_password_option(CLI::App& command, Program& program, std::string& file) {
    command.add_option("--account-password-file", file,
                       program.text("網站密碼檔", "file with the website password"));
}

void add_applying(CLI::App& cert, Program& program, const std::string& name,
                  const std::string& what, Applying act) {
    auto arguments = std::make_shared<OwnArguments>();
    auto* command = cert.add_subcommand(name, what);
    command->add_option("ACCOUNT", arguments->account.name)->required();
    command->add_option("--csr", arguments->csr, "PKCS#10, PEM or DER")->required();
    command->add_option("--profile", arguments->profile,
                        program.text("產品含多張憑證時指定（如加密憑證）",
                                     "when the product has several certificates"));
    add_password_option(*command, program, arguments->account.password_file);
    command->footer(program.text("例： ", "Example: ") + "sealdesk cert " + name +
                    " T00000015 --csr key.csr\n  sealdesk cert accept 4f0a… --account T00000015 "
                    "-o certificate.pem");
    command->callback([&program, arguments, act] {
        with_desk(program,
                  [&](Desk& desk) { return apply_or_renew(program, desk, *arguments, act); });
    });
}

}  // namespace

Outcome print_certificate(Program& program, const std::string& der, const std::string& output) {
    const auto certificate = crypto::Certificate::parse(der);
    if (!certificate) {
        return certificate.error();
    }
    if (!output.empty() && output != "-") {
        write_file_durably(output, certificate->pem(), FileAccess::Everyone);
    }
    if (program.json) {
        program.out << nlohmann::json{{"serial", certificate->serial()},
                                      {"subject", certificate->subject()},
                                      {"not_before", to_utc_text(certificate->not_before())},
                                      {"not_after", to_utc_text(certificate->not_after())},
                                      {"sha256", certificate->fingerprint()}}
                           .dump()
                    << '\n';
    } else if (output == "-") {
        program.out << certificate->pem();
    } else {
        program.out << program.pick("憑證序號　", "serial      ") << certificate->serial() << '\n'
                    << program.pick("憑證主體　", "subject     ") << certificate->subject() << '\n'
                    << program.pick("有效期間　", "valid       ")
                    << to_taipei_text(certificate->not_before()) << " – "
                    << to_taipei_text(certificate->not_after()) << '\n'
                    << "SHA-256     " << certificate->fingerprint() << '\n';
    }
    return done();
}

Outcome accept_with_password(Program& program, Desk& desk, const AccountArguments& account,
                             const std::string& serial, const std::string& output) {
    return take(program, desk, {account, {}, {}, serial, output}, effects::activate_certificate);
}

void add_own_certificate_commands(CLI::App& cert, Program& program) {
    add_applying(cert, program, "apply",
                 program.text("用戶以網站密碼申請憑證，隨後須確認內容並接受（啟用）",
                              "the subscriber applies with the website password; the certificate "
                              "shown is then checked and accepted"),
                 effects::apply_for_certificate);
    add_applying(cert, program, "renew",
                 program.text("用戶於到期前一個月內以網站密碼及新金鑰展期",
                              "the subscriber renews with the website password and a new key, in "
                              "the last month"),
                 effects::renew_certificate);
    auto arguments = std::make_shared<OwnArguments>();
    auto* download = cert.add_subcommand(
        "download",
        program.text("重新下載已啟用之憑證", "an activated certificate, handed out again"));
    download->add_option("ACCOUNT", arguments->account.name)->required();
    download->add_option("SERIAL", arguments->serial)->required();
    add_password_option(*download, program, arguments->account.password_file);
    download->add_option("-o,--output", arguments->output, "FILE.pem");
    download->footer(program.text("例： ", "Example: ") +
                     "sealdesk cert download T00000015 4f0a… -o certificate.pem");
    download->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return take(program, desk, *arguments, effects::download_certificate);
        });
    });
    auto* show = cert.add_subcommand(
        "show", program.text("用戶查看自己的憑證內容（驗證網站密碼）",
                             "the subscriber looks at its own certificates, with the website "
                             "password"));
    show->add_option("ACCOUNT", arguments->account.name)->required();
    add_password_option(*show, program, arguments->account.password_file);
    show->footer(program.text("例： ", "Example: ") + "sealdesk cert show T00000015");
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_own(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
