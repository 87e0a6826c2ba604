#include <CLI/CLI.hpp>

#include "base/durable_file.h"
#include "cli/ca_of.h"
#include "cli/cert_commands.h"
#include "cli/house_ra.h"
#include "effects/key_file.h"

namespace sealdesk::cli {
namespace {

Outcome order_file(Program& program, Desk& desk, const KeyFileArguments& arguments) {
    const auto request = effects::read_card_request(desk.office, read_file(arguments.request));
    if (!request) {
        return request.error();
    }
    return write_key_file(
        program, desk, request->signer().scheme, arguments,
        [&](const effects::ApplicationDesk& ra, const effects::KeyFileWish& wish) {
            return effects::order_key_file(ra, *request, wish);
        });
}

}  // namespace

void add_key_file_options(CLI::App& command, Program& program, KeyFileArguments& arguments) {
    command.add_option("--key-file-password-file", arguments.password_file,
                       program.text("金鑰檔密碼檔", "file with the password for the key file"));
    command.add_flag(
        "--legacy", arguments.legacy,
        program.text("舊版 Windows 適用（3DES、SHA-1）", "for old Windows: 3DES and SHA-1"));
    command.add_option("-o,--output", arguments.output, "FILE.p12")->required();
}

Outcome write_key_file(Program& program, Desk& desk, const std::string& scheme,
                       const KeyFileArguments& arguments, const OrderKeyFile& order) {
    const auto known_scheme = scheme_of_ca(desk, scheme);
    if (!known_scheme) {
        return known_scheme.error();
    }
    auto authority_certificate =
        crypto::Certificate::load(ca_files(desk, **known_scheme).certificate);
    if (!authority_certificate) {
        return authority_certificate.error();
    }
    const auto password =
        read_password(arguments.password_file, program.pick("金鑰檔密碼：", "Key file password: "));
    if (!password) {
        return password.error();
    }
    const auto authority = open_ra(program, desk, scheme);
    if (!authority) {
        return authority.error();
    }
    const auto made = order({desk.office, (*authority)->client(), (*authority)->profiles},
                            {*password, arguments.legacy, {*std::move(authority_certificate)}});
    if (!made) {
        return made.error();
    }
    write_file_durably(arguments.output, made->pkcs12, FileAccess::Owner);
    return print_certificate(program, made->certificate, "");
}

void add_key_file_command(CLI::App& cert, Program& program) {
    auto arguments = std::make_shared<KeyFileArguments>();
    auto* command = cert.add_subcommand(
        "key-file", program.text("以正卡簽章申請金鑰與憑證檔（PKCS#12，一站式憑證）",
                                 "order key and certificate as PKCS#12 on the primary card's "
                                 "signature (one-stop)"));
    command
        ->add_option("--request", arguments->request,
                     program.text("以正卡簽署之 CMS，內含申請內容",
                                  "CMS by the primary card over what is asked"))
        ->required();
    add_key_file_options(*command, program, *arguments);
    command->footer(program.text("例： ", "Example: ") +
                    "echo '{\"certificate\": \"one_stop\", \"id_number\": \"24608131\"}' > "
                    "wish.json\n  openssl cms -sign -binary -nodetach -md sha256 -signer card.pem "
                    "-inkey card.key -in wish.json -outform DER -out wish.p7\n"
                    "  sealdesk cert key-file --request wish.p7 -o one-stop.p12");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return order_file(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
