#include <CLI/CLI.hpp>

#include "base/durable_file.h"
#include "cli/cert_commands.h"
#include "cli/house_ra.h"
#include "effects/card_rekey.h"

namespace sealdesk::cli {
namespace {

struct CertRekeyArguments {
    std::string request;
    std::string profile;
    std::string output;
};

Outcome rekey_certificate(Program& program, Desk& desk, const CertRekeyArguments& arguments) {
    const auto request = effects::read_card_request(desk.office, read_file(arguments.request));
    if (!request) {
        return request.error();
    }
    const auto authority = open_ra(program, desk, request->signer().scheme);
    if (!authority) {
        return authority.error();
    }
    const auto issued = effects::rekey_with_card(
        {desk.office, (*authority)->client(), (*authority)->profiles}, *request, arguments.profile);
    if (!issued) {
        return issued.error();
    }
    return print_certificate(program, issued->der, arguments.output);
}

}  // namespace

void add_rekey_command(CLI::App& cert, Program& program) {
    auto arguments = std::make_shared<CertRekeyArguments>();
    auto* command = cert.add_subcommand(
        "rekey", program.text("以正卡之數位簽章線上換發憑證（到期前兩個月內，一次）",
                              "replace a primary card's certificate on its own signature, within "
                              "two months before its end, once"));
    command
        ->add_option("--request", arguments->request,
                     program.text("以現有簽章憑證簽署之 CMS，內含新金鑰之 PKCS#10",
                                  "CMS by the present signature certificate over a PKCS#10"))
        ->required();
    command->add_option("--profile", arguments->profile,
                        program.text("換發卡內另一張憑證（如加密憑證）",
                                     "the card's other certificate, such as for encryption"));
    command->add_option("-o,--output", arguments->output, "FILE.pem");
    command->footer(program.text("例： ", "Example: ") +
                    "openssl cms -sign -binary -nodetach -md sha256 -signer card.pem -inkey "
                    "card.key -in new.csr -outform DER -out new.p7\n"
                    "  sealdesk cert rekey --request new.p7 -o new.pem");
    command->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return rekey_certificate(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
