#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/bundle.h"
#include "intake/csv_reader.h"
#include "intake/inbox.h"
#include "intake/json_reader.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kBom = "\xEF\xBB\xBF";

Cells numbered(const std::string& number, const Cells& changes = {}) {
    Cells all = changes;
    all.emplace_back("收件編號", number);
    return person(all);
}

std::string three_rows() { return csv({numbered("C1"), numbered("C2"), numbered("C3")}); }

TEST(ReadingCsv, EveryEncodingOfASpreadsheetIsRead) {
    const Inbox inbox;
    const std::string text = three_rows();
    const std::map<std::string, std::string> files{
        {"utf8.csv", text},
        {"bom.csv", kBom + text},
        {"big5.csv", to_cp950(text)},
        {"utf16.txt", to_utf16le(csv({numbered("C1"), numbered("C2"), numbered("C3")}, '\t'))},
    };
    for (const auto& [name, bytes] : files) {
        inbox.write(name, bytes);
        EXPECT_THAT(inbox.read(name), ElementsAre("2 C1 ok", "3 C2 ok", "4 C3 ok")) << name;
    }
}

TEST(ReadingCsv, RareCharactersComeThroughUtf8AndAreLostVisiblyInBig5) {
    const Inbox inbox;
    const std::string text = csv({numbered("C1", {{"申請人名稱", "吳𠮷"}})});
    inbox.write("utf8.csv", kBom + text);
    inbox.write("utf16.txt", to_utf16le(text));
    inbox.write("big5.csv", to_cp950(text));

    EXPECT_EQ(inbox.drafts("utf8.csv").front().value("applicant_name"), "吳𠮷");
    EXPECT_EQ(inbox.drafts("utf16.txt").front().value("applicant_name"), "吳𠮷");
    EXPECT_THAT(inbox.read("big5.csv"), ElementsAre("2 C1 name.lost_character(applicant_name)"));
}

TEST(ReadingCsv, ARowInAnotherEncodingIsRefusedAndTheOthersComeIn) {
    const Inbox inbox;
    const std::string good = three_rows();
    const std::string headings = good.substr(0, good.find("\r\n") + 2);
    const std::string row = csv({numbered("X9")}).substr(headings.size());
    inbox.write("mostly-utf8.csv", good + to_cp950(row));
    inbox.write("marked.csv", kBom + good + to_cp950(row));
    inbox.write("mostly-big5.csv", to_cp950(good) + row);

    EXPECT_THAT(inbox.read("mostly-utf8.csv"),
                ElementsAre("2 C1 ok", "3 C2 ok", "4 C3 ok", StartsWith("5 X9 text.encoding(")));
    EXPECT_THAT(inbox.read("marked.csv"),
                ElementsAre("2 C1 ok", "3 C2 ok", "4 C3 ok", StartsWith("5 X9 text.encoding(")));
    EXPECT_THAT(inbox.read("mostly-big5.csv"),
                ElementsAre("2 C1 ok", "3 C2 ok", "4 C3 ok", "5 X9 csv.mixed_encoding()"));
}

TEST(ReadingCsv, AFileInNoKnownEncodingIsRefusedWithItsFirstBadLine) {
    const Inbox inbox;
    inbox.write("latin.csv", "a,b\n\xFF\xFA\xFB,\x80\n\xFF,\xFF\n");
    inbox.write("utf16be.csv", std::string("\xFE\xFF\0a\0,", 6));
    inbox.write("nul.csv", std::string("a,b\0c\n", 6));

    EXPECT_THAT(inbox.read("latin.csv"), ElementsAre("latin.csv:2 file.encoding"));
    EXPECT_THAT(inbox.read("utf16be.csv"), ElementsAre("utf16be.csv file.encoding"));
    EXPECT_THAT(inbox.read("nul.csv"), ElementsAre("nul.csv file.not_text"));
}

TEST(ReadingCsv, TheClerkMayNameTheEncoding) {
    const Inbox inbox;
    inbox.write("big5.csv", to_cp950(three_rows()));

    EXPECT_THAT(inbox.read("big5.csv", {{}, {}, "big5"}),
                ElementsAre("2 C1 ok", "3 C2 ok", "4 C3 ok"));
    EXPECT_THAT(inbox.read("big5.csv", {{}, {}, "utf-8"}),
                ElementsAre("big5.csv file.unknown_form"));
    EXPECT_THAT(inbox.read("big5.csv", {{}, {}, "klingon"}), ElementsAre("big5.csv file.encoding"));
}

