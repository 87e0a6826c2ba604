#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/pkcs12.h"

namespace sealdesk::officers {

/// The key with which an officer signs decisions (M 4.2.1.1): in a file, or on a card (card_key.h),
/// the same to everyone who uses it.
class OfficerKey {
public:
    virtual ~OfficerKey() = default;

    /// CMS, detached, CAdES-BES (crypto/cms.h), over the bytes as they are. Errors:
    /// cms.certificate_not_valid (Refused) when the certificate has run out.
    [[nodiscard]] virtual Result<std::string> sign(std::string_view bytes, Instant at) = 0;

    /// Whose key it is; compare with the certificate in the officer's record.
    [[nodiscard]] virtual const crypto::Certificate& certificate() const = 0;

    /// False when it lay on a card that was taken out: it signs nothing any more.
    [[nodiscard]] virtual bool is_there() { return true; }
};

/// A key in a PKCS#12 file, in memory while the object lives.
class SoftwareKey final : public OfficerKey {
public:
    /// Errors as crypto::open_pkcs12, with the file in `where`; Failure when it cannot be read.
    [[nodiscard]] static Result<SoftwareKey> open(const std::filesystem::path& file,
                                                  const Secret& password);

    explicit SoftwareKey(crypto::Pkcs12 content) : content_(std::move(content)) {}

    [[nodiscard]] Result<std::string> sign(std::string_view bytes, Instant at) override;
    [[nodiscard]] const crypto::Certificate& certificate() const override {
        return content_.certificate;
    }

private:
    crypto::Pkcs12 content_;
};

}  // namespace sealdesk::officers
