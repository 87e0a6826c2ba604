// XML of other offices' programs, and how sure the reader is of an encoding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "intake/bundle.h"
#include "intake/encoding.h"
#include "intake/sheets.h"
#include "support/command.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string submissions(const std::string& inside) {
    return R"(<submissions scheme="tipo" form="registration">)" + inside + "</submissions>";
}

std::string submission(const Cells& cells) {
    const std::string text = xml_of({cells}, "registration");
    const std::size_t begin = text.find("<submission>");
    return text.substr(begin, text.find("</submissions>") - begin);
}

TEST(ReadingXml, RowsReadTheSameAsInACsv) {
    const Inbox inbox;
    const std::vector<Cells> rows{person_no("C1"), person_no("C2", {{"證號", "A123456788"}})};
    inbox.write("day.xml", xml_of(rows, "registration"));
    inbox.write("day.csv", csv(rows));

    EXPECT_THAT(inbox.read("day.xml"), ElementsAre("1 C1 ok", "2 C2 id.check_digit(id_number)"));
    const auto xml = inbox.drafts("day.xml");
    const auto text = inbox.drafts("day.csv");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(xml[i].content, text[i].content) << i;
        EXPECT_EQ(xml[i].payload, text[i].payload) << i;
    }
}

/// What another validator says, by the schema that ships.
bool is_valid(const std::filesystem::path& file) {
    const auto schema = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms/schema/submissions.xsd";
    return test::run_command("xmllint --noout --nonet --schema '" + schema.string() + "' '" +
                             file.string() + "'")
        .succeeded();
}

TEST(ReadingXml, TheSchemaAgreesWithTheReader) {
    const Inbox inbox;
    const std::string good = xml_of({person_no("C1"), person_no("C2")}, "registration");
    EXPECT_TRUE(is_valid(inbox.write("good.xml", good)));
    std::string twice = good;
    twice.insert(twice.find("</submission>"), "<field name=\"證號\">A123456789</field>");
    EXPECT_FALSE(is_valid(inbox.write("twice.xml", twice)));
    EXPECT_FALSE(is_valid(inbox.write("root.xml", "<forms/>")));
    EXPECT_FALSE(
        is_valid(inbox.write("nested.xml", submissions("<submission><field name=\"a\"><b/></field>"
                                                       "</submission>"))));
    EXPECT_TRUE(is_valid(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                         "tests/intake/files/registrations.xml"));
}

TEST(ReadingXml, TheSampleOfTheSchemaIsRead) {
    const Inbox inbox;
    std::filesystem::copy_file(
        std::filesystem::path(SEALDESK_SOURCE_DIR) / "tests/intake/files/registrations.xml",
        inbox.path("day.xml"));

    EXPECT_THAT(inbox.read("day.xml"), ElementsAre("1 C00001 ok"));
}

