#include "slips/electronic.h"

#include "audit/log.h"
#include "crypto/cms.h"
#include "crypto/verifier.h"
#include "slips/password.h"
#include "slips/print_rows.h"
#include "slips/rendering.h"
#include "slips/slip_rows.h"

namespace sealdesk::slips {
namespace {

Error not_waiting(const Slip& slip) {
    return {ErrorKind::Refused, "slips.not_waiting",
            "The slip has been sent or voided, or is not an electronic one.", slip.number,
            "T 5.1.4"};
}

bool can_be_sent(const Slip& slip) {
    return slip.delivery == Delivery::Electronic && slip.state == SlipState::Waiting;
}

/// The slip's pages with the password, as a PDF that opens with the code.
Result<std::string> locked_slip(const CompiledTemplate& compiled, const Slip& slip,
                                const Secret& password, const Secret& code, Random& random,
                                Instant now) {
    paper::Document document(compiled.title(), now, code, random);
    const auto stamped =
        compiled.stamp(document, fields_for(compiled, slip, now), {{"password", &password}});
    return stamped ? Result<std::string>(document.finish()) : stamped.error();
}

/// The same without a lock, for an envelope that only the subscriber opens.
Result<std::string> enclosed_slip(const CompiledTemplate& compiled, const ElectronicOrder& order,
                                  const Secret& password, Instant now) {
    paper::Document document(compiled.title(), now);
    const auto stamped =
        compiled.stamp(document, fields_for(compiled, order.slip, now), {{"password", &password}});
    if (!stamped) {
        return stamped.error();
    }
    const Secret clear = finish_secret(document);
    return order.enclose(clear);
}

/// The receipt that carries the code, for the print room's eyes only.
struct SealedReceipt {
    std::string bytes;
    int pages;
};

/// `code`: null when the slip is encrypted to a certificate.
Result<SealedReceipt> sealed_receipt(const CompiledTemplate& compiled, const ElectronicOrder& order,
                                     const Secret* code, const crypto::Certificate& print_room,
                                     Instant now) {
    paper::Document document(compiled.title(), now);
    Fields fields = order.receipt_fields;
    if (compiled.takes("slip_number")) {
        fields["slip_number"] = order.slip.number;
    }
    SecretFields secrets;
    if (code == nullptr) {
        fields["encrypted_to"] = order.certificate;
    } else {
        fields["opening_code_bits"] = std::to_string(opening_code_bits());
        secrets["opening_code"] = code;
    }
    const auto pages = stamp_sheets(compiled, document, fields, secrets);
    if (!pages) {
        return pages.error();
    }
    const Secret clear = finish_secret(document);
    return SealedReceipt{crypto::encrypt_to(print_room, clear.reveal()), *pages};
}

}  // namespace

Result<ElectronicSlip> make_electronic_slip(TemplateShelf& templates,
                                            const crypto::Certificate& print_room,
                                            const ElectronicOrder& order, Random& random,
                                            Instant now) {
    const Slip& slip = order.slip;
    if (!can_be_sent(slip)) {
        return not_waiting(slip);
    }
    const auto slip_template = templates.get(slip.scheme, slip.template_name);
    if (!slip_template) {
        return slip_template.error();
    }
    const auto receipt_template = templates.get(slip.scheme, order.receipt_template);
    if (!receipt_template) {
        return receipt_template.error();
    }
    const bool enclosed = !order.certificate.empty();
    const Secret password = make_password(random, std::size_t(slip.password_length));
    const Secret code = make_opening_code(random);
    auto content = enclosed ? enclosed_slip(**slip_template, order, password, now)
                            : locked_slip(**slip_template, slip, password, code, random, now);
    if (!content) {
        return content.error();
    }
    auto receipt =
        sealed_receipt(**receipt_template, order, enclosed ? nullptr : &code, print_room, now);
    if (!receipt) {
        return receipt.error();
    }
    return ElectronicSlip{
        .slip = slip.id,
        .account = slip.account,
        .account_generation = slip.account_generation,
        .request = slip.request,
        .pdf = enclosed ? std::string() : *content,
        .enclosed = enclosed ? *content : std::string(),
        .certificate = order.certificate,
        .terms = order.terms,
        .verifier = crypto::make_verifier(password, random, crypto::kGeneratedSecretCost),
        .sealed_receipt = std::move(receipt->bytes),
        .receipt_pages = receipt->pages,
        .receipt_delivery = order.receipt_delivery,
    };
}

Outcome keep_electronic_slip(store::Tx& tx, const ElectronicSlip& made,
                             const StoreVerifier& store_verifier) {
    const auto slip = find_slip(tx, made.slip);
    if (!slip) {
        return slip.error();
    }
    if (!can_be_sent(*slip)) {
        return not_waiting(*slip);
    }
    const Outcome moved = move_slip(tx, *slip, {.to = SlipState::Sent});
    if (!moved) {
        return moved.error();
    }
    const Outcome stored = store_verifier(tx, made.account, made.account_generation, made.verifier);
    if (!stored) {
        return stored.error();
    }
    const Lock lock = made.certificate.empty() ? Lock::Code : Lock::Certificate;
    begin_wait(tx, {.slip = made.slip,
                    .lock = lock,
                    .certificate = made.certificate,
                    .left_at = tx.now(),
                    .terms = made.terms});
    add_sealed_item(tx, {PrintKind::Receipt, code_key_of(slip->id), *slip, made.receipt_delivery},
                    made.sealed_receipt, made.receipt_pages);
    audit::append(tx, {"slip.sent",
                       "system",
                       "slip:" + std::to_string(slip->id.value()),
                       {{"number", slip->number},
                        {"scheme", slip->scheme},
                        {"lock", to_text(lock)},
                        {"certificate", made.certificate}}});
    return done();
}

}  // namespace sealdesk::slips
