#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "base/text.h"
#include "intake/fates.h"
#include "intake/record.h"

namespace sealdesk::intake {

/// `<file>.result.xlsx`: the clerk's own rows with what became of each, coloured, the reasons, and
/// a note on each cell that has to be mended. Memory does not grow with the rows, save for the
/// notes, of which there are kNotesMax at most (the colour goes on).
class ResultWorkbook {
public:
    static constexpr std::size_t kNotesMax = 20'000;

    /// Throws Failure (file.not_written).
    ResultWorkbook(const std::filesystem::path& file, const scheme::Form& form, Language language);
    ~ResultWorkbook();
    ResultWorkbook(const ResultWorkbook&) = delete;
    ResultWorkbook& operator=(const ResultWorkbook&) = delete;

    /// The row as keyed, and its fate.
    void add(const Record& record, const Fate& fate);

    /// Makes the file appear, whole. Throws Failure (file.not_written).
    void finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The same for a whole file: `rows` opened anew, `fates` in the order of the rows. A row without
/// a fate (the import stopped before it) is left out.
void write_result_workbook(RecordSource& rows, std::span<const Fate> fates,
                           const std::filesystem::path& file, Language language);

}  // namespace sealdesk::intake
