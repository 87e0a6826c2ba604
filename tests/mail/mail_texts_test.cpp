// The texts of mails: what an office may write into templates/mails/, and what becomes of it.
#include "mail/mail_texts.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mail/mail_samples.h"
#include "mail/message.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::mail {
namespace {

namespace fs = std::filesystem;
using test::code_of;

const fs::path kRoot = SEALDESK_SOURCE_DIR;

const std::vector<scheme::Scheme>& schemes() {
    static const std::vector<scheme::Scheme> all = scheme::load_all(kRoot / "forms").value();
    return all;
}

constexpr const char* kHoldText = R"(mail: hold
fields:
  required:
    serial: 1A2B
  optional:
    reason: lost
subject: {zh: "憑證 {serial} 停用", en: "certificate {serial} on hold"}
body:
  zh:
    - "憑證 {serial}，申請案 {request_number}"
    - {text: "原因：{reason}", when: reason}
    - {text: 未載明原因, unless: reason}
  en: ["On hold: {serial}."]
)";

class MailTextsOfAnOffice : public ::testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(root() / "mails");
        for (const char* around : {"frame.yaml", "layout.html"}) {
            fs::copy_file(kRoot / "templates/mails" / around, root() / "mails" / around);
        }
    }

    [[nodiscard]] fs::path root() const { return folder_.path() / "templates"; }
    [[nodiscard]] static const scheme::Scheme& scheme() { return schemes().front(); }

    void write(const std::string& text, const std::string& file = "mails/hold.yaml") const {
        fs::create_directories((root() / file).parent_path());
        std::ofstream(root() / file) << text;
    }
    static std::string changed(std::string text, const std::string& from, const std::string& to) {
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    }

    [[nodiscard]] Result<WrittenMail> compose(const TextFields& fields) const {
        MailTexts texts(root());
        return texts.compose(scheme(), "hold", fields);
    }
    /// "code line" of what is wrong with a text.
    [[nodiscard]] std::string fault_of(const std::string& text) const {
        write(text);
        const auto written = MailTexts(root()).compose_sample(scheme(), "hold");
        if (written) {
            return "ok";
        }
        const std::string& where = written.error().where;
        return written.error().code + " " + where.substr(where.rfind(':') + 1);
    }

private:
    sealdesk::test::TempFolder folder_;
};

TEST_F(MailTextsOfAnOffice, BothLanguagesAndTheSignatureAreInTextAndHtml) {
    write(kHoldText);

    const auto mail = compose({{"recipient_name", "王<小>明"},
                               {"request_number", "R115-000001-2"},
                               {"serial", "0A0B"},
                               {"reason", "遺失 & 毀損"}});

    ASSERT_TRUE(mail) << mail.error().code;
    EXPECT_EQ(mail->subject,
              scheme().short_title.zh + "：憑證 0A0B 停用 / certificate 0A0B on hold");
    EXPECT_EQ(mail->text,
              "王<小>明 您好：\n\n申請案號：R115-000001-2\n\n"
              "憑證 0A0B，申請案 R115-000001-2\n\n原因：遺失 & 毀損\n\n"
              "Dear 王<小>明,\n\nRequest: R115-000001-2\n\nOn hold: 0A0B.\n\n" +
                  scheme().authority.name.zh + " " + scheme().authority.name.en + "\n" +
                  scheme().authority.phone + "\n" + scheme().authority.website + "\n");
    EXPECT_EQ(mail->heading.zh, "憑證 0A0B 停用");
    EXPECT_EQ(mail->body.en, "On hold: 0A0B.");
    EXPECT_NE(mail->html.find("<p>王&lt;小&gt;明 您好：</p>"), std::string::npos) << mail->html;
    EXPECT_NE(mail->html.find("<p>原因：遺失 &amp; 毀損</p>"), std::string::npos);
    EXPECT_NE(mail->html.find("<p>On hold: 0A0B.</p>"), std::string::npos);
    EXPECT_EQ(mail->html.find("<img"), std::string::npos);
    EXPECT_EQ(mail->html.find("http-equiv"), std::string::npos);
    EXPECT_EQ(mail->html.find("<王"), std::string::npos);
}

TEST_F(MailTextsOfAnOffice, ALineWithWhenIsShownOnlyWhenItsFieldIsFilled) {
    write(kHoldText);

    const auto mail = compose({{"recipient_name", "王"}, {"serial", "0A0B"}, {"reason", ""}});

    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->text.find("原因："), std::string::npos);
    EXPECT_NE(mail->text.find("未載明原因"), std::string::npos);
    EXPECT_EQ(mail->text.find("申請案號"), std::string::npos);
}

TEST_F(MailTextsOfAnOffice, WhatIsGivenMustBeWhatIsDeclared) {
    write(kHoldText);

    EXPECT_EQ(code_of(compose({{"recipient_name", "王"}})), "mail_text.field_missing");
    EXPECT_EQ(code_of(compose({{"serial", "0A"}})), "mail_text.field_missing");
    EXPECT_EQ(code_of(compose({{"recipient_name", "王"}, {"serial", "0A"}, {"colour", "red"}})),
              "mail_text.field_unused");
    const auto missing = compose({{"recipient_name", "王"}});
    EXPECT_TRUE(missing.error().where.ends_with("hold.yaml:4")) << missing.error().where;
}