TEST(ReadingCsv, SeparatorsTitlesAndBlankRowsDoNotMatter) {
    const Inbox inbox;
    inbox.write("semicolon.csv",
                csv({numbered("C1", {{"檢附文件", "身分證影本、健保卡影本"}})}, ';'));
    inbox.write("tab.csv", csv({numbered("C1")}, '\t'));
    inbox.write("sep.csv",
                "sep=;\r\n" + csv({numbered("C1", {{"檢附文件", "身分證影本、健保卡影本"}})}, ';'));
    inbox.write("title.csv", "收件清單,115/11/20\r\n\r\n" + csv({numbered("C1")}) + ",,,\r\n\r\n");
    std::string unix_ends = csv({numbered("C1")});
    std::erase(unix_ends, '\r');
    inbox.write("lf.csv", unix_ends.substr(0, unix_ends.size() - 1));
    std::string mac_ends = csv({numbered("C1")});
    std::erase(mac_ends, '\n');
    inbox.write("cr.csv", mac_ends);

    for (const char* name : {"semicolon.csv", "tab.csv", "sep.csv", "lf.csv", "cr.csv"}) {
        EXPECT_THAT(inbox.read(name), ElementsAre("2 C1 ok")) << name;
    }
    EXPECT_THAT(inbox.read("title.csv"), ElementsAre("4 C1 ok"));
}

TEST(ReadingCsv, HeadingsAreKnownByKeyLabelAndAliasInAnyOrder) {
    const Inbox inbox;
    Cells english;
    for (const auto& [heading, value] : numbered("C1")) {
        for (const scheme::Field& field : registration_form().fields) {
            if (field.label.zh == heading) {
                english.emplace(english.begin(), field.label.en, value);
            }
        }
    }
    Cells keys;
    for (const auto& [heading, value] : numbered("C1")) {
        for (const scheme::Field& field : registration_form().fields) {
            if (field.label.zh == heading) {
                keys.emplace_back(field.key, value);
            }
        }
    }
    Cells noted = numbered("C1");
    for (auto& [heading, value] : noted) {
        heading = heading == "出生日期" ? " 出生日期（民國）*" : heading;
        heading = heading == "證號" ? "身份證字號" : heading;
    }
    inbox.write("english.csv", csv({english}));
    inbox.write("keys.csv", csv({keys}));
    inbox.write("noted.csv", csv({noted}));

    for (const char* name : {"english.csv", "keys.csv", "noted.csv"}) {
        EXPECT_THAT(inbox.read(name), ElementsAre("2 C1 ok")) << name;
    }
}

TEST(ReadingCsv, ARaggedRowIsRefusedAndTheOthersComeIn) {
    const Inbox inbox;
    const std::string all = csv({numbered("C1"), numbered("C2"), numbered("C3")});
    std::vector<std::string> lines = split(all, '\n');
    lines[2] = "C2,115/11/20,自然人\r";
    lines[3] = lines[3].substr(0, lines[3].size() - 1) + ",,,\r";
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    inbox.write("short.csv", text);
    inbox.write("long.csv",
                csv({numbered("C1")}) + "C2,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v\r\n");

    EXPECT_THAT(inbox.read("short.csv"), ElementsAre("2 C1 ok", "3 C2 csv.ragged()", "4 C3 ok"));
    EXPECT_THAT(inbox.read("long.csv"), ElementsAre("2 C1 ok", "3 C2 csv.ragged()"));
}

TEST(ReadingCsv, AnOpenQuoteCostsItsOwnRowOnly) {
    const Inbox inbox;
    std::vector<std::string> lines = split(three_rows(), '\n');
    const std::string open = "C2,\"115/11/20" + lines[2].substr(12);
    inbox.write("open.csv", lines[0] + "\n" + lines[1] + "\n" + open + "\n" + lines[3] + "\n");
    const std::string quoted_later = csv({numbered("C3", {{"聯絡人地址", "701臺南市\"東\"區"}})});
    inbox.write("meets.csv", lines[0] + "\n" + lines[1] + "\n" + open + "\n" +
                                 split(quoted_later, '\n')[1] + "\n");

    EXPECT_THAT(inbox.read("open.csv"),
                ElementsAre("2 C1 ok", StartsWith("3 C2 csv.open_quote"), "4 C3 ok"));
    EXPECT_THAT(inbox.read("meets.csv"),
                ElementsAre("2 C1 ok", StartsWith("3 C2 csv."), "4 C3 ok"));
}

