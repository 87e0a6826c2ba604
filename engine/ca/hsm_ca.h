#pragma once

#include <optional>
#include <string>

#include "ca/local_ca.h"

/// A CA whose key lies in a hardware security module. Its key file holds no key: it names the one
/// in the token, so that all who open the CA go the same way and the file says which way that is.
namespace sealdesk::ca {

/// The label of the key in the token; nothing when the key lies in the file itself. Throws Failure
/// when there is no key file.
[[nodiscard]] std::optional<std::string> hsm_label_of(const CaFiles& files);

/// Opens the key that the file names. Errors: those of crypto::HsmKey.
[[nodiscard]] Result<crypto::HsmKey> open_hsm_key(const CaFiles& files, const Secret& pin);

/// Makes a CA as init_demo_ca() does, its key inside the token `files.hsm`; that it was made is an
/// audit event, even when the files cannot be written any more. Errors: ca.exists, (Invalid)
/// hsm.bad_label (1 to 64 letters, digits, '.', '_', '-'), those of crypto::HsmKey and of the
/// witness.
[[nodiscard]] Result<crypto::Certificate> init_in_hsm(store::Database& database,
                                                      const CaFiles& files,
                                                      const Profiles& profiles,
                                                      const std::string& label, const Secret& pin,
                                                      const NewCaWitness& witness = {});

}  // namespace sealdesk::ca
