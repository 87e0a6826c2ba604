#pragma once

#include <map>
#include <string>
#include <string_view>

#include "effects/key_file.h"
#include "requests/office.h"
#include "scheme/scheme.h"
#include "subscribers/subscriber.h"

// 設立專屬用戶憑證: who has reserved the name of an entity in formation orders its certificate with
// the key, as PKCS#12, by stating what the register's file says of the reservation (M 4.1.1.4,
// M 4.2.4). The RA compares with the row that an officer has confirmed; nobody examines the order.
// It is handed out again like every key file (effects/key_file.h), to who knows the user code, too.
namespace sealdesk::effects {

/// What the applicant states, read by the rules of the form's fields; nothing is compared yet.
struct FormationRequest {
    const scheme::Scheme& scheme;
    const scheme::Form& form;
    std::string number;  ///< of the reservation
    scheme::Values stated;
    bool confirmed;  ///< terms and content accepted (M 4.1.1.4 (1), M 4.3.1 (4))
};

/// Reads {"reservation_number": …, "reserved_name": …, "applicant_id": …} in JSON: the keys are the
/// fields that the scheme's form has compared; and "terms_accepted", "content_accepted": true.
/// Refused: formation.not_offered (no scheme has such a form); Invalid: formation.unreadable.
[[nodiscard]] Result<FormationRequest> read_formation_request(const requests::Office& office,
                                                              std::string_view json);

/// What the certificate would say, for the applicant to look at before it is ordered (M 4.3.1 (4)).
struct FormationContent {
    std::map<std::string, std::string> subject;  ///< by the names that profiles use
    const ca::Profile& profile;
};

/// Compares and shows the content. Refused: formation.unknown (no confirmed reservation has this
/// number), formation.differs (name or ID number), formation.lapsed, formation.in_force (another
/// certificate of this reservation), certificate.no_profile. What is refused is in the audit log.
[[nodiscard]] Result<FormationContent> look_at_formation(const requests::Office& office,
                                                         const ca::Profiles& profiles,
                                                         const FormationRequest& request);

/// Orders the certificate and sets the user code, which revokes it later (revoke_with_code()).
/// Refused: formation.not_confirmed, those of look_at_formation() and order_key_file(),
/// user_code.shape, user_code.guessable; of an order that is there already user_code.wrong,
/// user_code.locked.
[[nodiscard]] Result<KeyFile> order_formation(const ApplicationDesk& desk,
                                              const FormationRequest& request, const Secret& code,
                                              const KeyFileWish& wish);

/// The subscriber whom a confirmed reservation of this number has made, in whatever scheme.
/// Refused: formation.unknown.
[[nodiscard]] Result<subscribers::Subscriber> find_reservation(store::Tx& tx,
                                                               const requests::Office& office,
                                                               std::string_view number);

}  // namespace sealdesk::effects
