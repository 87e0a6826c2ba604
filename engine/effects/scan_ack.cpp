#include "effects/scan_ack.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/numbering.h"
#include "base/text.h"
#include "effects/apart.h"
#include "effects/replace_slip.h"
#include "slips/form_stock.h"
#include "slips/print_batch.h"

namespace sealdesk::effects {
namespace {

using Kind = ScanFate::Kind;
using slips::Slip;
using slips::SlipState;

constexpr std::array<std::string_view, 6> kScanKinds{"handed_over", "posted", "checked",
                                                     "spoiled",     "before", "trouble"};
constexpr std::string_view kSpoiledReason = "spoiled";

Error scan_error(std::string code, std::string detail, const ScanLine& line) {
    return {ErrorKind::Refused, std::move(code), std::move(detail),
            std::to_string(line.line) + ": " + line.code, "T 3.2.6"};
}

/// Takes the mark of a spoiled sheet, SPOILED or X, from before a slip's number.
bool take_mark(std::string& text) {
    constexpr std::string_view separators = " :;,\t-=";
    for (const std::string_view mark : {"SPOILED", "X"}) {
        const std::size_t begin = text.starts_with(mark)
                                      ? text.find_first_not_of(separators, mark.size())
                                      : std::string::npos;
        if (begin != std::string::npos) {
            text.erase(0, begin);
            return true;
        }
    }
    return false;
}

/// Works through the lines of one batch.
class Scan {
public:
    Scan(store::Tx& tx, const requests::Office& office, const ScanOrder& order,
         const slips::PrintBatch& batch)
        : tx_(tx), office_(office), order_(order), batch_(batch) {}

    Result<ScanReport> run() {
        // What is spoiled comes first: a sheet that is in both lists has gone into neither
        // envelope.
        for (const bool spoiled : {true, false}) {
            for (const ScanLine& line : order_.lines) {
                if (line.spoiled != spoiled) {
                    continue;
                }
                auto fate = take(line);
                if (!fate) {
                    return fate.error();
                }
                report_.fates.push_back(std::move(*fate));
            }
        }
        std::ranges::sort(report_.fates, {}, [](const ScanFate& fate) {
            return std::pair(!fate.line.spoiled, fate.line.line);
        });
        list_missing();
        report_.closed =
            slips::find_batch(tx_, batch_.number).value().state == slips::BatchState::Closed;
        return std::move(report_);
    }

private:
    static ScanFate trouble(const ScanLine& line, Error error) {
        return {line, Kind::Trouble, {}, std::move(error)};
    }

    Result<ScanFate> take(const ScanLine& line) {
        if (!is_number('S', line.code)) {
            return trouble(line, scan_error("scan.not_a_slip",
                                            "This is not the number of a slip, or it was misread; "
                                            "scan it again.",
                                            line));
        }
        if (!seen_.insert(line.code).second) {
            return trouble(line,
                           scan_error("scan.repeated",
                                      "The slip is in the lists twice; the first counts.", line));
        }
        const auto slip = slips::find_slip(tx_, line.code);
        if (!slip) {
            return trouble(line, scan_error("scan.unknown", "There is no such slip.", line));
        }
        if (slip->batch != batch_.id) {
            return trouble(line, scan_error("scan.foreign",
                                            "The slip belongs to another batch: look where the "
                                            "sheet comes from.",
                                            line));
        }
        return line.spoiled ? spoil(line, *slip) : acknowledge(line, *slip);
    }

    Result<ScanFate> spoil(const ScanLine& line, const Slip& slip) {
        if (slip.state == SlipState::Void) {
            return ScanFate{line, Kind::Before, {}, {}};
        }
        if (slip.state != SlipState::Printed) {
            return trouble(line, scan_error("slips.not_printed",
                                            "The slip has left the print room; `sealdesk slip "
                                            "void` voids it.",
                                            line));
        }
        const auto fresh =
            replace_slip_in(tx_, slip, {slip.id, std::string(kSpoiledReason), order_.actor});
        if (!fresh) {
            return fresh.error();
        }
        slips::spoil_forms_of(tx_, slip.id, kSpoiledReason, order_.actor);
        return ScanFate{line, Kind::Spoiled, *fresh, {}};
    }

