// A primary card's certificates are replaced on its own signature (M 3.1.8), on both databases; the
// subscriber's side is OpenSSL's command line.
#include "effects/card_rekey.h"

#include "effects/card_desk.h"
#include "effects/renewal.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

class CardRekeys : public CardDesk {
protected:
    void SetUp() override {
        CardDesk::SetUp();
        clock().set(renewal_opens(end_of(1), 2));
    }

    /// A CSR by a key of `index`, signed by the card or another holder.
    std::string signed_csr(int index, const std::string& by, const std::string& more = "") {
        return signed_by(by, ca::make_csr(ca::subject_key(index)), more);
    }

    std::string rekey_on(store::Database& database, const std::string& cms,
                         const std::string& profile = {}) {
        const requests::Office office = office_on(database);
        const auto request = read_card_request(office, cms);
        if (!request) {
            return request.error().code;
        }
        const auto issued = rekey_with_card({office, ca_, profiles_}, *request, profile);
        return issued ? "ok" : issued.error().code + " " + issued.error().rule;
    }
    std::string rekey(const std::string& cms, const std::string& profile = {}) {
        return rekey_on(db(), cms, profile);
    }
};

// M 3.1.8: the CSR, signed by the card, is the word on which the CA is asked.
TEST_P(CardRekeys, TheCardsSignatureBringsOneCertificateWhateverWriteFails) {
    const std::string cms = signed_csr(0, "card");
    int write = 0;
    for (std::string code; code != "ok"; ++write) {
        ASSERT_LT(write, 30) << code;
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            code = rekey_on(broken, cms);
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("certificate"), 3);
        }
    }
    EXPECT_GT(write, 4);
    EXPECT_EQ(rekey(cms), "ok");  // the answer was lost
    EXPECT_EQ(rows_in("certificate"), 4);
    const ca::Order& order = ca_.ordered.back();
    EXPECT_EQ(order.profile, "moea-company-signature");
    EXPECT_EQ(order.csr, ca::make_csr(ca::subject_key(0)));
    EXPECT_EQ(order.approval_sha256, sha256_hex(cms));  // the CA's order stands on the card's word
    EXPECT_EQ(order.subject.at("token_kind"), "primary");
    EXPECT_EQ(order.subject.at("organization"), "華岳茶業有限公司");
    const auto card = tokens()[0];
    EXPECT_EQ(
        in_tx([&](store::Tx& tx) { return subscribers::certificates_in(tx, card.id).size(); }), 3U);
    EXPECT_EQ(state_of_certificate(serials_[1]), "issued");  // until its own end
    EXPECT_EQ(connection().query("SELECT word FROM certificate_application", {}).front().bytes(0),
              cms);
}

TEST_P(CardRekeys, TheEncryptionCertificateIsReplacedOnTheSameSignature) {
    ASSERT_EQ(rekey(signed_csr(0, "card"), "moea-company-encryption"), "ok");
    EXPECT_EQ(ca_.ordered.back().profile, "moea-company-encryption");
    EXPECT_EQ(rekey(signed_csr(1, "card"), "moea-branch-signature"), "renewal.none M 3.1.8");
}

// M 3.1.8: two months, once, by the primary card only.
TEST_P(CardRekeys, WhoWhenAndHowOften) {
    EXPECT_EQ(rekey(signed_csr(0, "file")), "card.not_primary M 3.1.8");
    clock().advance(-std::chrono::seconds(1));
    EXPECT_EQ(rekey(signed_csr(0, "card")), "renewal.too_early M 3.1.8");
    clock().advance(std::chrono::seconds(1));
    EXPECT_EQ(rekey(signed_csr(0, "card")), "ok");
    EXPECT_EQ(rekey(signed_csr(1, "card")), "renewal.once M 3.1.8");
    clock().set(end_of(1) + std::chrono::seconds(1));
    EXPECT_EQ(rekey(signed_csr(2, "card"), "moea-company-encryption"), "card.not_in_force M 3.1.8");
    EXPECT_EQ(rows_in("certificate_application"), 1);
}

TEST_P(CardRekeys, TheSignerIsInForceAndAccepted) {
    move_hold(subscribers::open_hold, 1);
    EXPECT_EQ(rekey(signed_csr(0, "card")), "card.not_in_force M 3.1.8");
    move_hold(subscribers::close_hold, 1);
    move_hold(subscribers::open_hold, 2);
    EXPECT_EQ(rekey(signed_csr(0, "card"), "moea-company-encryption"), "renewal.on_hold M 4.4.5");
    connection().execute("DELETE FROM certificate_acceptance", {});
    EXPECT_EQ(rekey(signed_csr(0, "card")), "card.not_in_force M 3.1.8");
    in_tx([&](store::Tx& tx) {
        subscribers::accept_certificate(tx, CertificateId{1}, "test");
        subscribers::keep_change(tx, {CertificateId{1}, subscribers::CertificateState::Revoked,
                                      "key_compromise", "revoked"});
    });
    EXPECT_EQ(rekey(signed_csr(0, "card")), "card.not_in_force M 3.1.8");
    EXPECT_TRUE(ca_.ordered.empty());
}

TEST_P(CardRekeys, ANewKeyIsNewAndProven) {  // M 3.2.1
    ASSERT_EQ(
        run_openssl("req -new -key " + path("card.key") + " -subj /CN=x -out " + path("same.csr")),
        "");
    EXPECT_EQ(rekey(signed_by("card", read_file(path("same.csr")))), "renewal.same_key M 3.2.1");
    EXPECT_EQ(rekey(signed_by("card", "no request")), "ca.csr_unreadable ");
    EXPECT_EQ(rekey(signed_by("card", ca::make_csr(ca::subject_key(0), "SHA1"))),
              "ca.no_possession M 3.1.7");
    EXPECT_EQ(rekey(signed_by("card", ca::make_csr(ca::subject_key(0)), "-outform PEM")), "ok");
}

// Nobody else's word, and no other word than was signed.
TEST_P(CardRekeys, ASignatureThatIsNotTheCardsIsNoRequest) {
    const std::string good = signed_csr(0, "card");
    std::string changed = good;
    changed[good.find("BEGIN CERTIFICATE REQUEST") + 80] ^= 1;
    EXPECT_EQ(rekey(changed), "cms.bad_signature");
    EXPECT_EQ(rekey(good.substr(0, good.size() - 1)), "cms.unreadable");
    EXPECT_EQ(rekey(signed_csr(0, "card", "-md sha1")), "cms.weak_digest");
    EXPECT_EQ(rekey(signed_csr(0, "card", "-keyid")), "cms.unknown_signer");
    const auto thief_with = [&](const std::string& serial) {
        EXPECT_EQ(
            run_openssl("req -x509 -new -key " + path("file.key") +
                        " -subj /CN=card -set_serial 0x" + serial + " -out " + path("thief.pem")),
            "");
        std::filesystem::copy_file(path("file.key"), path("thief.key"),
                                   std::filesystem::copy_options::overwrite_existing);
        return rekey(signed_csr(0, "thief"));
    };
    EXPECT_EQ(thief_with(serials_[1]), "cms.bad_signature");
    EXPECT_EQ(thief_with("0a77"), "certificate.unknown");
    EXPECT_TRUE(ca_.ordered.empty());
}

SEALDESK_ON_EVERY_BACKEND(CardRekeys);

}  // namespace
}  // namespace sealdesk::effects
