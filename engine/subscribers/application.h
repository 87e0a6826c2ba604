#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// What a subscriber asks for on-line. Stored as text.
enum class ApplicationKind {
    First,    ///< the certificate of a registration (T 5.2.1)
    Renewal,  ///< another one of the kind, on the website password (T 4.4.1)
    Rekey,    ///< another one of the kind, on the signature of the primary card (M 3.1.8)
    KeyFile,  ///< with its key, which is made here, in a PKCS#12 (M 4.2.2)
};
[[nodiscard]] std::string_view to_text(ApplicationKind kind);

enum class ApplicationState {
    Open,     ///< the CA may have been asked; its answer is not kept yet
    Issued,   ///< the certificate is kept
    Refused,  ///< the CA said no
};

/// A subscriber's own application, stored before the CA is asked, so that a crash leaves something
/// that can be finished and two at once give one certificate.
struct CertificateApplication {
    SubscriberId subscriber;
    RequestId request;  ///< the approval it stands on
    ApplicationKind kind;
    std::string profile;
    std::string order_key;
    std::optional<CertificateId> replaces;  ///< of a renewal and a re-key
    std::string csr;  ///< PKCS#10; of a key file the public key, DER SubjectPublicKeyInfo
    /// CMS signed with the card, or what was stated of the register's data (M 4.2.4); empty: on the
    /// website password.
    std::string word;
    std::string by;  ///< actor
    ApplicationState state = ApplicationState::Open;
};

/// Stores an application that is open; one that the CA refused is opened again. The UNIQUE key
/// (subscriber, profile) of open ones decides when two are stored at once.
void open_application(store::Tx& tx, const CertificateApplication& fresh);

/// The open one of a subscriber for certificates of a profile.
[[nodiscard]] std::optional<CertificateApplication> application_open_for(store::Tx& tx,
                                                                         SubscriberId subscriber,
                                                                         std::string_view profile);
[[nodiscard]] std::optional<CertificateApplication> find_application(store::Tx& tx,
                                                                     std::string_view order_key);

/// Whether the subscriber has applied on-line for another one in this certificate's place, and the
/// CA did not refuse.
[[nodiscard]] bool is_being_replaced(store::Tx& tx, SubscriberId subscriber,
                                     CertificateId certificate);

/// The certificate came; nothing happens where no application of this order is open.
void close_application(store::Tx& tx, std::string_view order_key);

/// The CA refused with this error code; as above.
void refuse_application(store::Tx& tx, std::string_view order_key, std::string_view code);

}  // namespace sealdesk::subscribers
