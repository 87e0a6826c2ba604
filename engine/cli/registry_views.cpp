#include "cli/registry_views.h"

#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "requests/outlook.h"
#include "requests/request_store.h"

namespace sealdesk::cli {
namespace {

using requests::Foresight;
using requests::RowFate;

constexpr int kRegistryPage = 500;
constexpr RowFate kRowFates[] = {RowFate::NotOurs, RowFate::NoEffect, RowFate::Refused,
                                 RowFate::Duplicate, RowFate::Proposal};
constexpr Foresight kRowForesights[] = {Foresight::Held, Foresight::Released, Foresight::Revoked,
                                        Foresight::StillHeld, Foresight::Unchanged};

nlohmann::ordered_json text_or_null(const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

template <class Key>
std::int64_t count_of(const std::map<Key, std::int64_t>& counts, Key key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

nlohmann::ordered_json to_json(const std::vector<requests::Outlook>& outlooks) {
    auto certificates = nlohmann::ordered_json::array();
    for (const requests::Outlook& one : outlooks) {
        certificates.push_back(
            {{"serial", one.serial}, {"foresight", requests::to_text(one.foresight)}});
    }
    return certificates;
}

nlohmann::ordered_json to_json(const Program& program, const std::vector<intake::Reason>& reasons) {
    auto list = nlohmann::ordered_json::array();
    for (const intake::Reason& reason : reasons) {
        list.push_back({{"rule", reason.rule()},
                        {"field", text_or_null(reason.field)},
                        {"message", reason.message.in(program.language)}});
    }
    return list;
}

/// The lines below a row: reasons, certificates, an open application.
void print_below(const Program& program, const std::vector<intake::Reason>& reasons,
                 const std::vector<requests::Outlook>& outlooks) {
    for (const intake::Reason& reason : reasons) {
        program.out << "    " << reason.message.in(program.language);
        if (!reason.citation.empty()) {
            program.out << " (" << reason.citation << ")";
        }
        program.out << '\n';
    }
    for (const requests::Outlook& one : outlooks) {
        program.out << "    " << one.serial << "  "
                    << program.pick(requests::to_chinese(one.foresight),
                                    requests::to_text(one.foresight))
                    << '\n';
    }
}

/// A kept row with what is known of its request now.
struct ShownRow {
    requests::RegistryRow row;
    std::string request;
    std::string state;
    std::string_view state_zh;
    std::vector<requests::Outlook> outlooks;  ///< of a request that is still to be decided
};

std::vector<ShownRow> read_rows(store::Tx& tx, Desk& desk, RegistryBatchId batch,
                                std::int64_t after) {
    std::vector<ShownRow> shown;
    for (requests::RegistryRow& row : requests::rows_of_batch(tx, batch, after, kRegistryPage)) {
        ShownRow one{std::move(row), {}, {}, {}, {}};
        if (one.row.request) {
            const auto request = requests::get_request(tx, *one.row.request);
            one.request = request.number;
            one.state = requests::to_text(request.state);
            one.state_zh = requests::to_chinese(request.state);
            if (request.state == requests::State::Received ||
                request.state == requests::State::Examined) {
                one.outlooks = requests::outlook(tx, requests::scheme_of(desk.office, request),
                                                 requests::form_of(desk.office, request),
                                                 requests::values_of(request));
            }
        }
        shown.push_back(std::move(one));
    }
    return shown;
}

void print_shown(Program& program, const ShownRow& one) {
    const requests::RegistryRow& row = one.row;
    if (program.json) {
        program.out << nlohmann::ordered_json{{"row", row.row_number},
                                              {"record", text_or_null(row.record_number)},
                                              {"fate", requests::to_text(row.fate)},
                                              {"entity", text_or_null(row.id_number)},
                                              {"request", text_or_null(one.request)},
                                              {"state", text_or_null(one.state)},
                                              {"duplicate_of", text_or_null(row.duplicate_of)},
                                              {"certificates", to_json(one.outlooks)},
                                              {"reasons", to_json(program, row.reasons)}}
                    << '\n';
        return;
    }
    program.out << row.row_number << "  " << (row.record_number.empty() ? "-" : row.record_number)
                << "  " << (row.id_number.empty() ? "-" : row.id_number) << "  "
                << program.pick(requests::to_chinese(row.fate), requests::to_text(row.fate));
    if (!one.request.empty()) {
        program.out << "  " << one.request << "  " << program.pick(one.state_zh, one.state);
    }
    if (!row.duplicate_of.empty()) {
        program.out << program.pick("  同 ", "  of ") << row.duplicate_of;
    }
    program.out << '\n';
    print_below(program, row.reasons, one.outlooks);
}

}  // namespace

void print_row(Program& program, const requests::RowReport& report) {
    if (program.json) {
        program.out << nlohmann::ordered_json{{"file", report.file},
                                              {"row", report.row},
                                              {"record", text_or_null(report.record)},
                                              {"fate", requests::to_text(report.fate)},
                                              {"entity", text_or_null(report.id_number)},
                                              {"change", text_or_null(report.change)},
                                              {"request", text_or_null(report.request)},
                                              {"duplicate_of", text_or_null(report.duplicate_of)},
                                              {"application", text_or_null(report.application)},
                                              {"certificates", to_json(report.outlooks)},
                                              {"reasons", to_json(program, report.reasons)}}
                    << '\n';
        return;
    }
    program.out << report.file << ":" << report.row << "  "
                << (report.record.empty() ? "-" : report.record) << "  "
                << (report.id_number.empty() ? "-" : report.id_number) << "  "
                << program.pick(requests::to_chinese(report.fate), requests::to_text(report.fate));
    if (!report.request.empty()) {
        program.out << "  " << report.request;
    }
    if (!report.duplicate_of.empty()) {
        program.out << program.pick("  同 ", "  of ") << report.duplicate_of;
    }
    program.out << '\n';
    print_below(program, report.reasons, report.outlooks);
    if (!report.application.empty()) {
        program.out << "    "
                    << program.pick("申請中，請審驗人員注意：",
                                    "its application is open, tell the "
                                    "examiner: ")
                    << report.application << '\n';
    }
}

void print_summary(Program& program, const requests::RegistrySummary& summary, bool dry_run) {
    if (program.json) {
        nlohmann::ordered_json line{{"batch", text_or_null(summary.batch)},
                                    {"dry_run", dry_run},
                                    {"repeated", summary.repeated},
                                    {"rows", summary.rows}};
        for (const RowFate fate : kRowFates) {
            line[std::string(requests::to_text(fate))] = count_of(summary.fates, fate);
        }
        line["entities"] = summary.entities;
        for (const Foresight foresight : kRowForesights) {
            line["certificates"][std::string(requests::to_text(foresight))] =
                count_of(summary.certificates, foresight);
        }
        program.out << line << '\n';
        return;
    }
    program.out << (summary.batch.empty() ? "" : summary.batch + "  ")
                << program.pick("列數 ", "rows ") << summary.rows;
    for (const RowFate fate : kRowFates) {
        program.out << program.pick("，", ", ")
                    << program.pick(requests::to_chinese(fate), requests::to_text(fate)) << ' '
                    << count_of(summary.fates, fate);
    }
    program.out << '\n' << program.pick("事業主體 ", "entities ") << summary.entities;
    for (const Foresight foresight : kRowForesights) {
        if (const auto count = count_of(summary.certificates, foresight); count > 0) {
            program.out << program.pick("，憑證", ", certificates ")
                        << program.pick(requests::to_chinese(foresight),
                                        requests::to_text(foresight))
                        << ' ' << count;
        }
    }
    program.out << '\n';
    if (summary.repeated) {
        program.err << program.pick("此檔先前已匯入，未變更任何資料\n",
                                    "this file was taken in before; nothing was changed\n");
    }
    if (dry_run) {
        program.err << program.pick("試行，未寫入任何資料\n", "dry run, nothing was written\n");
    }
}

void show_counts(Program& program, const requests::RegistryBatch& batch,
                 const std::map<RowFate, std::int64_t>& counts, Table& table) {
    std::vector<std::string> cells{batch.number, batch.file_name, std::to_string(batch.rows_read)};
    nlohmann::ordered_json line{{"batch", batch.number},
                                {"form", batch.form},
                                {"file", batch.file_name},
                                {"rows", batch.rows_read}};
    for (const RowFate fate : kRowFates) {
        cells.push_back(std::to_string(count_of(counts, fate)));
        line[std::string(requests::to_text(fate))] = count_of(counts, fate);
    }
    cells.push_back(batch.finished_at ? to_taipei_text(*batch.finished_at) : "-");
    line["started_at"] = to_utc_text(batch.started_at);
    line["finished"] = batch.finished_at.has_value();
    if (program.json) {
        program.out << line << '\n';
    }
    table.add(std::move(cells));
}

Outcome list_batches(Program& program, Desk& desk) {
    Table table(program, {{"批次", "batch"},
                          {"檔案", "file"},
                          {"列數", "rows"},
                          {"非用戶", "not ours"},
                          {"無影響", "no effect"},
                          {"退件", "refused"},
                          {"重複", "duplicate"},
                          {"待確認", "proposal"},
                          {"匯入完成", "finished"}});
    std::int64_t after = 0;
    for (;;) {
        using Page =
            std::vector<std::pair<requests::RegistryBatch, std::map<RowFate, std::int64_t>>>;
        const auto page = store::transact(desk.database, "registry.list", [&](store::Tx& tx) {
            Page batches;
            for (auto& batch : requests::list_registry_batches(tx, after, kRegistryPage)) {
                auto counts = requests::count_rows(tx, batch);
                batches.emplace_back(std::move(batch), std::move(counts));
            }
            return batches;
        });
        for (const auto& [batch, counts] : page) {
            show_counts(program, batch, counts, table);
        }
        if (page.size() < kRegistryPage) {
            break;
        }
        after = page.back().first.id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome show_batch(Program& program, Desk& desk, const std::string& number) {
    const auto batch = store::transact(desk.database, "registry.find", [&](store::Tx& tx) {
        return requests::find_registry_batch(tx, number);
    });
    if (!batch) {
        return batch.error();
    }
    std::int64_t after = 0;
    for (;;) {
        const auto page = store::transact(desk.database, "registry.show", [&](store::Tx& tx) {
            return read_rows(tx, desk, batch->id, after);
        });
        for (const ShownRow& one : page) {
            print_shown(program, one);
        }
        if (page.size() < kRegistryPage) {
            return done();
        }
        after = page.back().row.row_number;
    }
}

}  // namespace sealdesk::cli
