#include "requests/fees.h"

#include <algorithm>

#include "audit/log.h"
#include "base/text.h"
#include "officers/officer.h"
#include "requests/cash.h"
#include "requests/fee_store.h"
#include "requests/invoices.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

Error fee_error(ErrorKind kind, std::string code, std::string detail, std::string_view where,
                std::string rule = {}) {
    return {kind, std::move(code), std::move(detail), std::string(where), std::move(rule)};
}

void tell_chain(store::Tx& tx, const std::string& kind, const Charge& charge,
                const std::string& actor) {
    audit::append(tx, {kind,
                       actor,
                       "receipt:" + charge.receipt_number,
                       {{"scheme", charge.scheme},
                        {"item", charge.item},
                        {"pieces", charge.pieces},
                        {"amount_twd", charge.amount_twd},
                        {"request", charge.request ? charge.request->value() : 0}}});
}

Charge fresh_charge(store::Tx& tx, const std::string& scheme, const scheme::Fee& fee,
                    ChargeKind kind, const std::string& by) {
    return {tx.new_id(),    "",           scheme,           fee.item, kind,    fee.amount_twd, 1,
            fee.amount_twd, std::nullopt, ChargeState::Due, by,       tx.now()};
}

Outcome changed_meanwhile(std::string_view number) {
    return fee_error(ErrorKind::Conflict, "fee.changed_meanwhile",
                     "Somebody else changed this charge at the same moment; look at it again.",
                     number);
}

bool already_charged(store::Tx& tx, RequestId request, std::string_view item) {
    return std::ranges::any_of(fees_of(tx, request),
                               [&](const Charge& charge) { return charge.item == item; });
}

Error charged_already(std::string_view where) {
    return fee_error(ErrorKind::Refused, "fee.already_charged",
                     "This request was charged for that item before; see `sealdesk fee list`.",
                     where);
}

/// The cash for a charge goes into the box.
Outcome take_cash(store::Tx& tx, Charge& charge, const std::string& by) {
    if (!save_charge_state(tx, charge, ChargeState::Paid)) {
        return changed_meanwhile(charge.receipt_number);
    }
    charge.state = ChargeState::Paid;
    insert_payment(tx, charge, by);
    tell_chain(tx, "fee.paid", charge, officers::actor_of(by));
    return done();
}

/// The box of today is open, and stays so until this unit of work is done.
Outcome open_box(store::Tx& tx) {
    lock_cash(tx);
    return is_box_open(tx, day_in_taipei(tx.now()));
}

Result<Charge> sell_in(store::Tx& tx, const Office& office, const Sale& sale,
                       const scheme::Scheme& scheme, const std::string& by) {
    std::optional<Request> request;
    if (!sale.request.empty()) {
        auto found = find_request(tx, sale.request);
        if (!found) {
            return found.error();
        }
        request = *std::move(found);
    }
    const scheme::Form* form = request ? &form_of(office, *request) : nullptr;
    const auto fee = find_fee(scheme, form, sale.item);
    if (!fee) {
        return fee.error();
    }
    if (request && already_charged(tx, request->id, sale.item)) {
        return charged_already(sale.request);
    }
    Charge charge = fresh_charge(tx, scheme.id, *fee,
                                 sale.prepaid ? ChargeKind::Prepaid : ChargeKind::Sale, by);
    charge.pieces = sale.pieces;
    charge.amount_twd = charge.unit_twd * sale.pieces;
    charge.request = request ? std::optional(request->id) : std::nullopt;
    charge.receipt_number = take_receipt_number(tx);
    const Outcome open = open_box(tx);
    if (!open) {
        return open.error();
    }
    const std::string before =
        request || sale.again ? "" : same_sale_since(tx, charge, tx.now() - kSameSale);
    if (!before.empty()) {
        return fee_error(ErrorKind::Refused, "fee.sold_just_now",
                         "You sold the same a moment ago. If the answer was lost, that was this "
                         "sale: print its receipt; a further one: --again.",
                         before);
    }
    insert_charge(tx, charge);
    tell_chain(tx, "fee.charged", charge, officers::actor_of(by));
    const Outcome taken = take_cash(tx, charge, by);
    return taken ? Result<Charge>(charge) : taken.error();
}

/// What a change of all charges under one number does to each.
using Step = std::function<Outcome(store::Tx&, Charge&)>;

Result<std::vector<Charge>> for_each_charge(const Office& office, std::string_view unit,
                                            std::string_view number, const Step& step) {
    return store::transact(office.database, unit,
                           [&](store::Tx& tx) -> Result<std::vector<Charge>> {
                               auto charges = charges_under(tx, number);
                               if (!charges) {
                                   return charges.error();
                               }
                               for (Charge& charge : *charges) {
                                   const Outcome stepped = step(tx, charge);
                                   if (!stepped) {
                                       return stepped.error();
                                   }
                               }
                               return charges;
                           });
}

