// What goes to the post on one list, and what the post brings back.
#include "effects/mail_list.h"

#include <fstream>

#include <gmock/gmock.h>

#include "base/text.h"
#include "effects/deliveries.h"
#include "effects/login.h"
#include "effects/printed_desk.h"
#include "paper/pdf_probe.h"
#include "subscribers/account.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PostedLists : public PrintedDesk {
protected:
    void SetUp() override {
        PrintedDesk::SetUp();
        const Outcome received =
            store::transact(db(), "test.numbers", [](store::Tx& tx) -> Outcome {
                return parcels::receive_mail_numbers(tx, {"RR100001", "RR100099"}, "officer:2");
            });
        ASSERT_TRUE(received);
    }
    std::vector<parcels::MailLine> lines(const parcels::MailList& list) {
        return store::transact(db(), "test.lines",
                               [&](store::Tx& tx) { return parcels::lines_of(tx, list.id); });
    }
    /// The post's file of returned mail; the fates of its rows.
    std::vector<std::string> returned(const std::string& rows, bool dry_run = false) {
        const auto file = folder() / "returned.csv";
        std::ofstream(file) << "掛號號碼,退件日期,退件原因\n" << rows;
        std::vector<std::string> fates;
        const auto sums =
            import_returns(db(), {file, "", dry_run, "officer:2", [&](const intake::Fate& fate) {
                                      std::string text = fate_label(fate.kind, Language::English);
                                      for (const auto& reason : fate.reasons) {
                                          text += " " + reason.code;
                                      }
                                      fates.push_back(text);
                                  }});
        EXPECT_TRUE(sums);
        return fates;
    }
};
SEALDESK_ON_EVERY_BACKEND(PostedLists);

// T 3.2.6: what was posted, when, and under which number.
TEST_P(PostedLists, WhatWaitsIsPostedByTheListInOneGo) {
    const std::string batch = printed_batch({"郵寄", "現場領取", "郵寄"});

    const auto list = close_list(office(), "officer:2");

    ASSERT_TRUE(list) << list.error().code;
    EXPECT_EQ(list->lines, 2);  // the slip at the counter is none of the post's
    EXPECT_THAT(states(), ElementsAre("printed", "printed", "printed"));
    const auto posted = post_list(office(), {list->number, {}, "officer:2"});
    ASSERT_TRUE(posted) << posted.error().code;
    EXPECT_EQ(posted->posted, 2);
    EXPECT_THAT(states(), ElementsAre("posted", "printed", "posted"));
    EXPECT_EQ(slip_list()[0].tracking_number, "RR100001");
    EXPECT_EQ(slip_list()[2].tracking_number, "RR100002");
    const auto again = post_list(office(), {list->number, {}, "officer:2"});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->posted, 2);
    EXPECT_EQ(post_list(office(), {"M115-000099-9", {}, "x"}).error().code, "post.list_unknown");
}

TEST_P(PostedLists, TheSameDayAgainIsASecondListOfWhatCameAfter) {
    printed_batch({"郵寄"});
    const auto first = close_list(office(), "officer:2");
    ASSERT_TRUE(first);
    EXPECT_EQ(close_list(office(), "officer:2").error().code, "post.nothing_waits");
    printed_batch({"郵寄"});

    const auto second = close_list(office(), "officer:2");

    ASSERT_TRUE(second) << second.error().code;
    EXPECT_EQ(second->day, first->day);
    EXPECT_NE(second->number, first->number);
    EXPECT_EQ(lines(*second).at(0).item, slip_list()[1].number);
    EXPECT_EQ(lines(*first).size(), 1U);  // a closed list stays as it is
}

