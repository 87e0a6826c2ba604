#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

#include "ca/authority.h"
#include "ca/ca_client.h"
#include "ca/profile.h"
#include "store/tx.h"

/// When CRLs are issued, under which number, and how they come before the public.
namespace sealdesk::ca {

/// CRLs are issued once a day (M 2.6.2, M 4.4.10) and stay good for 36 hours, so that one failed
/// run does not stop relying parties.
inline constexpr std::chrono::hours kCrlLife{36};

/// A CRL that is good for less than this is replaced, though it be of today.
inline constexpr std::chrono::hours kCrlLeftMin{12};

/// As long a CRL that another process has begun is taken to be in the making.
inline constexpr std::chrono::minutes kCrlInTheMaking{10};

/// An opened CA, and where its CRLs go. `folder` has each file under its number (crl_writer.h) and
/// the newest as complete.crl, partition-<n>.crl and delta.crl.
struct CrlIssuer {
    store::Database& database;
    const Authority& authority;
    const Publication& publication;
    const std::filesystem::path& folder;
};

/// Issues and publishes, each file whole or not at all. The number is used up before anything is
/// signed, so that one that a crash left is never given to another content. Error (Refused)
/// ca.clock_back.
[[nodiscard]] Result<CrlInfo> issue_crl(const CrlIssuer& issuer);

/// Whether one is due (M 2.6.2): none of today (in Taipei) is there, the last one is good for less
/// than kCrlLeftMin, or, where the scheme wants it at once, a certificate's state has changed
/// since. Not while another process makes one. Needs no key. After a change of keys the complete
/// CRLs of the other keys learn of it with their own next one, within the day.
[[nodiscard]] bool crl_is_due(store::Tx& tx, std::string_view issuer,
                              const Publication& publication);

/// issue_crl() if one is due; of several processes one issues it.
[[nodiscard]] Result<std::optional<CrlInfo>> issue_due_crl(const CrlIssuer& issuer);

/// The newest one, with its file in `folder`.
[[nodiscard]] std::optional<CrlInfo> newest_crl_in(store::Tx& tx, std::string_view issuer,
                                                   const std::filesystem::path& folder);
[[nodiscard]] std::optional<CrlInfo> newest_crl_of(const CrlIssuer& issuer);

/// Gives the newest CRL's files their public names where they have them not; true when something
/// was to be done.
bool publish_newest_crl(const CrlIssuer& issuer);

}  // namespace sealdesk::ca
