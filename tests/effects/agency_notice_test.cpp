// T 4.5.2, T 4.7.4: the relying agency is told, signed, every day until it acknowledges.
#include "effects/agency_notice.h"

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "crypto/cms.h"
#include "requests/office_desk.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using namespace std::chrono_literals;
using subscribers::CertificateState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AgencyNotices : public test::OfficeDesk {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.notices", work);
    }

    void change(CertificateState state, const std::string& order) {
        in_tx([&](store::Tx& tx) {
            const subscribers::Certificate certificate{
                CertificateId{7}, SubscriberId{1}, RequestId{1}, "o",     tipo_scheme().id, "p",
                "0a0b",           "der",           tx.now(),     tx.now()};
            tell_agency(tx, tipo_scheme(), {certificate, state, "", order});
        });
    }

    Told send_on(store::Database& database) {
        const requests::Office office = office_on(database);
        const Works works{
            office,
            templates(),
            print_room(),
            print_folder(),
            stationery(),
            {},
            {},
            [this](const std::string&, std::string_view bytes) -> Result<std::string> {
                if (trouble_) {
                    return *trouble_;
                }
                return crypto::sign_detached(bytes, ra_key(), ra_certificate(), clock().now());
            }};
        return send_agency_notices(works);
    }
    std::int64_t send() { return send_on(db()).count; }

    static const crypto::KeyPair& ra_key() {
        static const crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
        return key;
    }
    const crypto::Certificate& ra_certificate() {
        static const crypto::Certificate certificate = crypto::make_self_signed(
            ra_key(),
            {"RA", crypto::SelfSignedUse::Signing, clock().now() - 24h, clock().now() + 24h * 900},
            random());
        return certificate;
    }

    std::vector<std::string> mail_states() {
        std::vector<std::string> states;
        for (const auto& row : connection().query(
                 "SELECT state FROM mail_outbox WHERE kind = 'agency' ORDER BY id", {})) {
            states.push_back(row.text(0));
        }
        return states;
    }
    std::vector<std::string> states() {
        std::vector<std::string> all;
        for (const auto& notice :
             in_tx([](store::Tx& tx) { return subscribers::list_notices(tx, false, 0, 10); })) {
            all.emplace_back(subscribers::to_text(notice.state));
        }
        return all;
    }
    std::string first_number() {
        return in_tx([](store::Tx& tx) { return subscribers::list_notices(tx, false, 0, 1); })
            .at(0)
            .number;
    }
    std::string acknowledge_as(const std::string& number, const std::string& reference) {
        const auto done = in_tx([&](store::Tx& tx) {
            return acknowledge(tx, {number, reference, "officer:dee"});
        });
        return done ? "ok" : done.error().code;
    }

    std::optional<Error> trouble_;
};

// T 4.5.2, T 4.7.4: signed
TEST_P(AgencyNotices, TheMailCarriesASignedDocumentThatOpensslBelieves) {
    change(CertificateState::Held, "hold/1");
    EXPECT_EQ(send(), 1);
    write_file_durably(folder() / "mail",
                       connection().query("SELECT bytes FROM mail_body", {}).front().bytes(0),
                       FileAccess::Everyone);
    write_file_durably(folder() / "ra.pem", ra_certificate().pem(), FileAccess::Everyone);
    write_file_durably(folder() / "parts.py",
                       "import email\n"
                       "m = email.message_from_binary_file(open('mail', 'rb'))\n"
                       "for p in m.walk():\n"
                       "    if p.get_filename():\n"
                       "        name = 'notice' + p.get_filename()[p.get_filename().index('.'):]\n"
                       "        open(name, 'wb').write(p.get_payload(decode=True))\n",
                       FileAccess::Everyone);
    const auto said = test::run_command(
        "cd '" + folder().string() +
        "' && python3 parts.py && openssl cms -verify -binary -inform DER -in notice.json.p7s "
        "-content notice.json -CAfile ra.pem -purpose any -attime 1795140000");
    EXPECT_THAT(said.output, HasSubstr("Verification successful"));
    const auto document = nlohmann::json::parse(read_file(folder() / "notice.json"));
    EXPECT_EQ(document.at("serial"), "0a0b");
    EXPECT_EQ(document.at("state"), "held");
    EXPECT_EQ(document.at("notice"), first_number());
}

// T 4.5.2, T 4.7.4: until it acknowledges
TEST_P(AgencyNotices, ItIsToldEveryDayUntilItIsAcknowledged) {
    change(CertificateState::Revoked, "revoke/1");
    change(CertificateState::Revoked, "revoke/1");  // the effect was run again
    EXPECT_EQ(send(), 1);
    EXPECT_EQ(send(), 0);
    clock().advance(23h);
    EXPECT_EQ(send(), 0);
    clock().advance(2h);
    EXPECT_EQ(send(), 1);
    EXPECT_THAT(mail_states(), ElementsAre("superseded", "queued"));

    const std::string number = first_number();
    EXPECT_EQ(acknowledge_as(number, "  "), "notice.reference");
    EXPECT_EQ(acknowledge_as("N115-999999-9", "x"), "notice.not_found");
    EXPECT_EQ(acknowledge_as(number, "智資字第1150001號"), "ok");
    EXPECT_EQ(acknowledge_as(number, "again"), "notice.settled");
    EXPECT_THAT(mail_states(), ElementsAre("superseded", "superseded"));
    clock().advance(24h * 3);
    EXPECT_EQ(send(), 0);
    EXPECT_THAT(states(), ElementsAre("acknowledged"));
}

// Told once each, but an agency is not reminded of what is no longer so.
TEST_P(AgencyNotices, ALaterNoticeOfTheSameCertificateTakesItsPlace) {
    change(CertificateState::Held, "hold/1");
    clock().advance(1min);
    change(CertificateState::Issued, "release/1");
    EXPECT_EQ(send(), 2);
    clock().advance(25h);
    EXPECT_EQ(send(), 2);
    EXPECT_THAT(states(), ElementsAre("overtaken", "open"));
    EXPECT_THAT(mail_states(), ElementsAre("queued", "superseded", "queued"));
}

TEST_P(AgencyNotices, WhateverWriteFailsOneMailIsWrittenATelling) {
    change(CertificateState::Held, "hold/1");
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            EXPECT_EQ(send_on(broken).count, 1);
            break;
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("mail_outbox"), 0) << write;
        }
    }
    EXPECT_GT(write, 4);
    EXPECT_EQ(rows_in("mail_outbox"), 1);
}

TEST_P(AgencyNotices, WithoutTheKeyItStaysDue) {
    change(CertificateState::Held, "hold/1");
    trouble_ = Error{ErrorKind::Unavailable, "ca.no_ra_key", "No key.", {}, {}};
    EXPECT_EQ(send_on(db()).trouble->code, "ca.no_ra_key");
    trouble_.reset();
    EXPECT_EQ(send(), 1);
}

SEALDESK_ON_EVERY_BACKEND(AgencyNotices);

}  // namespace
}  // namespace sealdesk::effects
