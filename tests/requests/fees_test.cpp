// Money at the counter: charged, paid in cash, given back by two people, counted at the day's end.
#include "requests/fees.h"

#include <gmock/gmock.h>

#include "jobs/day_report.h"
#include "requests/cash.h"
#include "requests/invoices.h"
#include "requests/office_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Until = scheme::RefundRule::Until;

template <class Value>
std::string code_of(const Result<Value>& result) {
    return result ? "ok" : result.error().code;
}

class Fees : public test::OfficeDesk {
protected:
    requests::Office office() { return office_on(db()); }

    Sale card(const std::string& request = "", bool prepaid = false) {
        return {tipo_scheme().id, "ic_card", 1, request, prepaid};
    }
    Charge sold(const Sale& sale) {
        const auto charge = sell(office(), sale, "dee");
        EXPECT_TRUE(charge) << charge.error().code;
        return *charge;
    }
    test::Form card_form(const std::string& id = "A123456789") {
        auto form = registration(id);
        form["certificate_kind"] = "IC卡";
        return form;
    }
    std::string state_of_charge(const std::string& number) {
        return store::transact(db(), "test.charge", [&](store::Tx& tx) {
            return std::string(to_text(charges_under(tx, number).value().front().state));
        });
    }
    std::string charged_to(const std::string& request) {
        const RequestId id = load(request).id;
        return store::transact(db(), "test.fees", [&](store::Tx& tx) {
            const auto fees = fees_of(tx, id);
            return fees.empty() ? std::string() : fees.front().receipt_number;
        });
    }
    CashDay list() {
        return store::transact(db(), "test.cash", [&](store::Tx& tx) {
            return cash_day(tx, day_in_taipei(tx.now()));
        });
    }
    jobs::Ledger ledger(const std::string& name) {
        const auto report = store::transact(db(), "test.report", [&](store::Tx& tx) {
            return jobs::report_day(tx, day_in_taipei(tx.now()));
        });
        return *std::ranges::find(report.ledgers, name, &jobs::Ledger::name);
    }
    Result<CashDay> close(const CashCount& count, const std::string& by = "dee") {
        return close_cash_day(office(), day_in_taipei(clock().now()), count, by);
    }
};

// T 6.4: paper documents cost NT$1000 a copy, without any form.
TEST_P(Fees, PaperDocumentsAreSoldWithoutAForm) {
    const Charge charge = sold({tipo_scheme().id, "document_copy", 3});
    EXPECT_EQ(charge.amount_twd, 3000);
    EXPECT_EQ(charge.state, ChargeState::Paid);
    EXPECT_EQ(rows_in("fee_payment"), 1);
    EXPECT_EQ(code_of(sell(office(), {tipo_scheme().id, "no_such_thing"}, "dee")), "fee.no_item");
    EXPECT_EQ(code_of(sell(office(), {"elsewhere", "ic_card"}, "dee")), "fee.no_scheme");
    EXPECT_EQ(code_of(sell(office(), {tipo_scheme().id, "document_copy", 0}, "dee")), "fee.pieces");
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "not wanted", "dee")),
              "fee.used");
}

// T 6.1, T 6.2: NT$500 in cash at registration; the approval does not charge it again.
TEST_P(Fees, ACardPaidAtTheCounterIsNotChargedAgain) {
    const auto fate = receive("registration", card_form());
    const Charge charge = sold(card(fate.request));
    EXPECT_EQ(charge.amount_twd, 500);
    EXPECT_EQ(code_of(sell(office(), card(fate.request), "dee")), "fee.already_charged");

    examine_all(fate.request);
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ben"), "approved");
    run_effects();

    EXPECT_EQ(rows_in("fee_charge"), 1);
    EXPECT_EQ(charged_to(fate.request), charge.receipt_number);
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "why", "dee")),
              "fee.used");  // T 6.1
}

TEST_P(Fees, WhatAFormCostsIsDueUntilItIsPaid) {
    const std::string request = approved_registration(card_form());
    run_effects();
    const std::string number = charged_to(request);
    EXPECT_EQ(ledger("fees").open, 500);

    EXPECT_EQ(code_of(pay(office(), number, "dee")), "ok");
    EXPECT_EQ(code_of(pay(office(), number, "dee")), "fee.not_due");
    EXPECT_EQ(code_of(void_charge(office(), number, "typing error", "dee")), "fee.not_due");
    EXPECT_EQ(ledger("fees").open, 0);
    EXPECT_EQ(ledger("fees").difference(), 0);
}

