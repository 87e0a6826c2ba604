#pragma once

#include <fstream>
#include <map>

#include "base/durable_file.h"
#include "crypto/certificate.h"
#include "effects/entity_ca.h"
#include "effects/entity_desk.h"
#include "requests/request_store.h"
#include "subscribers/acceptance.h"
#include "support/command.h"

namespace sealdesk::effects {

/// An entity with a primary card (certificates 1 to sign, 2 to encrypt) and a non-card token
/// (certificate 3); their keys are files, and what is signed is signed by OpenSSL's command line.
class CardDesk : public EntityDesk {
protected:
    void SetUp() override {
        EntityDesk::SetUp();
        approved("application", application("A-1", "正卡"));
        approved("application", application("A-2", "非IC卡類"));
        run();
        const auto ordered = tokens();
        ASSERT_EQ(ordered.size(), 2U);
        ASSERT_TRUE(
            in_tx([&](store::Tx& tx) { return subscribers::card_made(tx, ordered[0], "AP0001"); }));
        certify(1, "card", "moea-company-signature", ordered[0]);
        certify(2, "card-encryption", "moea-company-encryption", ordered[0]);
        certify(3, "file", "moea-company-signature", ordered[1]);
        profiles_ = entity_profiles();
    }

    std::string path(const std::string& name) const { return (folder() / name).string(); }

    /// A certificate of a year with its key, in the token and accepted.
    void certify(std::int64_t id, const std::string& name, const std::string& profile,
                 const subscribers::Token& token) {
        const Instant from = std::chrono::floor<std::chrono::seconds>(clock().now());
        const auto made = run_openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=" + name +
            " -keyout " + path(name + ".key") + " -out " + path(name + ".pem"));
        ASSERT_EQ(made, "");
        const auto certificate = crypto::Certificate::load(path(name + ".pem")).value();
        serials_[id] = certificate.serial();
        in_tx([&](store::Tx& tx) {
            const auto request = requests::find_request(tx, token.order_key.substr(8)).value();
            subscribers::keep_certificate(
                tx,
                {CertificateId{id}, token.subscriber, request.id, "order " + name, "moea", profile,
                 certificate.serial(), certificate.der(), from, from + std::chrono::days(365)});
            subscribers::put_into_token(tx, CertificateId{id}, token.id);
            subscribers::accept_certificate(tx, CertificateId{id}, "test");
        });
    }

    Instant end_of(std::int64_t id) {
        return in_tx([&](store::Tx& tx) {
            return subscribers::find_certificate_by_id(tx, CertificateId{id})->not_after;
        });
    }

    /// Nothing, or what OpenSSL says of its failure.
    static std::string run_openssl(const std::string& arguments) {
        const auto ran = test::run_command("openssl " + arguments);
        return ran.succeeded() ? "" : ran.output;
    }

    /// A CMS over the text by the holder of `by`.key.
    std::string signed_by(const std::string& by, const std::string& text,
                          const std::string& more = "") {
        std::ofstream(path("content"), std::ios::binary) << text;
        EXPECT_EQ(run_openssl("cms -sign -binary -nodetach -outform DER -signer " +
                              path(by + ".pem") + " -inkey " + path(by + ".key") + " -in " +
                              path("content") + " -out " + path("signed.p7") + " " + more),
                  "");
        return read_file(path("signed.p7"));
    }

    void move_hold(bool (*move)(store::Tx&, CertificateId, subscribers::HoldSource,
                                std::string_view),
                   std::int64_t id) {
        in_tx([&](store::Tx& tx) {
            static_cast<void>(
                move(tx, CertificateId{id}, subscribers::HoldSource::Subscriber, "test"));
        });
    }

    std::map<std::int64_t, std::string> serials_;
    ca::Profiles profiles_;
};

}  // namespace sealdesk::effects
