#pragma once

#include <map>
#include <string>

#include "intake/record.h"
#include "requests/office.h"

namespace sealdesk::requests {

/// Where the scans of keyed forms come from: the files that came with them, and, where a form's
/// seal cell is empty, what was cut out of the scanned page with the form's record number. Pages
/// whose reading is doubtful give nothing until a person has looked at them.
class PageScans final : public intake::ScanReader {
public:
    /// All must outlive the object.
    PageScans(const Office& office, const scheme::Scheme& scheme, const scheme::Form& form,
              intake::ScanReader& files);

    /// Fills the empty seal and copy cells of a record.
    void complete(intake::Record& record);

    /// Whether `complete` asks the store, so that it must not run beside a transaction.
    [[nodiscard]] bool asks_store() const { return has_pages_; }

    Result<std::string> read(std::string_view name) override;

private:
    [[nodiscard]] std::string record_number_of(const intake::Record& record) const;

    const Office& office_;
    const scheme::Scheme& scheme_;
    const scheme::Form& form_;
    intake::ScanReader& files_;
    bool has_pages_;
    std::map<std::string, std::string, std::less<>> cut_out_;  ///< name in the cell → SHA-256
};

}  // namespace sealdesk::requests
