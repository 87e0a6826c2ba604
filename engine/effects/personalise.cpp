#include "effects/personalise.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "cards/card_stock.h"
#include "crypto/csr.h"
#include "effects/card_queue.h"
#include "effects/certificate_order.h"
#include "effects/matter.h"
#include "effects/papers.h"
#include "requests/request_store.h"
#include "slips/card_slip.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

using cards::CardRecord;
using cards::CardState;
using cards::CardStep;
using cards::KeySlot;

constexpr int kPinTriesMax = 3;  // T 4.1.3
constexpr std::string_view kDigits = "0123456789";

Error station_error(std::string code, std::string detail, std::string where, std::string rule) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), std::move(where),
            std::move(rule)};
}

/// What the card did that it must not do; anything else leaves it as it is.
bool is_cards_fault(const Error& error) {
    constexpr std::array<std::string_view, 6> faults{"card.bad_answer", "card.full",
                                                     "card.no_key",     "card.puk_locked",
                                                     "card.pin_locked", "key.wrong_signature"};
    return std::ranges::count(faults, error.code) > 0;
}

/// One card's time in the reader.
class Visit {
public:
    Visit(const Station& station, cards::Card& card)
        : station_(station), card_(card), database_(station.works.office.database) {}

    Result<CardRecord> run() {
        constexpr std::array<Step, 3> begin{&Visit::recognise, &Visit::authenticate,
                                            &Visit::put_name};
        constexpr std::array<Step, 3> fill{&Visit::make_keys, &Visit::certify,
                                           &Visit::write_certificates};
        constexpr std::array<Step, 3> close{&Visit::set_pin, &Visit::set_puk, &Visit::finish};
        Outcome done_so_far = take(begin);
        if (done_so_far && !keys_are_made_at_home()) {
            done_so_far = take(fill);
        }
        if (done_so_far) {
            done_so_far = take(close);
        }
        if (!done_so_far) {
            return given_up(done_so_far.error());
        }
        return *record_;
    }

private:
    using Step = Outcome (Visit::*)();

    [[nodiscard]] bool is_done(CardStep step) const { return record_->step >= step; }

    Outcome take(std::span<const Step> steps) {
        for (const Step step : steps) {
            Outcome taken = (this->*step)();
            if (!taken) {
                return taken;
            }
        }
        return done();
    }

    /// The card goes out empty, under its PIN (T 5.1.4): no key, no certificate.
    [[nodiscard]] bool keys_are_made_at_home() {
        return store::transact(database_, "card.policy", [&](store::Tx& tx) {
            const auto token = subscribers::find_token(tx, record_->token);
            return has_keys_at_home(tx, station_.works.office, *token);
        });
    }

    /// Writes the step with what follows in the same commit.
    template <class Also>
    Outcome save(CardStep step, const Also& also) {
        CardRecord next = *record_;
        next.step = step;
        next.actor = station_.actor;
        Outcome saved = store::transact(
            database_, "card." + std::string(cards::to_text(step)), [&](store::Tx& tx) -> Outcome {
                Outcome stored = cards::save_card(tx, next);
                if (!stored) {
                    return stored;
                }
                record_card(tx, next, cards::to_text(step), station_.actor);
                return also(tx);
            });
        if (!saved) {
            return saved;
        }
        ++next.version;
        record_ = std::move(next);
        station_.progress(*record_);
        return done();
    }
    Outcome save(CardStep step) {
        return save(step, [](store::Tx&) { return done(); });
    }

    Error given_up(const Error& error) {
        if (record_ && is_cards_fault(error)) {
            const Outcome spoiled =
                spoil_card(database_, record_->number, error.code, station_.actor);
            if (!spoiled) {
                return spoiled.error();
            }
        }
        return error;
    }

    /// Which card this is: one in work, or a blank one, which is taken for a token.
    Outcome recognise() {
        Outcome chosen = card_.select();
        if (!chosen) {
            return chosen;
        }
        const auto identity = card_.identity();
        if (!identity) {
            return identity.error();
        }
        const auto known = store::transact(database_, "card.recognise", [&](store::Tx& tx) {
            return identity->empty() ? std::nullopt : cards::card_of_identity(tx, *identity);
        });
        if (!known) {
            Outcome blank = check_blank();
            return blank ? reserve() : blank;
        }
        if (known->state == CardState::Complete) {
            return station_error("card.already_complete", "This card is complete.", known->number,
                                 {});
        }
        if (known->state == CardState::Spoiled) {
            return station_error("card.is_spoiled",
                                 "This card is spoiled; destroy it and take another.",
                                 known->number, {});
        }
        record_ = *known;
        station_.progress(*record_);
        return done();
    }

