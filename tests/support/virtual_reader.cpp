#include "support/virtual_reader.h"

#include <utility>

namespace sealdesk::test {

VirtualTransport::VirtualTransport(VirtualPiv& card, std::string reader)
    : card_(&card), reader_(std::move(reader)) {
    insert();
}

void VirtualTransport::insert() {
    card_->power_off();
    inserted_ = true;
}

void VirtualTransport::insert(VirtualPiv& card) {
    card_ = &card;
    insert();
}

void VirtualTransport::remove() {
    card_->power_off();
    inserted_ = false;
}

Result<Secret> VirtualTransport::transmit(const Secret& command) {
    std::string response = inserted_ ? card_->apdu(command.reveal()) : std::string();
    inserted_ = !response.empty();
    if (!inserted_) {
        return Error{ErrorKind::Unavailable,
                     "card.removed",
                     "The card was taken out; put it in again and repeat.",
                     reader_,
                     {}};
    }
    return Secret(response);
}

}  // namespace sealdesk::test
