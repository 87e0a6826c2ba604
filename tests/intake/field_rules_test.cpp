#include "intake/field_rules.h"

#include <random>

#include <gtest/gtest.h>

namespace sealdesk::intake {
namespace {

using scheme::IdType;
using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

std::string taken(std::string_view value) {
    std::string text(1, '=');
    text.append(value);
    return text;
}

/// "=" and the value, or the code of the fault.
std::string outcome(const Reading& reading) {
    return reading.fault ? reading.fault->code : taken(reading.value);
}

const std::vector<IdType> kPerson{IdType::NationalId, IdType::ResidentId};
const std::vector<IdType> kForeigner{IdType::NationalId, IdType::ResidentId, IdType::Passport};
const std::vector<IdType> kEntity{IdType::Ubn};
const std::vector<IdType> kAnyone{IdType::NationalId, IdType::ResidentId, IdType::Ubn,
                                  IdType::Passport, IdType::ForeignNumber};

// ---- Identifying numbers ---------------------------------------------------------------------

// G 6: check digits by the published rules.
TEST(IdRules, TheMinistrysExampleNumbersAreRight) {
    EXPECT_TRUE(is_national_id("A123456789"));
    EXPECT_TRUE(is_resident_id("A800000014"));  // National Immigration Agency, new style
    EXPECT_FALSE(is_national_id("A123456788"));
    EXPECT_FALSE(is_national_id("A323456789"));
    EXPECT_FALSE(is_national_id("a123456789"));
    EXPECT_FALSE(is_national_id("A12345678"));
    EXPECT_FALSE(is_national_id(""));
}

// G 6: since 2023 the sum need only be a multiple of five.
TEST(IdRules, UnifiedBusinessNumbersFollowTheRuleOf2023) {
    EXPECT_TRUE(is_ubn("04595257"));  // Ministry of Finance's example
    EXPECT_TRUE(is_ubn("10458575"));  // its example with 7 as seventh digit
    EXPECT_TRUE(is_ubn("22099131"));
    EXPECT_FALSE(is_ubn("22099132"));
    EXPECT_FALSE(is_ubn("00000000"));
    EXPECT_FALSE(is_ubn("2209913"));
    EXPECT_FALSE(is_ubn("2209913A"));
}

/// Ten numbers that differ in the last digit: exactly one is right, whatever stands before.
template <class IsValid>
int right_last_digits(const std::string& stem, IsValid is_valid) {
    int right = 0;
    for (char last = '0'; last <= '9'; ++last) {
        right += is_valid(stem + last) ? 1 : 0;
    }
    return right;
}

TEST(IdRules, ExactlyOneLastDigitIsRightForAnyPersonalNumber) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto digit = [&] { return static_cast<char>('0' + random() % 10); };
    for (int i = 0; i < 2000; ++i) {
        std::string stem(1, static_cast<char>('A' + random() % 26));
        const std::array<char, 8> seconds{'1', '2', '8', '9', 'A', 'B', 'C', 'D'};
        stem += seconds.at(random() % seconds.size());
        for (int k = 0; k < 7; ++k) {
            stem += digit();
        }
        const auto is_valid = [](const std::string& id) {
            return is_national_id(id) || is_resident_id(id);
        };
        ASSERT_EQ(right_last_digits(stem, is_valid), 1) << stem;
    }
}

TEST(IdRules, OneMistypedDigitOfAPersonalNumberIsFound) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    int found = 0;
    int tried = 0;
    const std::string right = "A123456789";
    for (std::size_t place = 2; place < right.size(); ++place) {
        for (char other = '0'; other <= '9'; ++other) {
            std::string wrong = right;
            wrong[place] = other;
            if (wrong != right) {
                ++tried;
                found += is_national_id(wrong) ? 0 : 1;
            }
        }
    }
    // Weights 8, 6, 5, 4 and 2 share a factor with 10, so a few slips cannot be found.
    EXPECT_GE(found, tried * 9 / 10);
    EXPECT_TRUE(is_national_id(right));
}