TEST(ReadingCsv, AHugeCellIsRefusedAndTheOthersComeIn) {
    const Inbox inbox;
    const std::string huge(100'000, 'x');
    inbox.write("cell.csv",
                csv({numbered("C1"), numbered("C2", {{"聯絡人地址", huge}}), numbered("C3")}));
    inbox.write("quoted.csv", csv({numbered("C1"), numbered("C2", {{"聯絡人地址", huge + ","}}),
                                   numbered("C3")}));
    inbox.write("row.csv",
                csv({numbered("C1"), numbered("C2", {{"聯絡人地址", std::string(3'000'000, 'x')}}),
                     numbered("C3")}));

    EXPECT_THAT(inbox.read("cell.csv"),
                ElementsAre("2 C1 ok", "3 C2 csv.cell_too_long()", "4 C3 ok"));
    EXPECT_THAT(inbox.read("quoted.csv"),
                ElementsAre("2 C1 ok", "3 C2 csv.cell_too_long()", "4 C3 ok"));
    EXPECT_THAT(inbox.read("row.csv"), ElementsAre("2 C1 ok", StartsWith("3 C2 csv."), "4 C3 ok"));
}

TEST(ReadingCsv, ColumnsAreCheckedOnceForTheWholeFile) {
    const Inbox inbox;
    Cells missing = numbered("C1");
    std::erase_if(
        missing, [](const auto& cell) { return cell.first == "證號" || cell.first == "憑證類別"; });
    Cells twice = numbered("C1");
    twice.emplace_back("身分證字號", "A123456789");
    Cells extra = numbered("C1", {{"備註", "x"}});
    inbox.write("missing.csv", csv({missing, missing}));
    inbox.write("twice.csv", csv({twice}));
    inbox.write("extra.csv", csv({extra}));
    inbox.write("other.csv", "收件編號,fate,note\r\nC1,accepted,\r\n");
    std::string wide;
    for (int i = 0; i < 250; ++i) {
        wide += "x,";
    }
    inbox.write("wide.csv", wide + "\n");
    inbox.write("empty.csv", "");

    const auto refused = open_records(inbox.path("missing.csv"), "missing.csv", schemes(), {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, "file.missing_columns");
    EXPECT_THAT(refused.error().detail, HasSubstr("證號"));
    EXPECT_THAT(refused.error().detail, HasSubstr("憑證類別"));
    EXPECT_THAT(inbox.read("twice.csv"), ElementsAre("twice.csv:1 file.repeated_column"));
    EXPECT_THAT(inbox.read("extra.csv"), ElementsAre("2 C1 ok"));
    const auto source = open_records(inbox.path("extra.csv"), "extra.csv", schemes(), {});
    ASSERT_EQ((*source)->info().warnings.size(), 1U);
    EXPECT_EQ((*source)->info().warnings.front().field, "備註");
    EXPECT_THAT(inbox.read("other.csv"), ElementsAre("other.csv file.unknown_form"));
    EXPECT_THAT(inbox.read("wide.csv"), ElementsAre("wide.csv:1 file.too_many_columns"));
    EXPECT_THAT(inbox.read("empty.csv"), ElementsAre("empty.csv file.empty"));
}

TEST(ReadingCsv, AnUnknownFormVersionIsRefusedWithItsRow) {
    const Inbox inbox;
    inbox.write("versions.csv",
                csv({numbered("C1", {{"表單版本", "V5.1"}}), numbered("C2", {{"表單版本", "4.0"}}),
                     numbered("C3", {{"表單版本", ""}})}));

    EXPECT_THAT(inbox.read("versions.csv"),
                ElementsAre("2 C1 ok", "3 C2 form.version(form_version)", "4 C3 ok"));
}

TEST(ReadingCsv, TheReaderNeverLosesTheEndOfAnyFile) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const Inbox inbox;
    constexpr std::string_view bytes = "ab,\"\n\r;\xE4\xB8\xAD\xA4";
    for (int i = 0; i < 300; ++i) {
        std::string text;
        for (auto k = random() % 200; k > 0; --k) {
            text += bytes[random() % bytes.size()];
        }
        inbox.write("noise.csv", text);
        ByteStream stream(inbox.path("noise.csv"), Encoding::Utf8, false);
        CsvReader reader(stream, ',');
        reader.expect_columns(random() % 4);
        CsvRow row;
        std::int64_t rows = 0;
        while (reader.next(row)) {
            ASSERT_EQ(row.number, ++rows);
            ASSERT_LE(rows, 400) << text;
        }
        ASSERT_EQ(stream.get(), ByteStream::kEnd);
    }
}

TEST(ReadingCsv, AResetFileIsToldFromARegistrationByItsColumns) {
    const Inbox inbox;
    inbox.write("day.csv", csv({{{"收件編號", "R1"},
                                 {"收件日期", "115/11/20"},
                                 {"申請人名稱", "林美玉"},
                                 {"證號", "A123456789"},
                                 {"申請方式", "郵寄"},
                                 {"密碼單領取方式", "電子化"},
                                 {"表單聯絡人電子郵件", "x@example.test"},
                                 {"印鑑影像", "scans/a.png"},
                                 {"負責人印鑑影像", ""}}}));

    const auto source = open_records(inbox.path("day.csv"), "day.csv", schemes(), {});

    ASSERT_TRUE(source.has_value());
    EXPECT_EQ((*source)->info().form->id, "password-reset");
    EXPECT_THAT(inbox.read("day.csv"), ElementsAre("2 R1 ok"));
}

std::string json_record(const std::string& number, const std::string& more = "") {
    std::string text = R"({"收件編號":")";
    text.append(number).append(R"(","收件日期":"115/11/20","申請人名稱":"林美玉",)"
                               R"("證號":"A123456789","申請方式":"臨櫃","密碼單領取方式":"郵寄",)"
                               R"("印鑑影像":"scans/a.png")");
    return text.append(more).append("}");
}

