#pragma once

#include <functional>
#include <string>

#include "crypto/certificate.h"
#include "slips/print_item.h"
#include "slips/slip.h"
#include "slips/template.h"
#include "slips/wait.h"

namespace sealdesk::slips {

/// The slip's PDF, not locked, enclosed for its reader alone: what the mail carries.
using Enclose = std::function<Result<std::string>(const Secret& pdf)>;

/// What an e-delivered slip is made from.
struct ElectronicOrder {
    Slip slip;                     ///< waiting, delivery Electronic
    std::string receipt_template;  ///< such as "counter-receipt"
    /// Of that template, all but slip_number and what says how the slip opens.
    Fields receipt_fields;
    Delivery receipt_delivery;  ///< how the paper leaves the office: Counter or Post
    WaitTerms terms = {};
    /// Serial number of the subscriber's certificate that `enclose` encrypts to; empty: the PDF
    /// opens with a code.
    std::string certificate = {};
    Enclose enclose = {};
};

/// The result, free of anything that opens the account without the paper receipt or the
/// subscriber's key.
struct ElectronicSlip {
    SlipId slip;
    AccountId account;
    std::int64_t account_generation;
    RequestId request;
    std::string pdf;          ///< AES-256 under the opening code; empty when enclosed
    std::string enclosed;     ///< what ElectronicOrder::enclose made; else empty
    std::string certificate;  ///< ElectronicOrder::certificate
    WaitTerms terms;
    std::string verifier;        ///< of the password inside
    std::string sealed_receipt;  ///< the receipt's PDF with the opening code, for the print room
    int receipt_pages;
    Delivery receipt_delivery;
};

/// Makes password and opening code in memory, the slip as a PDF that opens with the code (T 5.1.4
/// 電子化方式), and the receipt that carries the code, at once encrypted to the print room's
/// certificate, so that neither secret is ever stored in clear. The code never goes into the
/// mail. Where the order names a certificate there is no code: the PDF is enclosed for it, and the
/// receipt says so. Call it with no transaction open. Errors: those of the templates and of
/// `enclose`; slips.not_waiting (Refused).
[[nodiscard]] Result<ElectronicSlip> make_electronic_slip(TemplateShelf& templates,
                                                          const crypto::Certificate& print_room,
                                                          const ElectronicOrder& order,
                                                          Random& random, Instant now);

/// Keeps it: slip sent, verifier stored, sealed receipt put into the next print batch, and its time
/// begins (wait.h). In the caller's transaction, together with mail::enqueue() of the PDF and the
/// end of the job. A job that is repeated after a crash makes everything anew; one that had
/// committed before is Refused slips.not_waiting. Audit: slip.sent.
[[nodiscard]] Outcome keep_electronic_slip(store::Tx& tx, const ElectronicSlip& made,
                                           const StoreVerifier& store_verifier);

}  // namespace sealdesk::slips
