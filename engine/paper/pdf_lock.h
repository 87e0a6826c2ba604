#pragma once

// Inside of paper/ only.

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"

namespace sealdesk::paper {

/// Encryption of a PDF: AES-256, revision 6 (ISO 32000-2 §7.6.4). Its cost is the derivation of the
/// key from the code, about 1 ms twice, which cannot be had for less: the salts are of each file.
class PdfLock {
public:
    PdfLock(const Secret& code, Random& random);

    /// The entries of the encryption dictionary.
    [[nodiscard]] std::string dictionary() const;

    /// A string or stream as it is stored: initial vector and AES-256-CBC.
    [[nodiscard]] std::string encrypted(std::string_view bytes);

    [[nodiscard]] const std::string& file_id() const { return file_id_; }  ///< 16 bytes

private:
    Random& random_;
    Secret key_;
    std::string user_;      ///< U: hash, validation salt, key salt
    std::string user_key_;  ///< UE
    std::string owner_;     ///< O and OE of a password that nobody knows
    std::string owner_key_;
    std::string permissions_;
    std::string file_id_;
};

}  // namespace sealdesk::paper