TEST(IdRules, OneOrTwoLastDigitsOfTenAreRightForAnyBusinessNumber) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 2000; ++i) {
        std::string stem;
        for (int k = 0; k < 7; ++k) {
            stem += static_cast<char>('0' + random() % 10);
        }
        const int right = right_last_digits(stem, is_ubn);
        // The last digit counts once: two of ten; with a 7 before it also those one short.
        ASSERT_EQ(right, stem.back() == '7' ? 4 : 2) << stem;
    }
}

TEST(IdRules, FullWidthBlanksAndHyphensAreRead) {
    EXPECT_EQ(outcome(read_id_number("Ａ１２３４５６７８９", kPerson)), "=A123456789");
    EXPECT_EQ(outcome(read_id_number(" a123-456-789　", kPerson)), "=A123456789");
    EXPECT_EQ(outcome(read_id_number("=\"04595257\"", kEntity)), "=04595257");
    EXPECT_EQ(outcome(read_id_number("'04595257", kEntity)), "=04595257");
    EXPECT_EQ(read_id_number("A123456789", kAnyone).derived, "national_id");
    EXPECT_EQ(read_id_number("A800000014", kAnyone).derived, "resident_id");
    EXPECT_EQ(read_id_number("04595257", kAnyone).derived, "ubn");
}

TEST(IdRules, EachMistakeHasItsOwnAnswer) {
    EXPECT_EQ(outcome(read_id_number("A123456788", kPerson)), "id.check_digit");
    EXPECT_EQ(outcome(read_id_number("04595258", kEntity)), "id.check_digit");
    EXPECT_EQ(outcome(read_id_number("4595257", kEntity)), "id.spoilt_by_excel");
    EXPECT_EQ(outcome(read_id_number("4.60E+06", kEntity)), "id.spoilt_by_excel");
    EXPECT_EQ(outcome(read_id_number("04595257", kPerson)), "id.wrong_type");
    EXPECT_EQ(outcome(read_id_number("A123456789", kEntity)), "id.wrong_type");
    EXPECT_EQ(outcome(read_id_number("ABC", kEntity)), "id.shape");
    EXPECT_EQ(outcome(read_id_number("身分證", kPerson)), "id.shape");
}

TEST(IdRules, AMistypedNationalIdIsNeverTakenForAPassport) {
    EXPECT_EQ(outcome(read_id_number("A123456788", kForeigner)), "id.check_digit");
    EXPECT_EQ(outcome(read_id_number("C01X00T47", kForeigner)), "=C01X00T47");
    const Reading doubtful = read_id_number("A12345678", kForeigner);
    ASSERT_TRUE(doubtful.doubt.has_value());
    EXPECT_EQ(doubtful.doubt->code, "id.maybe_short");
}

// ---- Dates -----------------------------------------------------------------------------------

// G 2: dates on forms are ROC years.
TEST(DateRules, RocAndIsoDatesInEveryUsualWritingAreOneDay) {
    for (const char* text : {"90/09/02",
                             "90/9/2",
                             "090/09/02",
                             "民國90年09月02日",
                             "民國 90 年 9 月 2 日",
                             "中華民國90年9月2日",
                             "民國九十年九月二日",
                             "九十年九月二日",
                             "民90.9.2",
                             "900902",
                             "0900902",
                             "2001-09-02",
                             "2001/9/2",
                             "西元2001年9月2日",
                             "20010902",
                             "９０／０９／０２",
                             "2001-09-02 00:00:00",
                             "2001/9/2 0:00",
                             "2001-09-02T00:00:00Z",
                             "90-09-02",
                             " 90/09/02 "}) {
        EXPECT_EQ(outcome(read_date(text)), "=2001-09-02") << text;
    }
    EXPECT_EQ(outcome(read_date("115/11/20")), "=2026-11-20");
    EXPECT_EQ(outcome(read_date("1151120")), "=2026-11-20");
    EXPECT_EQ(outcome(read_date("民國一百一十五年十一月二十日")), "=2026-11-20");
    EXPECT_EQ(outcome(read_date("民國元年1月1日")), "=1912-01-01");
}

