#pragma once

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "effects/fake_ca.h"
#include "effects/with_user_code.h"
#include "queue/runner.h"
#include "requests/office_desk.h"
#include "requests/request_store.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"
#include "subscribers/token_step.h"
#include "subscribers/user_code.h"

namespace sealdesk::effects {

inline constexpr const char* kNumber = "24608131";
inline constexpr const char* kCode = "Tea-4411";

/// An office with entities that apply for cards and non-card certificates.
class EntityDesk : public test::OfficeDesk {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.entity", work);
    }

    static test::Form application(const std::string& record, const std::string& token) {
        return {{"record_number", record},
                {"received_on", "115/11/20"},
                {"applicant_kind", "公司"},
                {"applicant_name", "華岳茶業有限公司"},
                {"id_number", kNumber},
                {"responsible_name", "何茶師"},
                {"responsible_id", "D122334456"},
                {"registered_address", "553南投縣水里鄉民生路95號"},
                {"contact_name", "何會計"},
                {"contact_phone", "049-277-0003"},
                {"contact_email", "tea@example.test"},
                {"contact_address", "553南投縣水里鄉民生路95號"},
                {"token_kind", token},
                {"certificate_use", token == "非IC卡類" ? "簽章" : ""},
                {"user_code", kCode},
                {"payment_number", "PAY-1"},
                {"terms_accepted", "是"},
                {"seal_scan", "seal of the company"},
                {"responsible_seal_scan", "seal of the person"}};
    }

    static test::Form about(const std::string& record, const test::Form& more) {
        test::Form form = application(record, "");
        form.merge(test::Form{{"submitted_by", "郵寄"}});
        for (const auto& [field, text] : more) {
            form[field] = text;
        }
        return form;
    }

    std::string approved(const std::string& form_id, const test::Form& form) {
        const auto fate = receive("moea/" + form_id, form);
        EXPECT_EQ(fate.kind, intake::FateKind::Accepted)
            << (fate.reasons.empty() ? "" : fate.reasons.front().message.en);
        EXPECT_EQ(examine_all(fate.request), "examined");
        EXPECT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
        return fate.request;
    }
    std::string refusal(const std::string& form_id, const test::Form& form) {
        const auto fate = receive("moea/" + form_id, form);
        return fate.reasons.empty() ? "accepted" : fate.reasons.front().code;
    }

    queue::Statistics run_on(store::Database& database) {
        const requests::Office office = office_on(database);
        const Works works{
            office,       templates(),
            print_room(), print_folder(),
            stationery(), [this](const std::string&) -> Result<ca::CaClient*> { return &ca_; }};
        queue::Runner runner(database);
        register_handlers(runner, works);
        const queue::Statistics statistics = runner.run({});
        complete_requests(works);
        return statistics;
    }
    void run() { EXPECT_EQ(run_on(db()).failed, 0); }

    subscribers::Subscriber subscriber() {
        return in_tx([](store::Tx& tx) {
            return subscribers::find_subscriber(tx, "moea", kNumber).value();
        });
    }
    std::vector<subscribers::Token> tokens() {
        return in_tx(
            [&, id = subscriber().id](store::Tx& tx) { return subscribers::tokens_of(tx, id); });
    }
    void issue(std::int64_t id, const std::string& serial, const subscribers::Token& token) {
        in_tx([&](store::Tx& tx) {
            const auto request = requests::find_request(tx, token.order_key.substr(8)).value();
            subscribers::keep_certificate(
                tx, {CertificateId{id}, token.subscriber, request.id, serial, "moea", "p" + serial,
                     serial, "der", tx.now(), tx.now() + std::chrono::days(365)});
            subscribers::put_into_token(tx, CertificateId{id}, token.id);
        });
    }
    void take(const subscribers::Token& seen, subscribers::TokenEvent event) {
        const auto taken =
            in_tx([&](store::Tx& tx) { return subscribers::take_step(tx, seen, event, {"test"}); });
        EXPECT_TRUE(taken) << taken.error().detail;
    }
    /// A primary card with two certificates, which the entity has received, and a non-card
    /// certificate.
    void an_entity_with_a_card_and_a_file() {
        approved("application", application("A-1", "正卡"));
        approved("application", application("A-2", "非IC卡類"));
        run();
        const auto ordered = tokens();
        ASSERT_THAT(ordered, ::testing::SizeIs(2));
        ASSERT_TRUE(
            in_tx([&](store::Tx& tx) { return subscribers::card_made(tx, ordered[0], "AP0001"); }));
        take(ordered[1], subscribers::TokenEvent::Personalise);
        take(tokens()[0], subscribers::TokenEvent::Receive);
        issue(71, "0a01", ordered[0]);
        issue(72, "0a02", ordered[0]);
        issue(73, "0a03", ordered[1]);
    }
    std::string state_of_certificate(const std::string& serial) {
        return in_tx([&](store::Tx& tx) {
            const auto one = subscribers::find_certificate(tx, serial).value();
            std::string text(subscribers::to_text(one.state));
            for (const subscribers::HoldSource source : subscribers::open_holds(tx, one.id)) {
                text += " " + std::string(subscribers::to_text(source));
            }
            return text;
        });
    }
    std::string with_code(Result<subscribers::CodeTry> (*act)(const requests::Office&, const Named&,
                                                              const Secret&),
                          const Named& named, std::string_view code) {
        const auto tried = act(office_on(db()), named, Secret(code));
        if (!tried) {
            return tried.error().code;
        }
        constexpr std::array<const char*, 4> words{"accepted", "must change", "wrong", "locked"};
        return words.at(static_cast<std::size_t>(*tried));
    }
    std::string accept(const Named& named, std::string_view code) {
        return with_code(
            [](const requests::Office& office, const Named& what, const Secret& secret) {
                return accept_certificates(office, what, secret);
            },
            named, code);
    }

    FakeCa ca_;
};

}  // namespace sealdesk::effects
