#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sealdesk::test {

/// A registration form of a natural person, complete but for what is said here.
struct NaturalForm {
    std::string record;     ///< record number
    int applicant = 0;      ///< as national_id()
    std::string documents;  ///< separated by semicolons
    std::string delivery;   ///< of the slip
    std::string email;
};

/// Writes them with their scanned seals into the folder: forms-registration.csv.
void write_natural_forms(const std::filesystem::path& inbox, const std::vector<NaturalForm>& forms);

}  // namespace sealdesk::test