TEST(DateRules, ADayThatDoesNotExistIsRefused) {
    for (const char* text : {"75/02/30", "2026-02-29", "115/13/01", "115/00/10", "115/4/31",
                             "1150230", "民國75年2月30日"}) {
        EXPECT_EQ(outcome(read_date(text)), "date.no_such_day") << text;
    }
    EXPECT_EQ(outcome(read_date("113/02/29")), "=2024-02-29");
}

TEST(DateRules, WhatIsNoDateIsRefusedWithTheReason) {
    EXPECT_EQ(outcome(read_date("46346")), "date.serial");
    EXPECT_EQ(outcome(read_date("11/20/2026")), "date.shape");
    EXPECT_EQ(outcome(read_date("明天")), "date.shape");
    EXPECT_EQ(outcome(read_date("2026-11-20 17:30")), "date.shape");
    EXPECT_EQ(outcome(read_date("0/1/1")), "date.year");
    EXPECT_EQ(outcome(read_date("1900-01-01")), "date.year");
    EXPECT_EQ(outcome(read_date("一一一一一一一一一一")), "date.shape");
}

TEST(DateRules, AYearIsCompleteOnTheBirthday) {
    const auto born = year{2008} / month{11} / day{20};
    EXPECT_EQ(age_on(born, year{2026} / month{11} / day{19}), 17);
    EXPECT_EQ(age_on(born, year{2026} / month{11} / day{20}), 18);
    // Civil Code §121: born on a leap day, 18 only on 1 March of a year without one.
    const auto leap = year{2008} / month{2} / day{29};
    EXPECT_EQ(age_on(leap, year{2026} / month{2} / day{28}), 17);
    EXPECT_EQ(age_on(leap, year{2026} / month{3} / day{1}), 18);
}

// ---- Names and texts -------------------------------------------------------------------------

TEST(NameRules, RareCharactersStayAsTheyAre) {
    for (const char* name : {"吳𠮷", "張㛢", "林犇峯", "王堃煊", "王〇明", "陳\xF0\xB0\xBB\x9D",
                             "葛\xF3\xA0\x84\x80城", "\xEF\xA8\x99木", "Ådne O'Brien-Smith",
                             "株式会社日本ー", "3M台灣股份有限公司"}) {
        EXPECT_EQ(outcome(read_name(name)), taken(name));
    }
}

TEST(NameRules, LettersWithAccentsAreComposed) {
    EXPECT_EQ(outcome(read_name("Jose\xCC\x81 Muñoz")), "=José Muñoz");
    // A compatibility ideograph beside a decomposed letter: the one stays, the other is composed.
    EXPECT_EQ(outcome(read_name("e\xCC\x81\xEF\xA8\x99")), "=é\xEF\xA8\x99");
}

TEST(NameRules, ALostCharacterIsRefusedWithWhatToDo) {
    for (const char* name : {"王?明", "王？明", "王〓明", "王□明", "王\xEF\xBF\xBD明",
                             "王\xEE\x80\x80明", "王○明", "王*明", "?", "⿰方方土"}) {
        const Reading reading = read_name(name);
        ASSERT_EQ(outcome(reading), "name.lost_character") << name;
        EXPECT_NE(reading.fault->message.zh.find("CSV UTF-8"), std::string::npos);
    }
}

TEST(NameRules, HiddenCharactersAndNamesWithoutLettersAreRefused) {
    EXPECT_EQ(outcome(read_name("王\xE2\x80\x8B明")), "text.invisible");
    EXPECT_EQ(outcome(read_name("王\xE2\x80\xAE明")), "text.invisible");
    EXPECT_EQ(outcome(read_name("A\xEF\xB8\x80")), "text.invisible");
    EXPECT_EQ(outcome(read_name("王\n明")), "text.control");
    EXPECT_EQ(outcome(read_name("12345")), "name.no_letter");
    EXPECT_EQ(outcome(read_name("--")), "name.no_letter");
}