std::string reset_file(const std::string& records) {
    std::string text = R"({"scheme":"tipo","form":"password-reset","records":[)";
    return text.append(records).append("]}");
}

TEST(ReadingJson, AnObjectWithRecordsAndABareListAreRead) {
    const Inbox inbox;
    const std::string records = json_record("R1") + "," + json_record("R2");
    inbox.write("object.json", reset_file(records));
    inbox.write("list.json", "[" + records + "]");
    inbox.write("late.json",
                R"({"records":[)" + records + R"(],"form":"password-reset","scheme":"tipo"})");
    inbox.write("mark.json", kBom + reset_file(records));
    inbox.write("big5.json", to_cp950(reset_file(records)));
    inbox.write("none.json", reset_file(""));

    for (const char* name : {"object.json", "list.json", "late.json", "mark.json", "big5.json"}) {
        EXPECT_THAT(inbox.read(name), ElementsAre("1 R1 ok", "2 R2 ok")) << name;
    }
    EXPECT_THAT(inbox.read("none.json"), IsEmpty());
}

TEST(ReadingJson, OneBadRecordDoesNotSpoilTheOthers) {
    const Inbox inbox;
    const std::string deep(100, '[');
    const std::string records =
        json_record("R1") + "," + json_record("R2", R"(,"證號":"A123456789")") + "," +
        json_record("R3", R"(,"身分證號":"A123456789")") + R"(,{"收件編號":"R4",},)" +
        json_record("R5", R"(,"備註":{"a":1})") + ",17," +
        json_record("R7", ",\"備註\":" + deep + std::string(100, ']')) + "," +
        json_record("R8", ",\"備註\":\"" + std::string(2'000'000, 'x') + "\"") + "," +
        json_record("R9", R"(,"form_version":"3")") + "," + json_record("R10");
    inbox.write("bad.json", reset_file(records));

    EXPECT_THAT(
        inbox.read("bad.json"),
        ElementsAre("1 R1 ok", "2 R2 json.repeated_key()", "3 R3 json.repeated_key(id_number)",
                    "4 R4 json.record()", "5 R5 json.shape()", "6 - json.shape()",
                    "7 - json.too_deep()", "8 - json.too_large()",
                    "9 R9 form.version(form_version)", "10 R10 ok"));
}

