#include "intake/evaluate.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/image.h"
#include "intake/inbox.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string judged(const Cells& row) {
    const Inbox inbox;
    return codes_of(inbox.draft(row));
}

TEST(Evaluate, FormsThatKeepEveryRuleAreAccepted) {
    EXPECT_EQ(judged(person()), "ok");
    EXPECT_EQ(judged(company()), "ok");
    EXPECT_EQ(judged(person({{"證號", "A800000014"}, {"檢附文件", "護照影本;駕駛執照影本"}})),
              "ok");
    EXPECT_EQ(judged(person({{"國內住所或營業所", "無"},
                             {"審查中案件數", "10"},
                             {"證號", "C01X00T47"},
                             {"檢附文件", "護照影本;授權文件;智慧局確認函"}})),
              "ok");
}

TEST(Evaluate, EveryKindOfApplicantHasItsOwnNumberAndSeals) {
    for (const char* kind : {"公司", "分公司", "商業", "有限合夥", "社團法人", "財團法人"}) {
        EXPECT_EQ(judged(company({{"申請人類別", kind}})), "ok") << kind;
        EXPECT_EQ(judged(company({{"申請人類別", kind}, {"負責人印鑑影像", ""}})),
                  "seal.missing(responsible_seal_scan)")
            << kind;
    }
    // T 5.1.2.2 丁: the agency's seal only, and no responsible person
    EXPECT_EQ(judged(company({{"申請人類別", "政府機關"},
                              {"負責人姓名", ""},
                              {"負責人證號", ""},
                              {"負責人印鑑影像", ""},
                              {"檢附文件", "正式公文正本"}})),
              "ok");
    EXPECT_EQ(judged(person({{"申請人類別", "神仙"}})), "choice.unknown(applicant_kind)");
}

TEST(Evaluate, EachRuleRefusesWithItsFieldAndCitation) {
    struct Broken {
        Cells row;
        std::string codes;
        std::string rule;
    };
    const std::vector<Broken> all{
        {person({{"證號", "A123456788"}}), "id.check_digit(id_number)", "id.check_digit"},
        {company({{"證號", "04595258"}}), "id.check_digit(id_number)", "id.check_digit"},
        {person({{"出生日期", "099/01/15"}}), "registration.age(birth_date)", "T 5.1.1.1"},
        {person({{"出生日期", "75/02/30"}}), "date.no_such_day(birth_date)", "date.no_such_day"},
        {person({{"出生日期", "116/01/01"}}), "date.in_future(birth_date)", "T 5.1.1.1"},
        {person({{"出生日期", ""}}), "field.missing(birth_date)", "T 5.1.1.1"},
        {person({{"國內住所或營業所", "無"}, {"審查中案件數", "8"}}),
         "registration.pending_cases(pending_cases)", "T 5.1.1.1"},
        {company({{"國內住所或營業所", "無"}, {"審查中案件數", "9"}}),
         "registration.pending_cases_organisation(pending_cases)", "T 5.1.1.2"},
        {person({{"國內住所或營業所", "無"}}), "field.missing(pending_cases)", "T 5.1.1"},
        {person({{"聯絡人電子郵件", ""}}), "registration.email_for_electronic(contact_email)",
         "T 5.1.4"},
        {person({{"聯絡人電子郵件", "a@b.test\nBcc: x@example.test"}}),
         "text.control(contact_email)", "text.control"},
        {person({{"印鑑影像", ""}}), "seal.missing(seal_scan)", "T 5.1.2.1"},
        {company({{"負責人印鑑影像", ""}}), "seal.missing(responsible_seal_scan)", "T 5.1.2.2"},
        {person({{"印鑑影像", "../../../../etc/passwd"}}), "scan.outside(seal_scan)",
         "scan.outside"},
        {person({{"同意約定條款", "否"}}), "registration.terms(terms_accepted)", "T 5.1.2.1"},
        {person({{"申請人名稱", "王?明"}}), "name.lost_character(applicant_name)",
         "name.lost_character"},
        {person({{"憑證類別", "金卡"}}), "choice.unknown(certificate_kind)", "choice.unknown"},
        {company({{"負責人姓名", ""}}), "field.missing(responsible_name)", "T 5.1.3.2"},
        {person({{"受監護宣告", "是"}}), "registration.guardianship(under_guardianship)",
         "T 5.1.1.1"},
        {company({{"證號", "A123456789"}}), "id.wrong_type(id_number)", "id.wrong_type"},
        {person({{"證號", "C01X00T47"}}), "id.shape(id_number)", "id.shape"},
        {person({{"申請人名稱", std::string(453, 'x')}}), "text.too_long(applicant_name)",
         "text.too_long"},
    };
    for (const Broken& broken : all) {
        const Inbox inbox;
        const Draft draft = inbox.draft(broken.row);
        EXPECT_EQ(codes_of(draft), broken.codes);
        ASSERT_FALSE(draft.reasons.empty()) << broken.codes;
        EXPECT_EQ(draft.reasons.front().rule(), broken.rule);
        EXPECT_FALSE(draft.reasons.front().message.zh.empty());
        EXPECT_FALSE(draft.reasons.front().message.en.empty());
    }
}

