#pragma once

#include <string_view>

#include "base/result.h"
#include "ca/to_be_signed.h"

namespace sealdesk::ca {

/// Checks the finished TBSCertificate against what it was to say, element by element, before it is
/// signed: nothing missing, nothing more, nothing else. It reads the bytes with a decoder that
/// shares no code with the writer (OpenSSL's for the extensions), because no validator
/// notices an empty certificatePolicies or a missing keyUsage. Error (Internal) ca.lint with the
/// element in `where`: a defect of ours, never an applicant's fault.
[[nodiscard]] Outcome check_to_be_signed(std::string_view tbs, const Statement& wanted);

}  // namespace sealdesk::ca