    Result<ScanFate> acknowledge(const ScanLine& line, const Slip& slip) {
        const bool known = slip.state == SlipState::HandedOver || slip.state == SlipState::Used ||
                           (slip.state == SlipState::Posted &&
                            (line.tracking.empty() || line.tracking == slip.tracking_number));
        if (known) {
            return ScanFate{line, Kind::Before, {}, {}};
        }
        if (slip.state == SlipState::Void) {
            return trouble(
                line, scan_error("slips.is_void",
                                 "The slip is void: take the sheet out and destroy it.", line));
        }
        const bool posted = slip.delivery == slips::Delivery::Post;
        if (posted && line.tracking.empty() && slip.state == SlipState::Printed) {
            return ScanFate{line, Kind::Checked, {}, {}};
        }
        const slips::AckCheck apart = [&](store::Tx& tx, const Slip& one,
                                          std::string_view tracking) {
            return slip_leaves(tx, office_, one, tracking, order_.actor);
        };
        const auto taken =
            slips::acknowledge_slip(tx_, line.code, line.tracking, order_.actor, apart);
        if (!taken && taken.error().kind == ErrorKind::Conflict) {
            return taken.error();
        }
        return taken ? ScanFate{line, posted ? Kind::Posted : Kind::HandedOver, {}, {}}
                     : trouble(line, taken.error());
    }

    void list_missing() {
        for (const Slip& slip : slips::slips_in_batch(tx_, batch_.id)) {
            if (slip.state == SlipState::Printed && !seen_.contains(slip.number)) {
                report_.missing.push_back(slip.number);
            }
        }
    }

    store::Tx& tx_;
    const requests::Office& office_;
    const ScanOrder& order_;
    const slips::PrintBatch& batch_;
    std::set<std::string> seen_;
    ScanReport report_;
};

Result<ScanReport> scan_in(store::Tx& tx, const requests::Office& office, const ScanOrder& order) {
    const auto batch = slips::find_batch(tx, order.batch);
    if (!batch) {
        return batch.error();
    }
    if (batch->state != slips::BatchState::Printed && batch->state != slips::BatchState::Closed) {
        return Error{ErrorKind::Refused, "slips.not_printed", "The batch is not printed yet.",
                     batch->number, "T 3.2.6"};
    }
    return Scan(tx, office, order, *batch).run();
}

}  // namespace

std::string_view to_text(ScanFate::Kind kind) { return kScanKinds.at(std::size_t(kind)); }

std::vector<ScanLine> read_scan(std::string_view text, bool spoiled) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    std::vector<ScanLine> lines;
    int number = 0;
    for (const auto& raw : split(text, '\n')) {
        ++number;
        std::string code = to_upper_ascii(trim(raw));
        if (code.empty()) {
            continue;
        }
        const bool marked = take_mark(code);
        const std::size_t gap = code.find_first_of(";\t");
        const std::string tracking =
            gap == std::string::npos ? "" : trim(std::string_view(code).substr(gap + 1));
        lines.push_back(
            {number, trim(std::string_view(code).substr(0, gap)), tracking, spoiled || marked});
    }
    return lines;
}

Result<ScanReport> acknowledge_scan(const requests::Office& office, const ScanOrder& order) {
    std::optional<ScanReport> rehearsed;
    const auto done =
        store::transact(office.database, "slip.scan", [&](store::Tx& tx) -> Result<ScanReport> {
            auto report = scan_in(tx, office, order);
            if (!report || !order.dry_run) {
                return report;
            }
            rehearsed = std::move(*report);
            return Error{};  // everything is rolled back
        });
    return rehearsed ? Result<ScanReport>(*std::move(rehearsed)) : done;
}

}  // namespace sealdesk::effects