TEST(ReadingJson, ATruncatedFileKeepsWhatCameBefore) {
    const Inbox inbox;
    const std::string whole = reset_file(json_record("R1") + "," + json_record("R2"));
    inbox.write("cut.json", whole.substr(0, whole.size() - 40));
    inbox.write("tail.json", whole + "x");
    inbox.write("deep.json", "[" + std::string(200, '{'));
    inbox.write("junk.json", "hello");

    EXPECT_THAT(inbox.read("cut.json"), ElementsAre("1 R1 ok", "2 - json.broken()"));
    EXPECT_THAT(inbox.read("tail.json"), ElementsAre("1 R1 ok", "2 R2 ok", "3 - json.broken()"));
    EXPECT_THAT(inbox.read("deep.json"), ElementsAre("deep.json:1 json.broken"));
    EXPECT_THAT(inbox.read("junk.json"), ElementsAre("junk.json:1 json.broken"));
}

TEST(ReadingJson, TheFileSaysWhichFormItHolds) {
    const Inbox inbox;
    inbox.write("scheme.json", R"({"scheme":"none","form":"password-reset","records":[]})");
    inbox.write("version.json",
                R"({"scheme":"tipo","form":"password-reset","form_version":"9","records":[]})");
    inbox.write("right.json",
                R"({"scheme":"tipo","form":"password-reset","form_version":"5.1","records":[]})");
    inbox.write("shape.json", R"({"scheme":"tipo","rows":[]})");

    EXPECT_THAT(inbox.read("scheme.json"), ElementsAre("scheme.json file.unknown_scheme"));
    EXPECT_THAT(inbox.read("version.json"), ElementsAre("version.json:1 file.form_version"));
    EXPECT_THAT(inbox.read("right.json"), IsEmpty());
    EXPECT_THAT(inbox.read("shape.json"), ElementsAre("shape.json json.shape"));
}

TEST(ReadingJson, BytesThatAreNoCharactersSpoilTheirRecordOnly) {
    const Inbox inbox;
    inbox.write("bytes.json",
                reset_file(json_record("R1") + "," + json_record("R2", ",\"備註\":\"\xFF\"") + "," +
                           json_record("R3")));

    EXPECT_THAT(inbox.read("bytes.json"), ElementsAre("1 R1 ok", StartsWith("2 "), "3 R3 ok"));
    EXPECT_THAT(inbox.read("bytes.json")[1], HasSubstr("json.record"));
}

TEST(ReadingJson, NumbersTrueAndListsAreReadAsWritten) {
    std::vector<std::pair<std::string, std::string>> members;
    EXPECT_EQ(
        read_flat_object(R"({"a":12,"b":true,"c":null,"d":["x","y"],"e":1.50,"f":-3})", members),
        "");
    EXPECT_THAT(members,
                ElementsAre(std::pair("a", "12"), std::pair("b", "true"), std::pair("c", ""),
                            std::pair("d", "x;y"), std::pair("e", "1.50"), std::pair("f", "-3")));
}

TEST(Bundles, AFolderGivesItsDataFilesAndLeavesResultsAndLinksAlone) {
    const Inbox inbox;
    inbox.write("b.csv", csv({numbered("C2")}));
    inbox.write("a/a.csv", csv({numbered("C1", {{"印鑑影像", "x.png"}})}));
    inbox.write("a/x.png", png());
    inbox.write("b.csv.result.csv", "x");
    inbox.write("b.csv.result.xlsx", "x");
    inbox.write("README.md", "x");
    inbox.write(".hidden.csv", "x");
    std::filesystem::create_symlink("b.csv", inbox.path("link.csv"));

    EXPECT_THAT(inbox.read(""), ElementsAre("link.csv bundle.link", "2 C1 ok", "2 C2 ok"));
    EXPECT_THAT(inbox.read("nowhere"), ElementsAre("nowhere bundle.not_found"));
    EXPECT_THAT(inbox.read("scans"), ElementsAre("scans bundle.empty"));
}

