#include "cli/key_shares.h"

#include <CLI/CLI.hpp>

#include "ca/share_file.h"
#include "cli/desk.h"

namespace sealdesk::cli {
namespace {

constexpr int kTypedTriesMax = 3;

Result<crypto::Share> open_typed(const Program& program, const std::string& file) {
    const std::string prompt = program.text("持份密碼（", "Passphrase of the share (") + file +
                               program.text("）：", "): ");
    for (int tries = 1;; ++tries) {
        const auto passphrase = read_password({}, prompt);
        if (!passphrase) {
            return passphrase.error();
        }
        auto share = ca::read_share_file(file, *passphrase);
        if (share || share.error().code != "share.wrong_passphrase" || tries == kTypedTriesMax) {
            return share;
        }
        program.err << program.pick("密碼不符，請再輸入一次。", "That was not it; once more.")
                    << '\n';
    }
}

Result<crypto::Share> open_by_file(const std::string& file, const std::string& passphrase_file) {
    const auto passphrase = read_password(passphrase_file, "");
    if (!passphrase) {
        return passphrase.error();
    }
    return ca::read_share_file(file, *passphrase);
}

}  // namespace

Outcome KeyShares::unlock(const Program& program) {
    if (passphrase_files.size() > files.size()) {
        return Error{ErrorKind::Invalid,
                     "share.passphrase_too_many",
                     "There are more --share-passphrase than --share; they go in pairs, in the "
                     "same order.",
                     {},
                     {}};
    }
    while (opened_.size() < files.size()) {
        const std::size_t next = opened_.size();
        auto share = next < passphrase_files.size()
                         ? open_by_file(files[next], passphrase_files[next])
                         : open_typed(program, files[next]);
        if (!share) {
            return share.error();
        }
        opened_.push_back(*std::move(share));
    }
    return done();
}

void add_share_options(CLI::App& command, Program& program) {
    if (program.shares == nullptr) {
        program.shares = std::make_shared<KeyShares>();
    }
    command
        .add_option("--share", program.shares->files,
                    program.text("憑證機構金鑰之持份檔，可重複",
                                 "file of a share of the CA's key; once for each"))
        ->allow_extra_args(false);
    command
        .add_option("--share-passphrase", program.shares->passphrase_files,
                    program.text("持份密碼檔，順序同 --share；省略者由持份人輸入",
                                 "file with its passphrase, in the order of --share; left out, the "
                                 "holder types it"))
        ->allow_extra_args(false);
}

}  // namespace sealdesk::cli
