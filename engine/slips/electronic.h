#pragma once

#include <string>

#include "crypto/certificate.h"
#include "slips/print_item.h"
#include "slips/slip.h"
#include "slips/template.h"

namespace sealdesk::slips {

/// What an e-delivered slip is made from.
struct ElectronicOrder {
    Slip slip;                     ///< waiting, delivery Electronic
    std::string receipt_template;  ///< such as "counter-receipt"
    Fields receipt_fields;         ///< of that template, all but opening_code and slip_number
    Delivery receipt_delivery;     ///< how the paper leaves the office: Counter or Post
};

/// The result, free of anything that opens the account without the paper receipt.
struct ElectronicSlip {
    SlipId slip;
    AccountId account;
    std::int64_t account_generation;
    RequestId request;
    std::string pdf;             ///< AES-256 under the opening code: what the mail carries
    std::string verifier;        ///< of the password inside
    std::string sealed_receipt;  ///< the receipt's PDF with the opening code, for the print room
    int receipt_pages;
    Delivery receipt_delivery;
};

/// Makes password and opening code in memory, the slip as a PDF that opens with the code (T 5.1.4
/// 電子化方式), and the receipt that carries the code, at once encrypted to the print room's
/// certificate, so that neither secret is ever stored in clear. The code never goes into the
/// mail. Call it with no transaction open. Errors: those of the templates; slips.not_waiting
/// (Refused).
[[nodiscard]] Result<ElectronicSlip> make_electronic_slip(TemplateShelf& templates,
                                                          const crypto::Certificate& print_room,
                                                          const ElectronicOrder& order,
                                                          Random& random, Instant now);

/// Keeps it: slip sent, verifier stored, sealed receipt put into the next print batch. In the
/// caller's transaction, together with mail::enqueue() of the PDF and the end of the job. A job
/// that is repeated after a crash makes everything anew; one that had committed before is Refused
/// slips.not_waiting. Audit: slip.sent.
[[nodiscard]] Outcome keep_electronic_slip(store::Tx& tx, const ElectronicSlip& made,
                                           const StoreVerifier& store_verifier);

}  // namespace sealdesk::slips
