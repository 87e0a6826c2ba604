#include "ca/custody.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "ca/share_file.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kTestIterations = 1'000;

/// A CA of its own, whose holders' passphrases are "passphrase of NAME".
class CustodyTest : public test::OnEveryBackend {
protected:
    [[nodiscard]] CaFiles files() const {
        return {folder() / "ca.pem", folder() / "ca.key", folder() / "crl"};
    }

    static Secret passphrase_of(const std::string& name) { return Secret("passphrase of " + name); }

    [[nodiscard]] CustodyOrder order(int threshold, const std::vector<std::string>& names,
                                     const std::string& where = "shares") const {
        CustodyOrder wanted{threshold, {}, folder() / where, kTestIterations};
        for (const std::string& name : names) {
            wanted.holders.push_back({name, passphrase_of(name)});
        }
        return wanted;
    }

    Ceremony init(int threshold, const std::vector<std::string>& names) {
        auto held = init_in_custody(db(), files(), test_profiles(), order(threshold, names));
        if (!held) {
            throw std::runtime_error(held.error().code);
        }
        return *std::move(held);
    }

    /// The shares of these numbers, opened by their holders.
    static std::vector<crypto::Share> shares(const Ceremony& ceremony,
                                             std::initializer_list<std::size_t> numbers) {
        std::vector<crypto::Share> some;
        for (const std::size_t number : numbers) {
            auto share = read_share_file(ceremony.files.at(number - 1),
                                         passphrase_of(ceremony.custody.holders.at(number - 1)));
            some.push_back(*std::move(share));
        }
        return some;
    }

    std::string release(const Ceremony& ceremony, std::initializer_list<std::size_t> numbers) {
        return code_of(release_key(db(), files(), shares(ceremony, numbers)));
    }

    /// Kinds of the log's events about keys, in their order.
    std::vector<std::string> events() {
        std::vector<std::string> kinds;
        for (const auto& row : connection().query(
                 "SELECT kind FROM audit_event WHERE kind LIKE 'ca.%' ORDER BY sequence", {})) {
            kinds.emplace_back(row.text(0));
        }
        return kinds;
    }
};

TEST_P(CustodyTest, EnoughHoldersOpenTheCaAndFewerDoNot) {  // M 6.2.2
    const Ceremony held = init(3, {"王大明", "李小華", "Carol", "Dave", "Eve"});

    EXPECT_EQ(release(held, {1, 2}), "share.too_few");
    EXPECT_EQ(release(held, {}), "ca.shares_needed");
    EXPECT_EQ(release(held, {2, 2, 4}), "share.repeated");
    const auto released = release_key(db(), files(), shares(held, {5, 1, 3}));
    ASSERT_EQ(code_of(released), "ok");
    const auto opened = LocalCa::open(db(), files(), released->passphrase, test_profiles());
    ASSERT_EQ(code_of(opened), "ok");
    EXPECT_EQ(code_of((*opened)->issue_crl()), "ok");
    EXPECT_EQ((*opened)->certificate().fingerprint(), held.certificate.fingerprint());
    EXPECT_EQ(held.at, clock().now());
    EXPECT_THAT(events(), ElementsAre("ca.custody_begun", "ca.custody_done", "ca.key_released",
                                      "ca.crl_issued"));
}

TEST_P(CustodyTest, TheKeysFileSaysWhoHoldsItAndNoFileThePassphrase) {
    const Ceremony held = init(2, {"王大明", "李小華", "Carol"});
    const auto custody = custody_of(files());
    ASSERT_TRUE(custody);
    EXPECT_EQ(custody->set, held.custody.set);
    EXPECT_EQ(custody->threshold, 2);
    EXPECT_THAT(custody->holders, ElementsAre("王大明", "李小華", "Carol"));

    const auto released = release_key(db(), files(), shares(held, {1, 2}));
    ASSERT_EQ(code_of(released), "ok");
    EXPECT_EQ(released->passphrase.size(), 43U);
    for (const auto& entry : fs::recursive_directory_iterator(folder())) {
        if (entry.is_regular_file()) {
            EXPECT_THAT(read_file(entry.path()), Not(HasSubstr(released->passphrase.reveal())))
                << entry.path();
        }
    }
    EXPECT_FALSE(custody_of(test_ca_files()));
    EXPECT_EQ(code_of(release_key(db(), test_ca_files(), shares(held, {1, 2}))),
              "ca.not_in_custody");
}

