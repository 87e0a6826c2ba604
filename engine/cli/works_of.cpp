#include "cli/works_of.h"

#include "crypto/cms.h"

namespace sealdesk::cli {

Result<std::unique_ptr<WorksOfDesk>> WorksOfDesk::open(const Program& program, Desk& desk) {
    auto certificate = crypto::Certificate::load(desk.settings.print_certificate);
    if (!certificate) {
        return certificate.error();
    }
    auto mail_key = load_mail_key(desk.settings);
    if (!mail_key) {
        return mail_key.error();
    }
    return std::unique_ptr<WorksOfDesk>(
        new WorksOfDesk(program, desk, *std::move(certificate), *std::move(mail_key)));
}

mail::Stationery WorksOfDesk::stationery_of(const Desk& desk) {
    mail::Stationery office{mail_texts, desk.settings.message_id_domain,
                            desk.settings.bounces.address};
    if (mail_key) {
        office.sign = signer_with(*mail_key, desk.clock);
        office.signed_for = addresses_signed_for(*mail_key, desk.schemes);
    }
    return office;
}

Result<ca::CaClient*> WorksOfDesk::authority_of(const Program& program, Desk& desk,
                                                const std::string& scheme) {
    const auto known = authorities_.find(scheme);
    if (known != authorities_.end()) {
        return &known->second->client();
    }
    auto opened = open_ra(program, desk, scheme);
    if (!opened) {
        return opened.error();
    }
    return &authorities_.emplace(scheme, *std::move(opened)).first->second->client();
}

Result<std::string> WorksOfDesk::sign_as_ra(Desk& desk, const std::string& scheme,
                                            std::string_view bytes) {
    auto known = ra_keys_.find(scheme);
    if (known == ra_keys_.end()) {
        auto loaded = load_ra_key(desk, scheme);
        if (!loaded) {
            return loaded.error();
        }
        known = ra_keys_.emplace(scheme, *std::move(loaded)).first;
    }
    return crypto::sign_detached(bytes, known->second.key, known->second.certificate,
                                 desk.clock.now());
}

}  // namespace sealdesk::cli
