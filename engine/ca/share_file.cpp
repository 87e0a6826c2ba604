#include "ca/share_file.h"

#include <utility>

#include "base/durable_file.h"
#include "crypto/cms.h"

namespace sealdesk::ca {
namespace {

Error share_file_error(ErrorKind kind, std::string code, std::string detail,
                       const std::filesystem::path& file) {
    return {kind, std::move(code), std::move(detail), file.string(), "M 6.2.2"};
}

std::string label_text(const crypto::Share& share, const ShareLabel& label) {
    const std::string number = std::to_string(share.number);
    const std::string count = std::to_string(share.set.count);
    const std::string threshold = std::to_string(share.set.threshold);
    return "憑證機構金鑰持份：共 " + count + " 份之第 " + number + " 份，任 " + threshold +
           " 份可啟用金鑰。\nShare " + number + " of " + count + " of a CA's key; any " +
           threshold + " open it.\nCA: " + label.authority + "\nSet: " + share.set.id +
           "\nHolder: " + label.holder +
           "\nOnly the holder's own passphrase opens it: sealdesk ca … --share FILE, or\n"
           "openssl cms -decrypt -inform PEM -in FILE -pwri_password PASSPHRASE\n";
}

}  // namespace

Outcome write_share_file(const std::filesystem::path& file, const crypto::Share& share,
                         const ShareLabel& label, const Secret& passphrase, int iterations) {
    if (std::filesystem::exists(file)) {
        return share_file_error(ErrorKind::Refused, "share.file_exists",
                                "There is a file of this name; a share never overwrites anything.",
                                file);
    }
    const Secret text = to_text(share);
    write_file_durably(
        file,
        label_text(share, label) + crypto::encrypt_under(passphrase, text.reveal(), iterations),
        FileAccess::Owner);
    return done();
}

Result<crypto::Share> read_share_file(const std::filesystem::path& file, const Secret& passphrase) {
    const auto text = crypto::decrypt_under(passphrase, read_file(file));
    if (!text) {
        return text.error().code == "cms.wrong_passphrase"
                   ? share_file_error(ErrorKind::Invalid, "share.wrong_passphrase",
                                      "This passphrase does not open the share, or its file is "
                                      "damaged; the holder types it again.",
                                      file)
                   : share_file_error(ErrorKind::Invalid, "share.not_a_share",
                                      "This is not the file of a share, or it is damaged.", file);
    }
    auto share = crypto::parse_share(*text);
    if (!share) {
        Error error = share.error();
        error.where = file.string();
        return error;
    }
    return share;
}

}  // namespace sealdesk::ca
