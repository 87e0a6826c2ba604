// What approved forms of a scheme with user codes and tokens bring about, on both databases.
#include "crypto/verifier.h"
#include "effects/entity_desk.h"
#include "parcels/parcel.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using subscribers::HoldSource;
using subscribers::TokenState;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class EntityEffects : public EntityDesk {};

// M 4.1.1.1, M 4.2.1.1: an approval makes a subscriber with its code and one ordered token.
TEST_P(EntityEffects, AnApplicationIsCarriedOutOnceWhateverWriteFails) {
    approved("application", application("A-1", "正卡"));
    int write = 0;
    const auto finished = [&] {
        return rows_in("subscriber_token") == 1 && rows_in("request_user_code") == 0 &&
               rows_in("user_code") == 1 && rows_in("mail_outbox") == 1 &&
               rows_in("print_item") == 1;
    };
    for (; !finished(); ++write) {
        ASSERT_LT(write, 80);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_on(broken);
        } catch (const Failure&) {
        }
        clock().advance(std::chrono::hours(3));
        in_tx([](store::Tx& tx) { return queue::retry(tx, "", ""); });
    }
    run();

    EXPECT_GT(write, 10);
    EXPECT_EQ(rows_in("subscriber"), 1);
    EXPECT_EQ(rows_in("contact"), 1);
    EXPECT_EQ(rows_in("seal_specimen"), 2);  // M 4.2.1.1 (1): nothing was on file
    ASSERT_THAT(tokens(), SizeIs(1));
    EXPECT_EQ(tokens().front().kind, subscribers::TokenKind::Primary);
    EXPECT_EQ(tokens().front().state, TokenState::Ordered);
    const auto code = in_tx([&, id = subscriber().id](store::Tx& tx) {
        return subscribers::user_code_of(tx, id).value();
    });
    EXPECT_TRUE(crypto::verifies(code.verifier, Secret(std::string_view(kCode))));
}

// M 2.8.1: a code in clear is in no table, whatever became of the form.
TEST_P(EntityEffects, AUserCodeIsStoredNowhere) {
    approved("application", application("A-1", "正卡"));
    auto refused = application("A-2", "附卡");
    refused["terms_accepted"] = "否";
    receive("moea/application", refused);
    run();

    for (const char* column : {"request.payload", "request.findings", "submission.payload",
                               "submission.reasons", "submission.row_key", "decision.document",
                               "audit_event.detail", "job.last_detail", "print_item.fields"}) {
        const std::string name(column);
        const auto dot = name.find('.');
        std::vector<store::Row> rows;
        try {
            rows = connection().query(
                "SELECT " + name.substr(dot + 1) + " FROM " + name.substr(0, dot), {});
        } catch (const store::DatabaseFailure&) {
            ADD_FAILURE() << "no column " << name;
        }
        for (const store::Row& row : rows) {
            EXPECT_EQ(row.text_or_null(0).value_or("").find(kCode), std::string::npos) << name;
        }
    }
    EXPECT_NE(load(connection().query("SELECT number FROM request", {}).front().text(0))
                  .payload.find(scheme::kSecretGiven),
              std::string::npos);
}

// The same form with another code is the same row: a code has no hash in the row's key.
TEST_P(EntityEffects, AnotherCodeDoesNotMakeAnotherForm) {
    const auto first = receive("moea/application", application("A-1", "正卡"));
    auto again = application("A-1", "正卡");
    again["user_code"] = "Rice-882";
    const auto second = receive("moea/application", again);

    EXPECT_TRUE(second.repeated);
    EXPECT_EQ(second.request, first.request);
}

TEST_P(EntityEffects, AUserCodeIsSixToTenCharactersAndNoNumberOnTheForm) {  // M 4.1.1.1
    auto form = application("A-1", "正卡");
    for (const auto& [code, expected] : {std::pair{"Tea-4", "user_code.shape"},
                                         {"Tea-4411-88", "user_code.shape"},
                                         {"茶葉茶葉", "user_code.shape"},
                                         {"Tea 441", "user_code.shape"},
                                         {kNumber, "user_code.guessable"},
                                         {"", "field.missing"},
                                         {"Tea-44", "accepted"}}) {
        form["user_code"] = code;
        form["record_number"] = std::string("A-") + expected;
        EXPECT_EQ(refusal("application", form), expected) << code;
    }
}