TEST_P(CustodyTest, OpensslOpensKeyAndShares) {
    const Ceremony held = init(2, {"王大明", "李小華"});
    struct stat status {};
    ASSERT_EQ(::stat(held.files[1].c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const auto share =
        test::run_command("openssl cms -decrypt -inform PEM -in " + held.files[1].string() +
                          " -pwri_password 'passphrase of 李小華'");
    EXPECT_TRUE(share.succeeded());
    EXPECT_THAT(share.output, HasSubstr("set " + held.custody.set + "\nshares 2/2\nnumber 2\n"));
    EXPECT_THAT(read_file(held.files[1]), HasSubstr("Holder: 李小華"));

    const auto released = release_key(db(), files(), shares(held, {1, 2}));
    const auto passphrase = folder() / "typed";
    write_file_durably(passphrase, released->passphrase.reveal(), FileAccess::Owner);
    EXPECT_THAT(test::run_command("openssl pkey -noout -text -in " + files().key.string() +
                                  " -passin file:" + passphrase.string())
                    .output,
                HasSubstr("2048 bit"));
}

TEST_P(CustodyTest, AWrongPassphraseAndADamagedFileAreToldApart) {
    const Ceremony held = init(2, {"王大明", "李小華"});
    const fs::path file = held.files.front();
    EXPECT_EQ(code_of(read_share_file(file, Secret("passphrase of nobody"))),
              "share.wrong_passphrase");
    const std::string whole = read_file(file);
    write_file_durably(file, whole.substr(0, whole.size() / 2), FileAccess::Owner);
    EXPECT_EQ(code_of(read_share_file(file, passphrase_of("王大明"))), "share.not_a_share");
    write_file_durably(file, "a letter", FileAccess::Owner);
    EXPECT_EQ(code_of(read_share_file(file, passphrase_of("王大明"))), "share.not_a_share");
    const fs::path other = folder() / "other.pem";
    write_file_durably(other, crypto::encrypt_under(Secret("x"), "a letter", 1), FileAccess::Owner);
    EXPECT_EQ(code_of(read_share_file(other, Secret("x"))), "share.damaged");
}

TEST_P(CustodyTest, SharedAnewTheFormerSharesAreGoodForNothing) {
    const Ceremony first = init(2, {"王大明", "李小華", "Carol"});
    const auto by_former = release_key(db(), files(), shares(first, {1, 3}));
    ASSERT_EQ(code_of(by_former), "ok");

    const auto second = share_anew(db(), files(), *by_former, order(3, {"D", "E", "F", "G"}));

    ASSERT_EQ(code_of(second), "ok");
    EXPECT_EQ(second->certificate.fingerprint(), first.certificate.fingerprint());
    EXPECT_EQ(second->former_set, first.custody.set);
    EXPECT_THAT(second->former_shares, ElementsAre(1, 3));
    EXPECT_EQ(release(first, {1, 2}), "share.other_set");
    EXPECT_EQ(code_of(LocalCa::open(db(), files(), by_former->passphrase, test_profiles())),
              "key.unreadable");
    auto mixed = shares(*second, {1, 4});
    mixed.push_back(std::move(shares(first, {2}).front()));
    EXPECT_EQ(code_of(release_key(db(), files(), mixed)), "share.other_set");
    // With enough of the right ones, those of another set on the table do no harm.
    mixed.push_back(std::move(shares(*second, {2}).front()));
    const auto by_new = release_key(db(), files(), mixed);
    ASSERT_EQ(code_of(by_new), "ok");
    EXPECT_THAT(by_new->shares, ElementsAre(1, 4, 2));
    EXPECT_EQ(code_of(LocalCa::open(db(), files(), by_new->passphrase, test_profiles())), "ok");
}

TEST_P(CustodyTest, AKeyUnderAPassphraseCanBeGivenIntoCustody) {
    ASSERT_EQ(code_of(init_demo_ca(files(), Secret("of the settings"), test_profiles(),
                                   clock().now(), random())),
              "ok");
    const KeyRelease by_passphrase{Secret("of the settings"), {}, {}};
    const auto held = share_anew(db(), files(), by_passphrase, order(2, {"王大明", "李小華"}));
    ASSERT_EQ(code_of(held), "ok");
    EXPECT_EQ(release(*held, {1, 2}), "ok");
    EXPECT_EQ(code_of(LocalCa::open(db(), files(), Secret("of the settings"), test_profiles())),
              "key.unreadable");
}

TEST_P(CustodyTest, HoldersAreDifferentPeople) {  // M 5.2.3
    const auto attempt = [&](const CustodyOrder& wanted) {
        return code_of(init_in_custody(db(), files(), test_profiles(), wanted));
    };
    EXPECT_EQ(attempt(order(1, {"A", "B"})), "share.bad_numbers");
    EXPECT_EQ(attempt(order(3, {"A", "B"})), "share.bad_numbers");
    EXPECT_EQ(attempt(order(2, {"A", "A"})), "share.holder_name");
    EXPECT_EQ(attempt(order(2, {"A", ""})), "share.holder_name");
    EXPECT_EQ(attempt(order(2, {"A", "B\nCustody set: 00"})), "share.holder_name");
    EXPECT_EQ(attempt(order(2, {"A", "-----BEGIN X-----"})), "share.holder_name");
    CustodyOrder same = order(2, {"A", "B"});
    same.holders[1].passphrase = passphrase_of("A");
    EXPECT_EQ(attempt(same), "share.same_passphrase");
    same.holders[1].passphrase = Secret("elevenbytes");
    EXPECT_EQ(attempt(same), "share.short_passphrase");
    EXPECT_FALSE(fs::exists(files().key));
    EXPECT_THAT(events(), ElementsAre());

    init(2, {"A", "B"});
    EXPECT_EQ(attempt(order(2, {"C", "D"})), "ca.exists");
}

// Whichever write to the database fails, either the former shares open the key or the new ones do.
TEST_P(CustodyTest, ACeremonyThatIsCutShortLeavesTheKeyInSomeonesHands) {
    Ceremony present = init(2, {"A", "B"});
    for (int write = 0; write < 40; ++write) {
        const auto release_now = release_key(db(), files(), shares(present, {1, 2}));
        ASSERT_EQ(code_of(release_now), "ok");
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        const std::string where = "shares" + std::to_string(write);
        try {
            auto held = share_anew(broken, files(), *release_now, order(2, {"A", "B"}, where));
            ASSERT_EQ(code_of(held), "ok");
            present = *std::move(held);
            EXPECT_GE(write, 2);
            break;
        } catch (const Failure&) {
            const auto custody = custody_of(files());
            ASSERT_TRUE(custody);
            if (custody->set != present.custody.set) {
                present.custody = *custody;  // only the end of the event is missing
                for (std::size_t i = 0; i < 2; ++i) {
                    present.files[i] = folder() / where /
                                       ("share-" + custody->set.substr(0, 8) + "-" +
                                        std::to_string(i + 1) + ".pem");
                }
            }
        }
        ASSERT_EQ(release(present, {1, 2}), "ok") << write;
    }
}

TEST_P(CustodyTest, TheLogTellsOfItAndKeepsSecrets) {
    const Ceremony first = init(2, {"王大明", "李小華"});
    const auto released = release_key(db(), files(), shares(first, {1, 2}));
    const auto second = share_anew(db(), files(), *released, order(2, {"C", "D"}));
    ASSERT_EQ(code_of(second), "ok");
    std::string log;
    for (const auto& row : connection().query(
             "SELECT kind, subject, detail FROM audit_event ORDER BY sequence", {})) {
        log += std::string(row.text(0)) + " " + std::string(row.text(1)) + " " +
               std::string(row.text(2)) + "\n";
    }
    EXPECT_THAT(log, HasSubstr("ca.custody_done authority:" + first.key_id));
    EXPECT_THAT(log, HasSubstr("\"former_set\":\"" + first.custody.set + "\""));
    EXPECT_THAT(log, HasSubstr("\"released_by\":[1,2]"));
    EXPECT_THAT(log, HasSubstr("ca.key_released share_set:" + first.custody.set));
    EXPECT_THAT(log, Not(HasSubstr(released->passphrase.reveal())));
    EXPECT_THAT(log, Not(HasSubstr("王大明")));  // M 2.8.1
}

SEALDESK_ON_EVERY_BACKEND(CustodyTest);

}  // namespace
}  // namespace sealdesk::ca