TEST_F(MailTextsOfAnOffice, AMistakeIsShownWithFileAndLine) {
    const std::string good = kHoldText;
    EXPECT_EQ(fault_of(good), "ok");
    EXPECT_EQ(fault_of(changed(good, "{serial}，", "{seriel}，")), "mail_text.unknown_field 10");
    EXPECT_EQ(fault_of(changed(good, "when: reason", "when: reasons")),
              "mail_text.unknown_field 11");
    EXPECT_EQ(fault_of(changed(good, "    reason: lost", "    reason: lost\n    colour: red")),
              "mail_text.unused_field 7");
    EXPECT_EQ(fault_of(changed(good, "serial: 1A2B", "recipient_name: X")), "mail_text.shape 4");
    EXPECT_EQ(fault_of(changed(good, "serial: 1A2B", "serial: 12")), "mail_text.shape 4");
    EXPECT_EQ(fault_of(changed(good, "mail: hold", "mail: held")), "mail_text.shape 1");
    EXPECT_EQ(fault_of(changed(good, "{request_number}", "{request_number")), "mail_text.shape 10");
    EXPECT_EQ(fault_of(changed(good, "  en: [\"On hold: {serial}.\"]\n", "")), "mail_text.shape 8");
    EXPECT_EQ(fault_of(changed(good, "subject:", "topic:")), "mail_text.shape 7");
    EXPECT_EQ(fault_of("mail: [hold"), "scheme.not_yaml 1");
}

TEST_F(MailTextsOfAnOffice, ASchemesOwnTextWinsAndKeepsTheFields) {
    const std::string own_file = scheme().id + "/mails/hold.yaml";
    write(kHoldText);
    write(changed(kHoldText, "憑證 {serial} 停用", "貴憑證 {serial} 已停用"), own_file);
    MailTexts texts(root());

    EXPECT_TRUE(texts.is_own(scheme(), "hold"));
    EXPECT_FALSE(texts.is_own(schemes().back(), "hold"));
    EXPECT_EQ(texts.compose_sample(scheme(), "hold")->heading.zh, "貴憑證 1A2B 已停用");
    EXPECT_EQ(texts.compose_sample(schemes().back(), "hold")->heading.zh, "憑證 1A2B 停用");

    write(changed(changed(kHoldText, "serial: 1A2B", "serial: 1A2B\n    colour: red"), "On hold",
                  "{colour}"),
          own_file);
    EXPECT_EQ(code_of(MailTexts(root()).compose_sample(scheme(), "hold")),
              "mail_text.other_fields");
}

TEST_F(MailTextsOfAnOffice, TheLayoutShowsEachOfItsPartsOnce) {
    write(kHoldText);
    write("<p>{subject}</p>{chinese}{closing}", "mails/layout.html");

    EXPECT_EQ(code_of(compose({{"recipient_name", "王"}, {"serial", "0A"}})), "mail_text.shape");
}

TEST_F(MailTextsOfAnOffice, ANameCannotLeaveTheFolder) {
    MailTexts texts(root());
    EXPECT_EQ(code_of(texts.compose(scheme(), "../mails/hold", {})), "mail_text.bad_name");
    EXPECT_EQ(code_of(texts.compose(scheme(), "frame", {})), "mail_text.bad_name");
}

// What the repository brings, for every scheme, written and read back by Python's parser.
TEST(MailTextsOfTheRepository, AreRightAndAnAttachmentKeepsBothForms) {
    MailTexts texts(kRoot / "templates");
    const sealdesk::test::TempFolder folder;
    ASSERT_GE(texts.names().size(), 12U);
    for (const std::string& name : texts.names()) {
        for (const scheme::Scheme& scheme : schemes()) {
            const auto words = texts.compose_sample(scheme, name);
            ASSERT_TRUE(words) << name << ": " << words.error().code << " " << words.error().where
                               << " " << words.error().detail;
            const auto mail = compose(Message{.from = {"註冊中心", "ra@example.test"},
                                              .to = {"王小明", "wang@example.test"},
                                              .subject = words->subject,
                                              .text = words->text,
                                              .html = words->html,
                                              .attachments = {{"a.pdf", "application/pdf", "%PDF"}},
                                              .message_id = "<1@ra.example.test>",
                                              .date = from_stored(1'795'137'300'000'000)});
            ASSERT_TRUE(mail);
            std::ofstream(folder.path() / "mail.eml", std::ios::binary) << *mail;
            const auto read = sealdesk::test::run_command("/usr/bin/python3 " SEALDESK_SOURCE_DIR
                                                          "/tests/mail/read_mail.py " +
                                                          (folder.path() / "mail.eml").string());
            ASSERT_TRUE(read.succeeded());
            const auto seen = nlohmann::json::parse(read.output);
            EXPECT_EQ(seen["subject"], words->subject);
            EXPECT_EQ(seen["defects"], nlohmann::json::array());
            EXPECT_EQ(seen["shape"],
                      "multipart/mixed(multipart/alternative(text/plain,text/html),"
                      "application/pdf)");
            EXPECT_NE(seen["html"].get<std::string>().find(scheme.authority.phone),
                      std::string::npos);
        }
    }
}

TEST(MailCheck, TriesEveryTextAndKeepsPreviews) {
    const sealdesk::test::TempFolder folder;
    const std::string preview = (folder.path() / "preview").string();
    const auto checked = sealdesk::test::run_command(
        "LC_ALL=C " SEALDESK_PROGRAM " --desk /nowhere mail check -o " + preview);
    EXPECT_TRUE(checked.succeeded()) << checked.output;
    const std::string id = schemes().front().id;
    EXPECT_TRUE(fs::exists(fs::path(preview) / (id + "-returned.txt")));
    EXPECT_TRUE(fs::exists(fs::path(preview) / (id + "-returned.html")));
    EXPECT_NE(sealdesk::test::run_command("LC_ALL=C " SEALDESK_PROGRAM
                                          " --desk /nowhere mail check no-such")
                  .status,
              0);
}

}  // namespace
}  // namespace sealdesk::mail
