#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "intake/intake_store.h"

namespace sealdesk::intake {

/// What became of one row (or, with row 0, of a whole file).
struct Fate {
    std::string file;
    std::int64_t row = 0;
    std::string record;  ///< 收件編號; may be empty
    FateKind kind = FateKind::Refused;
    std::string request;       ///< request number of an accepted row
    std::string duplicate_of;  ///< request number
    std::vector<Reason> reasons;
    bool repeated = false;  ///< the row was imported before; nothing was changed
};

/// {"file","row","record","fate","request","duplicate_of","reasons":[{"rule","field","message"}]}
/// and "repeated":true where it is. One line, UTF-8. `request`, `record` and `duplicate_of` are
/// null when there is none.
[[nodiscard]] std::string to_json_line(const Fate& fate, Language language);

/// "counter1.csv:2  C00001  accepted  R-000123", with one indented line a reason.
[[nodiscard]] std::string to_text(const Fate& fate, Language language);

/// 受理, 退件, 重複.
[[nodiscard]] std::string fate_label(FateKind fate, Language language);

/// The refusal of a whole file as a Fate of row 0 (or of the row named in `error.where`).
[[nodiscard]] Fate file_refused(const std::string& file, const Error& error);

/// `<file>.result.csv`: UTF-8 with BOM, CRLF, every cell safe in a spreadsheet. Written to a
/// temporary file beside it and renamed by finish(); without finish() nothing remains.
class ResultCsv {
public:
    /// Opens beside the input at `wanted`, or in `fallback_folder` under the same name when that
    /// folder cannot be written. Throws Failure (intake.results) when neither can.
    ResultCsv(const std::filesystem::path& wanted, const std::filesystem::path& fallback_folder,
              Language language);
    ~ResultCsv();
    ResultCsv(const ResultCsv&) = delete;
    ResultCsv& operator=(const ResultCsv&) = delete;

    void add(const Fate& fate);
    /// Makes the file appear, whole, and returns where. Throws Failure (intake.results).
    std::filesystem::path finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sealdesk::intake
