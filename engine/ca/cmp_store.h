#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/tx.h"

/// The table of transactions by CMP; for cmp_server.cpp only.
namespace sealdesk::ca {

/// Which transaction: an id is the RA's own, and good for one request.
struct CmpTransactionKey {
    std::string issuer;
    std::string ra;
    std::string transaction_id;  ///< hexadecimal
};

struct CmpTransaction {
    std::int64_t id = 0;
    CmpTransactionKey key;
    std::string message_sha256;
    std::string content_sha256;
    std::string response;  ///< DER; empty: not answered for good yet
    std::string serial;    ///< of the certificate given out; empty: none
    std::string certificate_sha256;
    std::string confirmation;  ///< what certConf said; empty: none came
};

[[nodiscard]] std::optional<CmpTransaction> find_cmp_transaction(store::Tx& tx,
                                                                 const CmpTransactionKey& key);

/// Stores a request before it is carried out; sets the id.
void insert_cmp_transaction(store::Tx& tx, CmpTransaction& transaction, std::string_view request);

/// Stores the answer, the first one for good.
void save_cmp_response(store::Tx& tx, const CmpTransaction& answered);

/// Stores what certConf said, "accepted" or "rejected": the first word counts.
void save_cmp_confirmation(store::Tx& tx, std::int64_t id, std::string_view confirmation);

}  // namespace sealdesk::ca
