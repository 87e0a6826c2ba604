#include <ostream>

#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/session.h"
#include "cli/slip_parts.h"
#include "cli/table.h"
#include "effects/scan_ack.h"
#include "slips/print_batch.h"

namespace sealdesk::cli {
namespace {

using effects::ScanFate;

std::string kind_label(const Program& program, ScanFate::Kind kind) {
    switch (kind) {
        case ScanFate::Kind::HandedOver: return program.text("已交付", "handed over");
        case ScanFate::Kind::Posted: return program.text("已郵寄", "posted");
        case ScanFate::Kind::Checked: return program.text("待寄", "waits for the post");
        case ScanFate::Kind::Spoiled: return program.text("毀損作廢", "spoiled, void");
        case ScanFate::Kind::Before: return program.text("先前已登錄", "known before");
        case ScanFate::Kind::Trouble: return program.text("未受理", "refused");
    }
    return {};
}

void print_line_fate(Program& program, Table& table, const ScanFate& fate) {
    if (fate.error) {
        report(program, *fate.error);
        return;
    }
    if (program.json) {
        program.out << nlohmann::ordered_json{{"line", fate.line.line},
                                              {"spoiled_list", fate.line.spoiled},
                                              {"slip", fate.line.code},
                                              {"fate", effects::to_text(fate.kind)},
                                              {"tracking", fate.line.tracking},
                                              {"replacement", fate.replacement}}
                    << '\n';
    }
    table.add({std::to_string(fate.line.line), fate.line.code, kind_label(program, fate.kind),
               fate.kind == ScanFate::Kind::Spoiled && fate.replacement.empty()
                   ? program.text("PIN 碼須於窗口重設", "reset its PIN")
                   : fate.line.tracking + fate.replacement});
}

void print_sums(Program& program, const effects::ScanReport& scanned,
                const SlipScanArguments& arguments) {
    if (program.json) {
        program.out << nlohmann::ordered_json{{"batch", arguments.batch},
                                              {"missing", scanned.missing},
                                              {"closed", scanned.closed},
                                              {"dry_run", arguments.dry_run}}
                    << '\n';
        return;
    }
    for (const std::string& number : scanned.missing) {
        program.out << number << program.pick("  未掃描", "  not scanned") << '\n';
    }
    program.err << arguments.batch
                << (scanned.closed ? program.pick("  已結案", "  closed")
                                   : program.pick("  尚未結案，未掃描 ", "  open, not scanned "));
    if (!scanned.closed) {
        program.err << scanned.missing.size();
    }
    program.err << (arguments.dry_run ? program.pick("；試行，未寫入任何資料\n",
                                                     "; dry run, nothing was written\n")
                                      : std::string_view("\n"));
}

}  // namespace

Outcome acknowledge_by_scan(Program& program, Desk& desk, const SlipScanArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    effects::ScanOrder order{arguments.batch, {}, officers::actor_of(*by), arguments.dry_run};
    for (const bool spoiled : {false, true}) {
        const std::string& file = spoiled ? arguments.spoiled : arguments.scan;
        if (!file.empty()) {
            const auto lines = effects::read_scan(read_file(file), spoiled);
            order.lines.insert(order.lines.end(), lines.begin(), lines.end());
        }
    }
    const auto scanned = effects::acknowledge_scan(desk.office, order);
    if (!scanned) {
        return scanned.error();
    }
    Table table(program,
                {{"行", "line"}, {"密碼單號", "slip"}, {"結果", "fate"}, {"號碼", "number"}});
    for (const ScanFate& fate : scanned->fates) {
        print_line_fate(program, table, fate);
    }
    if (!program.json && !table.empty()) {
        table.print(program.out);
    }
    print_sums(program, *scanned, arguments);
    if (!scanned->missing.empty()) {
        program.exit = Exit::Refused;
    }
    if (scanned->closed && !arguments.dry_run) {
        slips::forget_queue_file(desk.print_folder(), arguments.batch);
    }
    return done();
}

}  // namespace sealdesk::cli
