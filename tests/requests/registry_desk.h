#pragma once

#include <string>
#include <vector>

#include "effects/fake_ca.h"
#include "requests/office_desk.h"
#include "requests/registry_import.h"
#include "subscribers/hold.h"

namespace sealdesk::test {

/// An office that takes in files of the register.
class RegistryDesk : public OfficeDesk {
protected:
    void SetUp() override;
    static constexpr std::string_view kScheme = "moea";
    static constexpr const char* kChangeHeadings =
        "異動序號,異動日期,統一編號,事業主體名稱,異動別,變更後名稱,變更後統一編號,改制後縣市";

    /// A company with one certificate of this serial that is valid for ten years.
    SubscriberId subscriber(const std::string& unified_number, const std::string& name,
                            const std::string& serial);

    /// Writes a file of the register with these rows below the headings, and takes it in.
    std::filesystem::path write(const std::string& name, const std::vector<std::string>& rows,
                                const std::string& headings = kChangeHeadings);
    requests::RegistrySummary take_in(const std::filesystem::path& file, bool dry_run = false);
    Result<requests::RegistrySummary> take_in_on(store::Database& database,
                                                 const std::filesystem::path& file,
                                                 bool dry_run = false, const Watch& watch = {});

    /// What `registry confirm` says of each request: "R… approved" or "R… CODE".
    std::vector<std::string> confirm(const std::string& batch, const std::string& officer,
                                     const std::vector<std::string>& only = {});

    /// Effects until none is due, then requests that are done.
    void run_all();

    /// "issued", "held by agency,subscriber", "revoked": of the subscriber's first certificate.
    std::string certificate_of(const std::string& unified_number);
    void hold(const std::string& unified_number, subscribers::HoldSource source);

    /// "2 not_ours", "3 refused id.check_digit in unified_number" …, of the last take_in().
    [[nodiscard]] const std::vector<std::string>& fates() const { return fates_; }
    [[nodiscard]] const std::vector<requests::RowReport>& reports() const { return reports_; }
    /// The first request that the last take_in() opened.
    [[nodiscard]] std::string first_request() const;

    effects::FakeCa ca_;

private:
    std::vector<std::string> fates_;
    std::vector<requests::RowReport> reports_;
    std::int64_t next_certificate_ = 500;
    std::optional<RequestId> registration_;
};

}  // namespace sealdesk::test