TEST_P(EntityEffects, ARejectedFormForgetsItsUserCode) {
    const auto fate = receive("moea/application", application("A-1", "正卡"));
    ASSERT_EQ(rows_in("request_user_code"), 1);
    examine_all(fate.request);
    EXPECT_EQ(decide(fate.request, requests::Verdict::Reject, "ben"), "rejected");
    EXPECT_EQ(rows_in("request_user_code"), 0);
}

TEST_P(EntityEffects, WhoMayApplyForWhichToken) {
    EXPECT_EQ(refusal("application", application("A-1", "附卡")), "application.primary_first");
    auto dissolved = application("A-2", "正卡");
    dissolved["entity_status"] = "解散";
    EXPECT_EQ(refusal("application", dissolved), "application.entity_status");  // M 4.2.1.1 (2)
    auto mailless = application("A-3", "非IC卡類");
    mailless["contact_email"] = "";
    EXPECT_EQ(refusal("application", mailless), "application.email");
    approved("application", application("A-4", "正卡"));
    EXPECT_EQ(refusal("application", application("A-5", "正卡")), "application.open");
    run();
    EXPECT_EQ(refusal("application", application("A-6", "正卡")), "application.primary_once");
    EXPECT_EQ(refusal("application", application("A-7", "附卡")), "accepted");
    EXPECT_EQ(refusal("application", application("A-8", "附卡")), "accepted");  // any number
}

// M 4.4.3: the subscriber's form revokes the one it names; the authority's all unexpired ones.
TEST_P(EntityEffects, ARevocationNamesOneCertificateTheAuthorityMeansAll) {
    an_entity_with_a_card_and_a_file();
    EXPECT_EQ(refusal("revocation", about("V-1", {{"certificate_serial", "0b01"},
                                                  {"revocation_ground", "不再使用"}})),
              "revocation.certificate");
    approved("revocation",
             about("V-2", {{"certificate_serial", "0A:03"}, {"revocation_ground", "不再使用"}}));
    run();
    EXPECT_THAT(ca_.asked, ElementsAre("revoke 0a03"));
    EXPECT_EQ(tokens()[1].state, TokenState::Retired);
    EXPECT_EQ(tokens()[0].state, TokenState::HandedOver);

    approved("authority-revocation",
             about("V-3", {{"revocation_ground", "歇業"}, {"letter_number", "經商字第1號"}}));
    run();
    EXPECT_THAT(ca_.asked, ElementsAre("revoke 0a03", "revoke 0a01", "revoke 0a02"));
    EXPECT_EQ(tokens()[0].state, TokenState::Retired);
    EXPECT_EQ(refusal("application", application("A-9", "正卡")), "accepted");  // M 3.3
}

// M 4.4.7: the officer asks for the hold, and a new code is in force.
TEST_P(EntityEffects, ALossReportHoldsAndResetsTheCode) {
    an_entity_with_a_card_and_a_file();
    for (int i = 0; i < 3; ++i) {
        with_code(hold_with_code, {.serial = "0a03"}, "wrong");
    }
    EXPECT_EQ(with_code(hold_with_code, {.serial = "0a03"}, kCode), "locked");
    approved("emergency-hold",
             about("L-1", {{"bearer_name", "何會計"}, {"user_code", "Rice-882"}}));
    run();

    EXPECT_EQ(state_of_certificate("0a01"), "held counter");
    EXPECT_EQ(state_of_certificate("0a03"), "held counter");
    EXPECT_EQ(with_code(release_with_code, {.serial = "0a03"}, kCode), "wrong");
    // M 4.4.9: the subscriber may release only what it held itself.
    EXPECT_EQ(with_code(release_with_code, {.serial = "0a03"}, "Rice-882"),
              "certificate.not_own_hold");
}