    Outcome check_blank() {
        for (const KeySlot slot : {KeySlot::Signature, KeySlot::Encryption}) {
            const auto certificate = card_.certificate(slot);
            if (!certificate) {
                return certificate.error();
            }
            if (!certificate->empty()) {
                return station_error("card.not_blank",
                                     "There are certificates on this card, and it is none that is "
                                     "in work here.",
                                     {}, "M 6.1.1");
            }
        }
        const auto pin = card_.pin_state();
        if (!pin) {
            return pin.error();
        }
        if (pin->tries_left > kPinTriesMax) {
            return station_error("card.too_many_tries",
                                 "This card allows more than three wrong PINs; the maker sets it.",
                                 std::to_string(pin->tries_left), "T 4.1.3");
        }
        return done();
    }

    /// One that was reserved and never got its name is taken first; the name is another one, since
    /// the card it was meant for may bear it after all.
    Outcome reserve() {
        std::string bytes(16, '\0');
        database_.random().fill(bytes);
        const std::string identity = to_hex(bytes);
        auto reserved =
            store::transact(database_, "card.reserved", [&](store::Tx& tx) -> Result<CardRecord> {
                if (auto left = cards::card_reserved_only(tx)) {
                    left->identity = identity;
                    left->actor = station_.actor;
                    const Outcome renamed = cards::save_card(tx, *left);
                    return renamed
                               ? Result<CardRecord>(cards::card_of_identity(tx, identity).value())
                               : renamed.error();
                }
                return reserve_for_next(tx, identity);
            });
        if (!reserved) {
            return reserved.error();
        }
        record_ = *std::move(reserved);
        station_.progress(*record_);
        return done();
    }

    Result<CardRecord> reserve_for_next(store::Tx& tx, const std::string& identity) const {
        if (cards::count_card_stock(tx).blank() <= 0) {
            return station_error("card.stock_empty",
                                 "By the books there is no blank card left; enter what came with "
                                 "`card stock receive`.",
                                 {}, "M 2.1.3");
        }
        const auto token = next_waiting_for_card(tx, station_.scheme);
        if (!token) {
            return station_error("card.none_ordered", "No approved application waits for a card.",
                                 {}, "M 4.2.1.1");
        }
        CardRecord fresh = cards::reserve_card(tx, token->id, identity, station_.actor);
        record_card(tx, fresh, "reserved", station_.actor,
                    {{"request", request_behind(*token)}, {"identity", identity}});
        return fresh;
    }

    /// The station's right to write: by the lot's key, or by the card's own where it has it
    /// already.
    Outcome authenticate() {
        Outcome allowed = card_.authenticate(station_.transport.management_key);
        if (allowed || !station_.own_key || allowed.error().code != "card.wrong_management_key") {
            return allowed;
        }
        has_own_key_ = true;
        return card_.authenticate(station_.own_key(record_->identity));
    }

    /// What is ordered, as the office stands now.
    Result<Standing> standing() {
        return store::transact(database_, "card.standing", [&](store::Tx& tx) -> Result<Standing> {
            const auto token = subscribers::find_token(tx, record_->token);
            SEALDESK_CHECK(token.has_value());  // rows are never removed
            return read_standing(tx, station_.works.office, request_behind(*token));
        });
    }

    Outcome put_name() {
        if (is_done(CardStep::Named)) {
            return done();
        }
        constexpr std::chrono::years card_life{10};
        const Instant end = database_.clock().now() + card_life;
        Outcome written = card_.write_identity(record_->identity, end);
        return written ? save(CardStep::Named) : written;
    }

    /// Made in the card, and each proved by its own signature (M 3.1.7, M 6.1.1, M 6.1.3). Keys of
    /// a visit that did not come to the end of this step are made over.
    Outcome make_keys() {
        if (is_done(CardStep::Keyed)) {
            return done();
        }
        const auto signature = card_.generate(KeySlot::Signature);
        if (!signature) {
            return signature.error();
        }
        const auto encryption = card_.generate(KeySlot::Encryption);
        if (!encryption) {
            return encryption.error();
        }
        Outcome shown = card_.verify_pin(station_.transport.pin);
        if (!shown) {
            return shown;
        }
        auto first = request_by(KeySlot::Signature, *signature);
        if (!first) {
            return first.error();
        }
        auto second = request_by(KeySlot::Encryption, *encryption);
        if (!second) {
            return second.error();
        }
        record_->signature_csr = *std::move(first);
        record_->encryption_csr = *std::move(second);
        return save(CardStep::Keyed);
    }

    Result<std::string> request_by(KeySlot slot, const std::string& public_key) {
        return crypto::make_csr({}, {public_key, [&](std::string_view digest) {
                                         return card_.sign_digest(slot, digest);
                                     }});
    }

    Result<ca::IssuedCertificate> certify_slot(const Standing& standing, KeySlot slot) {
        const auto profiles = station_.profiles(standing.request.scheme);
        if (!profiles) {
            return profiles.error();
        }
        const auto profile = profile_to(
            slot == KeySlot::Signature ? Purpose::Sign : Purpose::Encrypt, **profiles, standing);
        if (!profile) {
            return profile.error();
        }
        const auto authority = station_.works.authority(standing.request.scheme);
        if (!authority) {
            return authority.error();
        }
        const std::string& csr =
            slot == KeySlot::Signature ? record_->signature_csr : record_->encryption_csr;
        return order_and_keep(station_.works.office, **authority, standing,
                              order_for(standing, **profile, csr), station_.actor);
    }

