#include "cli/works_of.h"

namespace sealdesk::cli {

Result<std::unique_ptr<WorksOfDesk>> WorksOfDesk::open(Desk& desk) {
    auto certificate = crypto::Certificate::load(desk.settings.print_certificate);
    if (!certificate) {
        return certificate.error();
    }
    return std::unique_ptr<WorksOfDesk>(new WorksOfDesk(desk, *std::move(certificate)));
}

}  // namespace sealdesk::cli