TEST_P(EntityEffects, EachSourceClosesItsOwnHold) {  // M 4.4.5, M 4.4.9
    an_entity_with_a_card_and_a_file();
    const auto letter = [](const std::string& record, const std::string& serial) {
        return about(record, {{"authority_name", "臺灣臺北地方法院"},
                              {"letter_number", "北院字第1號"},
                              {"certificate_serial", serial}});
    };
    EXPECT_EQ(refusal("notice-release", letter("N-0", "")), "notice_release.held");
    approved("notice-hold", letter("N-1", "0a01"));
    EXPECT_EQ(with_code(hold_with_code, {.serial = "", .card_number = "AP0001"}, kCode),
              "accepted");
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "held subscriber court");
    EXPECT_EQ(state_of_certificate("0a02"), "held subscriber");
    EXPECT_EQ(state_of_certificate("0a03"), "issued");  // M 4.4.7: that card only

    EXPECT_EQ(refusal("release", about("R-0", {{"hold_ground", "未接受"}})),
              "release.not_accepted");
    EXPECT_EQ(with_code(release_with_code, {.serial = "", .card_number = "AP0001"}, kCode),
              "accepted");
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "held court");
    EXPECT_EQ(state_of_certificate("0a02"), "issued");
    approved("notice-release", letter("N-2", ""));
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "issued");
}

// M 4.4.9: what was held because nobody accepted it is released by form, for this source only.
TEST_P(EntityEffects, AFormReleasesWhatWasNeverAccepted) {
    an_entity_with_a_card_and_a_file();
    in_tx([&, id = subscriber().id](store::Tx& tx) {
        for (const std::int64_t one : {71, 72}) {
            static_cast<void>(
                subscribers::open_hold(tx, CertificateId{one}, HoldSource::Automatic, "system"));
        }
        queue::enqueue(tx, "certificate.holds", "holds:test", id.value(), tx.now());
        return 0;
    });
    run();
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "certificate.on_hold");
    EXPECT_EQ(refusal("release", about("R-0", {{"hold_ground", "掛失"}})), "release.counter");
    approved("release", about("R-1", {{"hold_ground", "未接受"}}));
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "issued");
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "accepted");
}

// A job that runs again must not lift a hold that came after it.
TEST_P(EntityEffects, ALateRepeatOfAReleaseLeavesANewHoldAlone) {
    an_entity_with_a_card_and_a_file();
    const auto letter = [](const std::string& record) {
        return about(record, {{"authority_name", "法院"}, {"letter_number", "1"}});
    };
    approved("notice-hold", letter("N-1"));
    run();
    approved("notice-release", letter("N-2"));
    ca_.trouble = Error{ErrorKind::Unavailable, "ca.away", "The CA does not answer.", {}, {}};
    run_on(db());  // the hold is closed here, the CA not yet asked
    in_tx([](store::Tx& tx) {
        return subscribers::open_hold(tx, CertificateId{71}, HoldSource::Court, "another letter");
    });
    ca_.trouble.reset();
    clock().advance(std::chrono::hours(1));
    run();

    EXPECT_EQ(state_of_certificate("0a01"), "held court");
    EXPECT_EQ(state_of_certificate("0a02"), "issued");
}

TEST_P(EntityEffects, ACardAtTheCounterIsCollected) {  // M 4.2.1.2
    approved("application", application("A-1", "正卡"));
    run();
    const auto slip = about("C-1", {{"proxy_name", "何會計"}, {"proxy_id", "A123456789"}});
    EXPECT_EQ(refusal("collection", slip), "collection.card");
    ASSERT_TRUE(in_tx([&, card = tokens()[0]](store::Tx& tx) {
        return subscribers::card_made(tx, card, "AP0001");
    }));
    take(tokens()[0], subscribers::TokenEvent::KeepAtCounter);
    approved("collection", slip);
    run();
    EXPECT_EQ(tokens()[0].state, TokenState::HandedOver);
}

SEALDESK_ON_EVERY_BACKEND(EntityEffects);

}  // namespace
}  // namespace sealdesk::effects
