// What an e-delivered slip is locked with: the subscriber's own encryption certificate, or a code.
#include <fstream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "crypto/cms.h"
#include "effects/encryption_certificate.h"
#include "effects/replace_slip.h"
#include "paper/pdf_probe.h"
#include "queue/queue.h"
#include "queue/runner.h"
#include "requests/office_desk.h"
#include "slips/password.h"
#include "slips/wait.h"
#include "subscribers/acceptance.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using subscribers::HoldSource;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

const crypto::KeyPair& reader_key() {
    static const crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
    return key;
}

/// Does something once, when the first symbol of a password is drawn: no transaction is open then.
class MeddlingRandom final : public Random {
public:
    explicit MeddlingRandom(std::function<void()> meddle) : meddle_(std::move(meddle)) {}
    void fill(std::span<char> buffer) override {
        if (buffer.size() == 1 && meddle_) {
            std::exchange(meddle_, {})();
        }
        inner_.fill(buffer);
    }
    [[nodiscard]] bool has_meddled() const { return !meddle_; }

private:
    SystemRandom inner_;
    std::function<void()> meddle_;
};

class SlipLock : public test::OfficeDesk {
protected:
    static constexpr CertificateId kCertificate{77};

    void SetUp() override {
        OfficeDesk::SetUp();
        approved_registration(registration());
        run_effects();
        keep_certificate(crypto::SelfSignedUse::Encryption, 365 * 24h);
        accept();
    }

    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.lock", work);
    }
    [[nodiscard]] SubscriberId subscriber() {
        return in_tx([&](store::Tx& tx) {
            return subscribers::find_subscriber(tx, tipo_scheme().id, "A123456789")->id;
        });
    }
    void keep_certificate(crypto::SelfSignedUse use, std::chrono::hours life,
                          CertificateId id = kCertificate) {
        const Instant now = clock().now();
        const auto certificate =
            crypto::make_self_signed(reader_key(), {"吳𠮷", use, now - 1h, now + life}, random());
        std::ofstream(folder() / "reader.pem") << certificate.pem();
        const SubscriberId whose = subscriber();
        in_tx([&](store::Tx& tx) {
            subscribers::keep_certificate(
                tx, {id, whose, RequestId{1}, "R/" + std::to_string(id.value()), tipo_scheme().id,
                     "p", certificate.serial(), certificate.der(), now - 1h, now + life});
        });
    }
    void accept(CertificateId id = kCertificate) {
        in_tx([&](store::Tx& tx) { return subscribers::accept_certificate(tx, id, "subscriber"); });
    }

    /// As run_effects(), with a repository: what is accepted is published.
    void run_all(store::Database& database) {
        const requests::Office office = office_on(database);
        const Works works{office,
                          templates(),
                          print_room(),
                          print_folder(),
                          stationery(),
                          {},
                          {folder() / "repository", folder() / "ca"},
                          {}};
        queue::Runner runner(database);
        register_handlers(runner, works);
        static_cast<void>(runner.run({}));
    }

    /// Form 4 with e-delivery, approved and carried out.
    void reset_by_mail(store::Database& database) {
        auto form = reset();
        form["slip_delivery"] = "電子化";
        form["record_number"] = "P-" + std::to_string(++resets_);
        const auto fate = receive("password-reset", form);
        ASSERT_EQ(fate.kind, intake::FateKind::Accepted);
        ASSERT_EQ(examine_all(fate.request), "examined");
        ASSERT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
        run_all(database);
    }
    void reset_by_mail() { reset_by_mail(db()); }

    [[nodiscard]] slips::Slip newest_slip() {
        return in_tx([](store::Tx& tx) { return slips::list_slips(tx, {}).back(); });
    }
    [[nodiscard]] std::optional<slips::Wait> wait() {
        const SlipId slip = newest_slip().id;
        return in_tx([&](store::Tx& tx) { return slips::wait_of(tx, slip); });
    }
    [[nodiscard]] std::string newest_mail() {
        return connection()
            .query("SELECT bytes FROM mail_body ORDER BY mail_id DESC LIMIT 1", {})
            .front()
            .bytes(0);
    }
    /// What the reader's mail program finds in it, by OpenSSL.
    [[nodiscard]] std::string opened_mail() {
        std::ofstream(folder() / "mail.eml", std::ios::binary) << newest_mail();
        std::ofstream(folder() / "reader.key") << reader_key().to_pem(Secret("reader"));
        const std::string at = folder().string();
        const auto opened = test::run_command(
            "openssl cms -decrypt -in " + at + "/mail.eml -recip " + at + "/reader.pem -inkey " +
            at + "/reader.key -passin pass:reader -out " + at + "/inner.eml");
        EXPECT_TRUE(opened.succeeded()) << opened.output;
        const auto inner = test::run_command(
            "/usr/bin/python3 -c \"import email,email.policy,sys;"
            "m=email.message_from_bytes(open('" +
            at +
            "/inner.eml','rb').read(),policy=email.policy.default);"
            "open('" +
            at +
            "/slip.pdf','wb').write(next(m.iter_attachments()).get_content());"
            "print(m.get_body(('plain',)).get_content())\"");
        EXPECT_TRUE(inner.succeeded()) << inner.output;
        return inner.output;
    }
    [[nodiscard]] std::string receipt_text() {
        const auto sealed =
            connection()
                .query(
                    "SELECT sealed FROM print_item WHERE sealed IS NOT NULL ORDER BY id DESC "
                    "LIMIT 1",
                    {})
                .front()
                .bytes(0);
        const auto clear = crypto::decrypt(sealed, print_room_secret(), print_room());
        return test::pdf_text(clear.value().reveal(), folder());
    }

    int resets_ = 0;
};

