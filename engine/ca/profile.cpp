#include "ca/profile.h"

#include <algorithm>

namespace sealdesk::ca {

const Profile* Profiles::find(std::string_view name) const {
    const auto found = std::ranges::find(profiles, name, &Profile::name);
    return found == profiles.end() ? nullptr : &*found;
}

Profile authority_profile(const Profiles& profiles) {
    using enum ExtensionKind;
    Profile profile;
    profile.name = "authority";
    profile.validity.years = 20;  // M 4.7, 6.3.2.1
    profile.key_usage = {ca::KeyUsage::KeyCertSign, ca::KeyUsage::CrlSign};
    profile.subject = profiles.authority_name;
    profile.extensions = {AuthorityKey, SubjectKey, ExtensionKind::KeyUsage, BasicConstraints};
    profile.certifies = true;
    return profile;
}

Instant end_of_validity(Instant not_before, const Validity& validity) {
    const auto day = std::chrono::floor<std::chrono::days>(not_before);
    const auto time_of_day = not_before - day;
    std::chrono::year_month_day date{day};
    date += std::chrono::years{validity.years};
    date += std::chrono::months{validity.months};
    if (!date.ok()) {
        date = date.year() / date.month() / std::chrono::last;
    }
    return std::chrono::sys_days{date} + std::chrono::days{validity.days} + time_of_day;
}

}  // namespace sealdesk::ca