TEST_P(Fees, AVoidChargeCanBeMadeAnew) {
    const std::string request = approved_registration(card_form());
    run_effects();
    const std::string number = charged_to(request);
    EXPECT_EQ(code_of(void_charge(office(), number, " ", "dee")), "fee.no_reason");
    EXPECT_EQ(code_of(void_charge(office(), number, "wrong item", "dee")), "ok");
    EXPECT_EQ(code_of(sell(office(), card(request), "dee")), "ok");
    EXPECT_EQ(ledger("fees").difference(), 0);
}

// The terminal died before the answer came: the same sale once more takes no cash.
TEST_P(Fees, ASaleToldTwiceIsOneSale) {
    const Charge charge = sold({tipo_scheme().id, "document_copy", 2});
    const auto repeated = sell(office(), {tipo_scheme().id, "document_copy", 2}, "dee");
    ASSERT_FALSE(repeated);
    EXPECT_EQ(repeated.error().code, "fee.sold_just_now");
    EXPECT_EQ(repeated.error().where, charge.receipt_number);
    EXPECT_EQ(list().taken_twd, charge.amount_twd);

    sold({tipo_scheme().id, "document_copy", 1});
    Sale another{tipo_scheme().id, "document_copy", 2};
    another.again = true;
    sold(another);
    EXPECT_EQ(code_of(sell(office(), {tipo_scheme().id, "document_copy", 2}, "ann")), "ok");
    clock().advance(kSameSale + 1s);
    sold({tipo_scheme().id, "document_copy", 2});
}

// M 2.5.4: a prepaid fee goes back only before the form is handed in.
TEST_P(Fees, APrepaidFeeGoesBackOnlyBeforeTheFormIsHandedIn) {
    scheme_definition().refunds = {Until::HandedIn, "M 2.5.4"};
    const Charge kept = sold(card("", true));
    Sale second = card("", true);
    second.again = true;
    const Charge given = sold(second);
    const auto fate = receive("registration", card_form());

    EXPECT_EQ(code_of(attach(office(), kept.receipt_number, fate.request, "dee")), "ok");
    EXPECT_EQ(code_of(attach(office(), kept.receipt_number, fate.request, "dee")),
              "fee.not_prepaid");
    const auto refused = ask_refund(office(), kept.receipt_number, "changed my mind", "dee");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "fee.form_handed_in");
    EXPECT_EQ(refused.error().rule, "M 2.5.4");

    EXPECT_EQ(code_of(ask_refund(office(), given.receipt_number, "changed my mind", "dee")), "ok");
    EXPECT_EQ(code_of(settle_refund(office(), given.receipt_number, true, "ann")), "ok");
    EXPECT_EQ(state_of_charge(given.receipt_number), "refunded");
    EXPECT_EQ(ledger("fees").difference(), 0);
    EXPECT_EQ(ledger("refunds").difference(), 0);
    EXPECT_EQ(list().expected_twd(), 500);
}

TEST_P(Fees, AFormHandedInBetweenAskingAndGivingEndsTheRefund) {
    scheme_definition().refunds = {Until::HandedIn, "M 2.5.4"};
    const Charge charge = sold(card("", true));
    ASSERT_TRUE(ask_refund(office(), charge.receipt_number, "why", "dee"));
    const auto fate = receive("registration", card_form());
    ASSERT_TRUE(attach(office(), charge.receipt_number, fate.request, "dee"));

    EXPECT_EQ(code_of(settle_refund(office(), charge.receipt_number, true, "ann")),
              "fee.form_handed_in");
    EXPECT_EQ(code_of(settle_refund(office(), charge.receipt_number, false, "ann")), "ok");
    EXPECT_EQ(state_of_charge(charge.receipt_number), "paid");
}

// T 6.1: no refund once used; a form that was rejected has used nothing. Every refund takes two.
TEST_P(Fees, ARefundTakesTwoPeople) {
    const auto fate = receive("registration", card_form());
    const Charge charge = sold(card(fate.request));
    EXPECT_EQ(decide(fate.request, Verdict::Withdraw, "ann"), "withdrawn");

    EXPECT_EQ(code_of(settle_refund(office(), charge.receipt_number, true, "ann")),
              "fee.no_refund_asked");
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "", "dee")), "fee.no_reason");
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "withdrawn", "dee")), "ok");
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "withdrawn", "dee")),
              "fee.refund_asked");
    EXPECT_EQ(code_of(settle_refund(office(), charge.receipt_number, true, "dee")),
              "fee.same_person");
    EXPECT_EQ(code_of(settle_refund(office(), charge.receipt_number, false, "ann")), "ok");
    EXPECT_EQ(state_of_charge(charge.receipt_number), "paid");

    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "withdrawn", "dee")), "ok");
    EXPECT_EQ(code_of(settle_refund(office(), charge.receipt_number, true, "ann")), "ok");
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "again", "dee")), "fee.not_paid");
}