// T 5.1.4
TEST_P(SlipLock, AHolderOfAnEncryptionCertificateOpensItsMailWithOpensslAndNeedsNoCode) {
    reset_by_mail();

    EXPECT_EQ(newest_slip().state, slips::SlipState::Sent);
    EXPECT_EQ(wait()->lock, slips::Lock::Certificate);
    const std::string mail = newest_mail();
    EXPECT_THAT(mail, HasSubstr("Content-Type: application/pkcs7-mime; smime-type=enveloped-data"));
    EXPECT_THAT(mail, Not(HasSubstr("application/pdf")));
    EXPECT_THAT(opened_mail(), HasSubstr("本郵件已以台端之加密憑證加密"));
    const std::string pdf = read_file(folder() / "slip.pdf");
    EXPECT_TRUE(test::qpdf_is_content(pdf, folder()));
    EXPECT_THAT(test::pdf_text(pdf, folder()), HasSubstr(newest_slip().account_name));
    const std::string receipt = receipt_text();
    EXPECT_THAT(receipt, HasSubstr(wait()->certificate));
    EXPECT_THAT(receipt, HasSubstr("無需開啟碼"));
    EXPECT_THAT(receipt, Not(HasSubstr("位元")));
}

TEST_P(SlipLock, TheCodesStrengthStandsOnTheReceipt) {
    scheme_definition().slips.to_certificate = false;
    reset_by_mail();

    EXPECT_EQ(wait()->lock, slips::Lock::Code);
    EXPECT_EQ(slips::opening_code_bits(), 72);
    EXPECT_THAT(receipt_text(), HasSubstr("強度 72 位元"));
    EXPECT_THAT(receipt_text(), HasSubstr("code of 72 bits"));
}