Outcome need_reason(const std::string& reason, std::string_view number) {
    if (trim(reason).empty()) {
        return fee_error(ErrorKind::Invalid, "fee.no_reason", "Say why; the auditor reads it.",
                         number);
    }
    return done();
}

Error not_due(const Charge& charge) {
    return fee_error(ErrorKind::Refused, "fee.not_due",
                     "This charge is " + std::string(to_text(charge.state)) +
                         "; nothing is due under this number.",
                     charge.receipt_number);
}

Outcome check_refundable(store::Tx& tx, const Office& office, const Charge& charge) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, charge.scheme);
    if (scheme == nullptr) {
        throw_internal("request.no_form", "The scheme of a charge is not among the desk's forms.");
    }
    const auto state =
        charge.request ? std::optional(get_request(tx, *charge.request).state) : std::nullopt;
    return is_refundable(scheme->refunds, charge, state);
}

Outcome give_back(store::Tx& tx, const Office& office, Charge& charge, const Refund& refund,
                  const std::string& by) {
    Outcome still = check_refundable(tx, office, charge);
    if (!still) {
        return still;
    }
    Outcome open = open_box(tx);
    if (!open) {
        return open;
    }
    if (!save_refund(tx, refund, true, by) ||
        !save_charge_state(tx, charge, ChargeState::Refunded)) {
        return changed_meanwhile(charge.receipt_number);
    }
    charge.state = ChargeState::Refunded;
    void_invoice_of(tx, charge.receipt_number, by);
    tell_chain(tx, "fee.refunded", charge, officers::actor_of(by));
    return done();
}

Outcome settle_one(store::Tx& tx, const Office& office, Charge& charge, bool give,
                   const std::string& by) {
    const auto refund = asked_refund(tx, charge.id);
    if (!refund) {
        return fee_error(ErrorKind::Refused, "fee.no_refund_asked",
                         "Nobody has asked for a refund of this charge.", charge.receipt_number);
    }
    if (refund->asked_by == by) {
        return fee_error(ErrorKind::Refused, "fee.same_person",
                         "You asked for this refund; a second person gives it.",
                         charge.receipt_number, "M 5.2.3");
    }
    if (give) {
        return give_back(tx, office, charge, *refund, by);
    }
    if (!save_refund(tx, *refund, false, by)) {
        return changed_meanwhile(charge.receipt_number);
    }
    tell_chain(tx, "fee.refund_declined", charge, officers::actor_of(by));
    return done();
}

}  // namespace

std::vector<Charge> charge_fees(store::Tx& tx, const scheme::Form& form, const Request& request) {
    std::vector<scheme::Fee> missing;
    for (const scheme::Fee& fee : scheme::fees_due(form, values_of(request))) {
        if (!already_charged(tx, request.id, fee.item)) {
            missing.push_back(fee);
        }
    }
    const std::string number = missing.empty() ? "" : take_receipt_number(tx);
    for (const scheme::Fee& fee : missing) {
        Charge charge = fresh_charge(tx, request.scheme, fee, ChargeKind::Form, "system");
        charge.receipt_number = number;
        charge.request = request.id;
        insert_charge(tx, charge);
        tell_chain(tx, "fee.charged", charge, "system");
    }
    return fees_of(tx, request.id);
}

Result<scheme::Fee> find_fee(const scheme::Scheme& scheme, const scheme::Form* form,
                             std::string_view item) {
    std::vector<scheme::Fee> found;
    const auto add_from = [&](const std::vector<scheme::Fee>& fees) {
        std::ranges::copy_if(fees, std::back_inserter(found),
                             [&](const scheme::Fee& fee) { return fee.item == item; });
    };
    if (form != nullptr) {
        add_from(form->fees);
    }
    if (found.empty()) {
        add_from(scheme.fees);
    }
    if (found.empty()) {
        for (const scheme::Form& one : scheme.forms) {
            add_from(one.fees);
        }
    }
    if (found.empty()) {
        return fee_error(ErrorKind::NotFound, "fee.no_item",
                         "The scheme has no fee of this name; see its definition.", item);
    }
    const bool one_amount = std::ranges::all_of(
        found, [&](const scheme::Fee& fee) { return fee.amount_twd == found.front().amount_twd; });
    if (!one_amount) {
        return fee_error(ErrorKind::Invalid, "fee.amounts_differ",
                         "Forms ask different amounts for this item; name the request.", item);
    }
    return found.front();
}

Result<Charge> sell(const Office& office, const Sale& sale, const std::string& by) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, sale.scheme);
    if (scheme == nullptr) {
        return fee_error(ErrorKind::NotFound, "fee.no_scheme",
                         "There is no scheme of this name; see `sealdesk form list`.", sale.scheme);
    }
    if (sale.pieces < 1 || sale.pieces > kPiecesMax) {
        return fee_error(ErrorKind::Invalid, "fee.pieces", "A sale is of 1 to 1000 pieces.",
                         sale.item);
    }
    return store::transact(office.database, "fee.sell",
                           [&](store::Tx& tx) { return sell_in(tx, office, sale, *scheme, by); });
}

