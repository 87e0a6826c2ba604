// What is printed on, and looking at templates before they are used.
#include "slips/stock.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "image/image.h"
#include "paper/pdf_probe.h"
#include "slips/layout.h"
#include "slips/sample_values.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::slips {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kTemplates = std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates";

class StockFile : public ::testing::Test {
protected:
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

    /// "ok", or code and line.
    std::string trouble_of(const std::string& yaml) const {
        std::ofstream(folder() / "stocks.yaml") << yaml;
        const auto read = Stocks::read(folder() / "stocks.yaml");
        return read ? "ok" : place_of(read.error());
    }
    std::string template_trouble(const std::string& yaml) const {
        std::ofstream(folder() / "trial.yaml") << yaml;
        const auto loaded = CompiledTemplate::load(
            folder() / "trial.yaml", Stocks::read(kTemplates / "stocks.yaml").value());
        return loaded ? "ok" : place_of(loaded.error());
    }

private:
    static std::string place_of(const Error& error) {
        return error.code + error.where.substr(error.where.rfind(':'));
    }
    test::TempFolder folder_;
};

const std::string kUsual =
    "stocks:\n"
    "  - {stock: a4-window, title: A4, sheet: [210, 297], sides: duplex}\n";

TEST_F(StockFile, TheOfficesOwnIsRead) {
    const auto read = Stocks::read(kTemplates / "stocks.yaml");

    ASSERT_TRUE(read) << read.error().where << " " << read.error().detail;
    EXPECT_TRUE(read->find("a4-window")->duplex);
    EXPECT_TRUE(read->find("fan-fold")->pre_numbered);
    EXPECT_EQ(read->find("fan-fold")->sheets_of(2), 2);
    EXPECT_EQ(read->find("a4-window")->sheets_of(3), 2);
    EXPECT_EQ(read->find("labels")->labels->count(), 24);
    EXPECT_EQ(read->find("blue"), nullptr);
}

TEST_F(StockFile, MistakesSayTheirLine) {
    EXPECT_EQ(trouble_of(kUsual), "ok");
    EXPECT_EQ(trouble_of("stocks: []\n"), "template.shape:1");
    EXPECT_EQ(trouble_of(kUsual + "  - {stock: b, title: B, sheet: [210], sides: simplex}\n"),
              "template.shape:3");
    EXPECT_EQ(trouble_of(kUsual + "  - {stock: b, title: B, sheet: [210, 9], sides: simplex}\n"),
              "template.shape:3");
    EXPECT_EQ(trouble_of(kUsual + "  - {stock: b, title: B, sheet: [210, 99], sides: both}\n"),
              "template.shape:3");
    EXPECT_EQ(trouble_of(kUsual + "  - {stock: b, sheet: [210, 99], sides: simplex, hue: x}\n"),
              "template.shape:3");
    EXPECT_EQ(
        trouble_of(kUsual + "  - {stock: a4-window, title: A, sheet: [210, 297], sides: duplex}\n"),
        "template.repeated_key:3");
    const std::string labels =
        "  - {stock: l, title: L, sheet: [210, 297], sides: simplex, labels: ";
    EXPECT_EQ(trouble_of(kUsual + labels +
                         "{columns: 3, rows: 8, label: [64, 30], corner: [7, 12], "
                         "step: [66, 34]}}\n"),
              "ok");
    EXPECT_EQ(trouble_of(kUsual + labels +
                         "{columns: 4, rows: 8, label: [64, 30], corner: [7, 12], "
                         "step: [66, 34]}}\n"),
              "template.shape:3");  // beyond the sheet
    EXPECT_EQ(trouble_of(kUsual + labels +
                         "{columns: 3, rows: 8, label: [64, 40], corner: [7, 2], "
                         "step: [66, 34]}}\n"),
              "template.shape:3");  // one over the other
}

TEST_F(StockFile, ATemplateKeepsToThePageOfItsStock) {
    const std::string head = "template: trial\ntitle: T\nstock: ";
    const std::string body =
        "\nstyles: {body: {face: sans, size: 9}}\npages:\n  - page: one\n    elements:\n"
        "      - {text: x, at: [200, 290, 30, 6], style: body}\n";

    EXPECT_EQ(template_trouble(head + "fan-fold" + body), "ok");
    EXPECT_EQ(template_trouble(head + "a4-window" + body), "template.shape:8");
    EXPECT_EQ(template_trouble(head + "labels" + body), "template.shape:8");
    EXPECT_EQ(template_trouble(head + "blue" + body), "template.unknown_stock:3");
}

