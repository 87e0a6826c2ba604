#pragma once

#include <map>
#include <memory>
#include <string>

#include "cli/desk.h"
#include "cli/house_ra.h"
#include "effects/works.h"
#include "slips/template.h"

namespace sealdesk::cli {

/// What the handlers of effects need of a desk, owned together.
class WorksOfDesk {
public:
    /// Errors: those of Certificate::load() for the print room's certificate.
    [[nodiscard]] static Result<std::unique_ptr<WorksOfDesk>> open(const Program& program,
                                                                   Desk& desk);

    WorksOfDesk(const WorksOfDesk&) = delete;
    WorksOfDesk& operator=(const WorksOfDesk&) = delete;

    slips::TemplateShelf templates;
    const crypto::Certificate print_room;
    const effects::Works works;

private:
    WorksOfDesk(const Program& program, Desk& desk, crypto::Certificate certificate)
        : templates(desk.settings.templates),
          print_room(std::move(certificate)),
          works{desk.office,
                templates,
                print_room,
                desk.print_folder(),
                desk.settings.message_id_domain,
                [this, &program, &desk](const std::string& scheme) {
                    return authority_of(program, desk, scheme);
                }} {}

    Result<ca::CaClient*> authority_of(const Program& program, Desk& desk,
                                       const std::string& scheme);

    std::map<std::string, std::unique_ptr<RaOfDesk>> authorities_;
};

}  // namespace sealdesk::cli
