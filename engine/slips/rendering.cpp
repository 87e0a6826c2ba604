#include "slips/rendering.h"

#include <array>

namespace sealdesk::slips {
namespace {

constexpr std::array<std::string_view, 7> kOfferedFields{
    "slip_number",       "request_number", "account_name", "recipient_name",
    "recipient_address", "postal_code",    "issued_on"};

}  // namespace

Result<int> stamp_sheets(const CompiledTemplate& compiled, paper::Document& document,
                         const Fields& fields, const SecretFields& secrets) {
    auto pages = compiled.stamp(document, fields, secrets);
    if (!pages || !compiled.stock().duplex || *pages % 2 == 0) {
        return pages;
    }
    static_cast<void>(document.add_page(compiled.stock().page()));
    return *pages + 1;
}

Fields fields_for(const CompiledTemplate& compiled, const Slip& slip, Instant now) {
    Fields fields = slip_fields(slip, now);
    for (const std::string_view offered : kOfferedFields) {
        const std::string name(offered);
        if (!compiled.takes(name) && !slip.fields.contains(name)) {
            fields.erase(name);
        }
    }
    return fields;
}

Secret finish_secret(paper::Document& document) {
    std::string bytes = document.finish();
    Secret secret(bytes);
    wipe({bytes.data(), bytes.size()});
    return secret;
}

}  // namespace sealdesk::slips
