#include <ostream>

#include <CLI/CLI.hpp>

#include "audit/log.h"
#include "base/durable_file.h"
#include "cli/seal_commands.h"
#include "cli/session.h"
#include "cli/subscriber_named.h"
#include "cli/watching.h"
#include "image/image.h"
#include "seal/specimen_store.h"
#include "subscribers/subscriber.h"

namespace sealdesk::cli {
namespace {

struct SealArguments {
    SealCompareArgs compare;
    SealEvaluateArgs evaluate;
    std::string overlay;
    std::string account;
    std::string picture;
    std::string role = "applicant";
};

/// A specimen that came apart from a form: taken over from another system, or renewed by letter.
Outcome register_seal(Program& program, Desk& desk, const SealArguments& arguments) {
    const auto session = sign_in(program, desk, officers::Action::Examine);
    if (!session) {
        return session.error();
    }
    const std::string bytes = read_file(arguments.picture);
    const auto header = image::probe(bytes);
    if (!header) {
        return header.error();
    }
    const std::string sha256 = desk.files.put(bytes);
    const seal::Role role = seal::role_named(arguments.role);
    return store::transact(desk.database, "seal.register", [&](store::Tx& tx) -> Outcome {
        const auto named = subscriber_named(tx, arguments.account);
        if (!named) {
            return named.error();
        }
        const auto subscriber = subscribers::get_subscriber(tx, *named);
        const auto specimen =
            seal::register_specimen(tx, {subscriber.id, role, sha256, subscriber.request});
        audit::append(
            tx, {"seal.registered",
                 officers::actor_of(session->officer.login),
                 "subscriber:" + std::to_string(subscriber.id.value()),
                 {{"specimen", specimen.value()}, {"role", arguments.role}, {"sha256", sha256}}});
        return done();
    });
}

}  // namespace

void add_seal_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<SealArguments>();
    auto* seal_command = app.add_subcommand(
        "seal",
        program.text("印鑑：比對、評估、登錄", "seals: compare, evaluate, register a specimen"));
    seal_command->require_subcommand(1);
    auto* compare = seal_command->add_subcommand(
        "compare", program.text("比對兩個印文（只排序與呈現，不作決定）",
                                "figures for two impressions; it ranks and shows, "
                                "people decide"));
    compare->add_option("SPECIMEN", arguments->compare.specimen)->required();
    compare->add_option("IMPRESSION", arguments->compare.impression)->required();
    compare->add_option("--overlay", arguments->overlay, "FILE.png");
    compare->footer(program.text("例： ", "Example: ") +
                    "sealdesk seal compare specimen.png form.jpg --overlay difference.png");
    compare->callback([&program, arguments] {
        arguments->compare.json = program.json;
        if (!arguments->overlay.empty()) {
            arguments->compare.overlay = arguments->overlay;
        }
        program.exit =
            static_cast<Exit>(seal_compare(arguments->compare, program.out, program.err));
    });
    auto* evaluate = seal_command->add_subcommand(
        "evaluate",
        program.text("以標準組評估錯誤率", "error rates on a benchmark, per forgery grade"));
    evaluate->add_option("MANIFEST", arguments->evaluate.manifest, "manifest.csv")->required();
    evaluate->callback([&program, arguments] {
        arguments->evaluate.json = program.json;
        Watching watching(program);
        arguments->evaluate.watch = watching.watch();
        program.exit =
            static_cast<Exit>(seal_evaluate(arguments->evaluate, program.out, program.err));
    });
    auto* registered = seal_command->add_subcommand(
        "register",
        program.text("為帳號（或申請案之申請人）登錄原留印鑑",
                     "file a specimen for an account's subscriber, or a request's applicant"));
    registered->add_option("ACCOUNT|REQUEST", arguments->account)->required();
    registered->add_option("FILE", arguments->picture, "PNG, JPEG, TIFF")->required();
    registered->add_option("--role", arguments->role)
        ->check(CLI::IsMember({"applicant", "responsible"}));
    registered->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return register_seal(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
