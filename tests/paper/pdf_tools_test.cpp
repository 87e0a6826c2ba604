#include "paper/pdf_tools.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "paper/page.h"
#include "paper/pdf_probe.h"
#include "support/temp_folder.h"

namespace sealdesk::paper {
namespace {

using ::testing::HasSubstr;

std::string numbered_pages(int count, const std::string& word) {
    Document document("頁", from_stored(0));
    for (int i = 1; i <= count; ++i) {
        document.add_page().text({20, 20, 170, 0}, {.size = 14}, word + std::to_string(i));
    }
    return document.finish();
}

class PdfTools : public ::testing::Test {
protected:
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

private:
    test::TempFolder folder_;
};

TEST_F(PdfTools, PagesOfSeveralFilesBecomeOneInTheOrderAskedFor) {
    const std::string letters = numbered_pages(3, "函");
    const std::string receipts = numbered_pages(2, "收據");
    const std::vector<PageRange> ranges{{letters, 2, 2}, {receipts, 1, 1}, {letters, 1, 1}};

    const std::string whole = assemble(ranges);

    EXPECT_EQ(count_pages(whole), 4);
    EXPECT_THAT(test::pdf_text(whole, folder(), {}, 1), HasSubstr("函2"));
    EXPECT_THAT(test::pdf_text(whole, folder(), {}, 2), HasSubstr("函3"));
    EXPECT_THAT(test::pdf_text(whole, folder(), {}, 3), HasSubstr("收據1"));
    EXPECT_THAT(test::pdf_text(whole, folder(), {}, 4), HasSubstr("函1"));
    EXPECT_TRUE(test::qpdf_is_content(whole, folder()));
}

TEST_F(PdfTools, APageThatIsNotThereIsAFailure) {
    const std::string pdf = numbered_pages(2, "x");
    const std::vector<PageRange> beyond{{pdf, 2, 2}};

    EXPECT_THROW(static_cast<void>(assemble(beyond)), Failure);
    EXPECT_THROW(static_cast<void>(count_pages("no PDF at all")), Failure);
}

}  // namespace
}  // namespace sealdesk::paper
