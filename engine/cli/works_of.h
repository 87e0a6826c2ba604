#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/desk.h"
#include "cli/house_ra.h"
#include "cli/mail_key.h"
#include "effects/works.h"
#include "slips/template.h"

namespace sealdesk::cli {

/// What the handlers of effects need of a desk, owned together.
class WorksOfDesk {
public:
    /// Errors: those of Certificate::load() for the print room's certificate and of
    /// load_mail_key().
    [[nodiscard]] static Result<std::unique_ptr<WorksOfDesk>> open(const Program& program,
                                                                   Desk& desk);

    WorksOfDesk(const WorksOfDesk&) = delete;
    WorksOfDesk& operator=(const WorksOfDesk&) = delete;

    slips::TemplateShelf templates;
    mail::MailTexts mail_texts;
    const std::optional<MailKey> mail_key;
    const mail::Stationery stationery;
    const crypto::Certificate print_room;
    const effects::Works works;

private:
    WorksOfDesk(const Program& program, Desk& desk, crypto::Certificate certificate,
                std::optional<MailKey> signs_mails)
        : templates(desk.settings.templates),
          mail_texts(desk.settings.templates),
          mail_key(std::move(signs_mails)),
          stationery(stationery_of(desk)),
          print_room(std::move(certificate)),
          works{desk.office,
                templates,
                print_room,
                desk.print_folder(),
                stationery,
                [this, &program, &desk](const std::string& scheme) {
                    return authority_of(program, desk, scheme);
                },
                {desk.repository(), desk.settings.ca},
                [this, &desk](const std::string& scheme, std::string_view bytes) {
                    return sign_as_ra(desk, scheme, bytes);
                }} {}

    mail::Stationery stationery_of(const Desk& desk);

    Result<ca::CaClient*> authority_of(const Program& program, Desk& desk,
                                       const std::string& scheme);

    Result<std::string> sign_as_ra(Desk& desk, const std::string& scheme, std::string_view bytes);

    std::map<std::string, std::unique_ptr<RaOfDesk>> authorities_;
    std::map<std::string, ca::RaKey> ra_keys_;
};

}  // namespace sealdesk::cli