TEST_P(PostedLists, WhatIsVoidOrExceptedIsLeftOutAndTheRestIsPosted) {
    printed_batch({"郵寄", "郵寄", "郵寄"});
    const auto list = close_list(office(), "officer:2");
    ASSERT_TRUE(list);
    const auto slips = slip_list();
    ASSERT_TRUE(store::transact(db(), "test.void", [&](store::Tx& tx) {
        return slips::void_slip(tx, {slips[0].id, "lost", "officer:2"});
    }));
    EXPECT_EQ(post_list(office(), {list->number, {"S115-1"}, "officer:2"}).error().code,
              "post.not_on_list");

    const auto posted = post_list(office(), {list->number, {slips[1].number}, "officer:2"});

    ASSERT_TRUE(posted) << posted.error().code;
    EXPECT_EQ(posted->posted, 1);
    EXPECT_THAT(posted->left_out, ElementsAre(slips[0].number, slips[1].number));
    EXPECT_THAT(states(), ElementsAre("void", "printed", "posted"));
    const auto next = close_list(office(), "officer:2");
    ASSERT_TRUE(next);
    EXPECT_EQ(lines(*next).at(0).item, slips[1].number);
}

TEST_P(PostedLists, WhicheverWriteFailsTheListIsPostedWholeOrNotAtAll) {
    printed_batch({"郵寄", "郵寄"});
    const auto list = close_list(office(), "officer:2");
    ASSERT_TRUE(list);
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(post_list(office_with(broken), {list->number, {}, "officer:2"}));
        } catch (const Failure&) {
            ASSERT_THAT(states(), ElementsAre("printed", "printed")) << "write " << write;
            continue;
        }
        EXPECT_GE(write, 6);
        break;
    }
    EXPECT_THAT(states(), ElementsAre("posted", "posted"));
}

TEST_P(PostedLists, TheListIsOnPaperWithBarsAndSafeInASpreadsheet) {
    std::vector<parcels::MailLine> many;
    for (int i = 1; i <= 17; ++i) {  // 15 lines a page
        many.push_back({parcels::MailKind::Slip,
                        "S115-0000" + std::to_string(10 + i) + "-2",
                        {"張㛢𠮷", "300", "新竹市東區復興路4段312號" + std::to_string(i) + "樓"},
                        "RR1000" + std::to_string(10 + i)});
    }
    many[0].to.name = "=HYPERLINK(1)";
    const parcels::MailList list{MailListId(1), "M115-000001-2", "2026-11-20", 17,
                                 "officer:2",   clock().now(),   "",           {}};

    const auto pdf = mail_list_pdf(templates(), list, many);

    ASSERT_TRUE(pdf) << pdf.error().where << " " << pdf.error().detail;
    EXPECT_TRUE(test::qpdf_is_content(*pdf, folder()));
    EXPECT_THAT(test::pdf_text(*pdf, folder(), {}, 1), HasSubstr("張㛢𠮷"));
    EXPECT_THAT(test::pdf_text(*pdf, folder(), {}, 2), HasSubstr("RR100027"));
    EXPECT_THAT(test::pdf_text(*pdf, folder(), {}, 2), HasSubstr("共 17 件"));
    std::ofstream(folder() / "list.pdf", std::ios::binary) << *pdf;
    const std::string name = (folder() / "page").string();
    const auto bars =
        test::run_command("pdftoppm -r 200 -f 2 -l 2 -png " + (folder() / "list.pdf").string() +
                          " " + name + " && zbarimg -q " + name + "*.png");
    EXPECT_THAT(bars.output, HasSubstr("CODE-128:RR100027"));
    EXPECT_THAT(bars.output, HasSubstr("CODE-128:M115-000001-2"));
    const std::string csv = mail_list_csv(many);
    EXPECT_TRUE(csv.starts_with("\xEF\xBB\xBF順序,掛號號碼,"));
    EXPECT_THAT(csv, HasSubstr("1,RR100011,'=HYPERLINK(1),300,"));
}