TEST_F(StockFile, EveryTemplateOfTheOfficeCanBeLookedAt) {
    TemplateShelf shelf(kTemplates);
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kTemplates)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() != ".yaml" || name == "messages" || name == "stocks") {
            continue;
        }
        const auto compiled = shelf.get("none", name);
        ASSERT_TRUE(compiled) << compiled.error().where << " " << compiled.error().detail;

        const auto preview = preview_of(**compiled, from_stored(0));

        ASSERT_TRUE(preview) << preview.error().where << " " << preview.error().detail;
        EXPECT_TRUE(test::qpdf_is_content(preview->pdf, folder())) << name;
        for (const auto& [field, value] : sample_values(**compiled, Filled::Everything).fields) {
            EXPECT_NE(value.front(), '[') << name << " has no sample of " << field;
        }
        const bool has_secret =
            std::ranges::any_of((*compiled)->layout().fields, &FieldDeclaration::secret);
        EXPECT_EQ(test::pdf_text(preview->pdf, folder()).find("SAMP") != std::string::npos,
                  has_secret)
            << name;
        ++count;
    }
    EXPECT_GE(count, 9);
}

// templates/README.md, "Look before you use it".
TEST_F(StockFile, TheProgramChecksAndDrawsThem) {
    const auto out = folder() / "look";
    const auto checked = test::run_command(SEALDESK_PROGRAM
                                           " --desk /nowhere --json template check account-slip "
                                           "counter-receipt -o " +
                                           out.string());

    EXPECT_TRUE(checked.succeeded()) << checked.output;
    EXPECT_THAT(checked.output, HasSubstr("\"stock\":\"a4-window\""));
    for (const char* file : {"account-slip.pdf", "account-slip-1.png", "account-slip-2.png",
                             "counter-receipt.pdf", "counter-receipt-1.png"}) {
        EXPECT_TRUE(std::filesystem::exists(out / file)) << file;
    }
    EXPECT_FALSE(std::filesystem::exists(out / "account-slip-3.png"));
    const auto picture = image::decode(read_file(out / "account-slip-2.png"));
    ASSERT_TRUE(picture) << picture.error().code;
    EXPECT_NEAR(picture->width, 909, 2);  // A4 at 110 dpi
    EXPECT_NEAR(picture->height, 1286, 2);
}

TEST_F(StockFile, TheProgramFindsNothingWrongWithTheHousesOwn) {
    const auto checked =
        test::run_command(SEALDESK_PROGRAM " --desk /nowhere --json template check");

    EXPECT_TRUE(checked.succeeded()) << checked.output;
    EXPECT_THAT(checked.output, HasSubstr("\"template\":\"parcel-label\""));
}

TEST_F(StockFile, TheProgramSaysWhatIsWrongWithFileAndLine) {
    const auto share = folder() / "share";
    std::filesystem::create_directories(share);
    for (const char* part : {"templates", "forms", "ddl"}) {
        std::filesystem::copy(std::filesystem::path(SEALDESK_SOURCE_DIR) / part, share / part,
                              std::filesystem::copy_options::recursive);
    }
    std::ofstream(share / "templates/bad.yaml")
        << "template: bad\ntitle: Bad\nfields: {required: [lost]}\nstyles: {}\n"
           "pages: [{page: one, elements: []}]\n";
    std::ofstream(share / "templates/other.yaml")
        << "template: another\ntitle: O\nstyles: {}\npages: [{page: one, elements: []}]\n";

    const auto checked = test::run_command("SEALDESK_SHARE=" + share.string() +
                                           " " SEALDESK_PROGRAM
                                           " --desk /nowhere --json template "
                                           "check");

    EXPECT_EQ(checked.status, 1) << checked.output;
    EXPECT_THAT(checked.output, HasSubstr("template.unused_field"));
    EXPECT_THAT(checked.output, HasSubstr("bad.yaml:3"));
    EXPECT_THAT(checked.output, HasSubstr("template.other_name"));
    EXPECT_THAT(checked.output, HasSubstr("account-slip"));  // the others are checked, too
}

}  // namespace
}  // namespace sealdesk::slips