    /// The CA gives the same certificates to the same requests (idea 2 of the house).
    Outcome certify() {
        if (is_done(CardStep::Written)) {
            return done();
        }
        const auto now = standing();
        if (!now) {
            return now.error();
        }
        auto signature = certify_slot(*now, KeySlot::Signature);
        if (!signature) {
            return signature.error();
        }
        auto encryption = certify_slot(*now, KeySlot::Encryption);
        if (!encryption) {
            return encryption.error();
        }
        certificates_ = {std::move(signature->der), std::move(encryption->der)};
        return is_done(CardStep::Certified) ? done() : save(CardStep::Certified);
    }

    /// Read back: what is in the card is what the CA signed.
    Outcome write_certificates() {
        if (is_done(CardStep::Written)) {
            return done();
        }
        for (const KeySlot slot : {KeySlot::Signature, KeySlot::Encryption}) {
            const std::string& der = certificates_.at(std::size_t(slot));
            Outcome written = card_.write_certificate(slot, der);
            if (!written) {
                return written;
            }
            const auto read = card_.certificate(slot);
            if (!read) {
                return read.error();
            }
            if (*read != der) {
                return Error{ErrorKind::Internal, "card.bad_answer",
                             "The card does not give back what was written; take another.",
                             record_->number, "M 6.1.3"};
            }
        }
        return save(CardStep::Written);
    }

    slips::NewSlip slip_order(store::Tx& tx) const {
        const auto token = subscribers::find_token(tx, record_->token);
        const auto request = requests::find_request(tx, request_behind(*token));
        const Matter matter = read_matter(tx, station_.works, request->id);
        const auto to = news_recipient(tx, matter, News::Kind::Approved).value();
        slips::Fields fields = head_fields(matter.scheme);
        fields["strikes"] = std::to_string(kPinTriesMax);
        return {.scheme = matter.scheme.id,
                .template_name = "pin-slip",
                .request = matter.request.id,
                .request_number = matter.request.number,
                .account = AccountId(record_->id.value()),
                .account_generation = 1,
                .account_name = record_->number,
                .delivery = paper_delivery(matter),
                .recipient = {to.name, to.postal_code, to.address},
                .fields = std::move(fields),
                .actor = station_.actor,
                .password_length = slips::kCarriesPin};
    }

    /// With the PUK of the lot, so that it may be repeated with another PIN as long as the PUK is
    /// the lot's; the slip's page is that of the PIN which stayed.
    Outcome set_pin() {
        if (is_done(CardStep::PinSet)) {
            return done();
        }
        const auto slip = store::transact(database_, "card.slip", [&](store::Tx& tx) {
            return slips::create_slip(tx, slip_order(tx));
        });
        const Secret pin = random_text(database_.random(), kDigits, kCardPinLength);
        const auto page = slips::seal_pin_page(station_.works.templates, station_.works.print_room,
                                               slip, pin, database_.clock().now());
        if (!page) {
            return page.error();
        }
        Outcome set = card_.unblock(station_.transport.puk, pin);
        if (!set) {
            return set;
        }
        record_->pin_page = page->bytes;
        record_->pin_pages = page->pages;
        return save(CardStep::PinSet);
    }

    /// After this nobody but the vault can set the PIN.
    Outcome set_puk() {
        if (is_done(CardStep::PukSet)) {
            return done();
        }
        Outcome put = station_.vault.put_first(card_, record_->identity, station_.transport.puk,
                                               station_.actor);
        return put ? save(CardStep::PukSet) : put;
    }

    /// Nobody writes on the card with the lot's key any more; the slip may be printed.
    Outcome finish() {
        // Who makes the keys at home needs the lot's key for it: everybody knows it, and the PIN
        // guards.
        if (station_.own_key && !has_own_key_ && !keys_are_made_at_home()) {
            Outcome locked = card_.change_management_key(station_.own_key(record_->identity));
            if (!locked) {
                return locked;
            }
        }
        const slips::SealedPage page{std::exchange(record_->pin_page, {}), record_->pin_pages};
        record_->state = CardState::Complete;
        return save(CardStep::Complete, [&](store::Tx& tx) -> Outcome {
            const auto slip = slips::create_slip(tx, slip_order(tx));
            slips::print_pin_page(tx, slip, page);
            return subscribers::card_made(tx, subscribers::find_token(tx, record_->token).value(),
                                          record_->number);
        });
    }

    const Station& station_;
    cards::Card& card_;
    store::Database& database_;
    std::optional<CardRecord> record_;  ///< from recognise() on
    std::array<std::string, 2> certificates_;
    bool has_own_key_ = false;
};

}  // namespace

Result<CardRecord> personalise(const Station& station, cards::Card& card) {
    return Visit(station, card).run();
}

}  // namespace sealdesk::effects
