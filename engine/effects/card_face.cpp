#include "effects/card_face.h"

#include <algorithm>

#include "audit/log.h"
#include "cards/card_record.h"
#include "effects/card_queue.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {

Result<CardFace> card_face(const requests::Office& office, std::string_view number) {
    return store::transact(office.database, "card.face", [&](store::Tx& tx) -> Result<CardFace> {
        const auto card = cards::card_of_number(tx, number);
        if (!card) {
            return Error{ErrorKind::NotFound,
                         "card.unknown",
                         "There is no card of this number.",
                         std::string(number),
                         {}};
        }
        const auto token = subscribers::find_token(tx, card->token).value();
        const auto subscriber = subscribers::get_subscriber(tx, token.subscriber);
        std::optional<Instant> end;
        for (const auto& one : subscribers::living_in(tx, token)) {
            end = end ? std::min(*end, one.not_after) : one.not_after;
        }
        if (!end && !has_keys_at_home(tx, office, token)) {
            return Error{ErrorKind::Refused, "card.not_certified",
                         "The card has no certificates yet; finish it at the station.",
                         card->number, "M 2.1.3"};
        }
        return CardFace{card->number, subscriber.name, subscriber.id_number, token.kind,
                        end ? std::optional(day_in_taipei(*end)) : std::nullopt};
    });
}

Outcome enter_card_stock(store::Database& database, const cards::StockEntry& entry) {
    return store::transact(database, "card.stock", [&](store::Tx& tx) {
        Outcome entered = cards::enter_stock(tx, entry);
        if (entered) {
            audit::append(tx, {"card.stock",
                               entry.actor,
                               "stock",
                               {{"move", cards::to_text(entry.move)},
                                {"quantity", entry.quantity},
                                {"note", entry.note}}});
        }
        return entered;
    });
}

}  // namespace sealdesk::effects
