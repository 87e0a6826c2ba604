// Keys, shares and passphrases do not slip out of the program: searched is whatever it leaves
// behind while a CA is made, opened and at work. Passphrases come by files here; what a person sets
// as an environment variable lies in /proc/PID/environ, which is the system's to guard.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "ca/share_file.h"
#include "crypto/pkcs12.h"
#include "paper/pdf_probe.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/planted.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::map<std::string, std::string> kHolders{{"Ada", "granite-Käse-4711-lantern"},
                                                  {"Bo", "印章 velvet-9082-harbour"},
                                                  {"Cy", "seven_umbrellas+at/noon==33"}};

class PlantedInTheCa : public ::testing::Test {
protected:
    PlantedInTheCa() {
        fs::create_directories(at("tmp"));
        watch_ = std::make_unique<test::FolderWatch>(at("tmp"));
        desk_ = std::make_unique<test::ProgramDesk>(
            at("desk"), test::fresh_database("sqlite", folder_).url,
            "  host: localhost\n  port: 1\n  tls: none\n",
            std::map<std::string, std::string>{{"TMPDIR", at("tmp").string()}});
        fs::remove_all(at("desk/ca/tipo"));  // of the demo
        for (const auto& [name, passphrase] : kHolders) {
            write_file_durably(given(name), passphrase + "\n", FileAccess::Owner);
            secrets_.add_text("passphrase of " + name, passphrase);
        }
    }

    fs::path at(const std::string& name) const { return folder_.path() / name; }
    fs::path given(const std::string& name) const { return given_.path() / name; }

    /// As the administrator; its output is kept.
    void ca(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "ca");
        arguments.insert(arguments.end(), {"--scheme", "tipo"});
        const test::Ran ran = desk_->run_as("amy", arguments);
        EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
        output_ += ran.out + ran.err;
    }

    void make_ca() {
        std::vector<std::string> init{
            "init",       "--shares",        "2/3", "--share-out", at("shares"),
            "--protocol", at("protocol.pdf")};
        for (const auto& [name, passphrase] : kHolders) {
            init.insert(init.end(), {"--holder", name + "=" + given(name).string()});
        }
        ca(init);
        for (const auto& entry : fs::directory_iterator(at("shares"))) {
            share_files_.push_back(entry.path().string());
        }
        std::ranges::sort(share_files_);
        ASSERT_EQ(share_files_.size(), kHolders.size());
    }

    /// Options that bring two shares along.
    [[nodiscard]] std::vector<std::string> shares() const {
        return {"--share", share_files_[0], "--share-passphrase", given("Ada").string(),
                "--share", share_files_[1], "--share-passphrase", given("Bo").string()};
    }
    void ca_with_shares(std::vector<std::string> command) {
        const auto more = shares();
        command.insert(command.end(), more.begin(), more.end());
        ca(command);
    }

    /// What the test knows by opening it all itself.
    void add_what_is_locked_away() {
        std::vector<crypto::Share> opened;
        auto file = share_files_.begin();
        for (const auto& [name, passphrase] : kHolders) {
            auto share = ca::read_share_file(*file++, Secret(passphrase));
            ASSERT_TRUE(share) << share.error().code;
            secrets_.add_number("share of " + name, share->value.reveal());
            opened.push_back(*std::move(share));
        }
        const auto passphrase = crypto::combine_shares(opened);
        ASSERT_TRUE(passphrase);
        secrets_.add_text("passphrase of the CA's key", passphrase->reveal());
        secrets_.add_key("the CA's key",
                         crypto::KeyPair::load(at("desk/ca/tipo/ca.key"), *passphrase).value());
        const std::string service = trim(read_file(at("desk/secrets/service.passphrase")));
        for (const char* name : {"ocsp", "cmp"}) {
            const auto key = crypto::open_pkcs12(
                read_file(at(std::string("desk/ca/tipo/") + name + ".p12")), Secret(service));
            ASSERT_TRUE(key) << key.error().code;
            secrets_.add_key(name, key->key);
        }
    }

    /// Runs shell commands while `ca serve --sign` is up: $server is its process; $plain starts a
    /// program without the privileges that let root read every process. A memory fault ends it.
    std::string while_signing(const std::string& commands) {
        std::string options;
        for (const std::string& word : shares()) {
            options += " '" + word + "'";
        }
        const std::string plain =
            ::geteuid() == 0 ? "setpriv --bounding-set=-all --inh-caps=-all" : "env";
        write_file_durably(at("serve.sh"),
                           "export TMPDIR=$PWD/tmp plain='" + plain +
                               "'\n"
                               // a sanitizer would take the fault for itself
                               "export ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=0\n"
                               "ulimit -c unlimited; mkdir crash; cd crash\n"
                               "$plain " SEALDESK_PROGRAM
                               " --desk ../desk --json ca serve --scheme tipo --sign --listen "
                               "127.0.0.1:0" +
                               options +
                               " > ../url 2> ../trouble &\n"
                               "server=$!; cd ..\n"
                               "for i in $(seq 300); do grep -q http url && break; sleep 0.1; "
                               "done\n"
                               "port=$(sed 's/.*127.0.0.1:\\([0-9]*\\).*/\\1/' url)\n" +
                               commands +
                               "\nkill -SEGV $server\nwait $server\n"
                               "echo \"server ended $?, left $(ls -A crash | wc -l) files\"\n",
                           FileAccess::Owner);
        std::string said =
            test::run_command("cd '" + folder_.path().string() + "' && bash serve.sh").output;
        output_ += said;
        return said;
    }

    void expect_nothing_slipped() {
        EXPECT_THAT(secrets_.missed_by_search(), IsEmpty()) << "the search itself";
        EXPECT_THAT(secrets_.found_below(folder_.path()), IsEmpty());
        EXPECT_THAT(secrets_.found_in("what was said", output_), IsEmpty());
        EXPECT_THAT(watch_->made(), IsEmpty()) << "temporary files";
        write_file_durably(at("tmp/gone"), "", FileAccess::Owner);
        fs::remove(at("tmp/gone"));
        EXPECT_THAT(watch_->made(), Not(IsEmpty())) << "the watch itself";
    }

    const test::TempFolder folder_;
    const test::TempFolder given_;
    test::PlantedSecrets secrets_;
    std::string output_;
    std::vector<std::string> share_files_;
    std::unique_ptr<test::FolderWatch> watch_;
    std::unique_ptr<test::ProgramDesk> desk_;
};