TEST(ReadingXml, EncodingsAreReadAsDeclared) {
    const Inbox inbox;
    const std::string body = submissions(submission(person_no("C1")));
    inbox.write("plain.xml", body);
    inbox.write("mark.xml", "\xEF\xBB\xBF" + body);
    inbox.write("utf16.xml", to_utf16le("<?xml version='1.0' encoding='UTF-16'?>" + body));
    inbox.write("big5.xml", "<?xml version='1.0' encoding='Big5'?>" + to_cp950(body));
    inbox.write("silent.xml", to_cp950(body));
    inbox.write("latin.xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + body);
    inbox.write("lie.xml", "<?xml version='1.0' encoding='UTF-8'?>" + to_cp950(body));

    for (const char* name : {"plain.xml", "mark.xml", "utf16.xml", "big5.xml", "silent.xml"}) {
        EXPECT_THAT(inbox.read(name), ElementsAre("1 C1 ok")) << name;
    }
    EXPECT_THAT(inbox.read("latin.xml"), ElementsAre("latin.xml:1 file.encoding"));
    EXPECT_THAT(inbox.read("lie.xml"), ElementsAre("1 - xml.broken()"));
}

TEST(ReadingXml, OneBadRecordDoesNotSpoilTheOthersAndItsLineIsTold) {
    const Inbox inbox;
    const std::string twice = R"(<field name="收件編號">C9</field>)";
    std::string repeated = submission(person_no("C2"));
    repeated.insert(repeated.find("</submission>"), twice);
    std::string alias = submission(person_no("C3"));
    alias.insert(alias.find("</submission>"), R"(<field name="身分證字號">A123456789</field>)");
    inbox.write("bad.xml", submissions("\n" + submission(person_no("C1")) + repeated + alias +
                                       "<submission>text</submission>" + "<other/>" +
                                       "<submission><field>x</field></submission>" +
                                       "<submission><field name=\"a\"><b/></field></submission>" +
                                       "<submission><field name=\"a\">" +
                                       std::string(2'000'000, 'x') + "</field></submission>" +
                                       submission(person_no("C9", {{"表單版本", "3"}})) +
                                       submission(person_no("C10"))));

    EXPECT_THAT(
        inbox.read("bad.xml"),
        ElementsAre("1 C1 ok", "2 C2 xml.repeated_field(record_number)",
                    "3 C3 xml.repeated_field(id_number)", "4 - xml.shape()", "5 - xml.shape()",
                    "6 - xml.shape()", "7 - xml.shape()", "8 - xml.record_too_large()",
                    "9 C9 form.version(form_version)", "10 C10 ok"));
    const Draft second = inbox.drafts("bad.xml")[1];
    EXPECT_THAT(second.reasons.front().message.en, HasSubstr("(line 47)"));
}

TEST(ReadingXml, WhatIsNoXmlEndsTheFileAndKeepsWhatCameBefore) {
    const Inbox inbox;
    const std::string whole =
        submissions(submission(person_no("C1")) + submission(person_no("C2")));
    inbox.write("cut.xml", whole.substr(0, whole.size() - 60));
    std::string deep;
    for (int i = 0; i < 100'000; ++i) {
        deep += "<a>";
    }
    inbox.write("deep.xml", submissions(submission(person_no("C1")) + "<submission>" + deep));
    inbox.write("tag.xml", submissions(submission(person_no("C1")) + "<submission a=\"" +
                                       std::string(1'000'000, 'x') + "\"/>"));
    inbox.write("doctype.xml", "<!DOCTYPE submissions [<!ENTITY a \"x\">]>" + whole);
    inbox.write("external.xml", "<!DOCTYPE submissions SYSTEM \"file:///etc/passwd\">" + whole);
    inbox.write("entity.xml",
                submissions("<submission><field name=\"a\">&b;</field></submission>"));
    inbox.write("root.xml", "<forms><form/></forms>");
    inbox.write("junk.xml", "hello");

    EXPECT_THAT(inbox.read("cut.xml"), ElementsAre("1 C1 ok", "2 - xml.broken()"));
    EXPECT_THAT(inbox.read("deep.xml"), ElementsAre("1 C1 ok", "2 - xml.too_deep()"));
    EXPECT_THAT(inbox.read("tag.xml"), ElementsAre("1 C1 ok", "2 - xml.too_large()"));
    EXPECT_THAT(inbox.read("doctype.xml"), ElementsAre("doctype.xml:1 xml.doctype"));
    EXPECT_THAT(inbox.read("external.xml"), ElementsAre("external.xml:1 xml.doctype"));
    EXPECT_THAT(inbox.read("entity.xml"), ElementsAre("1 - xml.broken()"));
    EXPECT_THAT(inbox.read("root.xml"), ElementsAre("root.xml:1 xml.root"));
    EXPECT_THAT(inbox.read("junk.xml"), ElementsAre("junk.xml:1 xml.broken"));
}

TEST(ReadingXml, TheFileSaysWhichFormItHolds) {
    const Inbox inbox;
    inbox.write("scheme.xml", R"(<submissions scheme="none" form="registration"/>)");
    inbox.write("version.xml",
                R"(<submissions scheme="tipo" form="registration" form_version="9"/>)");
    inbox.write("right.xml",
                R"(<submissions scheme="tipo" form="registration" form_version="5.1"/>)");
    inbox.write("silent.xml", "<submissions>" + submission(person_no("C1")) + "</submissions>");
    SourceOptions registry;
    registry.origin = scheme::Origin::Register;

    EXPECT_THAT(inbox.read("right.xml", registry), ElementsAre("right.xml file.unknown_scheme"));
    EXPECT_THAT(inbox.read("scheme.xml"), ElementsAre("scheme.xml file.unknown_scheme"));
    EXPECT_THAT(inbox.read("version.xml"), ElementsAre("version.xml:1 file.form_version"));
    EXPECT_THAT(inbox.read("right.xml"), IsEmpty());
    EXPECT_THAT(inbox.read("silent.xml"), ElementsAre("1 C1 ok"));
}

std::string certainty_in(const Inbox& inbox, const std::string& name, const std::string& bytes,
                         const SourceOptions& options = {}) {
    inbox.write(name, bytes);
    const auto source = open_records(inbox.path(name), name, schemes(), options);
    return source ? (*source)->info().certainty.en : source.error().code;
}

TEST(Encodings, TheReaderSaysHowSureItIs) {
    const Inbox inbox;
    const std::string text = csv({person_no("C1"), person_no("C2")});
    Cells ascii;
    for (const auto& [heading, value] : person_no("C1")) {
        for (const scheme::Field& field : registration_form().fields) {
            if (field.label.zh == heading) {
                ascii.emplace_back(field.key, "x");
            }
        }
    }
    EXPECT_EQ(certainty_in(inbox, "a.csv", "\xEF\xBB\xBF" + text),
              "UTF-8, certain (byte order mark)");
    EXPECT_THAT(certainty_in(inbox, "b.csv", text), StartsWith("UTF-8, certain (all of "));
    EXPECT_EQ(certainty_in(inbox, "c.csv", to_utf16le(text)),
              "UTF-16LE, certain (byte order mark)");
    EXPECT_THAT(certainty_in(inbox, "d.csv", to_cp950(text)),
                StartsWith("Big5 (CP950), likely (all of "));
    EXPECT_EQ(certainty_in(inbox, "e.csv", csv({ascii})), "ASCII only");
    EXPECT_EQ(certainty_in(inbox, "f.csv", to_cp950(text), {{}, {}, "big5"}), "CP950, as told");
    EXPECT_THAT(certainty_in(inbox, "g.csv", text + to_cp950(text)),
                ::testing::ContainsRegex("doubtful \\([0-9]+ "));
    EXPECT_EQ(certainty_in(inbox, "h.xlsx", sheet_of({person_no("C1")})), "");
}

// 用申证文子邮 in GBK is, byte by byte, Big5 as well; it only gives characters that nobody uses.
TEST(Encodings, ATextThatCouldBeGbkIsDoubtful) {
    const std::string gbk = "\xD3\xC3\xC9\xEA\xD6\xA4\xCE\xC4\xD7\xD3\xD3\xCA";
    const Inbox inbox;
    inbox.write("gbk.txt", gbk);

    const FileSurvey survey = survey_file(inbox.path("gbk.txt"));

    EXPECT_EQ(survey.cp950_faults, 0);
    EXPECT_THAT(find_encoding(survey, "").certainty.en, HasSubstr("could be GBK"));
}

TEST(Encodings, TwoCharactersAreNoProof) {
    const Inbox inbox;
    inbox.write("two.txt", "\xE4\xBD\xA0\xE5\xA5\xBD");

    const FileSurvey survey = survey_file(inbox.path("two.txt"));

    EXPECT_EQ(survey.utf8_faults, 0);
    EXPECT_THAT(find_encoding(survey, "").certainty.en,
                survey.cp950_faults == 0 ? HasSubstr("likely") : HasSubstr("certain"));
}

}  // namespace
}  // namespace sealdesk::intake