TEST(Evaluate, EveryFaultOfARowIsReportedAtOnce) {
    EXPECT_EQ(judged(person({{"證號", "A123456788"},
                             {"聯絡人電話", "2370"},
                             {"同意約定條款", ""},
                             {"印鑑影像", "scans/none.png"}})),
              "phone.no_area_code(contact_phone) id.check_digit(id_number) "
              "field.missing(terms_accepted) scan.missing(seal_scan)");
}

TEST(Evaluate, ValuesAreStoredNormalised) {
    const Inbox inbox;
    const Draft draft = inbox.draft(person({{"證號", "Ａ１２３４５６７８９"},
                                            {"出生日期", "民國90年09月02日"},
                                            {"憑證類別", "晶片卡"}}));

    ASSERT_EQ(codes_of(draft), "ok");
    EXPECT_EQ(draft.value("id_number"), "A123456789");
    EXPECT_EQ(draft.value("id_number.type"), "national_id");
    EXPECT_EQ(draft.value("birth_date"), "2001-09-02");
    EXPECT_EQ(draft.value("certificate_kind"), "ic_card");
    EXPECT_EQ(draft.value("contact_postal_code"), "701");
    EXPECT_EQ(draft.record_number, "C00001");
    ASSERT_EQ(draft.scans.size(), 1U);
    EXPECT_EQ(draft.value("seal_scan"), draft.scans.front().sha256);
    EXPECT_EQ(values_of(draft.payload).at("birth_date"), "2001-09-02");
    EXPECT_THAT(documents_of(draft.payload), ElementsAre("id_card_copy", "health_card_copy"));
}

TEST(Evaluate, PayloadAndContentAreTheSameWhateverWayItWasWritten) {
    const Inbox inbox;
    const Draft one = inbox.draft(person({{"出生日期", "67/01/27"}, {"同意約定條款", "是"}}));
    const Draft other = inbox.draft(person({{"出生日期", "1978-01-27"}, {"同意約定條款", "Y"}}));

    EXPECT_EQ(one.payload, other.payload);
    EXPECT_EQ(one.content, other.content);
}

TEST(Evaluate, TheContentKeyFollowsCellsAndPictures) {
    const Inbox inbox;
    const Draft first = inbox.draft(person());
    const Draft again = inbox.draft(person());
    inbox.write("scans/a.png", png().append("another picture"));
    const Draft repictured = inbox.draft(person());

    EXPECT_EQ(first.content, again.content);
    EXPECT_NE(first.content, repictured.content);
    EXPECT_NE(row_key(first.content, 1, 1), row_key(first.content, 2, 1));
    EXPECT_NE(row_key(first.content, 1, 1), row_key(first.content, 1, 2));
}

