#include "effects/key_file.h"

#include <nlohmann/json.hpp>

#include "effects/certificate_order.h"
#include "effects/key_file_steps.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

Error card_order_error(ErrorKind kind, std::string code, std::string detail,
                       const CardRequest& request) {
    return {kind, std::move(code), std::move(detail), request.signer().serial, "M 4.2.2"};
}

/// The name of the certificate that the signed text asks for.
Result<std::string> name_wanted(const CardRequest& request, const std::string& id_number) {
    const auto text = nlohmann::json::parse(request.content(), nullptr, false);
    const bool sound = text.is_object() && text.size() == 2 && text.contains("certificate") &&
                       text["certificate"].is_string() && text.contains("id_number") &&
                       text["id_number"] == id_number;
    if (!sound) {
        return card_order_error(ErrorKind::Invalid, "key_file.unreadable",
                                "The signed text is not {\"certificate\": …, \"id_number\": …} "
                                "with the entity's own number.",
                                request);
    }
    return text["certificate"].get<std::string>();
}

/// The profile that the scheme offers under this name to this kind of applicant.
Result<std::string> profile_offered(const requests::Office& office, const CardRequest& request,
                                    const std::string& name, const std::string& kind) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, request.signer().scheme);
    SEALDESK_CHECK(scheme != nullptr);  // its certificates come from there
    for (const scheme::KeyFileOffer& offer : scheme->key_files) {
        const auto profile = offer.profiles.find(kind);
        if (offer.name == name && profile != offer.profiles.end()) {
            return profile->second;
        }
    }
    return card_order_error(ErrorKind::Refused, "key_file.not_offered",
                            "This kind of entity is not offered such a certificate.", request);
}

Result<KeyFileSubject> judge_card_order(store::Tx& tx, const requests::Office& office,
                                        const CardRequest& request) {
    const auto signer = subscribers::find_certificate_by_id(tx, request.signer().id);
    SEALDESK_CHECK(signer.has_value());  // rows are never removed
    const auto card = signing_card(tx, *signer, "M 4.2.2");
    if (!card) {
        return card.error();
    }
    const auto stands_on = requests::get_request(tx, signer->request);
    const auto name = name_wanted(request, stands_on.id_number);
    if (!name) {
        return name.error();
    }
    auto profile = profile_offered(office, request, *name, stands_on.applicant_kind);
    if (!profile) {
        return profile.error();
    }
    return KeyFileSubject{signer->subscriber, stands_on.id, *std::move(profile)};
}

}  // namespace

Result<KeyFile> order_key_file(const ApplicationDesk& desk, const CardRequest& request,
                               const KeyFileWish& wish) {
    const std::string number = store::transact(
        desk.office.database, "key_file.request",
        [&](store::Tx& tx) { return requests::get_request(tx, request.signer().request).number; });
    return carry_through_key_file(
        desk,
        {.order_key = order_key_for(number, request.word()),
         .request_number = number,
         .word = request.word(),
         .by = "certificate:" + request.signer().serial,
         .where = request.signer().serial,
         .rule = "M 4.2.2",
         .judge = [&](store::Tx& tx) { return judge_card_order(tx, desk.office, request); }},
        wish);
}

}  // namespace sealdesk::effects