TEST(Bundles, AZipIsReadLikeAFolder) {
    const Inbox inbox;
    const Cells row = numbered("C1");
    for (const bool deflated : {false, true}) {
        inbox.write("day.zip", zip({{"inbox/day.csv", csv({row})},
                                    {"inbox/scans/a.png", png()},
                                    {"__MACOSX/inbox/._day.csv", "x"}},
                                   deflated));
        EXPECT_THAT(inbox.read("day.zip"), ElementsAre("2 C1 ok"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(inbox.path().parent_path() / "scratch"));
}

TEST(Bundles, NamesInAZipMayBeBig5) {
    const Inbox inbox;
    inbox.write("day.zip",
                zip({{to_cp950("收件/日.csv"), csv({numbered("C1", {{"印鑑影像", "印鑑.png"}})})},
                     {to_cp950("收件/印鑑.png"), png()}}));

    EXPECT_THAT(inbox.read("day.zip"), ElementsAre("2 C1 ok"));
}

TEST(Bundles, AZipEntryThatLeavesTheBatchIsLeftOutAndTheRestComesIn) {
    const Inbox inbox;
    inbox.write("evil.zip", zip({{"../evil.csv", csv({numbered("C9")})},
                                 {"/abs.csv", csv({numbered("C8")})},
                                 {"day.csv", csv({numbered("C1")})},
                                 {"scans/a.png", png()}}));

    EXPECT_THAT(inbox.read("evil.zip"),
                ::testing::UnorderedElementsAre("evil.zip/../evil.csv zip.bad_name",
                                                "evil.zip//abs.csv zip.bad_name", "2 C1 ok"));
    EXPECT_FALSE(std::filesystem::exists(inbox.path().parent_path() / "evil.csv"));
}

TEST(Bundles, AZipBombIsStoppedAndTheRestComesIn) {
    const Inbox inbox;
    inbox.write("bomb.zip", zip({{"bomb.csv", std::string(8'000'000, '0')},
                                 {"day.csv", csv({numbered("C1")})},
                                 {"scans/a.png", png()}},
                                true));

    EXPECT_THAT(inbox.read("bomb.zip"), ElementsAre("bomb.zip/bomb.csv zip.bomb", "2 C1 ok"));
    EXPECT_TRUE(std::filesystem::is_empty(inbox.path().parent_path() / "scratch"));
}

TEST(Bundles, DamagedAndEmptyZipsAreRefused) {
    const Inbox inbox;
    std::string damaged = zip({{"day.csv", csv({numbered("C1")})}, {"scans/a.png", png()}});
    damaged[damaged.find("A123456789")] = 'B';  // the content no longer fits its checksum
    inbox.write("damaged.zip", damaged);
    inbox.write("junk.zip", "this is no ZIP at all");
    inbox.write("empty.zip", "");
    inbox.write("nothing.zip", zip({}));
    inbox.write("images.zip", zip({{"a.png", png()}}));
    const std::string whole = zip({{"day.csv", csv({numbered("C1")})}}, true);
    inbox.write("cut.zip", whole.substr(0, whole.size() / 2));
    std::vector<std::pair<std::string, std::string>> many;
    many.reserve(kZipEntriesMax + 1);
    for (int i = 0; i < 2001; ++i) {
        many.emplace_back(std::to_string(i) + ".csv", "");
    }
    inbox.write("many.zip", zip(many));

    EXPECT_THAT(inbox.read("damaged.zip"), ElementsAre("damaged.zip/day.csv zip.damaged"));
    for (const char* name : {"junk.zip", "empty.zip", "nothing.zip", "cut.zip"}) {
        const auto lines = inbox.read(name);
        ASSERT_EQ(lines.size(), 1U) << name;
        EXPECT_THAT(lines.front(), HasSubstr("zip.")) << name;
    }
    EXPECT_THAT(inbox.read("images.zip"), ElementsAre("images.zip bundle.empty"));
    EXPECT_THAT(inbox.read("many.zip"), ElementsAre("many.zip zip.too_many_entries"));
}

TEST(Bundles, RegistrationsAreTakenBeforeResets) {
    const Inbox inbox;
    inbox.write("a-reset.json", reset_file(json_record("R1")));
    inbox.write("b-registration.csv", csv({numbered("C1")}));
    std::vector<std::unique_ptr<RecordSource>> sources;
    for (const char* name : {"a-reset.json", "b-registration.csv"}) {
        sources.push_back(open_records(inbox.path(name), name, schemes(), {}).value());
    }

    sort_for_import(sources);

    EXPECT_EQ(sources.front()->info().form->id, "registration");
}

}  // namespace
}  // namespace sealdesk::intake
