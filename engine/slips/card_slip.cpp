#include "slips/card_slip.h"

#include "crypto/cms.h"
#include "slips/print_rows.h"
#include "slips/rendering.h"
#include "slips/slip_rows.h"

namespace sealdesk::slips {

Result<SealedPage> seal_pin_page(TemplateShelf& templates, const crypto::Certificate& print_room,
                                 const Slip& slip, const Secret& pin, Instant now) {
    const auto compiled = templates.get(slip.scheme, slip.template_name);
    if (!compiled) {
        return compiled.error();
    }
    paper::Document document((*compiled)->title(), now);
    const auto pages =
        stamp_sheets(**compiled, document, fields_for(**compiled, slip, now), {{"pin", &pin}});
    if (!pages) {
        return pages.error();
    }
    const Secret clear = finish_secret(document);
    return SealedPage{crypto::encrypt_to(print_room, clear.reveal()), *pages};
}

void print_pin_page(store::Tx& tx, const Slip& slip, const SealedPage& page) {
    SEALDESK_CHECK(slip.carries_pin());
    add_sealed_item(tx, {PrintKind::Slip, item_key_of(slip.id), slip, slip.delivery}, page.bytes,
                    page.pages);
}

}  // namespace sealdesk::slips
