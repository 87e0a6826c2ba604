#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/ca_of.h"
#include "cli/cert_commands.h"
#include "cli/house_ra.h"
#include "effects/formation.h"

namespace sealdesk::cli {
namespace {

struct FormationArguments {
    KeyFileArguments file;
    CodeArguments code;
};

using SharedFormationArguments = std::shared_ptr<FormationArguments>;

constexpr const char* kFormationWish =
    "{\"reservation_number\": \"115012345\", \"reserved_name\": \"…\",\n"
    "   \"applicant_id\": \"A123456789\", \"terms_accepted\": true, \"content_accepted\": true}";

Outcome show_formation(Program& program, Desk& desk, const FormationArguments& arguments) {
    const auto request =
        effects::read_formation_request(desk.office, read_file(arguments.file.request));
    if (!request) {
        return request.error();
    }
    const auto profiles = ca_profiles(request->scheme);
    if (!profiles) {
        return profiles.error();
    }
    const auto content = effects::look_at_formation(desk.office, *profiles, *request);
    if (!content) {
        return content.error();
    }
    const Instant now = desk.database.clock().now();
    const Instant until = ca::end_of_validity(now, content->profile.validity);
    if (program.json) {
        program.out << nlohmann::json{{"profile", content->profile.name},
                                      {"subject", content->subject},
                                      {"not_after", to_utc_text(until)}}
                    << '\n';
        return done();
    }
    for (const auto& [field, text] : content->subject) {
        program.out << field << "  " << text << '\n';
    }
    program.out << program.pick("憑證格式　", "profile     ") << content->profile.name << '\n'
                << program.pick("有效至　　", "valid until ") << to_taipei_text(until) << '\n';
    return done();
}

Outcome order_formation(Program& program, Desk& desk, const FormationArguments& arguments) {
    const auto request =
        effects::read_formation_request(desk.office, read_file(arguments.file.request));
    if (!request) {
        return request.error();
    }
    const auto code =
        read_password(arguments.code.code_file, program.pick("用戶代碼：", "User code: "));
    if (!code) {
        return code.error();
    }
    return write_key_file(
        program, desk, request->scheme.id, arguments.file,
        [&](const effects::ApplicationDesk& ra, const effects::KeyFileWish& wish) {
            return effects::order_formation(ra, *request, *code, wish);
        });
}

void add_formation_request(CLI::App& command, Program& program, FormationArguments& arguments) {
    command
        .add_option("--request", arguments.file.request,
                    program.text("申請資料檔（JSON）", "JSON: what the applicant states"))
        ->required();
}

void add_formation_code(CLI::App& command, Program& program, FormationArguments& arguments) {
    command.add_option("--user-code-file", arguments.code.code_file,
                       program.text("用戶代碼檔", "file with the user code"));
}

void add_formation_show(CLI::App& formation, Program& program,
                        const SharedFormationArguments& arguments) {
    auto* show = formation.add_subcommand(
        "show", program.text("比對預查資料，列出將簽發之憑證內容，供申請人確認",
                             "compare with the reservation; what the certificate would say"));
    add_formation_request(*show, program, *arguments);
    show->footer(program.text("例： ", "Example: ") +
                 "sealdesk cert formation show --request wish.json\n" +
                 "  wish.json: " + kFormationWish);
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_formation(program, desk, *arguments); });
    });
}

void add_formation_order(CLI::App& formation, Program& program,
                         const SharedFormationArguments& arguments) {
    auto* order = formation.add_subcommand(
        "order", program.text("申請設立專屬用戶憑證，取得金鑰與憑證檔（PKCS#12）；同時設定用戶代碼",
                              "order the certificate with its key as PKCS#12, and set the user "
                              "code"));
    add_formation_request(*order, program, *arguments);
    add_formation_code(*order, program, *arguments);
    add_key_file_options(*order, program, arguments->file);
    order->footer(
        program.text("七日內以相同資料、用戶代碼及密碼再申請，取得同一檔案。\n例： ",
                     "The same request with code and password gets the same file for a week.\n"
                     "Example: ") +
        "sealdesk cert formation order --request wish.json --user-code-file code.txt -o "
        "formation.p12\n  wish.json: " +
        kFormationWish);
    order->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return order_formation(program, desk, *arguments); });
    });
}

void add_formation_revoke(CLI::App& formation, Program& program,
                          const SharedFormationArguments& arguments) {
    auto* revoke = formation.add_subcommand(
        "revoke", program.text("以預查編號及用戶代碼廢止憑證",
                               "revoke it, with the reservation's number and the user code"));
    revoke
        ->add_option("NUMBER", arguments->code.reservation,
                     program.text("預查編號", "number of the name reservation"))
        ->required();
    add_formation_code(*revoke, program, *arguments);
    revoke->footer(program.text("由 sealdesk run 送憑證管理中心廢止，並以電子郵件通知。\n例： ",
                                "The CA is asked by sealdesk run, which tells the subscriber by "
                                "mail.\nExample: ") +
                   "sealdesk cert formation revoke 115012345 --user-code-file code.txt");
    revoke->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return move_hold_with_code(program, desk, arguments->code, effects::revoke_with_code);
        });
    });
}

}  // namespace

void add_formation_commands(CLI::App& cert, Program& program) {
    auto arguments = std::make_shared<FormationArguments>();
    auto* formation = cert.add_subcommand(
        "formation", program.text("設立專屬用戶憑證：以名稱預查資料申請、廢止",
                                  "certificates of entities in formation, on the data of the name "
                                  "reservation"));
    formation->require_subcommand(1);
    add_formation_show(*formation, program, arguments);
    add_formation_order(*formation, program, arguments);
    add_formation_revoke(*formation, program, arguments);
}

}  // namespace sealdesk::cli
