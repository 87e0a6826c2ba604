#include "cli/passphrase.h"

#include "base/durable_file.h"
#include "cli/desk.h"

namespace sealdesk::cli {
namespace {

/// 20 symbols over 32: 100 bits for a passphrase that only files hold.
constexpr std::string_view kPassphraseSymbols = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
constexpr std::size_t kPassphraseLength = 20;

}  // namespace

Secret make_passphrase(const std::filesystem::path& file, Random& random) {
    Secret passphrase = random_text(random, kPassphraseSymbols, kPassphraseLength);
    write_file_durably(file, passphrase.reveal(), FileAccess::Owner);
    return passphrase;
}

Result<Secret> own_passphrase(const std::filesystem::path& file, Random& random) {
    return std::filesystem::exists(file) ? read_password(file, {})
                                         : Result<Secret>(make_passphrase(file, random));
}

}  // namespace sealdesk::cli