// What root may read nobody can refuse; so the program and who looks at it go without root's
// privileges here, which leaves the same user, the nearest stranger there is.
TEST_F(PlantedInTheCa, NothingSlipsOutWhileACaIsMadeAndSigns) {  // M 6.2.2
    make_ca();
    ca_with_shares({"crl"});
    ca_with_shares({"service-keys"});
    const auto keys = test::run_command(
        "cd '" + folder_.path().string() +
        "' && { openssl req -x509 -newkey rsa:2048 -nodes -keyout ra.key -subj /CN=ra -days 30 "
        "-out ra.pem && openssl genrsa -out u.key 2048; }");
    ASSERT_TRUE(keys.succeeded()) << keys.output;
    ca({"ra", "add", "--name", "north", "--certificate", at("ra.pem").string()});
    const std::string said = while_signing(
        "openssl cmp -server 127.0.0.1:$port -path cmp/tipo -cert ra.pem -key ra.key -trusted "
        "desk/ca/tipo/ca.pem -implicit_confirm -cmd ir -newkey u.key -popo 0 -subject "
        "'/C=TW/CN=x/serialNumber=A123456789' -certout u.pem\n"
        "tr '\\0' ' ' < /proc/$server/cmdline; echo; cat /proc/$server/task/*/children\n"
        "mkdir control; cd control; $plain sleep 600 & other=$!; sleep 0.2; cd ..\n"
        "for file in environ mem; do\n"
        "  $plain python3 -c \"open('/proc/$server/$file', 'rb')\" 2> /dev/null && echo "
        "\"server's $file is open\"\n"
        "  $plain python3 -c \"open('/proc/$other/$file', 'rb')\" && echo \"other's $file is "
        "open\"\n"
        "done\n"
        "kill -SEGV $other; wait $other\n"
        "echo \"other ended $?, left $(ls -A control | wc -l) files\"; rm -r control");
    EXPECT_TRUE(fs::exists(at("u.pem"))) << said << read_file(at("trouble"));
    EXPECT_THAT(said, HasSubstr("--share-passphrase")) << "its command line";
    EXPECT_THAT(said, AllOf(HasSubstr("other's environ is open"),
                            HasSubstr("other ended 139, left 1 files")))
        << "this machine writes no core files where it is told to, or guards every process: then "
           "the next lines show nothing";
    EXPECT_THAT(said, AllOf(HasSubstr("server ended 139, left 0 files"),
                            Not(HasSubstr("server's environ is open")),
                            Not(HasSubstr("server's mem is open"))));

    add_what_is_locked_away();
    const std::string paper = test::pdf_text(read_file(at("protocol.pdf")), folder_.path());
    EXPECT_THAT(paper, HasSubstr("Ada"));
    EXPECT_THAT(secrets_.found_in("the protocol", paper), IsEmpty());
    expect_nothing_slipped();
}

}  // namespace
}  // namespace sealdesk::cli
