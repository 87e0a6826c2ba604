#pragma once

#include "slips/template.h"

namespace sealdesk::slips {

/// Telling sample values for the office's own templates.

[[nodiscard]] Fields sample_office_fields();
[[nodiscard]] Fields sample_slip_fields();
[[nodiscard]] Fields sample_letter_fields();
[[nodiscard]] Fields sample_notice_fields();
/// With reasons numbered （1） to （count）.
[[nodiscard]] Fields sample_return_fields(int count);
[[nodiscard]] Fields sample_receipt_fields();
/// Of a slip that was encrypted to a certificate.
[[nodiscard]] Fields sample_encrypted_receipt_fields();

}  // namespace sealdesk::slips
