// Cards after they are made, and their PIN slips, on both databases.
#include "effects/card_life.h"

#include <fstream>

#include "audit/actors.h"
#include "crypto/certificate.h"
#include "effects/apart.h"
#include "effects/deliveries.h"
#include "effects/entity_desk.h"
#include "effects/mail_list.h"
#include "effects/parcel_steps.h"
#include "officers/officer.h"
#include "requests/request_store.h"
#include "subscribers/acceptance.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using subscribers::TokenEvent;
using subscribers::TokenState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CardLife : public EntityDesk {
protected:
    std::string step(TokenEvent event, const std::string& by, const std::string& card = "AP0001") {
        return step_on(db(), event, by, card);
    }
    std::string step_on(store::Database& database, TokenEvent event, const std::string& by,
                        const std::string& card = "AP0001") {
        const auto taken = store::transact(database, "test.card", [&](store::Tx& tx) {
            return step_card(tx, office_on(db()), {card, event, "why", by});
        });
        return taken ? std::string(to_text(taken->state)) : taken.error().code;
    }
    template <class Act>
    std::string code_of(const Act& act) {
        const Outcome outcome = in_tx([&](store::Tx& tx) -> Outcome { return act(tx); });
        return outcome ? "done" : outcome.error().code;
    }

    /// A card that is made; the request's number.
    std::string made_card() {
        std::string number = approved("application", application("A-1", "正卡"));
        run();
        in_tx([&](store::Tx& tx) {
            const auto card = subscribers::token_of_order(tx, "request:" + number).value();
            EXPECT_TRUE(subscribers::card_made(tx, card, "AP0001"));
        });
        return number;
    }
    void pack(const std::string& request, const std::vector<parcels::Item>& more = {}) {
        in_tx([&](store::Tx& tx) {
            const auto card = subscribers::token_of_order(tx, "request:" + request).value();
            std::vector<parcels::Item> items{{"card", card.order_key}};
            items.insert(items.end(), more.begin(), more.end());
            parcel_ = parcels::order_parcel(
                          tx, {.dedup_key = "parcel:" + request,
                               .scheme = "moea",
                               .request = requests::find_request(tx, request).value().id,
                               .subscriber = card.subscriber,
                               .to = {"何會計", "553", "水里鄉"},
                               .items = items})
                          .number;
        });
    }
    std::string card_in_parcel() {
        std::string number = made_card();
        pack(number);
        return number;
    }
    std::string post(const std::string& by, const std::string& tracking = "RR123456789TW") {
        return code_of([&](store::Tx& tx) {
            return post_parcel(tx, office_on(db()), {parcel_, by, tracking});
        });
    }
    /// A PIN slip of the request, printed.
    slips::Slip pin_slip(const std::string& request,
                         slips::Delivery delivery = slips::Delivery::Post) {
        const RequestId id = load(request).id;
        auto slip = in_tx([&](store::Tx& tx) {
            return slips::create_slip(tx, {.scheme = "moea",
                                           .template_name = std::string(kPinSlipTemplate),
                                           .request = id,
                                           .request_number = request,
                                           .account = AccountId(tx.new_id()),
                                           .account_generation = 1,
                                           .account_name = "AP0001",
                                           .delivery = delivery,
                                           .recipient = {"何會計", "553", "水里鄉"},
                                           .fields = {},
                                           .actor = "system"});
        });
        const std::vector<store::Value> args{slip.id.value()};
        connection().execute("UPDATE slip SET state = 'printed' WHERE id = ?", args);
        return slip;
    }
    std::string acknowledge(const slips::Slip& slip, const std::string& by,
                            const std::string& tracking = "RR000000001TW") {
        return code_of([&](store::Tx& tx) {
            return slips::acknowledge_slip(
                tx, slip.number, tracking, by,
                [&](store::Tx& inner, const slips::Slip& one, std::string_view number) {
                    return check_slip_apart(inner, office_on(db()), one, number, by);
                });
        });
    }

    std::string parcel_;
};

