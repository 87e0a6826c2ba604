// The repository: what is accepted is published once, in time, and found by its names.
#include "effects/publish.h"

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "queue/runner.h"
#include "requests/office_desk.h"
#include "subscribers/acceptance.h"
#include "subscribers/repository.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Publishing : public test::OfficeDesk {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.publish", work);
    }

    /// A certificate of this subject, made by openssl; its state is kept, nobody accepted it.
    std::string certificate(std::int64_t id, const std::string& subject) {
        std::string& der = ders_[subject];
        if (der.empty()) {
            const auto made = test::run_command(
                "cd '" + folder().string() +
                "' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                "-keyout k.pem -utf8 -subj '" +
                subject + "' -days 30 -outform DER -out made.der");
            EXPECT_TRUE(made.succeeded()) << made.output;
            der = read_file(folder() / "made.der");
        }
        std::string serial = "0c" + std::to_string(100000 + id);
        in_tx([&](store::Tx& tx) {
            subscribers::keep_certificate(
                tx, {CertificateId{id}, SubscriberId{1}, RequestId{1}, serial, "moea", "p", serial,
                     der, tx.now(), tx.now() + std::chrono::days(365)});
        });
        return serial;
    }
    std::string accepted(std::int64_t id, const std::string& subject) {
        std::string serial = certificate(id, subject);
        in_tx([&](store::Tx& tx) {
            subscribers::accept_certificate(tx, CertificateId{id}, "subscriber");
        });
        return serial;
    }
    std::string published(std::int64_t id, const std::string& subject) {
        std::string serial = accepted(id, subject);
        run_on(db());
        return serial;
    }

    template <class Work>
    auto with_works(store::Database& database, Work&& work) {
        const requests::Office office = office_on(database);
        const Works works{office,
                          templates(),
                          print_room(),
                          print_folder(),
                          stationery(),
                          {},
                          {folder() / "repository", folder() / "ca"}};
        return work(works);
    }
    queue::Statistics run_on(store::Database& database) {
        return with_works(database, [&](const Works& works) {
            queue::Runner runner(database);
            register_handlers(runner, works);
            return runner.run({});
        });
    }
    Published everything(const Watch& watch = {}) {
        return with_works(db(), [&](const Works& works) { return publish_all(works, watch); });
    }

    std::filesystem::path file_of(const std::string& serial) const {
        return folder() / "repository/moea/certificates" / (serial + ".crt");
    }

    /// Serial numbers found, or the code of the refusal.
    std::vector<std::string> found(const std::string& text, bool exact = false) {
        const auto result = in_tx(
            [&](store::Tx& tx) { return subscribers::search_repository(tx, "moea", text, exact); });
        if (!result) {
            return {result.error().code};
        }
        std::vector<std::string> serials;
        for (const auto& one : result->found) {
            serials.push_back(one.certificate.serial);
        }
        return serials;
    }

private:
    std::map<std::string, std::string> ders_;
};

TEST_P(Publishing, WhatIsStoppedGoesOnWhenItIsDoneAgain) {
    for (int id = 1; id <= 3; ++id) {
        accepted(id, "/C=TW/O=甲有限公司");
    }
    std::atomic<bool> stop{false};
    int told = 0;
    const Published part =
        everything({[&](std::int64_t, std::int64_t) { stop = ++told == 2; }, &stop});
    EXPECT_TRUE(part.stopped);
    EXPECT_GT(part.waiting, 0);
    stop = false;
    const Published rest = everything();
    EXPECT_FALSE(rest.stopped);
    EXPECT_EQ(part.certificates + rest.certificates, 3);
    EXPECT_EQ(rest.waiting, 0);
}

// M 4.3: only what is accepted; M 2.6.2
TEST_P(Publishing, WhatIsAcceptedIsPublishedAndOpensslReadsIt) {
    const std::string kept_back = certificate(1, "/C=TW/O=甲有限公司");
    const std::string serial = published(2, "/C=TW/O=乙有限公司");

    EXPECT_FALSE(std::filesystem::exists(file_of(kept_back)));
    EXPECT_THAT(test::run_command("openssl x509 -inform DER -nameopt utf8 -subject -noout -in '" +
                                  file_of(serial).string() + "'")
                    .output,
                HasSubstr("乙有限公司"));
    EXPECT_THAT(found("有限公司"), ElementsAre(serial));
}

