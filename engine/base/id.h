#pragma once

#include <compare>
#include <cstdint>

#include "base/error.h"

namespace sealdesk {

/// Primary key of one table, made by the client (Tx::new_id), never by the database: a commit
/// whose outcome is unknown can then be repeated safely. The tag exists only so that a RequestId
/// cannot be passed where a SubscriberId is meant; it is never defined.
template <class Tag>
class Id {
public:
    constexpr explicit Id(std::int64_t value) : value_(value) { SEALDESK_CHECK(value > 0); }
    [[nodiscard]] constexpr std::int64_t value() const { return value_; }
    friend constexpr auto operator<=>(Id, Id) = default;

private:
    std::int64_t value_;
};

using BatchId = Id<struct BatchTag>;
using SubmissionId = Id<struct SubmissionTag>;
using RequestId = Id<struct RequestTag>;
using OfficerId = Id<struct OfficerTag>;
using SubscriberId = Id<struct SubscriberTag>;
using AccountId = Id<struct AccountTag>;
using SpecimenId = Id<struct SpecimenTag>;
using SlipId = Id<struct SlipTag>;
using PrintBatchId = Id<struct PrintBatchTag>;
using MailId = Id<struct MailTag>;
using JobId = Id<struct JobTag>;
using CertificateId = Id<struct CertificateTag>;
using TokenId = Id<struct TokenTag>;
using ParcelId = Id<struct ParcelTag>;
using MailListId = Id<struct MailListTag>;
using RegistryBatchId = Id<struct RegistryBatchTag>;

}  // namespace sealdesk