TEST(Evaluate, AMissingDocumentIsAFindingForTheOfficerNotARefusal) {
    const Inbox inbox;
    const Draft draft = inbox.draft(person({{"檢附文件", "身分證影本;圖書證"}}));

    ASSERT_EQ(codes_of(draft), "ok");
    EXPECT_THAT(findings_of(draft), ElementsAre("documents.unknown", "documents.missing"));
    EXPECT_EQ(draft.findings.back().check, "documents");
    EXPECT_EQ(draft.findings.back().citation, "T 5.1.2.2 甲(2)");
}

TEST(Evaluate, FindingsAndReasonsSurviveBeingStored) {
    const Inbox inbox;
    const Draft draft = inbox.draft(person({{"檢附文件", ""}, {"聯絡人地址", "臺北市信義路1號"}}));

    const auto findings = findings_from_json(findings_to_json(draft.findings));
    ASSERT_EQ(findings.size(), draft.findings.size());
    EXPECT_EQ(findings.front().message.zh, draft.findings.front().message.zh);

    const Draft refused = inbox.draft(person({{"證號", ""}}));
    const auto reasons = reasons_from_json(reasons_to_json(refused.reasons));
    ASSERT_EQ(reasons.size(), 1U);
    EXPECT_EQ(reasons.front().rule(), refused.reasons.front().rule());
    EXPECT_THROW((void)reasons_from_json("{"), Failure);
    EXPECT_THROW((void)values_of("[]"), Failure);
}

TEST(Evaluate, ARefusedRowIsKeptAsItWasKeyed) {
    const Inbox inbox;
    const Draft draft = inbox.draft(person({{"證號", "A123456788"}}));

    EXPECT_THAT(draft.payload, HasSubstr(R"("as_keyed")"));
    EXPECT_THAT(draft.payload, HasSubstr("A123456788"));
}

TEST(Evaluate, AFormulaIsPlainText) {
    const Inbox inbox;
    const Draft draft = inbox.draft(
        person({{"聯絡人地址", "=HYPERLINK(\"http://x\",\"y\")"}, {"密碼單領取方式", "現場領取"}}));

    ASSERT_EQ(codes_of(draft), "ok");
    EXPECT_EQ(draft.value("contact_address"), "=HYPERLINK(\"http://x\",\"y\")");
    EXPECT_THAT(findings_of(draft), ElementsAre("address.no_postal_code"));
}

TEST(Evaluate, APostalCodeColumnOfItsOwnIsTaken) {
    const Inbox inbox;
    const Draft own = inbox.draft(
        person({{"聯絡人地址", "臺南市東區忠孝路4段385號"}, {"聯絡人郵遞區號", "70154"}}));
    const Draft differs = inbox.draft(person({{"聯絡人郵遞區號", "100"}}));

    EXPECT_EQ(own.value("contact_postal_code"), "70154");
    EXPECT_THAT(findings_of(own), IsEmpty());
    EXPECT_THAT(findings_of(differs), ElementsAre("postal_code.differs"));
}

TEST(Evaluate, ADayOfReceiptAfterTodayIsAFinding) {
    const Inbox inbox;
    EXPECT_THAT(findings_of(inbox.draft(person({{"收件日期", "115/11/21"}}))),
                ElementsAre("date.received_in_future"));
}

TEST(Evaluate, TheAgeCountsOnTheDayOfReceipt) {
    // 18 on 2026-11-21 (T 5.1.1.1)
    const Cells born{{"出生日期", "97/11/21"}};
    EXPECT_EQ(judged(person(born)), "registration.age(birth_date)");
    Cells a_day_later = born;
    a_day_later.emplace_back("收件日期", "115/11/21");
    EXPECT_EQ(judged(person(a_day_later)), "ok");
}

// ---- Scans -----------------------------------------------------------------------------------