TEST_P(PostedLists, LabelsBeginWhereTheSheetIsUnused) {
    std::vector<Label> labels;
    for (int i = 1; i <= 3; ++i) {
        labels.push_back({"G115-00000" + std::to_string(i) + "-2",
                          {"王小明" + std::to_string(i), "100", "臺北市中正區延平南路85號"}});
    }

    const auto pdf = label_sheets(templates(), labels, 23, clock().now());

    ASSERT_TRUE(pdf) << pdf.error().where << " " << pdf.error().detail;
    EXPECT_THAT(test::pdf_text(*pdf, folder(), {}, 1), HasSubstr("G115-000002-2"));
    EXPECT_THAT(test::pdf_text(*pdf, folder(), {}, 2), HasSubstr("王小明3"));
    EXPECT_EQ(label_sheets(templates(), labels, 25, clock().now()).error().code,
              "post.no_such_label");
    std::ofstream(folder() / "labels.pdf", std::ios::binary) << *pdf;
    const std::string name = (folder() / "label").string();
    const auto bars =
        test::run_command("pdftoppm -r 300 -png " + (folder() / "labels.pdf").string() + " " +
                          name + " && zbarimg -q " + name + "*.png");
    for (const Label& label : labels) {
        EXPECT_THAT(bars.output, HasSubstr("CODE-128:" + label.number));
    }
}

// A returned slip has been out of our hands: void, its password dead, no other until a form asks.
TEST_P(PostedLists, AReturnedSlipIsVoidAndItsPasswordDead) {
    printed_batch({"郵寄"});
    const auto list = close_list(office(), "officer:2");
    ASSERT_TRUE(list && post_list(office(), {list->number, {}, "officer:2"}));

    EXPECT_THAT(returned("RR100001,115/11/20,查無此人\n", true), ElementsAre("accepted"));
    EXPECT_THAT(states(), ElementsAre("posted"));
    EXPECT_THAT(returned("RR100001,115/11/20,查無此人\nRR100001,115/11/20,查無此人\n"
                         "RR100009,115/11/20,x\nRR1,115/11/20,x\nRR100001,115/11/32,x\n"
                         "RR100001,115/11/20,\n"),
                ElementsAre("accepted", "duplicate", "refused parcel.tracking_unknown",
                            "refused parcel.tracking_needed", "refused return.moment",
                            "refused return.reason"));

    EXPECT_THAT(states(), ElementsAre("void"));
    EXPECT_EQ(slip_list()[0].void_reason, "returned");
    EXPECT_THAT(returned("RR100001,115/11/20,查無此人\n"), ElementsAre("duplicate"));
    EXPECT_EQ(rows_in("slip_return"), 1);
    const AccountId owner = slip_list()[0].account;
    const auto account = store::transact(
        db(), "test.account", [&](store::Tx& tx) { return subscribers::get_account(tx, owner); });
    EXPECT_EQ(account.state, subscribers::AccountState::Waiting);
    EXPECT_EQ(account.generation, slip_list()[0].account_generation + 1);
    run_effects();
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM mail_outbox WHERE dedup_key LIKE "
                         "'slip-returned:%'",
                         {})
                  .front()
                  .number(0),
              1);
}

// A letter would come back like the slip; where nobody is reached, `slip list` shows it.
TEST_P(PostedLists, WhoHasNoMailBoxIsToldOfAReturnOnlyAtAnotherAddress) {
    printed_batch({"郵寄", "郵寄"});
    const auto list = close_list(office(), "officer:2");
    ASSERT_TRUE(list && post_list(office(), {list->number, {}, "officer:2"}));
    connection().execute("UPDATE contact SET email = ''", {});
    connection().execute(
        "UPDATE contact SET address = '臺北市試辦路1號' WHERE subscriber_id = (SELECT "
        "subscriber_id FROM account WHERE id = ?)",
        std::vector<store::Value>{slip_list()[1].account.value()});

    EXPECT_THAT(returned("RR100001,115/11/20,查無此人\nRR100002,115/11/20,遷移\n"),
                ElementsAre("accepted", "accepted"));
    const auto letters = [&] {
        return connection()
            .query("SELECT COUNT(*) FROM print_item WHERE kind = 'letter' AND state = 'waiting'",
                   {})
            .front()
            .number(0);
    };
    const std::int64_t before = letters();
    run_effects();

    EXPECT_EQ(letters(), before + 1);
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM mail_outbox WHERE dedup_key LIKE "
                         "'slip-returned:%'",
                         {})
                  .front()
                  .number(0),
              0);
}

}  // namespace
}  // namespace sealdesk::effects
