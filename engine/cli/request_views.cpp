#include "cli/request_views.h"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/words.h"
#include "intake/evaluate.h"
#include "mail/outbox.h"
#include "requests/deadlines.h"
#include "requests/fees.h"
#include "requests/keying.h"
#include "requests/keying_store.h"
#include "requests/request_store.h"
#include "requests/return_store.h"
#include "slips/slip.h"

namespace sealdesk::cli {
namespace {

using requests::Check;
using requests::CheckState;
using requests::Request;
using requests::State;

constexpr int kPageRows = 500;
constexpr int kListRowsMax = 10'000;  ///< of a state: what a person could still page through

/// A request in a list, with what is still open.
struct Listed {
    Request request;
    std::vector<std::string> open_checks;
    std::optional<requests::Return> stay;  ///< of a returned one
};

std::vector<std::string> names_of_open(const std::vector<Check>& checks) {
    std::vector<std::string> names;
    for (const Check& check : checks) {
        if (check.state == CheckState::Open) {
            names.push_back(check.kind);
        }
    }
    return names;
}

/// The end of time for a list without an end.
constexpr Instant kWhenever{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

void add_listed(store::Tx& tx, std::vector<Request>&& page, std::vector<Listed>& listed) {
    for (Request& request : page) {
        auto open = names_of_open(requests::checks_of(tx, request.id));
        auto stay =
            request.state == State::Returned ? requests::open_return(tx, request.id) : std::nullopt;
        listed.push_back({std::move(request), std::move(open), stay});
    }
}

/// The nearest deadline first; without `until` also what has no deadline, at the end.
void collect_state(store::Tx& tx, State state, std::optional<Instant> until,
                   std::vector<Listed>& listed) {
    add_listed(tx, requests::list_by_due(tx, state, until.value_or(kWhenever), kListRowsMax),
               listed);
    if (!until) {
        add_listed(tx, requests::list_undue(tx, state, kListRowsMax), listed);
    }
}

void collect_check(store::Tx& tx, const std::string& check, std::vector<Listed>& listed) {
    std::int64_t after = 0;
    for (;;) {
        const auto page = requests::open_checks(tx, check, after, kPageRows);
        std::vector<Request> waiting;
        for (const RequestId id : page) {
            Request request = requests::get_request(tx, id);
            if (request.state == State::Received || request.state == State::Examined) {
                waiting.push_back(std::move(request));
            }
        }
        add_listed(tx, std::move(waiting), listed);
        if (page.size() < kPageRows || listed.size() >= std::size_t{kListRowsMax}) {
            return;
        }
        after = page.back().value();
    }
}

/// What is promised soonest stands first; then what is with the applicant, the nearest last day
/// first; what has no time at all last.
void put_nearest_first(std::vector<Listed>& listed) {
    const auto rank = [](const Listed& one) {
        const auto last_day = one.stay ? one.stay->last_day : std::nullopt;
        return std::pair(one.request.due_at ? 0
                         : last_day         ? 1
                                            : 2,
                         one.request.due_at.value_or(last_day.value_or(Instant{})));
    };
    std::ranges::stable_sort(listed,
                             [&](const Listed& a, const Listed& b) { return rank(a) < rank(b); });
}

bool is_overdue(const Desk& desk, const Request& request) {
    return request.due_at && !requests::is_closed(request.state) &&
           desk.clock.now() > *request.due_at;
}

/// What is left of the office's time, or until when the applicant has time.
Bilingual time_of(const Desk& desk, const Listed& one) {
    if (one.request.due_at && !requests::is_closed(one.request.state)) {
        return requests::time_left(desk.calendar, *one.request.due_at, desk.clock.now());
    }
    if (one.stay && one.stay->last_day) {
        return {"補正至 " + one.stay->last_day_roc(),
                "applicant until " + one.stay->last_day_iso()};
    }
    return {"-", "-"};
}

std::string check_label(const scheme::Form& form, const std::string& kind, Language language) {
    const auto check = std::ranges::find(form.checks, kind, &scheme::Check::kind);
    return check == form.checks.end() ? kind : check->label.in(language);
}

/// What is still to be examined; most requests of a fresh day have everything open.
std::string open_checks_text(const Program& program, const scheme::Form& form,
                             const std::vector<std::string>& kinds) {
    if (kinds.size() > 1 && kinds.size() == form.checks.size()) {
        return program.text("全部 ", "all ") + std::to_string(kinds.size()) +
               program.text(" 項", "");
    }
    std::string text;
    for (const std::string& kind : kinds) {
        text += (text.empty() ? "" : program.text("、", ", ")) +
                check_label(form, kind, program.language);
    }
    return text;
}

std::string utc_or_null(const std::optional<Instant>& at) { return at ? to_utc_text(*at) : ""; }

nlohmann::json to_json(const Listed& one) {
    const Request& r = one.request;
    nlohmann::json document{
        {"request", r.number},
        {"record", r.record},
        {"scheme", r.scheme},
        {"form", r.form},
        {"state", requests::to_text(r.state)},
        {"applicant", r.applicant_name},
        {"applicant_kind", r.applicant_kind},
        {"received_at", to_utc_text(r.received_at)},
        {"due_at", r.due_at ? nlohmann::json(to_utc_text(*r.due_at)) : nlohmann::json()},
        {"open_checks", one.open_checks}};
    if (one.stay) {
        document["correction_until"] = one.stay->last_day_iso();
    }
    return document;
}

nlohmann::json checks_json(const std::vector<Check>& checks) {
    nlohmann::json list = nlohmann::json::array();
    for (const Check& check : checks) {
        list.push_back({{"check", check.kind},
                        {"state", requests::to_text(check.state)},
                        {"officer", check.officer},
                        {"note", check.note},
                        {"figures", nlohmann::json::parse(check.figures)},
                        {"times_reopened", check.times_reopened}});
    }
    return list;
}

/// Everything about one request, read in one transaction.
struct Whole {
    Request request;
    std::vector<Check> checks;
    std::vector<requests::Scan> scans;
    std::vector<requests::Decision> decisions;
    std::vector<requests::Charge> fees;
    std::vector<slips::Slip> slip_list;
    std::vector<mail::MailSummary> mails;
    std::optional<requests::Return> stay;
    std::vector<requests::Keying> keyings;
};

Result<Whole> read_whole(store::Tx& tx, const std::string& number) {
    const auto request = requests::find_request(tx, number);
    if (!request) {
        return request.error();
    }
    return Whole{*request,
                 requests::checks_of(tx, request->id),
                 requests::scans_of(tx, request->id),
                 requests::decisions_of(tx, request->id),
                 requests::fees_of(tx, request->id),
                 slips::list_slips(tx, {.request = request->id}),
                 mail::list(tx, {.subject_ref = request->id.value()}),
                 requests::open_return(tx, request->id),
                 requests::keyings_of(tx, request->id)};
}

nlohmann::json to_json(const Whole& whole) {
    const Request& r = whole.request;
    nlohmann::json document = to_json(Listed{r, names_of_open(whole.checks), whole.stay});
    document["fields"] = nlohmann::json::parse(r.payload);
    for (const requests::Keying& keying : whole.keyings) {
        if (keying.state == requests::KeyingState::Open) {
            document["fields"][keying.field] = nullptr;  // covered until keyed twice
        }
    }
    document["findings"] = nlohmann::json::parse(r.findings);
    document["keyed_by"] = r.keyed_by;
    document["form_sha256"] = r.form_hash;
    document["decided_at"] = utc_or_null(r.decided_at);
    document["closed_at"] = utc_or_null(r.closed_at);
    document["checks"] = checks_json(whole.checks);
    for (const char* list : {"scans", "decisions", "fees", "slips", "mails"}) {
        document[list] = nlohmann::json::array();
    }
    for (const requests::Scan& scan : whole.scans) {
        document["scans"].push_back({{"field", scan.role}, {"sha256", scan.sha256}});
    }
    for (const requests::Decision& decision : whole.decisions) {
        document["decisions"].push_back({{"decision", decision.outcome},
                                         {"officer", decision.officer},
                                         {"reasons", nlohmann::json::parse(decision.reasons)},
                                         {"at", to_utc_text(decision.decided_at)}});
    }
    for (const requests::Charge& fee : whole.fees) {
        document["fees"].push_back({{"item", fee.item},
                                    {"amount_twd", fee.amount_twd},
                                    {"receipt", fee.receipt_number},
                                    {"state", requests::to_text(fee.state)}});
    }
    for (const slips::Slip& slip : whole.slip_list) {
        document["slips"].push_back({{"slip", slip.number},
                                     {"state", slips::to_text(slip.state)},
                                     {"delivery", slips::to_text(slip.delivery)},
                                     {"account", slip.account_name},
                                     {"tracking", slip.tracking_number}});
    }
    for (const mail::MailSummary& one : whole.mails) {
        document["mails"].push_back({{"mail", one.id.value()},
                                     {"kind", one.kind},
                                     {"state", mail::to_text(one.state)},
                                     {"failure", one.failure}});
    }
    return document;
}

void print_fields(Program& program, Desk& desk, const Whole& whole) {
    const scheme::Form& form = requests::form_of(desk.office, whole.request);
    const auto values = requests::shown_values(whole.request, whole.keyings);
    for (const scheme::Field& field : form.fields) {
        const auto found = values.find(field.key);
        if (found != values.end() && field.type != scheme::FieldType::Scan) {
            program.out << "  " << fit_to_columns(field.label.in(program.language), 24) << "  "
                        << scheme::label_of(form, field, found->second, program.language) << '\n';
        }
    }
}

void print_whole(Program& program, Desk& desk, const Whole& whole) {
    const Request& r = whole.request;
    const scheme::Form& form = requests::form_of(desk.office, r);
    program.out << r.number << "  "
                << program.pick(requests::to_chinese(r.state), requests::to_text(r.state)) << "  "
                << form.title.in(program.language) << "  "
                << time_of(desk, {r, {}, whole.stay}).in(program.language) << '\n';
    print_fields(program, desk, whole);
    for (const intake::Finding& finding : intake::findings_from_json(r.findings)) {
        program.out << "  ! " << check_label(form, finding.check, program.language) << ": "
                    << finding.message.in(program.language) << '\n';
    }
    for (const Check& check : whole.checks) {
        program.out << "  ["
                    << (check.state == CheckState::Open     ? ' '
                        : check.state == CheckState::Passed ? 'v'
                                                            : 'x')
                    << "] " << fit_to_columns(check_label(form, check.kind, program.language), 16)
                    << ' ' << check.officer << (check.note.empty() ? "" : "  ") << check.note
                    << '\n';
    }
    for (const requests::Decision& decision : whole.decisions) {
        program.out << "  " << to_taipei_text(decision.decided_at) << "  "
                    << shown(program, decision.outcome) << "  " << decision.officer << '\n';
    }
    for (const requests::Charge& fee : whole.fees) {
        program.out << "  " << fee.receipt_number << "  " << fee.item << "  NT$" << fee.amount_twd
                    << "  " << shown(program, requests::to_text(fee.state)) << '\n';
    }
    for (const slips::Slip& slip : whole.slip_list) {
        program.out << "  " << slip.number << "  " << shown(program, slips::to_text(slip.state))
                    << "  " << shown(program, slips::to_text(slip.delivery)) << "  "
                    << slip.account_name << '\n';
    }
    for (const mail::MailSummary& one : whole.mails) {
        program.out << "  " << one.id.value() << "  " << program.pick("郵件 ", "mail ")
                    << shown(program, one.kind) << "  " << shown(program, mail::to_text(one.state))
                    << "  " << one.failure << '\n';
    }
}

void print_listed(Program& program, Desk& desk, const std::vector<Listed>& listed) {
    if (program.json) {
        for (const Listed& one : listed) {
            nlohmann::json line = to_json(one);
            line["overdue"] = is_overdue(desk, one.request);
            line["time_left"] = time_of(desk, one).in(program.language);
            program.out << line.dump() << '\n';
        }
        return;
    }
    Table table(program, {{"申請案號", "request"},
                          {"收件編號", "record"},
                          {"申請單", "form"},
                          {"申請人", "applicant"},
                          {"狀態", "state"},
                          {"期限", "due"},
                          {"待審驗", "open checks"}});
    for (const Listed& one : listed) {
        const Request& r = one.request;
        const scheme::Form& form = requests::form_of(desk.office, r);
        table.add({r.number, r.record, form.short_title.in(program.language), r.applicant_name,
                   program.text(requests::to_chinese(r.state), requests::to_text(r.state)),
                   (is_overdue(desk, r) ? "! " : "") + time_of(desk, one).in(program.language),
                   open_checks_text(program, form, one.open_checks)});
    }
    table.print(program.out, 30);
}

}  // namespace

Outcome list_queue(Program& program, Desk& desk, const std::string& check, const std::string& state,
                   std::optional<int> due_within_hours) {
    const auto until = due_within_hours
                           ? std::optional(desk.clock.now() + std::chrono::hours(*due_within_hours))
                           : std::nullopt;
    auto listed = store::transact(desk.database, "request.list", [&](store::Tx& tx) {
        std::vector<Listed> found;
        if (!check.empty()) {
            collect_check(tx, check, found);
        } else if (!state.empty()) {
            collect_state(tx, requests::to_state(state), until, found);
        } else {
            for (const State one : {State::Received, State::Examined, State::Returned}) {
                collect_state(tx, one, until, found);
            }
        }
        return found;
    });
    std::erase_if(listed, [&](const Listed& one) {
        return until && (!one.request.due_at || *one.request.due_at > *until);
    });
    put_nearest_first(listed);
    print_listed(program, desk, listed);
    return done();
}

Outcome show_requests(Program& program, Desk& desk, const std::vector<std::string>& numbers) {
    for (const std::string& number : numbers) {
        const auto whole = store::transact(desk.database, "request.show",
                                           [&](store::Tx& tx) { return read_whole(tx, number); });
        if (!whole) {
            return whole.error();
        }
        if (program.json) {
            program.out << to_json(*whole).dump() << '\n';
        } else {
            print_whole(program, desk, *whole);
        }
    }
    return done();
}

void print_seals(Program& program, const Request& request,
                 const std::vector<requests::SealFigures>& seals) {
    if (program.json) {
        program.out << nlohmann::json{{"request", request.number},
                                      {"record", request.record},
                                      {"seals", requests::to_json(seals)}}
                           .dump()
                    << '\n';
        return;
    }
    for (const requests::SealFigures& one : seals) {
        const auto figures = nlohmann::json::parse(one.figures);
        program.out << request.number << "  " << fit_to_columns(shown(program, one.role), 12)
                    << "  "
                    << fit_to_columns(shown(program, figures.at("suggestion").get<std::string>()),
                                      20)
                    << "  " << program.pick("相似度 ", "score ") << figures.at("score") << "  "
                    << program.pick("影印疑慮 ", "copy ") << figures.at("copy_suspicion") << '\n';
    }
}

void print_verifications(Program& program, const std::string& number,
                         const std::vector<requests::Verification>& verified) {
    for (const requests::Verification& one : verified) {
        if (program.json) {
            program.out << nlohmann::json{{"request", number},
                                          {"decision", one.outcome},
                                          {"officer", one.officer},
                                          {"signed_by", one.signed_by},
                                          {"by_rule", one.signed_by.empty()},
                                          {"signed_at", to_utc_text(one.signed_at)},
                                          {"valid", true},
                                          {"current", one.current}}
                               .dump()
                        << '\n';
            continue;
        }
        const bool by_rule = one.signed_by.empty();
        program.out << number << "  " << shown(program, one.outcome) << "  "
                    << (by_rule ? program.pick("依期限規定", "by rule") : one.signed_by) << "  "
                    << to_taipei_text(one.signed_at) << "  "
                    << (by_rule ? program.pick("未簽章，與稽核紀錄相符",
                                               "not signed, as the audit log has it")
                                : program.pick("簽章有效", "signature valid"))
                    << (one.current ? "" : program.pick("（之後已更正）", " (edited since)"))
                    << '\n';
    }
}

}  // namespace sealdesk::cli
