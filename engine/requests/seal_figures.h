#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "image/image.h"
#include "requests/request.h"
#include "scheme/scheme.h"
#include "store/files.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// One seal of a request beside what it is compared with.
struct SealFigures {
    std::string role;            ///< "applicant" or "responsible"
    std::string impression_sha;  ///< on this form
    std::string specimen_sha;    ///< the registered one; empty when the form registers it
    std::string figures;         ///< canonical JSON of the comparison, with "picture_sha256"
};

/// Figures for every seal a request carries. A form that registers seals gets figures of each
/// impression against itself: whether it is clear enough to become a specimen (visible, inked).
/// Figures once made are kept (seal::save_comparison) and read back, so that what the officer saw
/// is what is signed; the comparison picture is kept among the files. Refused: seal.no_specimen
/// (the subscriber is not registered yet, or has no seal of that role), seal.no_impression (a
/// required scan is missing).
[[nodiscard]] Result<std::vector<SealFigures>> seal_figures(store::Database& database,
                                                            store::FileStore& files,
                                                            const scheme::Form& form,
                                                            const Request& request);

/// The form compares seals, but this one has no specimen on file: an officer compares it with the
/// entity's registration (M 4.2.1.1), and its figures suggest nothing.
[[nodiscard]] bool lacks_specimen(const scheme::Form& form, const SealFigures& seal);

/// The same as one JSON list, as checks keep it and decisions sign it.
[[nodiscard]] nlohmann::json to_json(const std::vector<SealFigures>& figures);

/// The comparison picture of one seal (specimen, impression, difference), as PNG bytes.
[[nodiscard]] Result<std::string> seal_picture(const store::FileStore& files,
                                               const SealFigures& seal);

}  // namespace sealdesk::requests
