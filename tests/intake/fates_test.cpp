#include "intake/fates.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/temp_folder.h"

namespace sealdesk::intake {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Fate accepted() { return {"day.csv", 2, "C00001", FateKind::Accepted, "R115-1", {}, {}, false}; }

Fate refused() {
    return {"day.csv",
            3,
            "C00002",
            FateKind::Refused,
            {},
            {},
            {{"registration.age", "T 5.1.1.1", "birth_date", {"未滿18歲。", "Too young."}},
             {"id.check_digit", "", "id_number", {"檢查碼不符。", "Wrong check digit."}}},
            false};
}

std::string content_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

TEST(Fates, OneJsonObjectARowInTheAgreedShape) {
    const auto line = nlohmann::json::parse(to_json_line(refused(), Language::English));

    EXPECT_EQ(line, nlohmann::json::parse(R"({"file":"day.csv","row":3,"record":"C00002",
        "fate":"refused","request":null,"duplicate_of":null,"reasons":[
        {"rule":"T 5.1.1.1","field":"birth_date","message":"Too young."},
        {"rule":"id.check_digit","field":"id_number","message":"Wrong check digit."}]})"));
    EXPECT_EQ(to_json_line(accepted(), Language::English),
              R"({"file":"day.csv","row":2,"record":"C00001","fate":"accepted",)"
              R"("request":"R115-1","duplicate_of":null,"reasons":[]})");
}

TEST(Fates, ARowImportedBeforeSaysSo) {
    Fate again = accepted();
    again.repeated = true;

    EXPECT_THAT(to_json_line(again, Language::English), HasSubstr(R"("repeated":true)"));
    EXPECT_EQ(to_text(again, Language::English),
              "day.csv:2  C00001  accepted  R115-1  (imported before)");
}

TEST(Fates, TextNamesPlaceFateAndWhatToDoInTheReadersLanguage) {
    EXPECT_EQ(to_text(refused(), Language::Chinese),
              "day.csv:3  C00002  退件\n    未滿18歲。 (T 5.1.1.1)\n    檢查碼不符。");
    Fate duplicate{"day.csv", 4, {}, FateKind::Duplicate, {}, "R115-1", {}, false};
    EXPECT_EQ(to_text(duplicate, Language::English), "day.csv:4  -  duplicate  of R115-1");
}

TEST(Fates, ARefusedFileNamesItsRowIfThereIsOne) {
    const Error error{ErrorKind::Invalid, "json.broken", "not JSON", "day.json:7", {}};
    const Fate fate = file_refused("day.json", error);

    EXPECT_EQ(fate.row, 7);
    EXPECT_EQ(fate.reasons.front().rule(), "json.broken");
    EXPECT_EQ(file_refused("x", {ErrorKind::Invalid, "a", "b", "x", {}}).row, 0);
}

TEST(ResultFile, IsReadableInASpreadsheetAndHoldsNoFormula) {
    const test::TempFolder folder;
    Fate formula = refused();
    formula.record = "=1+1";
    ResultCsv results(folder.path() / "day.csv.result.csv", folder.path() / "results",
                      Language::English);
    results.add(accepted());
    results.add(formula);
    const auto written = results.finish();

    const std::string text = content_of(written);
    EXPECT_EQ(written, folder.path() / "day.csv.result.csv");
    EXPECT_THAT(text, StartsWith("\xEF\xBB\xBFRow,Record number,Result,fate,"));
    EXPECT_THAT(text, HasSubstr("2,C00001,accepted,accepted,R115-1,"));
    EXPECT_THAT(text, HasSubstr("'=1+1"));
    EXPECT_THAT(text, HasSubstr("T 5.1.1.1; id.check_digit"));
    EXPECT_TRUE(text.ends_with("\r\n"));
}

TEST(ResultFile, AppearsWholeOrNotAtAll) {
    const test::TempFolder folder;
    const auto wanted = folder.path() / "day.csv.result.csv";
    {
        ResultCsv results(wanted, folder.path(), Language::Chinese);
        results.add(accepted());
        EXPECT_FALSE(std::filesystem::exists(wanted));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));

    std::ofstream(wanted) << "an earlier result";
    ResultCsv results(wanted, folder.path(), Language::Chinese);
    results.add(accepted());
    results.finish();
    EXPECT_THAT(content_of(wanted), HasSubstr("受理,accepted"));
}

TEST(ResultFile, GoesToTheDeskWhenTheInputsFolderCannotBeWritten) {
    const test::TempFolder folder;
    ResultCsv results(folder.path() / "gone" / "day.csv.result.csv", folder.path() / "results",
                      Language::Chinese);
    results.add(accepted());

    EXPECT_EQ(results.finish(), folder.path() / "results" / "day.csv.result.csv");
    EXPECT_THROW(ResultCsv("/proc/none/x.csv", "/proc/none", Language::Chinese), Failure);
}

}  // namespace
}  // namespace sealdesk::intake