// M 4.4.1: held at once, revoked when another officer confirms it, with the reason; told by mail.
TEST_P(CardLife, ALostCardIsHeldAtOnceAndRevokedWhenItStaysLost) {
    an_entity_with_a_card_and_a_file();
    EXPECT_EQ(step(TokenEvent::Lose, "officer:ann"), "lost");
    EXPECT_EQ(state_of_certificate("0a01"), "issued counter");  // the CA answers first
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "held counter");
    EXPECT_EQ(state_of_certificate("0a03"), "issued");
    EXPECT_EQ(step(TokenEvent::Retire, "officer:ann"), "card.second_person");
    EXPECT_EQ(step(TokenEvent::Retire, "officer:ben"), "retired");
    EXPECT_EQ(state_of_certificate("0a01"), "held counter");
    const std::int64_t mails = rows_in("mail_outbox");
    run();
    EXPECT_THAT(ca_.asked, ElementsAre("hold 0a01", "hold 0a02", "revoke 0a01", "revoke 0a02"));
    EXPECT_EQ(tokens()[0].state, TokenState::Retired);
    EXPECT_EQ(rows_in("mail_outbox"), mails + 1);
    EXPECT_EQ(
        connection()
            .query("SELECT COUNT(*) FROM certificate_change WHERE reason = 'key_compromise'", {})
            .front()
            .number(0),
        2);
    EXPECT_EQ(refusal("application", application("A-9", "正卡")), "accepted");  // room for another
}

// A CA that does not answer loses nothing: the job asks again, under the same order.
TEST_P(CardLife, ADamagedCardIsRevokedWhenTheCaAnswersAgain) {
    an_entity_with_a_card_and_a_file();
    EXPECT_EQ(step(TokenEvent::Damage, "officer:ben"), "damaged");
    ca_.trouble = Error{ErrorKind::Unavailable, "ca.away", "The CA does not answer.", {}, {}};
    run_on(db());
    EXPECT_EQ(state_of_certificate("0a01"), "issued");
    ca_.trouble.reset();
    clock().advance(std::chrono::hours(1));
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "revoked");
    EXPECT_EQ(tokens()[0].state, TokenState::Damaged);  // it stays what it was
}

TEST_P(CardLife, AResumedCardIsAcceptedAgainWhenEverythingInItWas) {  // M 4.4.9
    an_entity_with_a_card_and_a_file();
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "accepted");
    EXPECT_EQ(step(TokenEvent::Suspend, "officer:ann"), "suspended");
    run_on(db());  // what is accepted here is no certificate that could be published
    EXPECT_EQ(accept({.serial = "0a02"}, kCode), "certificate.on_hold");
    EXPECT_EQ(step(TokenEvent::Resume, "officer:ann"), "handed_over");
    run_on(db());
    EXPECT_EQ(accept({.serial = "0a02"}, kCode), "accepted");
    EXPECT_EQ(tokens()[0].state, TokenState::Accepted);
    EXPECT_EQ(step(TokenEvent::Suspend, "officer:ann"), "suspended");
    EXPECT_EQ(step(TokenEvent::Resume, "officer:ann"), "accepted");
}

// M 4.4.9: what the subscriber held stays held when the counter lets go.
TEST_P(CardLife, TheSubscribersOwnHoldIsAnotherMatter) {
    an_entity_with_a_card_and_a_file();
    EXPECT_EQ(with_code(hold_with_code, {.serial = "", .card_number = "AP0001"}, kCode),
              "accepted");
    run();
    EXPECT_EQ(tokens()[0].state, TokenState::HandedOver);
    EXPECT_EQ(step(TokenEvent::Suspend, "officer:ann"), "suspended");
    EXPECT_EQ(step(TokenEvent::Resume, "officer:ann"), "handed_over");
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "held subscriber");
}

TEST_P(CardLife, WhatACommandCannotDoIsSaid) {
    an_entity_with_a_card_and_a_file();
    EXPECT_EQ(step(TokenEvent::Lose, "officer:ann", "AP9"), "card.unknown");
    EXPECT_EQ(step(TokenEvent::Lose, "officer:ann", std::to_string(tokens()[1].id.value())),
              "card.no_card");
    EXPECT_EQ(step(TokenEvent::Resume, "officer:ann"), "token.cannot_move");
    const auto code = [&](const std::string& reason) {
        return in_tx([&](store::Tx& tx) {
                   return step_card(tx, office_on(db()),
                                    {"AP0001", TokenEvent::Lose, reason, "officer:ann"});
               })
            .error()
            .code;
    };
    EXPECT_EQ(code(" "), "card.reason_missing");
    std::string longest;
    for (int i = 0; i < 301; ++i) {
        longest += "遺";
    }
    EXPECT_EQ(code(longest), "card.reason_long");
}

