// What a subscriber does with the user code, and the certificates it is about, on both databases.
#include "ca/profile_reader.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/verifier.h"
#include "effects/entity_desk.h"
#include "effects/issue_certificate.h"
#include "subscribers/acceptance.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using subscribers::CodeTry;
using subscribers::TokenState;
using ::testing::SizeIs;

class UserCodeEffects : public EntityDesk {
protected:
    /// Does it with the first write failing, then the second … until it is done; how many failed.
    template <class Work, class Undone>
    int until_done(Work&& work, Undone&& undone) {
        for (int write = 0; write < 30; ++write) {
            test::FailingConnection failing(connection(), write);
            store::Database broken(failing, clock(), random());
            try {
                if (work(broken)) {
                    return write;
                }
            } catch (const Failure&) {
                undone();
            }
        }
        return -1;
    }
};

// M 4.3: the certificates in a card are accepted one by one, the card when both are.
TEST_P(UserCodeEffects, AcceptanceIsNotedOnceWithItsDate) {
    an_entity_with_a_card_and_a_file();
    const auto when = [&](std::int64_t id) {
        return in_tx([&](store::Tx& tx) {
            return subscribers::accepted_at(tx, CertificateId{id}).has_value();
        });
    };
    EXPECT_FALSE(when(71));
    EXPECT_EQ(accept({.serial = "0a01"}, "wrong"), "wrong");
    EXPECT_FALSE(when(71));
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "accepted");
    EXPECT_EQ(accept({.serial = "0a01"}, kCode), "accepted");
    EXPECT_TRUE(when(71));
    EXPECT_EQ(tokens()[0].state, TokenState::HandedOver);
    EXPECT_EQ(accept({.serial = "", .card_number = "AP0001"}, kCode), "accepted");
    EXPECT_EQ(tokens()[0].state, TokenState::Accepted);
    EXPECT_EQ(accept({.serial = "0b99"}, kCode), "certificate.unknown");
    EXPECT_EQ(accept({.serial = "", .card_number = "AP9"}, kCode), "card.unknown");
}

TEST_P(UserCodeEffects, AcceptanceWithAPresetCodeIsWholeWhateverWriteFails) {  // M 4.3.2
    an_entity_with_a_card_and_a_file();
    in_tx([&, id = subscriber().id](store::Tx& tx) {
        subscribers::set_user_code(
            tx, id,
            crypto::make_verifier(Secret(std::string_view("D122334456690428")), tx.random(),
                                  {4, 8, 1}),
            true);
    });
    const Secret preset(std::string_view("D122334456690428"));
    const Secret fresh(std::string_view("Rice-882"));
    EXPECT_EQ(accept({.serial = "0a01"}, "D122334456690428"), "must change");
    const Named card{.serial = "", .card_number = "AP0001"};
    int write = 0;
    for (bool whole = false; !whole; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            const auto tried = accept_certificates(office_on(broken), card, preset, &fresh);
            whole = tried && *tried == CodeTry::Accepted;
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("certificate_acceptance"), 0);
        }
    }
    EXPECT_GT(write, 4);
    EXPECT_EQ(rows_in("certificate_acceptance"), 2);
    EXPECT_EQ(tokens()[0].state, TokenState::Accepted);
    EXPECT_EQ(accept(card, "Rice-882"), "accepted");
}

// Holds and releases: the rows, the events and the job that asks the CA are one commit.
TEST_P(UserCodeEffects, AHoldAndItsReleaseAreWholeWhateverWriteFails) {
    an_entity_with_a_card_and_a_file();
    const Named card{.serial = "", .card_number = "AP0001"};
    const Secret code{std::string_view(kCode)};
    const auto jobs = [&] {
        return connection()
            .query("SELECT COUNT(*) FROM job WHERE kind = 'certificate.holds'", {})
            .front()
            .number(0);
    };
    const auto done_by = [&](auto act) {
        return [&, act](store::Database& database) {
            const auto tried = act(office_on(database), card, code);
            return tried && *tried == CodeTry::Accepted;
        };
    };
    EXPECT_GT(until_done(done_by(hold_with_code), [&] { EXPECT_EQ(jobs(), 0); }), 3);
    EXPECT_EQ(jobs(), 1);
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "held subscriber");
    EXPECT_GT(until_done(done_by(release_with_code), [&] { EXPECT_EQ(jobs(), 1); }), 3);
    run();
    EXPECT_EQ(state_of_certificate("0a01"), "issued");
    EXPECT_EQ(state_of_certificate("0a02"), "issued");
}

// M 4.2.1.1 (4) B: issued for its token, mailed to be accepted, once.
TEST_P(UserCodeEffects, ANonCardCertificateLiesInItsTokenWhateverWriteFails) {
    const std::string number = approved("application", application("A-1", "非IC卡類"));
    run();
    const auto forms = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms";
    const auto profiles =
        ca::read_profiles(forms / "moea/profiles.yaml", forms / "schema/profiles.schema.json");
    ASSERT_TRUE(profiles);
    const crypto::KeyPair key = crypto::KeyPair::generate_p256();
    ca_.der = crypto::make_self_signed(key,
                                       {"華岳茶業有限公司", crypto::SelfSignedUse::Signing,
                                        clock().now(), clock().now() + std::chrono::days(365)},
                                       random())
                  .der();
    const auto issue_with = [&](store::Database& database, const std::string& csr) {
        return issue_certificate(office_on(database), ca_, *profiles, {number, csr, "", "ben"});
    };
    const int failed = until_done(
        [&](store::Database& database) { return issue_with(database, "csr").has_value(); },
        [&] { EXPECT_EQ(rows_in("certificate"), 0); });

    EXPECT_GT(failed, 3);
    EXPECT_TRUE(issue_with(db(), "csr"));  // the answer was lost: the same certificate
    EXPECT_EQ(issue_with(db(), "another").error().code, "certificate.in_token");
    EXPECT_EQ(rows_in("certificate"), 1);
    ASSERT_THAT(tokens(), SizeIs(1));
    EXPECT_EQ(tokens().front().state, TokenState::Personalised);
    EXPECT_EQ(ca_.ordered.front().profile, "moea-company-signature");
    EXPECT_EQ(ca_.ordered.front().subject.at("organization"), "華岳茶業有限公司");
    const std::int64_t mails = rows_in("mail_outbox");
    run();
    EXPECT_EQ(rows_in("mail_outbox"), mails + 1);
    EXPECT_EQ(state_of(number), "completed");
}

SEALDESK_ON_EVERY_BACKEND(UserCodeEffects);

}  // namespace
}  // namespace sealdesk::effects
