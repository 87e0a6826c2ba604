#include "slips/template.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paper/pdf_probe.h"
#include "slips/password.h"
#include "slips/sample_fields.h"
#include "support/temp_folder.h"

namespace sealdesk::slips {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Template : public ::testing::Test {
protected:
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

    Result<CompiledTemplate> load_text(const std::string& yaml) const {
        std::ofstream(folder() / "trial.yaml") << yaml;
        return CompiledTemplate::load(folder() / "trial.yaml");
    }
    /// Code and place of the error, as "template.shape trial.yaml:7".
    std::string trouble_of(const std::string& yaml) const {
        const auto loaded = load_text(yaml);
        return trouble_of(loaded);
    }
    static std::string short_trouble(const Error& error) {
        return error.code + " " + error.where.substr(error.where.rfind('/') + 1);
    }
    template <class T>
    static std::string trouble_of(const Result<T>& result) {
        return result ? "ok" : short_trouble(result.error());
    }

private:
    test::TempFolder folder_;
};

const std::string kHead = R"(template: trial
title: Trial
fields:
  required: [name]
  optional: [extra]
  optional_secret: [password]
styles:
  body: {face: song, size: 12, line: 6}
pages:
  - page: one
    elements:
      - {text: "{name}", at: [20, 20, 100], style: body}
      - {text: "<{extra}>", at: [20, 40, 100], style: body, when: extra}
)";
const std::string kSecretLine = "      - {text: \"{password}\", at: [20, 60, 100], style: body}\n";

std::string stamp_pdf(const CompiledTemplate& compiled, const Fields& fields,
                      const SecretFields& secrets = {}) {
    paper::Document document(compiled.title(), from_stored(0));
    const auto pages = compiled.stamp(document, fields, secrets);
    return pages ? document.finish() : pages.error().code;
}

TEST_F(Template, StampsFieldsAndLeavesOutWhatIsEmpty) {
    const auto compiled = load_text(kHead + kSecretLine);
    ASSERT_TRUE(compiled) << compiled.error().detail;
    const Secret password("K7MQ4XW9NP3RTA");

    const std::string pdf = stamp_pdf(*compiled, {{"name", "張㛢"}}, {{"password", &password}});

    EXPECT_THAT(test::pdf_text(pdf, folder()), HasSubstr("張㛢"));
    EXPECT_THAT(test::pdf_text(pdf, folder()), HasSubstr("K7MQ4XW9NP3RTA"));
    EXPECT_THAT(test::pdf_text(pdf, folder()), Not(HasSubstr("<")));
}

TEST_F(Template, AMissingFieldSaysFileAndLine) {
    const auto compiled = load_text(kHead + kSecretLine);
    ASSERT_TRUE(compiled);
    paper::Document document("x", from_stored(0));

    const auto missing = compiled->stamp(document, {{"extra", "x"}});
    const auto empty = compiled->stamp(document, {{"name", ""}});

    EXPECT_EQ(trouble_of(missing), "template.field_missing trial.yaml:4");
    EXPECT_EQ(trouble_of(empty), "template.field_missing trial.yaml:4");
}

TEST_F(Template, AFieldTheTemplateDoesNotKnowSaysFileAndLine) {
    const auto compiled = load_text(kHead + kSecretLine);
    ASSERT_TRUE(compiled);
    paper::Document document("x", from_stored(0));
    const Secret secret("x");

    const auto unused = compiled->stamp(document, {{"name", "x"}, {"nam", "y"}});
    const auto in_clear = compiled->stamp(document, {{"name", "x"}, {"password", "y"}});
    const auto not_secret = compiled->stamp(document, {{"name", "x"}}, {{"extra", &secret}});

    EXPECT_EQ(trouble_of(unused), "template.field_unused trial.yaml:4");
    EXPECT_EQ(trouble_of(in_clear), "template.field_unused trial.yaml:4");
    EXPECT_EQ(trouble_of(not_secret), "template.field_unused trial.yaml:4");
}

TEST_F(Template, MistakesInTheFileSayFileAndLine) {
    const std::string good = kHead + kSecretLine;

    EXPECT_EQ(trouble_of(good), "ok");
    EXPECT_EQ(trouble_of(kHead), "template.unused_field trial.yaml:6");
    EXPECT_EQ(trouble_of("template: [x"), "template.not_yaml trial.yaml:1");
    EXPECT_EQ(trouble_of(good + "      - {text: \"{nme}\", at: [1, 1, 9], style: body}\n"),
              "template.unknown_field trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {text: x, at: [1, 1, 9], style: bdy}\n"),
              "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {text: x, at: [1, 1], style: body}\n"),
              "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {text: x, at: [200, 1, 20], style: body}\n"),
              "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {text: x, at: [1, 1, 9], style: body, widht: 3}\n"),
              "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {text: \"{name\", at: [1, 1, 9], style: body}\n"),
              "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {txt: x}\n"), "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "      - {box: [1, 1, 9, 9], colour: red}\n"),
              "template.shape trial.yaml:15");
    EXPECT_EQ(trouble_of(good + "title: Twice\n"), "template.repeated_key trial.yaml:15");
    EXPECT_EQ(
        trouble_of(good + "      - {text: x, at: [1, 1, 9], style: body, continue_on: two}\n"),
        "template.shape trial.yaml:15");
}