// M 2.6.2, M 2.6.1: what is published stays published.
TEST_P(Publishing, DoneAgainItChangesNothingAndALostFileComesBack) {
    const std::string serial = published(1, "/C=TW/O=甲有限公司");
    std::filesystem::create_directories(folder() / "ca/moea/crl");
    write_file_durably(folder() / "ca/moea/crl/complete.crl", "a CRL", FileAccess::Everyone);
    EXPECT_EQ(everything().crls, 1);
    const auto written_at = std::filesystem::last_write_time(file_of(serial));

    const Published again = everything();
    EXPECT_EQ(again.certificates + again.restored + again.crls + again.waiting, 0);
    EXPECT_EQ(std::filesystem::last_write_time(file_of(serial)), written_at);
    EXPECT_EQ(rows_in("repository_entry"), 1);

    std::filesystem::remove_all(folder() / "repository");
    const Published restored = everything();
    EXPECT_EQ(restored.restored, 1);
    EXPECT_EQ(restored.crls, 1);
    EXPECT_EQ(read_file(folder() / "repository/moea/complete.crl"), "a CRL");
    write_file_durably(folder() / "ca/moea/crl/complete.crl", "a later CRL", FileAccess::Everyone);
    EXPECT_EQ(with_works(db(), publish_crls), 1);
    EXPECT_EQ(read_file(folder() / "repository/moea/complete.crl"), "a later CRL");
}

// A CA that has changed its key publishes of both, where their certificates say (M 4.7).
TEST_P(Publishing, EachKeyOfACaPublishesUnderItsOwnNumber) {
    const auto ca = folder() / "ca/moea";
    for (const char* file : {"crl/complete.crl", "2/ca.pem", "2/crl/complete.crl",
                             "2/new-with-old.crt", "2/old-with-new.crt"}) {
        std::filesystem::create_directories((ca / file).parent_path());
        write_file_durably(ca / file, file, FileAccess::Everyone);
    }
    EXPECT_EQ(with_works(db(), publish_crls), 4);
    const auto published = folder() / "repository/moea";
    EXPECT_EQ(read_file(published / "complete.crl"), "crl/complete.crl");
    EXPECT_EQ(read_file(published / "2/complete.crl"), "2/crl/complete.crl");
    EXPECT_EQ(read_file(published / "2/new-with-old.crt"), "2/new-with-old.crt");
    EXPECT_EQ(with_works(db(), publish_crls), 0);
}

TEST_P(Publishing, WhateverWriteFailsItIsPublishedOnceAndItsFileIsThereFirst) {
    const std::string serial = accepted(1, "/C=TW/O=甲有限公司");
    int write = 0;
    for (; rows_in("repository_entry") == 0; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_on(broken);
        } catch (const Failure&) {
        }
        EXPECT_EQ(rows_in("repository_entry"),
                  connection()
                      .query("SELECT COUNT(*) FROM job WHERE state = 'done'", {})
                      .front()
                      .number(0));
        clock().advance(3h);  // leases run out, pauses pass
        in_tx([](store::Tx& tx) { queue::retry(tx, "", ""); });
    }
    EXPECT_GT(write, 4);
    EXPECT_TRUE(std::filesystem::exists(file_of(serial)));
    EXPECT_EQ(run_on(db()).done, 0);
    EXPECT_EQ(
        connection()
            .query("SELECT COUNT(*) FROM audit_event WHERE kind = 'certificate.published'", {})
            .front()
            .number(0),
        1);
}

// M 2.6.2: within one working day. 20 November 2026 is a Friday.
TEST_P(Publishing, LateIsWhatIsNotThereAtTheEndOfTheNextWorkingDay) {
    accepted(1, "/C=TW/O=甲有限公司");
    clock().advance(24h * 3 + 8h);  // Monday, 17:15
    run_on(db());
    const auto standing = [&] {
        return in_tx([](store::Tx& tx) { return subscribers::repository_standing(tx, "moea"); });
    };
    EXPECT_EQ(standing().late, 0);

    const std::string late = accepted(2, "/C=TW/O=乙有限公司");
    EXPECT_EQ(standing().waiting, 1);
    EXPECT_EQ(standing().open.at(0).serial, late);
    clock().advance(24h + 1h);  // Tuesday, 18:15
    run_on(db());
    EXPECT_EQ(standing().published, 2);
    EXPECT_EQ(standing().late, 1);
    EXPECT_EQ(standing().overdue.at(0).serial, late);
}