TEST(TextRules, FormulaTextIsPlainData) {
    EXPECT_EQ(outcome(read_text("=HYPERLINK(\"http://x\",\"y\")")),
              "==HYPERLINK(\"http://x\",\"y\")");
    EXPECT_EQ(outcome(read_text("http://example.test/?a=b")), "=http://example.test/?a=b");
    EXPECT_EQ(outcome(read_text("中?路")), "text.lost_character");
}

TEST(TextRules, NumbersAndAnswersAreReadAsPeopleWriteThem) {
    EXPECT_EQ(outcome(read_number("１２")), "=12");
    EXPECT_EQ(outcome(read_number("012")), "=12");
    EXPECT_EQ(outcome(read_number("1,234 件")), "=1234");
    EXPECT_EQ(outcome(read_number("-1")), "number.shape");
    EXPECT_EQ(outcome(read_number("12.5")), "number.shape");
    EXPECT_EQ(outcome(read_number("1234567890123")), "number.shape");
    for (const char* yes : {"是", "有", "Y", "YES", "true", "同意", "１", "✓"}) {
        EXPECT_EQ(outcome(read_yes_no(yes)), "=yes") << yes;
    }
    for (const char* no : {"否", "無", "N", "False", "不同意", "0"}) {
        EXPECT_EQ(outcome(read_yes_no(no)), "=no") << no;
    }
    EXPECT_EQ(outcome(read_yes_no("也許")), "yes_no.unknown");
}

TEST(TextRules, AChoiceIsReadByValueLabelOrAlias) {
    const std::vector<scheme::Choice> choices{{"ic_card", {"IC卡", "IC card"}, {"晶片卡"}},
                                              {"software", {"軟體憑證", "Software"}, {}}};
    for (const char* text :
         {"ic_card", "IC卡", "ＩＣ卡", "ic Card", "IC 卡", "晶片卡", "IC卡（新臺幣500元）"}) {
        EXPECT_EQ(outcome(read_choice(text, choices)), "=ic_card") << text;
    }
    const Reading unknown = read_choice("金卡", choices);
    ASSERT_EQ(outcome(unknown), "choice.unknown");
    EXPECT_NE(unknown.fault->message.zh.find("IC卡、軟體憑證"), std::string::npos);
}

TEST(TextRules, DocumentsArePartedByAnyUsualSign) {
    EXPECT_EQ(split_documents("身分證影本;健保卡影本"),
              (std::vector<std::string>{"身分證影本", "健保卡影本"}));
    EXPECT_EQ(split_documents(" 護照影本、授權文件，; 智慧局確認函 "),
              (std::vector<std::string>{"護照影本", "授權文件", "智慧局確認函"}));
    EXPECT_TRUE(split_documents(";;").empty());
}

TEST(TextRules, ARecordNumberIsACode) {
    EXPECT_EQ(outcome(read_record_number(" ｃ00001 ")), "=C00001");
    EXPECT_EQ(outcome(read_record_number("C 1")), "record_number.shape");
    EXPECT_EQ(outcome(read_record_number(std::string(41, 'A'))), "record_number.shape");
}

TEST(TextRules, ASerialNumberIsHexadecimal) {
    EXPECT_EQ(outcome(read_certificate_serial(" 0A:1b 2C-3d ")), "=0a1b2c3d");
    EXPECT_EQ(outcome(read_certificate_serial("０Ａ１Ｂ")), "=0a1b");
    EXPECT_EQ(outcome(read_certificate_serial("12G4")), "certificate_serial.shape");
    EXPECT_EQ(outcome(read_certificate_serial(std::string(41, 'a'))), "certificate_serial.shape");
}

// ---- Contact ---------------------------------------------------------------------------------