TEST(EvaluateScans, OnlyAWholePictureInsideTheBatchIsTaken) {
    const Inbox inbox;
    const std::string picture = png();
    inbox.write("scans/text.png", "no picture at all");
    inbox.write("scans/cut.png", picture.substr(0, picture.size() / 2));
    inbox.write("scans/empty.png", "");
    std::filesystem::create_directory(inbox.path("scans/folder.png"));
    std::filesystem::create_symlink("a.png", inbox.path("scans/link.png"));
    std::filesystem::create_directory_symlink("scans", inbox.path("elsewhere"));
    const std::map<std::string, std::string> expected{
        {"scans/a.png", "ok"},
        {"scans\\a.png", "ok"},
        {"./scans//a.png", "ok"},
        {"scans/text.png", "image.not_an_image(seal_scan)"},
        {"scans/empty.png", "image.not_an_image(seal_scan)"},
        {"scans/none.png", "scan.missing(seal_scan)"},
        {"scans/link.png", "scan.not_a_file(seal_scan)"},
        {"elsewhere/a.png", "scan.not_a_file(seal_scan)"},
        {"scans/folder.png", "scan.not_a_file(seal_scan)"},
        {"scans/a.png/x", "scan.not_a_file(seal_scan)"},
        {"../inbox/scans/a.png", "scan.outside(seal_scan)"},
        {"scans/../../x.png", "scan.outside(seal_scan)"},
        {"/etc/passwd", "scan.outside(seal_scan)"},
        {"C:\\scans\\a.png", "scan.outside(seal_scan)"},
        {"..\\..\\x.png", "scan.outside(seal_scan)"},
        {"scans/a\x01.png", "scan.bad_name(seal_scan)"},
    };
    for (const auto& [name, codes] : expected) {
        EXPECT_EQ(codes_of(inbox.draft(person({{"印鑑影像", name}}))), codes) << name;
    }
    EXPECT_THAT(codes_of(inbox.draft(person({{"印鑑影像", "scans/cut.png"}}))),
                HasSubstr("image."));
}

TEST(EvaluateScans, APictureOfTwentyThousandPixelsASideIsRefusedUnread) {
    const Inbox inbox;
    std::string huge = png();
    // Width and height in the IHDR chunk: 20,000 = 0x4E20.
    huge.replace(16, 8, std::string("\0\0\x4E\x20\0\0\x4E\x20", 8));
    inbox.write("scans/huge.png", huge);

    EXPECT_THAT(codes_of(inbox.draft(person({{"印鑑影像", "scans/huge.png"}}))),
                HasSubstr("image."));
}

TEST(EvaluateScans, OnePictureForBothSealsIsAFinding) {
    const Inbox inbox;
    const Draft draft = inbox.draft(company({{"負責人印鑑影像", "scans/a.png"}}));

    ASSERT_EQ(codes_of(draft), "ok");
    EXPECT_THAT(findings_of(draft), ElementsAre("scan.same_twice"));
}

// ---- Rules that need the register ------------------------------------------------------------

class FakeRegistry final : public Registry {
public:
    [[nodiscard]] const KnownSubscriber* find_subscriber(std::string_view,
                                                         std::string_view id) const override {
        const auto found = subscribers.find(std::string(id));
        return found == subscribers.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::string open_request(std::string_view, std::string_view,
                                           std::string_view id) const override {
        const auto found = open.find(std::string(id));
        return found == open.end() ? std::string{} : found->second;
    }

    std::map<std::string, KnownSubscriber> subscribers;
    std::map<std::string, std::string> open;
};

Draft reset_draft(const Inbox& inbox, const std::string& id, const std::string& seals) {
    std::string text =
        R"({"scheme":"tipo","form":"password-reset","records":[{"收件編號":"R00001",)"
        R"("收件日期":"115/11/20","申請人名稱":"永樂精品股份有限公司","證號":")";
    text.append(id).append(R"(","申請方式":"郵寄","密碼單領取方式":"電子化")").append(seals);
    inbox.write("reset.json", text.append("}]}"));
    return inbox.drafts("reset.json").front();
}

