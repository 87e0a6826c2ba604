// kill -9 at every commit point of an administrator's work on the CAs: keys of services, CRLs, OCSP
// answers, new keys, shares; then on again: no key twice, no certificate without a record, no CRL
// number of two contents, and the CA opens.
#include <set>

#include "base/digest.h"
#include "base/durable_file.h"
#include "fault/walked_desk.h"

namespace sealdesk::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class AuthorityCrash : public WalkedDesk {
protected:
    AuthorityCrash()
        : WalkedDesk([](const std::string& point) {
              return point.find("session") == std::string::npos;
          }) {}

    void SetUp() override {
        OnEveryBackend::SetUp();
        make_desk("  tls: none\n", opening_of(0));
        fs::create_directories(folder() / "shares");
        for (const std::string holder : {"a", "b", "c"}) {
            write_file_durably(folder() / (holder + ".txt"), "passphrase of " + holder,
                               FileAccess::Owner);
        }
    }

    /// A change of keys within a day of the last one would be refused.
    static Instant opening_of(int day) {
        return start_of_day_in_taipei(2026y / 11 / 23) + 2 * std::chrono::days(day) + 9h;
    }

    /// With two shares of the set that the key file names; with none while it lies under a
    /// passphrase.
    std::vector<std::string> with_shares(std::vector<std::string> command) {
        const std::string key = read_file(folder() / "desk/ca/moea/ca.key");
        for (const auto& entry : fs::recursive_directory_iterator(folder() / "shares")) {
            if (!entry.is_regular_file()) {
                continue;
            }
            const std::string name = entry.path().filename();  // share-SET-NUMBER.pem
            const auto set = name.find('-') + 1;
            const char number = name[name.size() - 5];
            if (number < '3' && key.find(name.substr(set, 8)) != std::string::npos) {
                const std::string holder(1, char('a' + number - '1'));
                command.insert(command.end(),
                               {"--share", entry.path().string(), "--share-passphrase",
                                (folder() / (holder + ".txt")).string()});
            }
        }
        return command;
    }

    /// The moea CA's key goes to new holders.
    void share(int day) {
        std::vector<std::string> command =
            with_shares({"ca", "share", "--scheme", "moea", "--shares", "2/3", "--share-out",
                         (folder() / "shares" / std::to_string(day)).string()});
        for (const std::string holder : {"a", "b", "c"}) {
            command.insert(command.end(),
                           {"--holder", holder + "=" + (folder() / (holder + ".txt")).string()});
        }
        persist("share", "amy", command);
        const auto opening = with_shares({"ca", "crl", "--scheme", "moea"});
        EXPECT_EQ(opening.size(), 4U + 8U) << plan_.today();
        EXPECT_EQ(desk_->run(opening).status, 0) << plan_.today();
    }

    void live_through(int day) {
        desk_->move_to(opening_of(day));
        fs::remove(folder() / "desk/ca/tipo/ra.p12");  // so that the desk's own key is made anew
        persist("service-keys", "amy", {"ca", "service-keys", "--scheme", "tipo"});
        persist("crl", "dee", {"ca", "crl", "--scheme", "tipo"});
        persist("presign", "dee", {"ca", "presign", "--scheme", "tipo"});
        if (day == 0 || plan_.plans("rekey")) {
            ++rekeys_;
            persist("rekey", "dee", {"ca", "rekey", "--scheme", "tipo"});
        }
        share(day);
    }

    void expect_sound(const std::string& where) {
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'signing'"), 0) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"),
                  count("SELECT COUNT(DISTINCT serial) FROM ca_certificate"))
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM ca_rekey"), rekeys_) << where;
        const auto newest = folder() / "desk/ca/tipo" / std::to_string(rekeys_ + 1) / "ca.pem";
        EXPECT_TRUE(fs::exists(newest)) << where;
        EXPECT_FALSE(fs::exists(folder() / "desk/ca/tipo" / std::to_string(rekeys_ + 2))) << where;
        std::set<std::string> files;
        for (const auto& entry : fs::recursive_directory_iterator(folder() / "desk/ca")) {
            if (entry.path().extension() == ".crl") {
                files.insert(sha256_hex(read_file(entry.path())));
            }
        }
        for (const auto& row :
             connection().query("SELECT sha256 FROM ca_crl WHERE state = 'issued'", {})) {
            EXPECT_TRUE(files.contains(row.text(0))) << where;
        }
    }

    int rekeys_ = 0;
};

TEST_P(AuthorityCrash, EveryCommitPointCanBeTheLast) {
    walk([this](int day) { live_through(day); },
         [this](int, const std::string& where) { expect_sound(where); }, 20);
}

SEALDESK_ON_EVERY_BACKEND(AuthorityCrash);

}  // namespace
}  // namespace sealdesk::test
