#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ca/authority.h"
#include "ca/ca_client.h"
#include "ca/profile.h"
#include "ca/weak_key_list.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// Carries out orders as LocalCa::issue_all promises: looks up what was ordered before; checks and
/// writes what is to be signed; commits it ("ca.reserve"); signs; commits the result ("ca.issued").
[[nodiscard]] std::vector<Result<IssuedCertificate>> issue_orders(store::Database& database,
                                                                  const Authority& authority,
                                                                  const Profiles& profiles,
                                                                  const WeakKeyList& weak_keys,
                                                                  std::span<const Order> orders);

/// Signs what was stored and not signed; returns how many. Throws Failure (Internal)
/// ca.seal_broken when a stored certificate is not what this CA had intended.
std::int64_t finish_reservations(store::Database& database, const Authority& authority);

}  // namespace sealdesk::ca