const std::string kBothSeals = R"(,"印鑑影像":"scans/a.png","負責人印鑑影像":"scans/b.png")";
const std::string kOneSeal = R"(,"印鑑影像":"scans/a.png")";

TEST(RegistryRules, AResetOfNobodyIsRefused) {
    const Inbox inbox;
    Draft draft = reset_draft(inbox, "04595257", kBothSeals);
    ASSERT_EQ(codes_of(draft), "ok");

    draft = judge_by_registry(draft, scheme_under_test(), FakeRegistry{}).value();

    EXPECT_EQ(codes_of(draft), "password_reset.subscriber(id_number)");
    EXPECT_EQ(draft.reasons.front().rule(), "T 5.12.1");
}

TEST(RegistryRules, ASecondResetWhileOneIsOpenIsItsDuplicate) {
    const Inbox inbox;
    FakeRegistry registry;
    registry.subscribers["04595257"] = {"company", "永樂精品股份有限公司", "R-1"};
    registry.open["04595257"] = "R-2";
    Draft draft = reset_draft(inbox, "04595257", kBothSeals);

    draft = judge_by_registry(draft, scheme_under_test(), registry).value();

    EXPECT_EQ(draft.duplicate_of, "R-2");
    EXPECT_FALSE(draft.refused());
}

TEST(RegistryRules, ARegistrationOfASubscriberIsADuplicateOfTheFirst) {
    const Inbox inbox;
    FakeRegistry registry;
    registry.subscribers["A123456789"] = {"natural_person", "林美玉", "R-7"};
    Draft draft = inbox.draft(person());

    draft = judge_by_registry(draft, scheme_under_test(), registry).value();

    EXPECT_EQ(draft.duplicate_of, "R-7");
}

TEST(RegistryRules, ACompanysResetNeedsBothSealsAndAPersonsOne) {
    const Inbox inbox;
    FakeRegistry registry;
    registry.subscribers["04595257"] = {"company", "永樂精品股份有限公司", "R-1"};
    registry.subscribers["A123456789"] = {"natural_person", "永樂精品股份有限公司", "R-2"};

    Draft company_draft = reset_draft(inbox, "04595257", kOneSeal);
    company_draft = judge_by_registry(company_draft, scheme_under_test(), registry).value();
    Draft person_draft = reset_draft(inbox, "A123456789", kOneSeal);
    person_draft = judge_by_registry(person_draft, scheme_under_test(), registry).value();

    EXPECT_EQ(codes_of(company_draft), "seal.missing(responsible_seal_scan)");
    EXPECT_EQ(codes_of(person_draft), "ok");
    EXPECT_EQ(values_of(person_draft.payload).at("applicant_kind"), "natural_person");
}

TEST(RegistryRules, AnotherNameThanTheRegisteredOneIsAFinding) {
    const Inbox inbox;
    FakeRegistry registry;
    registry.subscribers["04595257"] = {"company", "別家股份有限公司", "R-1"};
    Draft draft = reset_draft(inbox, "04595257", kBothSeals);

    draft = judge_by_registry(draft, scheme_under_test(), registry).value();

    ASSERT_EQ(codes_of(draft), "ok");
    EXPECT_THAT(findings_of(draft), ElementsAre("name.differs"));
}

TEST(RegistryRules, AStoredRequestCanBeJudgedAgain) {
    const Inbox inbox;
    const Draft draft = inbox.draft(person());
    class Stored final : public ScanReader {
    public:
        Result<std::string> read(std::string_view) override { return png(); }
    } stored;

    const Record record = record_of(registration_form(), values_of(draft.payload));
    const Draft again = evaluate(record, scheme_under_test(), registration_form(), stored, kToday);

    EXPECT_EQ(codes_of(again), "ok");
    EXPECT_EQ(again.payload, draft.payload);
}

}  // namespace
}  // namespace sealdesk::intake
