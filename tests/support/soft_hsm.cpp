#include "support/soft_hsm.h"

#include <cstdlib>
#include <stdexcept>

#include "base/durable_file.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::test {
namespace {

constexpr const char* kSoftHsmModule = "/usr/lib/softhsm/libsofthsm2.so";

}  // namespace

const crypto::HsmPlace& soft_hsm() {
    static const TempFolder folder;
    static const crypto::HsmPlace place = [] {
        std::filesystem::create_directory(folder.path() / "tokens");
        write_file_durably(folder.path() / "softhsm2.conf",
                           "directories.tokendir = " + (folder.path() / "tokens").string() +
                               "\nobjectstore.backend = file\nlog.level = ERROR\n",
                           FileAccess::Owner);
        ::setenv("SOFTHSM2_CONF", (folder.path() / "softhsm2.conf").c_str(), 1);  // NOLINT
        const auto made = run_command(
            "softhsm2-util --init-token --free --label ca-test --so-pin 12345678 --pin " +
            std::string(kHsmPin));
        if (!made.succeeded()) {
            throw std::runtime_error(made.output);
        }
        return crypto::HsmPlace{kSoftHsmModule, "ca-test"};
    }();
    return place;
}

std::string pkcs11_tool(const std::string& arguments) {
    return run_command("pkcs11-tool --module " + soft_hsm().module.string() +
                       " --token-label ca-test --login --pin " + std::string(kHsmPin) + " " +
                       arguments)
        .output;
}

}  // namespace sealdesk::test