// S 12.1, S 12.2
TEST_P(Publishing, CertificatesAreFoundByFullAndPartialNames) {
    const std::string tea = published(1, "/C=TW/O=華岳茶業有限公司/serialNumber=24608131");
    const std::string branch = published(2, "/C=TW/O=華岳茶業有限公司/OU=臺北分公司");
    const std::string person =
        published(3, "/C=TW/CN=吳\xf0\xa0\xae\xb7㛢/serialNumber=A123456789");
    const std::string latin = published(4, "/C=TW/O=Tea 100% Ltd._");

    EXPECT_THAT(found("華岳"), ElementsAre(tea, branch));
    EXPECT_THAT(found("茶業"), ElementsAre(tea, branch));
    EXPECT_THAT(found("臺北分"), ElementsAre(branch));
    EXPECT_THAT(found("\xf0\xa0\xae\xb7㛢"), ElementsAre(person));  // U+20BB7
    EXPECT_THAT(found("ＴＥＡ　１００"), ElementsAre(latin));
    EXPECT_THAT(found("華岳茶業有限公司", true), ElementsAre(tea, branch));
    EXPECT_THAT(found("臺北分公司", true), ElementsAre(branch));
    EXPECT_THAT(found("華岳茶業", true), IsEmpty());
    EXPECT_THAT(found("C=TW, O=華岳茶業有限公司, serialNumber=24608131", true), ElementsAre(tea));
    EXPECT_THAT(found("O=華岳茶業, OU=臺北"), ElementsAre(branch));
    EXPECT_THAT(found("O=華岳茶業, OU=臺北", true), IsEmpty());
    for (const char* no_wildcard : {"華%司", "華岳_業", "%%%", "Tea___", "' OR ''='"}) {
        EXPECT_THAT(found(no_wildcard), ::testing::Not(::testing::Contains(tea))) << no_wildcard;
    }
    EXPECT_THAT(found("100%"), ElementsAre(latin));
}

// M 2.6.3: open to everybody, not to harvesters.
TEST_P(Publishing, SearchesThatWouldHarvestAreRefused) {
    published(1, "/C=TW/CN=王小明/serialNumber=A123456789");
    EXPECT_THAT(found("王"), ElementsAre("repository.text_short"));
    EXPECT_THAT(found("ab"), ElementsAre("repository.text_short"));
    EXPECT_THAT(found(""), ElementsAre("repository.text_short"));
    EXPECT_THAT(found("CN="), ElementsAre("repository.no_name"));
    EXPECT_THAT(found("A123456789"), IsEmpty());
    EXPECT_THAT(found("serialNumber=A123456789"), ElementsAre("repository.no_name"));
    EXPECT_THAT(found(std::string(300, 'x')), ElementsAre("repository.text_long"));
    EXPECT_THAT(found("\xff\xfe\xfd"), ElementsAre("repository.text_long"));
}

TEST_P(Publishing, AnAnswerIsAtMostFiftyAndSaysThatThereAreMore) {
    for (int i = 1; i <= 60; ++i) {
        accepted(i, "/C=TW/O=連鎖茶行");
    }
    run_on(db());
    for (const char* text : {"連鎖", "茶行"}) {
        const auto result = in_tx(
            [&](store::Tx& tx) { return subscribers::search_repository(tx, "moea", text, false); });
        EXPECT_THAT(result->found, SizeIs(subscribers::kFoundMax));
        EXPECT_FALSE(result->complete);
    }
    EXPECT_THAT(found("此名不存在"), IsEmpty());
}

// M 2.8.2 (1), M 2.8.3: revoked ones stay, with their state; what has expired is history.
TEST_P(Publishing, ARevokedOneIsShownAsSuchAndAnExpiredOneNotAtAll) {
    const std::string serial = published(1, "/C=TW/O=甲有限公司");
    in_tx([](store::Tx& tx) {
        subscribers::keep_change(
            tx, {CertificateId{1}, subscribers::CertificateState::Revoked, "superseded", "R"});
    });
    const auto result = in_tx(
        [](store::Tx& tx) { return subscribers::search_repository(tx, "moea", "甲有", false); });
    EXPECT_EQ(result->found.at(0).certificate.state, subscribers::CertificateState::Revoked);
    clock().advance(24h * 366);
    EXPECT_THAT(found("甲有"), IsEmpty());
    EXPECT_TRUE(std::filesystem::exists(file_of(serial)));  // old signatures are still verified
}

SEALDESK_ON_EVERY_BACKEND(Publishing);

}  // namespace
}  // namespace sealdesk::effects
