#include "officers/officer_key.h"

#include <utility>

#include "base/durable_file.h"
#include "crypto/cms.h"

namespace sealdesk::officers {

Result<SoftwareKey> SoftwareKey::open(const std::filesystem::path& file, const Secret& password) {
    auto content = crypto::open_pkcs12(read_file(file), password);
    if (!content) {
        Error error = content.error();
        error.where = file.string();
        return error;
    }
    return SoftwareKey(std::move(content).value());
}

Result<std::string> SoftwareKey::sign(std::string_view bytes, Instant at) {
    return crypto::sign_detached(bytes, content_.key, content_.certificate, at);
}

}  // namespace sealdesk::officers