TEST_P(Fees, ASchemeThatSaysNothingOfRefundsGivesNone) {
    scheme_definition().refunds = {};
    const Charge charge = sold(card("", true));
    EXPECT_EQ(code_of(ask_refund(office(), charge.receipt_number, "why", "dee")), "fee.no_refund");
}

// T 6.1, T 6.3: the invoice, handed over or posted with the goods.
TEST_P(Fees, AnInvoiceStandsForAReceiptAndReachesItsBuyer) {
    const Charge charge = sold({tipo_scheme().id, "document_copy", 2});
    const std::string receipt = charge.receipt_number;
    EXPECT_EQ(code_of(record_invoice(office(), {"AB1234567", receipt}, "dee")), "invoice.number");
    EXPECT_EQ(code_of(record_invoice(office(), {"AB12345678", receipt, "12345678"}, "dee")),
              "invoice.buyer");
    const auto invoice = record_invoice(office(), {"AB12345678", receipt, "04595257"}, "dee");
    ASSERT_TRUE(invoice) << invoice.error().code;
    EXPECT_EQ(invoice->amount_twd, 2000);
    EXPECT_EQ(invoice->items, "document_copy x2");
    EXPECT_EQ(code_of(record_invoice(office(), {"AB12345679", receipt}, "dee")), "invoice.exists");
    EXPECT_EQ(code_of(deliver_invoice(office(), "AB12345678", "RR123456785TW", "dee")), "ok");
    EXPECT_EQ(code_of(deliver_invoice(office(), "AB12345678", "", "dee")), "invoice.not_issued");
    EXPECT_EQ(code_of(void_invoice(office(), "AB12345678", "wrong buyer", "dee")), "ok");
    EXPECT_EQ(code_of(record_invoice(office(), {"AB12345678", receipt}, "dee")),
              "invoice.number_used");
    EXPECT_EQ(code_of(record_invoice(office(), {"AB12345679", receipt}, "dee")), "ok");
}

TEST_P(Fees, WhatIsGivenBackHasNoInvoice) {
    const Charge charge = sold(card("", true));
    ASSERT_TRUE(record_invoice(office(), {"AB12345678", charge.receipt_number}, "dee"));
    ASSERT_TRUE(ask_refund(office(), charge.receipt_number, "why", "dee"));
    ASSERT_TRUE(settle_refund(office(), charge.receipt_number, true, "ann"));
    const auto invoices = store::transact(db(), "test.invoices", [&](store::Tx& tx) {
        return invoices_for(tx, charge.receipt_number);
    });
    EXPECT_EQ(invoices.front().state, InvoiceState::Void);
    EXPECT_EQ(code_of(record_invoice(office(), {"AB12345679", charge.receipt_number}, "dee")),
              "invoice.nothing_paid");
}

TEST_P(Fees, ADayThatBalancesIsSignedOffByAnother) {
    sold(card());
    sold({tipo_scheme().id, "document_copy", 2});
    const auto closed = close({.counted_twd = 3000, .deposited_twd = 2500, .opening_twd = 500});
    ASSERT_TRUE(closed) << closed.error().code;
    EXPECT_EQ(closed->expected_twd(), 3000);
    EXPECT_EQ(closed->difference_twd(), 0);

    EXPECT_EQ(code_of(close({3000})), "cash.day_closed");
    EXPECT_EQ(code_of(sell(office(), card(), "dee")), "cash.day_closed");
    const auto today = day_in_taipei(clock().now());
    EXPECT_EQ(code_of(sign_cash_day(office(), today, "dee", key_of("ann"))), "cash.same_person");
    EXPECT_EQ(code_of(sign_cash_day(office(), today, "ann", key_of("ann"))), "ok");
    EXPECT_EQ(code_of(sign_cash_day(office(), today, "ben", key_of("ben"))), "cash.signed");

    clock().advance(24h);
    EXPECT_EQ(list().opening_twd, 500);  // what was left in the box
    EXPECT_EQ(code_of(sell(office(), card(), "dee")), "ok");
    EXPECT_EQ(code_of(close({.counted_twd = 1000, .opening_twd = 0})), "cash.opening");
    EXPECT_EQ(code_of(close({1000})), "ok");
}

