#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "requests/office.h"
#include "store/tx.h"

// Printed slips acknowledged by what a hand scanner wrote: the code of each slip, a line.
namespace sealdesk::effects {

/// One line of a scanner's file.
struct ScanLine {
    int line;              ///< from 1, as an editor counts
    std::string code;      ///< upper case
    std::string tracking;  ///< registered-mail number behind a ; or TAB; may be empty
    bool spoiled;          ///< the sheet is spoiled: SPOILED or X before the code
};

/// Reads a file's lines; blank ones are left out. With `spoiled` all of them are spoiled sheets.
[[nodiscard]] std::vector<ScanLine> read_scan(std::string_view text, bool spoiled);

/// What became of a line.
struct ScanFate {
    enum class Kind {
        HandedOver,  ///< 現場領取
        Posted,      ///< under the number beside it
        Checked,     ///< printed well; waits for its registered-mail number
        Spoiled,     ///< void; see `replacement`
        Before,      ///< acknowledged or spoiled before: nothing changed
        Trouble,     ///< see `error`; nothing changed
    };
    ScanLine line;
    Kind kind = Kind::Trouble;
    std::string replacement = {};  ///< number of the new slip; empty: a card's PIN is to be reset
    std::optional<Error> error = {};
};
[[nodiscard]] std::string_view to_text(ScanFate::Kind kind);

struct ScanReport {
    std::vector<ScanFate> fates;
    std::vector<std::string> missing;  ///< printed slips of the batch that no line names
    bool closed = false;               ///< the batch: nothing of it is open any more
};

struct ScanOrder {
    std::string batch;
    std::vector<ScanLine> lines;
    std::string actor;
    bool dry_run = false;  ///< judged as if, nothing is written
};

/// Acknowledges what was scanned and makes what is spoiled anew, with another secret, in one unit
/// of work ("slip.scan"); the same lines again change nothing. A line that cannot be taken is told
/// with its reason and stops no other: scan.not_a_slip, scan.unknown, scan.foreign (of another
/// batch), scan.repeated, slips.not_printed, slips.is_void, and those of acknowledge_slip() and
/// check_slip_apart(). A spoiled PIN slip is void; the card's PIN is reset at the counter
/// (T 4.9.1). Errors: slips.batch_not_found, slips.not_printed (Refused: the batch).
[[nodiscard]] Result<ScanReport> acknowledge_scan(const requests::Office& office,
                                                  const ScanOrder& order);

}  // namespace sealdesk::effects