TEST_P(SlipLock, WhatIsHeldRevokedExpiredNotAcceptedOrForSigningIsNotEncryptedTo) {
    const auto usable = [&] {
        const SubscriberId whose = subscriber();
        return in_tx([&](store::Tx& tx) { return encryption_certificate_of(tx, whose); })
            .has_value();
    };
    EXPECT_TRUE(usable());
    in_tx([&](store::Tx& tx) {
        return subscribers::open_hold(tx, kCertificate, HoldSource::Subscriber, "test");
    });
    EXPECT_FALSE(usable()) << "a hold that the CA has not confirmed yet";
    in_tx([&](store::Tx& tx) {
        return subscribers::close_hold(tx, kCertificate, HoldSource::Subscriber, "test");
    });
    EXPECT_TRUE(usable());
    for (const auto state :
         {subscribers::CertificateState::Held, subscribers::CertificateState::Revoked}) {
        in_tx([&](store::Tx& tx) {
            return subscribers::keep_change(
                tx, {kCertificate, state, "", std::string(subscribers::to_text(state))});
        });
        EXPECT_FALSE(usable()) << subscribers::to_text(state);
    }
    keep_certificate(crypto::SelfSignedUse::Encryption, 48h, CertificateId{78});
    EXPECT_FALSE(usable()) << "not accepted";
    accept(CertificateId{78});
    EXPECT_TRUE(usable());
    clock().advance(49h);
    EXPECT_FALSE(usable()) << "expired";
    keep_certificate(crypto::SelfSignedUse::Signing, 48h, CertificateId{79});
    accept(CertificateId{79});
    EXPECT_FALSE(usable()) << "for signing only";
    reset_by_mail();
    EXPECT_EQ(wait()->lock, slips::Lock::Code);
}

// The certificate's state is asked again in the commit that sends the slip.
TEST_P(SlipLock, ACertificateThatIsHeldWhileTheSlipIsMadeIsNotEncryptedTo) {
    const auto meddler = another_connection();
    MeddlingRandom meddling([&] {
        store::Database other(*meddler, clock(), random());
        store::transact(other, "test.meddle", [&](store::Tx& tx) {
            return subscribers::open_hold(tx, kCertificate, HoldSource::Counter, "test");
        });
    });
    store::Database database(connection(), clock(), meddling);
    clock().advance(1s);  // keys of two workers rise with time only

    reset_by_mail(database);

    EXPECT_TRUE(meddling.has_meddled());
    EXPECT_EQ(newest_slip().state, slips::SlipState::Sent);
    EXPECT_EQ(wait()->lock, slips::Lock::Code);
    EXPECT_THAT(newest_mail(), HasSubstr("application/pdf"));
}

// Who could not open it (the contact has no such key) gets the next one with a code.
TEST_P(SlipLock, ASlipInPlaceOfAnEncryptedOneTakesTheOtherWay) {
    reset_by_mail();
    ASSERT_EQ(wait()->lock, slips::Lock::Certificate);

    const auto replaced = replace_lost_slip(db(), newest_slip().number, "not_readable", "dee");
    ASSERT_TRUE(replaced) << replaced.error().code;
    run_all(db());

    EXPECT_EQ(newest_slip().number, *replaced);
    EXPECT_EQ(newest_slip().state, slips::SlipState::Sent);
    EXPECT_EQ(wait()->lock, slips::Lock::Code);
}

TEST_P(SlipLock, SlipMailWaitAndReceiptComeTogetherWhicheverWriteFails) {
    auto form = reset();
    form["slip_delivery"] = "電子化";
    const auto fate = receive("password-reset", form);
    ASSERT_EQ(examine_all(fate.request), "examined");
    ASSERT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
    const auto mails_before = rows_in("mail_outbox");
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 120);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_all(broken);
        } catch (const Failure&) {
        }
        const auto sent = rows_in("slip_wait");
        EXPECT_EQ(rows_in("mail_outbox") - mails_before, sent) << write;
        EXPECT_EQ(connection()
                      .query("SELECT COUNT(*) FROM print_item WHERE sealed IS NOT NULL", {})
                      .front()
                      .number(0),
                  sent)
            << write;
        if (!failing.has_failed()) {
            break;
        }
        clock().advance(3h);
        in_tx([](store::Tx& tx) { return queue::retry(tx, "", ""); });
    }
    EXPECT_GT(write, 8);
    EXPECT_EQ(rows_in("slip_wait"), 1);
}

SEALDESK_ON_EVERY_BACKEND(SlipLock);

}  // namespace
}  // namespace sealdesk::effects