// M 4.3.1 (1) A: accepted after the card was received, where the scheme says so.
TEST_P(CardLife, ReceiptUnlocksAcceptance) {
    const std::string number = card_in_parcel();
    issue(71, "0a01", tokens()[0]);
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "card.not_received");
    EXPECT_EQ(post("officer:dee"), "done");
    EXPECT_EQ(post("officer:dee"), "done");  // again
    EXPECT_EQ(tokens()[0].state, TokenState::Shipped);
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "card.not_received");
    run();
    EXPECT_EQ(state_of(number), "approved");  // still on its way
    const auto confirm = [&](Instant at) {
        return code_of([&](store::Tx& tx) {
            return deliver_parcel(tx, parcel_, {at, "本人"}, "officer:dee");
        });
    };
    EXPECT_EQ(confirm(clock().now() + std::chrono::hours(1)), "parcel.delivery_time");
    EXPECT_EQ(confirm(clock().now() - std::chrono::days(2)), "parcel.delivery_time");
    const Instant at = clock().now();
    EXPECT_EQ(confirm(at), "done");
    EXPECT_EQ(confirm(at), "done");
    EXPECT_EQ(confirm(at - std::chrono::seconds(1)), "parcel.delivered");
    EXPECT_EQ(code_of([&](store::Tx& tx) {
                  return parcels::void_parcel(tx, parcel_, "遺失", "officer:dee");
              }),
              "parcel.delivered");
    EXPECT_EQ(tokens()[0].state, TokenState::HandedOver);
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "accepted");
    EXPECT_EQ(tokens()[0].state, TokenState::Accepted);
}

// A row a fate: nothing is lost, nothing is counted twice.
TEST_P(CardLife, ThePostsFileIsTakenRowByRow) {  // M 4.2.1.2 (2)
    card_in_parcel();
    EXPECT_EQ(post("officer:dee"), "done");
    const auto file = folder() / "post.csv";
    const auto write = [&](const std::string& rows) {
        std::ofstream(file) << "序,掛號號碼,投遞時間,簽收人\n" << rows;
    };
    const auto fates = [&](bool dry_run) {
        std::string text;
        const auto sums = import_deliveries(
            db(), {file, "", dry_run, "officer:dee", [&](const intake::Fate& fate) {
                       text += (text.empty() ? "" : ", ") + std::to_string(fate.row) + " " +
                               std::string(name_of(fate.kind)) +
                               (fate.reasons.empty() ? "" : " " + fate.reasons[0].code);
                   }});
        return sums ? text : sums.error().code;
    };
    const std::string day = to_roc_text(day_in_taipei(clock().now()));
    write("1,rr 123456789 tw," + day + " 00:10,王小明\n2,RR1," + day + ",\n3,RR777777777TW," + day +
          ",\n\n4,RR123456789TW,yesterday,\n5,RR123456789TW," + day + ",管理員\n6,\"x\n");
    const std::string expected =
        "2 accepted, 3 refused parcel.tracking_needed, 4 refused parcel.tracking_unknown, "
        "6 refused delivery.moment, 7 duplicate, 8 refused csv.open_quote";
    EXPECT_EQ(fates(true), expected);
    EXPECT_EQ(tokens()[0].state, TokenState::Shipped);
    EXPECT_EQ(rows_in("parcel_delivery"), 0);
    EXPECT_EQ(fates(false), expected);
    EXPECT_EQ(tokens()[0].state, TokenState::HandedOver);
    EXPECT_EQ(rows_in("parcel_delivery"), 1);
    write("1,RR123456789TW," + day + " 00:10,王小明\n2,RR123456789TW," + day + " 00:11,王小明\n");
    EXPECT_EQ(fates(false), "2 duplicate, 3 refused parcel.delivered");
    std::ofstream(file) << "number,day\n1,2\n";
    EXPECT_EQ(fates(false), "file.missing_columns");
    EXPECT_THAT(connection()
                    .query("SELECT detail FROM audit_event WHERE kind = "
                           "'parcel.delivered'",
                           {})
                    .front()
                    .text(0),
                ::testing::Not(HasSubstr("王")));  // M 2.8.1
}

TEST_P(CardLife, APostedCardIsWholeWhateverWriteFails) {
    card_in_parcel();
    int write = 0;
    for (bool whole = false; !whole; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            whole = store::transact(broken, "test.post", [&](store::Tx& tx) {
                        return post_parcel(tx, office_on(broken),
                                           {parcel_, "officer:dee", "RR123456789TW"});
                    }).has_value();
        } catch (const Failure&) {
            EXPECT_EQ(tokens()[0].state, TokenState::Personalised);
            EXPECT_EQ(rows_in("parcel_movement"), 1);
        }
    }
    EXPECT_GT(write, 5);
    EXPECT_EQ(tokens()[0].state, TokenState::Shipped);
}

TEST_P(CardLife, ALostCardIsNotPosted) {
    card_in_parcel();
    EXPECT_EQ(step(TokenEvent::Lose, "officer:ann"), "lost");
    EXPECT_EQ(post("officer:dee"), "parcel.card_not_there");
}

