#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/evidence_commands.h"
#include "cli/keying_commands.h"
#include "cli/request_views.h"
#include "cli/session.h"
#include "requests/decide.h"
#include "requests/edit.h"
#include "requests/examine.h"
#include "requests/request_store.h"
#include "requests/seal_figures.h"
#include "requests/sheet.h"

namespace sealdesk::cli {
namespace {

struct RequestArguments {
    std::vector<std::string> numbers;
    std::string check;
    std::string state;
    std::optional<int> due;  ///< hours from now
    bool pass = false;
    bool fail = false;
    bool approve = false;
    bool reject = false;
    std::string note;
    std::vector<std::string> reasons;
    std::vector<std::string> deficiencies;
    std::vector<std::string> changes;
    std::vector<std::string> scans;
    std::string output;
    std::vector<std::string> files;
    std::vector<std::string> trusted;
    std::optional<std::int64_t> version;
};

using SharedRequestArguments = std::shared_ptr<RequestArguments>;

/// One line a request: what became of it.
void print_state(Program& program, const std::string& number, requests::State state) {
    if (program.json) {
        program.out << nlohmann::json{{"request", number}, {"state", requests::to_text(state)}}
                    << '\n';
    } else {
        program.out << number << "  "
                    << program.pick(requests::to_chinese(state), requests::to_text(state)) << '\n';
    }
}

/// Does one thing to every request named; a refusal of one does not stop the others.
Outcome for_each_number(Program& program, const std::vector<std::string>& numbers,
                        const std::function<Result<requests::State>(const std::string&)>& act) {
    for (const std::string& number : numbers) {
        const auto state = act(number);
        if (state) {
            print_state(program, number, *state);
            continue;
        }
        Error why = state.error();
        why.where = why.where.empty() ? number : why.where;
        report(program, why);
    }
    return done();
}

Outcome check_requests(Program& program, Desk& desk, const RequestArguments& arguments) {
    if (arguments.pass == arguments.fail) {
        program.exit = Exit::Usage;
        program.err << program.pick("請指定 --pass 或 --fail 其中之一\n",
                                    "say either --pass or --fail\n");
        return done();
    }
    const auto session = sign_in(program, desk, officers::Action::Examine);
    if (!session) {
        return session.error();
    }
    return for_each_number(program, arguments.numbers, [&](const std::string& number) {
        return requests::examine(
            desk.office, number,
            {arguments.check, arguments.pass, arguments.note, session->officer.login});
    });
}

Outcome decide_requests(Program& program, Desk& desk, const RequestArguments& arguments,
                        requests::Verdict verdict) {
    const bool examines = verdict == requests::Verdict::Return;
    const auto session =
        sign_in(program, desk, examines ? officers::Action::Examine : officers::Action::Decide,
                Proof::WithSignature);
    if (!session) {
        return session.error();
    }
    return for_each_number(program, arguments.numbers, [&](const std::string& number) {
        return requests::decide(
            desk.office, number,
            {verdict, arguments.reasons, session->officer.login, arguments.deficiencies},
            *session->key);
    });
}

std::pair<std::string, std::string> split_change(const std::string& change) {
    const auto equals = change.find('=');
    return equals == std::string::npos
               ? std::pair{change, std::string()}
               : std::pair{change.substr(0, equals), change.substr(equals + 1)};
}

Outcome edit_request(Program& program, Desk& desk, const RequestArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    requests::Correction correction{{}, {}, *by};
    for (const std::string& change : arguments.changes) {
        correction.fields.insert(split_change(change));
    }
    for (const std::string& scan : arguments.scans) {
        const auto [field, path] = split_change(scan);
        correction.scans.emplace(field, path);
    }
    return for_each_number(program, arguments.numbers, [&](const std::string& number) {
        return requests::edit(desk.office, number, correction);
    });
}

Outcome save_pictures(Desk& desk, const std::string& number, const std::string& folder,
                      const std::vector<requests::SealFigures>& seals) {
    for (const requests::SealFigures& one : seals) {
        const auto picture = requests::seal_picture(desk.files, one);
        if (!picture) {
            return picture.error();
        }
        write_file_durably(std::filesystem::path(folder) / (number + "-" + one.role + ".png"),
                           *picture, FileAccess::Owner);
    }
    return done();
}

Outcome compare_request(Program& program, Desk& desk, const std::string& number,
                        const std::string& pictures) {
    const auto request = requests::look_up(desk.office, number);
    if (!request) {
        return request.error();
    }
    const auto seals = requests::seal_figures(desk.database, desk.files,
                                              requests::form_of(desk.office, *request), *request);
    if (!seals) {
        return seals.error();
    }
    print_seals(program, *request, *seals);
    return pictures.empty() ? done() : save_pictures(desk, number, pictures, *seals);
}

/// A seal that cannot be compared does not stop the others.
Outcome compare_seals(Program& program, Desk& desk, const RequestArguments& arguments) {
    for (const std::string& number : arguments.numbers) {
        const auto compared = compare_request(program, desk, number, arguments.output);
        if (!compared) {
            report(program, compared.error());
        }
    }
    return done();
}

Outcome verify_requests(Program& program, Desk& desk, const RequestArguments& arguments) {
    for (const std::string& number : arguments.numbers) {
        const auto verified = requests::verify_decisions(desk.office, number);
        if (!verified) {
            return verified.error();
        }
        print_verifications(program, number, *verified);
    }
    return done();
}

Outcome write_sheet(Program& program, Desk& desk, const RequestArguments& arguments) {
    const auto sheet = requests::request_sheet(desk.office, arguments.numbers.front());
    if (!sheet) {
        return sheet.error();
    }
    if (arguments.output.empty() || arguments.output == "-") {
        program.out << *sheet;
        return done();
    }
    write_file_durably(arguments.output, *sheet, FileAccess::Owner);
    program.err << arguments.output << '\n';
    return done();
}

CLI::App* add_one(CLI::App& parent, Program& program, const SharedRequestArguments& arguments,
                  std::string_view name, std::pair<std::string_view, std::string_view> help) {
    auto* command = parent.add_subcommand(std::string(name), program.text(help.first, help.second));
    command
        ->add_option("NUMBER", arguments->numbers,
                     program.text("申請案號，可多個", "request numbers"))
        ->required();
    return command;
}

/// What proves a decision later: here, or anywhere from a file.
void add_proofs(CLI::App& request, Program& program, const SharedRequestArguments& arguments) {
    auto* verify = request.add_subcommand(
        "verify", program.text("驗證核定簽章（案號，或匯出檔）",
                               "check the signatures of decisions, here or in exported files"));
    auto* number = verify->add_option("NUMBER", arguments->numbers,
                                      program.text("申請案號，可多個；或", "request numbers; or"));
    verify
        ->add_option("--file", arguments->files,
                     program.text("request export 之檔案；不需案場與資料庫",
                                  "files of request export; no desk and no database needed"))
        ->excludes(number);
    verify->add_option("--trust", arguments->trusted,
                       program.text("信任之憑證（PEM）：人員本人或其 CA",
                                    "trusted certificates (PEM): the officer's, or its CA's"));
    verify->footer(program.text("例： ", "Examples: ") +
                   "sealdesk request verify R115-000001-2\n"
                   "  sealdesk request verify --file decision.p7m --trust ca.pem");
    verify->callback([&program, arguments] {
        if (arguments->files.empty() && arguments->numbers.empty()) {
            throw CLI::RequiredError("NUMBER | --file");
        }
        if (!arguments->files.empty()) {
            run_guarded(program, [&] {
                return verify_files(program, arguments->files, arguments->trusted);
            });
            return;
        }
        with_desk(program, [&](Desk& desk) { return verify_requests(program, desk, *arguments); });
    });
    auto* exporting = request.add_subcommand(
        "export", program.text("匯出核定：文件、簽章與憑證鏈於一檔，日後不需資料庫即可驗證",
                               "a decision as one file with document, signature and certificates, "
                               "which proves itself later"));
    exporting->add_option("NUMBER", arguments->numbers, program.text("申請案號", "request number"))
        ->required()
        ->expected(1);
    exporting->add_option("--version", arguments->version,
                          program.text("申請案之版次（預設為最後一次核定）",
                                       "version of the request that was decided on; by default "
                                       "the last one"));
    exporting->add_option("-o,--output", arguments->output, "FILE.p7m")->required();
    exporting->footer(program.text("例： ", "Example: ") +
                      "sealdesk request export R115-000001-2 -o decision.p7m\n"
                      "  openssl cms -verify -inform DER -in decision.p7m -CAfile ca.pem "
                      "-purpose any");
    exporting->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return export_request(program, desk, arguments->numbers.front(), arguments->version,
                                  arguments->output);
        });
    });
}

