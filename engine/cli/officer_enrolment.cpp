#include "cli/officer_enrolment.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/ca_of.h"
#include "cli/card_in_reader.h"
#include "cli/house_ra.h"
#include "crypto/csr.h"
#include "crypto/signed_file.h"
#include "effects/officer_certificate.h"
#include "queue/queue.h"

namespace sealdesk::cli {
namespace {

using cards::KeySlot;

Result<std::string> scheme_with_profile(const Desk& desk, const std::string& wanted) {
    for (const std::string& name : schemes_with_ca(desk, wanted)) {
        const auto scheme = scheme_of_ca(desk, name);
        if (!scheme) {
            return scheme.error();
        }
        const auto profiles = ca_profiles(**scheme);
        if (profiles && profiles->find(effects::kOfficerProfile) != nullptr) {
            return name;
        }
    }
    return Error{ErrorKind::Invalid, "officer.no_profile",
                 "No CA of this desk has a certificate profile \"officer\"; add it to the scheme's "
                 "profiles.yaml.",
                 wanted, "M 1.3.2"};
}

/// A card is taken when its certificate is registered. One that an enrolment left behind is not,
/// and names the same person.
Outcome check_card(Desk& desk, cards::Card& card, const CardEnrolment& person) {
    const auto der = card.certificate(KeySlot::Signature);
    if (!der) {
        return der.error();
    }
    if (der->empty()) {
        return done();
    }
    const auto all = store::transact(desk.database, "officer.list",
                                     [&](store::Tx& tx) { return officers::list(tx); });
    for (const officers::Officer& one : all) {
        if (one.certificate.der() == *der && one.login == person.login && person.present) {
            return done();
        }
        if (one.certificate.der() == *der) {
            return Error{ErrorKind::Refused, "officer.card_taken",
                         "This is the card of another officer; put in a blank one.", one.login,
                         "M 1.3.2"};
        }
    }
    const auto certificate = crypto::Certificate::parse(*der);
    const auto parts = certificate ? certificate->subject_parts() : std::vector<crypto::NamePart>();
    const bool left_behind = std::ranges::any_of(parts, [&](const crypto::NamePart& part) {
        return part.type == "serialNumber" && part.value == person.login;
    });
    return left_behind ? done()
                       : Outcome(Error{ErrorKind::Refused, "card.not_blank",
                                       "This card has a certificate already, which a new key would "
                                       "make useless; put in a blank one.",
                                       person.reader, "M 1.3.2"});
}

/// A new PIN or PUK, typed twice so that a slip of the finger locks nobody out.
Result<Secret> fresh_secret(const Program& program, const std::string& file,
                            std::pair<std::string_view, std::string_view> what) {
    auto first = read_password(file, program.text("新的 ", "New ") +
                                         std::string(program.pick(what.first, what.second)) +
                                         program.text("：", ": "));
    if (!first || !file.empty()) {
        return first;
    }
    const auto second = read_password({}, program.text("再輸入一次：", "Again: "));
    if (!second) {
        return second.error();
    }
    if (!second->same_as(*first)) {
        return Error{ErrorKind::Invalid,
                     "password.not_the_same",
                     "The two are not the same; nothing was changed.",
                     {},
                     {}};
    }
    return first;
}

/// A card that was pulled out may have the person's own already. That costs one try more of three,
/// so it is asked only while another is left.
Outcome change_once(cards::Card& card, cards::Credential which, const Secret& present,
                    const Secret& own) {
    Outcome changed = card.change(which, present, own);
    const bool wrong = !changed && (changed.error().code == "card.wrong_pin" ||
                                    changed.error().code == "card.wrong_puk");
    if (!wrong) {
        return changed;
    }
    const auto left = parse_number(changed.error().where);
    return left && *left > 1 && card.change(which, own, own) ? done() : changed;
}

/// The person's own PIN, which the card has from here on.
Result<Secret> own_pin_and_puk(const Program& program, cards::Card& card,
                               const CardEnrolment& person) {
    const auto pin_now = read_password(
        person.present_pin_file, program.text("卡片目前之 PIN 碼：", "The card's present PIN: "));
    if (!pin_now) {
        return pin_now.error();
    }
    auto pin =
        fresh_secret(program, person.pin_file, {"PIN 碼（6 至 8 位數字）", "PIN (6 to 8 digits)"});
    if (!pin) {
        return pin.error();
    }
    const auto puk_now = read_password(
        person.present_puk_file, program.text("卡片目前之 PUK 碼：", "The card's present PUK: "));
    if (!puk_now) {
        return puk_now.error();
    }
    const auto puk = fresh_secret(program, person.puk_file, {"PUK 碼（8 位）", "PUK (8 digits)"});
    if (!puk) {
        return puk.error();
    }
    Outcome changed = change_once(card, cards::Credential::Pin, *pin_now, *pin);
    if (changed) {
        changed = change_once(card, cards::Credential::Puk, *puk_now, *puk);
    }
    return changed ? std::move(pin) : changed.error();
}

/// The order on the administrator's signed word for this key and this person, kept among the desk's
/// files; a job sees to what may come of it for nobody.
Result<ca::Order> signed_order(Desk& desk, Session& administrator, const std::string& scheme,
                               const CardEnrolment& person, const std::string& csr) {
    const Instant now = desk.clock.now();
    const std::string actor = officers::actor_of(administrator.officer.login);
    const std::string wish =
        effects::document_of({scheme, person.login, person.name, officers::to_text(person.roles),
                              csr, administrator.officer.login, now});
    const auto signature = administrator.key->sign(wish, now);
    if (!signature) {
        return signature.error();
    }
    const std::string document = keep_wish(desk, {"officer.card_ordered", actor, scheme, wish});
    const std::string approval =
        keep_wish(desk, {"officer.card_order_signed", actor, scheme, *signature});
    store::transact(desk.database, "officer.order", [&](store::Tx& tx) {
        queue::enqueue(tx, effects::kSettleOfficerJob, scheme + "/" + document + "/" + approval, 0,
                       tx.now() + effects::kEnrolmentMax);
    });
    return effects::officer_order(wish, approval);
}

/// Made in the card; the request is signed by it, which shows that it has the key (M 3.1.7).
Result<std::string> key_request(cards::Card& card, const Secret& pin, const CardEnrolment& person) {
    const auto public_key = card.generate(KeySlot::Signature);
    if (!public_key) {
        return public_key.error();
    }
    const auto sign = [&](std::string_view digest) -> Result<std::string> {
        const Outcome shown = card.verify_pin(pin);
        return shown ? card.sign_digest(KeySlot::Signature, digest) : shown.error();
    };
    const std::vector<crypto::NamePart> subject{{"CN", person.name},
                                                {"serialNumber", person.login}};
    return crypto::make_csr(subject, {*public_key, sign});
}

/// The person has this certificate from here on.
Result<officers::Officer> register_person(store::Tx& tx, const CardEnrolment& person,
                                          const officers::NewCertificate& fresh,
                                          const std::string& actor) {
    if (!person.present) {
        return officers::add(tx, {person.login, person.name, person.roles, fresh.certificate},
                             actor);
    }
    const Outcome replaced = officers::replace_certificate(tx, *person.present, fresh, actor);
    return replaced ? officers::find(tx, person.present->id) : replaced.error();
}

/// On the card as it was issued.
Outcome write_to_card(Desk& desk, cards::Card& card, const crypto::Certificate& certificate) {
    Outcome written = card.write_certificate(KeySlot::Signature, certificate.der());
    if (!written) {
        return written;
    }
    std::string number(16, '\0');
    desk.random.fill(number);
    Outcome named = card.write_identity(to_hex(number), certificate.not_after());
    if (!named) {
        return named;
    }
    const auto read = card.certificate(KeySlot::Signature);
    if (!read) {
        return read.error();
    }
    return *read == certificate.der()
               ? done()
               : Outcome(Error{ErrorKind::Internal,
                               "card.not_written",
                               "The card does not give back what was written; take another card.",
                               {},
                               "M 1.3.2"});
}

struct CardOrder {
    const std::string& scheme;
    const CardEnrolment& person;
    const std::string& csr;
};

Result<officers::Officer> certify_and_register(Program& program, Desk& desk, cards::Card& card,
                                               Session& administrator, const CardOrder& wanted) {
    const CardEnrolment& person = wanted.person;
    const auto authority = open_ra(program, desk, wanted.scheme);
    if (!authority) {
        return authority.error();
    }
    const auto order = signed_order(desk, administrator, wanted.scheme, person, wanted.csr);
    if (!order) {
        return order.error();
    }
    const auto issued = (*authority)->client().issue(*order);
    if (!issued) {
        return issued.error();
    }
    const auto certificate = crypto::Certificate::parse(issued->der);
    const Outcome written =
        certificate ? write_to_card(desk, card, *certificate) : certificate.error();
    if (!written) {
        return written.error();
    }
    const officers::NewCertificate fresh{
        *certificate, person.why,
        person.present ? issuing_scheme(desk, person.present->certificate) : std::string()};
    return store::transact(desk.database, "officer.add", [&](store::Tx& tx) {
        return register_person(tx, person, fresh, officers::actor_of(administrator.officer.login));
    });
}

}  // namespace

std::string issuing_scheme(const Desk& desk, const crypto::Certificate& certificate) {
    for (const scheme::Scheme& scheme : desk.schemes) {
        for (const ca::CaFiles& files : ca_keys(desk, scheme)) {
            if (!std::filesystem::exists(files.certificate)) {
                continue;
            }
            const auto authority = crypto::Certificate::load(files.certificate);
            if (authority && crypto::is_certified_by(certificate, *authority)) {
                return scheme.id;
            }
        }
    }
    return {};
}

Result<officers::Officer> enrol_on_card(Program& program, Desk& desk, Session& administrator,
                                        const CardEnrolment& person, cards::Card& card) {
    const auto scheme = scheme_with_profile(desk, person.scheme);
    if (!scheme) {
        return scheme.error();
    }
    const auto station_key = management_key(desk.settings);
    if (!station_key) {
        return station_key.error();
    }
    Outcome ready = check_card(desk, card, person);
    if (ready) {
        ready = card.authenticate(*station_key);
    }
    if (!ready) {
        return ready.error();
    }
    const auto pin = own_pin_and_puk(program, card, person);
    if (!pin) {
        return pin.error();
    }
    const auto csr = key_request(card, *pin, person);
    if (!csr) {
        return csr.error();
    }
    return certify_and_register(program, desk, card, administrator, {*scheme, person, *csr});
}

}  // namespace sealdesk::cli