TEST_P(Fees, ADifferenceNeedsWordsAndIsShown) {
    sold(card());
    EXPECT_EQ(code_of(close({450})), "cash.no_note");
    EXPECT_EQ(code_of(close({450, 500, std::nullopt, "short"})), "cash.deposit");
    EXPECT_EQ(code_of(close({-1})), "cash.amount");
    const auto closed = close({450, 0, std::nullopt, "=找零錯誤"});
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->difference_twd(), -50);
    EXPECT_THAT(to_csv(list()), HasSubstr("差額 difference,,,,,-50,"));
    EXPECT_THAT(to_csv(list()), HasSubstr("'=找零錯誤"));  // no formula for a spreadsheet
}

TEST_P(Fees, DaysAreClosedOneAfterAnother) {
    sold(card());
    clock().advance(24h);
    sold(card());
    EXPECT_EQ(code_of(close({1000})), "cash.earlier_day_open");
    const auto yesterday = day_in_taipei(clock().now() - 24h);
    const auto tomorrow = day_in_taipei(clock().now() + 24h);
    EXPECT_EQ(code_of(close_cash_day(office(), tomorrow, {0}, "dee")), "cash.not_yet");
    EXPECT_EQ(code_of(sign_cash_day(office(), yesterday, "ann", key_of("ann"))), "cash.not_closed");
    EXPECT_EQ(code_of(close_cash_day(office(), yesterday, {500}, "dee")), "ok");
    EXPECT_EQ(code_of(close({1000})), "ok");
    EXPECT_EQ(code_of(close_cash_day(office(), day_in_taipei(clock().now() - 48h), {0}, "dee")),
              "cash.later_day_closed");
}

TEST_P(Fees, APaymentThatWasChangedAfterCountingIsFound) {
    sold(card());
    ASSERT_TRUE(close({500}));
    connection().execute("UPDATE fee_payment SET amount_twd = 400", {});
    EXPECT_EQ(code_of(sign_cash_day(office(), day_in_taipei(clock().now()), "ann", key_of("ann"))),
              "cash.changed");
    EXPECT_EQ(ledger("fees").difference(), 100);
}

// Sale, refund, closing and signing: each write fails in turn, nothing is half done.
TEST_P(Fees, MoneyIsMovedWhollyOrNotAtAllWhateverWriteFails) {
    const auto persist = [&](const std::function<bool(store::Database&)>& work,
                             const std::function<bool()>& untouched) {
        for (int write = 0;; ++write) {
            ASSERT_LT(write, 40);
            test::FailingConnection failing(connection(), write);
            store::Database broken(failing, clock(), random());
            try {
                ASSERT_TRUE(work(broken));
            } catch (const Failure&) {
                ASSERT_TRUE(untouched()) << "write " << write;
                continue;
            }
            EXPECT_GT(write, 3);
            return;
        }
    };
    Charge charge;
    persist(
        [&](store::Database& broken) {
            const auto made = sell(office_on(broken), card("", true), "dee");
            charge = made ? *made : charge;
            return made.has_value();
        },
        [&] {
            return rows_in("fee_charge") + rows_in("fee_payment") + rows_in("audit_event") == 3;
        });
    const std::string number = charge.receipt_number;
    persist(
        [&](store::Database& broken) {
            return ask_refund(office_on(broken), number, "why", "dee").has_value();
        },
        [&] { return rows_in("fee_refund") == 0; });
    persist(
        [&](store::Database& broken) {
            return settle_refund(office_on(broken), number, true, "ann").has_value();
        },
        [&] { return state_of_charge(number) == "paid" && list().refunded_twd == 0; });
    const auto today = day_in_taipei(clock().now());
    persist(
        [&](store::Database& broken) {
            return close_cash_day(office_on(broken), today, {0}, "dee").has_value();
        },
        [&] { return rows_in("cash_day") == 0; });
    persist(
        [&](store::Database& broken) {
            return sign_cash_day(office_on(broken), today, "ann", key_of("ann")).has_value();
        },
        [&] { return list().signed_by.empty(); });
    EXPECT_EQ(list().signed_by, "ann");
    EXPECT_EQ(ledger("fees").difference() + ledger("refunds").difference(), 0);
}

SEALDESK_ON_EVERY_BACKEND(Fees);

}  // namespace
}  // namespace sealdesk::requests