void add_views(CLI::App& request, Program& program, const SharedRequestArguments& arguments) {
    auto* list = request.add_subcommand(
        "list", program.text("待辦清單：待審驗、待核定、補正中",
                             "each officer's queue: to examine, to decide, returned"));
    list->add_option("--check", arguments->check,
                     program.text("只列待此項審驗者", "only with this check open"));
    list->add_option("--state", arguments->state, program.text("只列此狀態", "only in this state"))
        ->check(CLI::IsMember({"received", "examined", "returned", "approved", "completed",
                               "rejected", "withdrawn"}));
    list->add_option("--due", arguments->due,
                     program.text("只列幾小時內到期者（0：已逾期）",
                                  "only what is due within so many hours (0: overdue)"))
        ->check(CLI::Range(0, 10'000));
    list->footer(
        program.text("期限近者在前。例： ", "What is due soonest stands first. Example: ") +
        "sealdesk request list --due 4");
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return list_queue(program, desk, arguments->check, arguments->state, arguments->due);
        });
    });
    auto* show = add_one(request, program, arguments, "show",
                         {"顯示申請案：欄位、審驗、核定、密碼單",
                          "fields, checks, decisions, "
                          "slips of a request"});
    show->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return show_requests(program, desk, arguments->numbers); });
    });
    auto* sheet =
        add_one(request, program, arguments, "sheet",
                {"審驗表（HTML，含印鑑比對圖）", "the examiner's sheet as one HTML file"});
    sheet->add_option("-o,--output", arguments->output, "FILE.html");
    sheet->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return write_sheet(program, desk, *arguments); });
    });
    auto* compare = add_one(request, program, arguments, "compare",
                            {"印鑑比對數據", "figures of the seal comparison"});
    compare->add_option("--overlay", arguments->output,
                        program.text("將比對圖存入此資料夾",
                                     "save pictures into "
                                     "this folder"));
    compare->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return compare_seals(program, desk, *arguments); });
    });
    add_proofs(request, program, arguments);
}