Result<std::vector<Charge>> pay(const Office& office, std::string_view number,
                                const std::string& by) {
    return for_each_charge(office, "fee.pay", number,
                           [&](store::Tx& tx, Charge& charge) -> Outcome {
                               if (charge.state != ChargeState::Due) {
                                   return not_due(charge);
                               }
                               const Outcome open = open_box(tx);
                               return open ? take_cash(tx, charge, by) : open;
                           });
}

Result<std::vector<Charge>> attach(const Office& office, std::string_view number,
                                   std::string_view request, const std::string& by) {
    return for_each_charge(
        office, "fee.attach", number, [&](store::Tx& tx, Charge& charge) -> Outcome {
            const auto found = find_request(tx, request);
            if (!found) {
                return found.error();
            }
            const bool free = charge.kind == ChargeKind::Prepaid &&
                              charge.state == ChargeState::Paid && !charge.request &&
                              charge.scheme == found->scheme;
            if (!free) {
                return fee_error(ErrorKind::Refused, "fee.not_prepaid",
                                 "Only a prepaid fee of the request's scheme that no form has "
                                 "used goes to a form.",
                                 number, "M 2.5.4");
            }
            if (already_charged(tx, found->id, charge.item)) {
                return charged_already(request);
            }
            if (!save_charge_request(tx, charge, found->id)) {
                return changed_meanwhile(number);
            }
            charge.request = found->id;
            tell_chain(tx, "fee.attached", charge, officers::actor_of(by));
            return done();
        });
}

Result<std::vector<Charge>> void_charge(const Office& office, std::string_view number,
                                        const std::string& reason, const std::string& by) {
    const Outcome said = need_reason(reason, number);
    if (!said) {
        return said.error();
    }
    return for_each_charge(
        office, "fee.void", number, [&](store::Tx& tx, Charge& charge) -> Outcome {
            if (charge.state != ChargeState::Due) {
                return not_due(charge);
            }
            if (!save_charge_state(tx, charge, ChargeState::Void)) {
                return changed_meanwhile(number);
            }
            charge.state = ChargeState::Void;
            audit::append(tx,
                          {"fee.void",
                           officers::actor_of(by),
                           "receipt:" + charge.receipt_number,
                           {{"amount_twd", charge.amount_twd}, {"reason_bytes", reason.size()}}});
            return done();
        });
}

Outcome is_refundable(const scheme::RefundRule& rule, const Charge& charge,
                      std::optional<State> state) {
    using Until = scheme::RefundRule::Until;
    if (rule.until == Until::Never) {
        return fee_error(ErrorKind::Refused, "fee.no_refund",
                         "The scheme's definition says nothing of refunds; nothing is given back.",
                         charge.receipt_number);
    }
    if (rule.until == Until::HandedIn && state) {
        return fee_error(ErrorKind::Refused, "fee.form_handed_in",
                         "The form has been handed in; a prepaid fee was refundable before.",
                         charge.receipt_number, rule.rule);
    }
    const bool handed_over = !state && charge.kind != ChargeKind::Prepaid;
    const bool used = state == State::Approved || state == State::Completed;
    if (handed_over || used) {
        return fee_error(ErrorKind::Refused, "fee.used",
                         "What was paid for has been used or handed over; it is not refunded.",
                         charge.receipt_number, rule.rule);
    }
    return done();
}

Result<std::vector<Charge>> ask_refund(const Office& office, std::string_view number,
                                       const std::string& reason, const std::string& by) {
    const Outcome said = need_reason(reason, number);
    if (!said) {
        return said.error();
    }
    return for_each_charge(
        office, "fee.ask-refund", number, [&](store::Tx& tx, Charge& charge) -> Outcome {
            if (charge.state != ChargeState::Paid) {
                return fee_error(ErrorKind::Refused, "fee.not_paid",
                                 "Only what was paid can be given back.", number);
            }
            Outcome may = check_refundable(tx, office, charge);
            if (!may) {
                return may;
            }
            if (asked_refund(tx, charge.id)) {
                return fee_error(ErrorKind::Refused, "fee.refund_asked",
                                 "The refund was asked for before; a second person gives it.",
                                 number);
            }
            insert_refund(tx, charge, reason, by);
            tell_chain(tx, "fee.refund_asked", charge, officers::actor_of(by));
            return done();
        });
}

Result<std::vector<Charge>> settle_refund(const Office& office, std::string_view number, bool give,
                                          const std::string& by) {
    return for_each_charge(office, "fee.settle-refund", number, [&](store::Tx& tx, Charge& charge) {
        return settle_one(tx, office, charge, give, by);
    });
}

}  // namespace sealdesk::requests