TEST(ContactRules, TelephonesKeepTheirAreaCode) {
    EXPECT_EQ(outcome(read_phone("02-2370-0715")), "=02-2370-0715");
    EXPECT_EQ(outcome(read_phone("(04)22590358")), "=(04)22590358");
    EXPECT_EQ(outcome(read_phone("０９１２－３４５－４６５")), "=0912-345-465");
    EXPECT_EQ(outcome(read_phone("+886 2 2370 8886")), "=+886 2 2370 8886");
    EXPECT_EQ(outcome(read_phone("886-2-2370-8886")), "=886-2-2370-8886");
    EXPECT_EQ(outcome(read_phone("+49 30 1234567")), "=+49 30 1234567");
    EXPECT_EQ(outcome(read_phone("02-2370-8886 分機 123")), "=02-2370-8886#123");
    EXPECT_EQ(outcome(read_phone("02-2370-8886 ext. 7")), "=02-2370-8886#7");
    EXPECT_EQ(outcome(read_phone("912345465")), "phone.no_area_code");
    EXPECT_EQ(outcome(read_phone("2370-8886")), "phone.no_area_code");
    EXPECT_EQ(outcome(read_phone("0912-345-46")), "phone.no_area_code");
    EXPECT_EQ(outcome(read_phone("請電洽")), "phone.shape");
    EXPECT_EQ(outcome(read_phone("02-2370-8886/0912-345-678")), "phone.several");
    EXPECT_EQ(outcome(read_phone("02-2370\n8886")), "text.control");
}

TEST(ContactRules, PostalCodesHaveThreeFiveOrSixDigits) {
    EXPECT_EQ(outcome(read_postal_code("100")), "=100");
    EXPECT_EQ(outcome(read_postal_code("１００５７")), "=10057");
    EXPECT_EQ(outcome(read_postal_code("100-057")), "=100057");
    EXPECT_EQ(outcome(read_postal_code("1000")), "postal_code.shape");
    EXPECT_EQ(outcome(read_postal_code("012")), "postal_code.shape");
    EXPECT_EQ(outcome(read_postal_code("ABC")), "postal_code.shape");
}

TEST(ContactRules, AnAddressGivesItsPostalCode) {
    const Reading with = read_address("701臺南市東區忠孝路4段385號14樓");
    EXPECT_EQ(with.derived, "701");
    EXPECT_FALSE(with.doubt.has_value());
    EXPECT_EQ(read_address("(100) 臺北市中正區延平南路85號10樓").derived, "100");
    EXPECT_EQ(read_address("１００臺北市").derived, "100");
    for (const char* without :
         {"臺北市中正區延平南路85號", "=HYPERLINK(\"http://x\",\"y\")", "1234號"}) {
        const Reading reading = read_address(without);
        ASSERT_FALSE(reading.fault.has_value()) << without;
        EXPECT_EQ(reading.doubt.value_or(Fault{}).code, "address.no_postal_code");
    }
}

TEST(ContactRules, AnEmailIsOneMailbox) {
    EXPECT_EQ(outcome(read_email("u2026x1@example.test")), "=u2026x1@example.test");
    EXPECT_EQ(outcome(read_email(" A.b+c@Example.TEST ")), "=A.b+c@example.test");
    EXPECT_EQ(outcome(read_email("ａ＠ｂ．ｔｅｓｔ")), "=a@b.test");
    EXPECT_EQ(outcome(read_email("info@智慧.台灣")), "=info@xn--1iuv6i.xn--kpry57d");
    EXPECT_EQ(outcome(read_email("a@b.test\nBcc: x@example.test")), "text.control");
    EXPECT_EQ(outcome(read_email("a@b.test\r\nBcc: x@example.test")), "text.control");
    EXPECT_EQ(outcome(read_email("a@b.test;c@d.test")), "email.several");
    EXPECT_EQ(outcome(read_email("a@b@c.test")), "email.several");
    EXPECT_EQ(outcome(read_email("王@example.test")), "email.shape");
    EXPECT_EQ(outcome(read_email("example.test")), "email.shape");
    EXPECT_EQ(outcome(read_email(".a@example.test")), "email.shape");
    EXPECT_EQ(outcome(read_email("a@localhost")), "email.domain");
    EXPECT_EQ(outcome(read_email("a@10.0.0.1")), "email.domain");
    EXPECT_EQ(outcome(read_email("a@-x.test")), "email.domain");
    EXPECT_EQ(outcome(read_email("a@x..test")), "email.domain");
    EXPECT_EQ(outcome(read_email(std::string("a@").append(64, 'x').append(".test"))),
              "email.domain");
}

}  // namespace
}  // namespace sealdesk::intake