void add_work(CLI::App& request, Program& program, const SharedRequestArguments& arguments) {
    auto* check = add_one(request, program, arguments, "check",
                          {"登錄審驗結果", "record the result of an examination"});
    check->add_option("--check", arguments->check, "documents, identity, eligibility, seal …")
        ->required();
    check->add_flag("--pass", arguments->pass);
    check->add_flag("--fail", arguments->fail);
    check->add_option("--note", arguments->note,
                      program.text("說明（不符時必填）", "why; needed with --fail"));
    check->footer(program.text("例： ", "Example: ") +
                  "sealdesk --as ann request check R115-000001-2 --check seal --pass");
    check->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return check_requests(program, desk, *arguments); });
    });
    auto* edit = add_one(request, program, arguments, "edit",
                         {"更正欄位或補正後再收件（各項審驗重新開啟）",
                          "correct fields, or take a returned form in again; checks reopen"});
    edit->add_option("--set", arguments->changes, "FIELD=TEXT");
    edit->add_option("--scan", arguments->scans, "FIELD=FILE");
    edit->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return edit_request(program, desk, *arguments); });
    });
}

/// 補正 in the scheme's words, the officer's own, or both.
void add_return(CLI::App& request, Program& program, const SharedRequestArguments& arguments) {
    auto* command =
        add_one(request, program, arguments, "return",
                {"退請補正；期限內未補正者自動駁回",
                 "return for correction (補正); rejected by itself when its days pass"});
    command->add_option("--deficiency", arguments->deficiencies,
                        program.text("應補正事項之代號（見申請單定義），可多個",
                                     "ground by the form's key for it; may be repeated"));
    command->add_option("--reason", arguments->reasons,
                        program.text("理由（申請人會看到），可多個",
                                     "reason the applicant will read; may be repeated"));
    command->footer(program.text("例： ", "Example: ") +
                    "sealdesk --as ann request return R115-000001-2 --deficiency second_document");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return decide_requests(program, desk, *arguments, requests::Verdict::Return);
        });
    });
}

void add_verdicts(CLI::App& request, Program& program, const SharedRequestArguments& arguments) {
    const auto with_reasons = [&](std::string_view name,
                                  std::pair<std::string_view, std::string_view> help,
                                  requests::Verdict verdict) {
        auto* command = add_one(request, program, arguments, name, help);
        command
            ->add_option("--reason", arguments->reasons,
                         program.text("理由（申請人會看到），可多個",
                                      "reason the applicant will read; may be repeated"))
            ->required();
        command->callback([&program, arguments, verdict] {
            with_desk(program, [&](Desk& desk) {
                return decide_requests(program, desk, *arguments, verdict);
            });
        });
    };
    add_return(request, program, arguments);
    with_reasons("withdraw", {"申請人撤回", "the applicant withdraws"},
                 requests::Verdict::Withdraw);
    auto* decide = add_one(request, program, arguments, "decide",
                           {"核定（簽章）：核准或駁回", "approve or reject, signed"});
    decide->add_flag("--approve", arguments->approve);
    decide->add_flag("--reject", arguments->reject);
    decide->add_option("--reason", arguments->reasons, program.text("駁回理由", "why rejected"));
    decide->footer(program.text("例： ", "Example: ") +
                   "sealdesk --as ben request decide R115-000001-2 --approve");
    decide->callback([&program, arguments] {
        if (arguments->approve == arguments->reject) {
            program.exit = Exit::Usage;
            program.err << program.pick("請指定 --approve 或 --reject 其中之一\n",
                                        "say either --approve or --reject\n");
            return;
        }
        with_desk(program, [&](Desk& desk) {
            return decide_requests(
                program, desk, *arguments,
                arguments->approve ? requests::Verdict::Approve : requests::Verdict::Reject);
        });
    });
}

}  // namespace

void add_request_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<RequestArguments>();
    auto* request = app.add_subcommand(
        "request", program.text("申請案：清單、審驗、補正、核定",
                                "the counter's work: list, check, return, decide"));
    request->require_subcommand(1);
    add_views(*request, program, arguments);
    add_work(*request, program, arguments);
    add_verdicts(*request, program, arguments);
    add_keying_commands(*request, program);
}

}  // namespace sealdesk::cli
