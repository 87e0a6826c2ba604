#include "ca/ca_client.h"

#include "base/error.h"

namespace sealdesk::ca {

std::string_view to_text(CertificateState state) {
    switch (state) {
        case CertificateState::Issued: return "issued";
        case CertificateState::Held: return "held";
        case CertificateState::Revoked: return "revoked";
    }
    SEALDESK_CHECK(false);
}

std::string_view to_text(StatusChange change) {
    switch (change) {
        case StatusChange::Hold: return "hold";
        case StatusChange::Release: return "release";
        case StatusChange::Revoke: return "revoke";
    }
    SEALDESK_CHECK(false);
}

Outcome CaClient::change(StatusChange change, const StatusOrder& order) {
    switch (change) {
        case StatusChange::Hold: return hold(order);
        case StatusChange::Release: return release(order);
        case StatusChange::Revoke: return revoke(order);
    }
    SEALDESK_CHECK(false);
}

}  // namespace sealdesk::ca