TEST_F(Template, ASecretStandsAlone) {
    EXPECT_EQ(trouble_of(kHead + "      - {text: \"Your {password}\", at: [20, 60, 90], "
                                 "style: body}\n"),
              "template.secret_misused trial.yaml:14");
    EXPECT_EQ(trouble_of(kHead + "      - {code128: \"{password}\", at: [20, 60, 90, 9]}\n"),
              "template.secret_misused trial.yaml:14");
}

TEST_F(Template, FixedTextThatDoesNotFitIsFoundWhenLoading) {
    EXPECT_EQ(trouble_of(kHead + kSecretLine +
                         "      - {text: 一二三四五六七八九十, at: [1, 1, 9, 6], style: body}\n"),
              "template.text_overflow trial.yaml:15");
}

TEST_F(Template, ALongTextShrinksAndThenIsAnErrorNotCutOff) {
    const auto compiled = load_text(kHead + kSecretLine);
    ASSERT_TRUE(compiled);
    // 100 mm hold 23 characters of 12 points, 33 of 8.4.
    std::string fits;
    for (int i = 0; i < 30; ++i) {
        fits += "字";
    }
    const std::string too_long = fits + fits;
    paper::Document document("x", from_stored(0));

    EXPECT_THAT(test::pdf_text(stamp_pdf(*compiled, {{"name", fits}}), folder()), HasSubstr(fits));
    const auto overflow = compiled->stamp(document, {{"name", too_long}});
    EXPECT_EQ(trouble_of(overflow), "template.text_overflow trial.yaml:12");
    EXPECT_THAT(overflow.error().detail, Not(HasSubstr("字字")));
}

TEST_F(Template, ANameThatNoFontCanShowIsAnErrorNotABox) {
    const auto compiled = load_text(kHead + kSecretLine);
    ASSERT_TRUE(compiled);
    paper::Document document("x", from_stored(0));

    const auto stamped = compiled->stamp(document, {{"name", "王\xF1\x90\x80\x80"}});

    EXPECT_EQ(trouble_of(stamped), "template.no_glyph trial.yaml:12");
}

TEST_F(Template, TheOfficesOwnTemplatesLoadAndStamp) {
    TemplateShelf shelf(std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates");
    const Secret password("K7MQ4XW9NP3RTA");
    const Secret code("PWFV-9KH2-MXKA-XGUG");
    struct Case {
        std::string name;
        Fields fields;
        SecretFields secrets;
        int pages;
    };
    const std::vector<Case> cases{
        {"account-slip", sample_slip_fields(), {{"password", &password}}, 2},
        {"result-letter", sample_letter_fields(), {}, 1},
        {"notice-letter", sample_notice_fields(), {}, 1},
        {"return-letter", sample_return_fields(3), {}, 1},
        {"return-letter", sample_return_fields(60), {}, 5},
        {"counter-receipt", sample_receipt_fields(), {}, 1},
        {"counter-receipt", sample_receipt_fields(), {{"opening_code", &code}}, 1},
        {"counter-receipt", sample_encrypted_receipt_fields(), {}, 1},
    };
    for (const Case& wanted : cases) {
        const auto compiled = shelf.get("none", wanted.name);
        ASSERT_TRUE(compiled) << compiled.error().where << " " << compiled.error().detail;
        paper::Document document((*compiled)->title(), from_stored(0));

        const auto pages = (*compiled)->stamp(document, wanted.fields, wanted.secrets);

        ASSERT_TRUE(pages) << pages.error().where << " " << pages.error().detail;
        EXPECT_EQ(*pages, wanted.pages) << wanted.name;
        const std::string pdf = document.finish();
        EXPECT_TRUE(test::qpdf_is_content(pdf, folder()));
        EXPECT_THAT(test::pdf_text(pdf, folder()), HasSubstr("R115-000042-7"));
    }
}

TEST_F(Template, EveryReasonOfALongLetterIsPrinted) {
    TemplateShelf shelf(std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates");
    const auto compiled = shelf.get("none", "return-letter");
    ASSERT_TRUE(compiled);

    const std::string text =
        test::pdf_text(stamp_pdf(**compiled, sample_return_fields(60)), folder());

    for (int i = 1; i <= 60; ++i) {
        EXPECT_THAT(text, HasSubstr("（" + std::to_string(i) + "）"));
    }
}

// domain.md, scheme as data: templates/<scheme>/ wins over templates/.
TEST_F(Template, ASchemesOwnTemplateWins) {
    std::filesystem::create_directories(folder() / "special");
    std::ofstream(folder() / "trial.yaml") << kHead + kSecretLine;
    std::ofstream(folder() / "special" / "trial.yaml")
        << "template: special\ntitle: S\nstyles: {}\npages: [{page: one, elements: []}]\n";
    TemplateShelf shelf(folder());

    const auto own = shelf.get("special", "trial");
    const auto common = shelf.get("other", "trial");

    ASSERT_TRUE(own) << own.error().detail;
    ASSERT_TRUE(common) << common.error().detail;
    EXPECT_EQ((*own)->name(), "special");
    EXPECT_EQ((*common)->name(), "trial");
    EXPECT_EQ(trouble_of(shelf.get("other", "../trial")), "template.bad_name ");
    EXPECT_EQ(trouble_of(shelf.get("other", "absent")), "template.no_such_file absent.yaml");
}

}  // namespace
}  // namespace sealdesk::slips