// M 6.4.2: the initial PIN goes another way than the card, through other hands.
TEST_P(CardLife, ACardAndItsPinSlipGoThroughDifferentHands) {
    const std::string request = card_in_parcel();
    const slips::Slip slip = pin_slip(request);
    in_tx([&](store::Tx& tx) {
        for (const std::string login : {"dee", "kim"}) {
            const auto key = crypto::KeyPair::generate_p256();
            EXPECT_TRUE(officers::add(
                tx,
                {login,
                 login,
                 {officers::Role::Operator},
                 crypto::make_self_signed(key,
                                          {login, crypto::SelfSignedUse::Signing, clock().now(),
                                           clock().now() + std::chrono::days(9)},
                                          random())},
                "system"));
        }
    });
    EXPECT_EQ(acknowledge(slip, "officer:dee"), "done");
    const auto refused = in_tx([&](store::Tx& tx) {
        return post_parcel(tx, office_on(db()), {parcel_, "officer:dee", "RR123456789TW"});
    });
    EXPECT_EQ(refused.error().code, "parcel.same_person");
    EXPECT_THAT(refused.error().detail, HasSubstr("May do it: kim."));
    EXPECT_EQ(post("officer:kim", "RR000000001TW"), "parcel.card_and_pin");  // one envelope
    EXPECT_EQ(post("officer:kim"), "done");
    EXPECT_EQ(acknowledge(pin_slip(request), "officer:kim"), "parcel.same_person");
}

TEST_P(CardLife, NorTheOtherWayRound) {  // M 6.4.2
    const std::string request = card_in_parcel();
    EXPECT_EQ(post("officer:dee"), "done");
    const slips::Slip slip = pin_slip(request);
    EXPECT_EQ(acknowledge(slip, "officer:dee"), "parcel.same_person");
    EXPECT_EQ(acknowledge(slip, "officer:kim", "RR123456789TW"), "parcel.card_and_pin");
    EXPECT_EQ(acknowledge(slip, "officer:kim"), "done");
}

TEST_P(CardLife, AParcelWithACardAndItsPinIsNotPosted) {  // M 6.4.2
    const std::string request = made_card();
    pack(request, {{"slip", pin_slip(request).number}});
    EXPECT_EQ(post("officer:kim"), "parcel.card_and_pin");
    EXPECT_EQ(tokens()[0].state, TokenState::Personalised);
}

// M 6.4.2: what goes to the post together never holds both.
TEST_P(CardLife, ACardAndItsPinSlipAreNeverOnOneList) {
    const std::string request = card_in_parcel();
    const slips::Slip slip = pin_slip(request);
    const requests::Office office = office_on(db());
    EXPECT_EQ(code_of([&](store::Tx& tx) {
                  return parcels::receive_mail_numbers(tx, {"100001", "100009"}, "officer:dee");
              }),
              "done");

    const auto list = close_list(office, "officer:dee");

    ASSERT_TRUE(list) << list.error().code;
    EXPECT_EQ(in_tx([&](store::Tx& tx) { return parcels::lines_of(tx, list->id).at(0).item; }),
              parcel_);
    EXPECT_EQ(list->lines, 1);
    ASSERT_TRUE(post_list(office, {list->number, {}, "officer:dee"}));
    EXPECT_EQ(close_list(office, "officer:dee").error().code, "post.nothing_waits");
    const auto second = close_list(office, "officer:kim");
    ASSERT_TRUE(second) << second.error().code;
    EXPECT_EQ(post_list(office, {second->number, {}, "officer:dee"}).error().code,
              "parcel.same_person");
    ASSERT_TRUE(post_list(office, {second->number, {}, "officer:kim"}));
    EXPECT_EQ(in_tx([&](store::Tx& tx) {
                  return slips::find_slip(tx, slip.number).value().tracking_number;
              }),
              "100002");
}

// T 6.3: posted together, handed over together.
TEST_P(CardLife, WhereTheSchemeSaysTogetherNothingIsRefused) {
    const std::string request = made_card();
    const slips::Slip slip = pin_slip(request);
    pack(request, {{"slip", slip.number}});
    connection().execute("UPDATE parcel SET scheme = 'tipo'", {});
    EXPECT_EQ(post("officer:dee"), "done");
    EXPECT_FALSE(tipo_scheme().cards.pin_slip_apart);
}

SEALDESK_ON_EVERY_BACKEND(CardLife);

}  // namespace
}  // namespace sealdesk::effects
