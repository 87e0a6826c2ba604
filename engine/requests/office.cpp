#include "requests/office.h"

#include "intake/evaluate.h"
#include "requests/request_store.h"

namespace sealdesk::requests {

const scheme::Scheme& scheme_of(const Office& office, const Request& request) {
    const scheme::Scheme* found = scheme::find_scheme(office.schemes, request.scheme);
    if (found == nullptr) {
        throw_internal("request.no_form", "The scheme of request " + request.number +
                                              " is not among the desk's forms; put it back.");
    }
    return *found;
}

const scheme::Form& form_of(const Office& office, const Request& request) {
    const scheme::Form* found = scheme_of(office, request).find_form(request.form);
    if (found == nullptr) {
        throw_internal("request.no_form", "The form of request " + request.number +
                                              " is not among the desk's forms; put it back.");
    }
    return *found;
}

std::optional<Instant> promised_end(const Calendar& calendar, const scheme::Form& form,
                                    const scheme::Values& values, Instant from) {
    const auto chosen = values.find(form.roles.delivery);
    const scheme::Delivery* delivery =
        chosen == values.end() ? nullptr : form.find_delivery(chosen->second);
    if (delivery == nullptr && !form.deadline) {
        return std::nullopt;
    }
    // Counted in Taipei time, whatever the clock of the machine says (G 3).
    const scheme::Deadline& deadline = delivery != nullptr ? delivery->deadline : *form.deadline;
    if (deadline.unit == scheme::Deadline::Unit::Hours) {
        return from + std::chrono::hours(deadline.count);
    }
    return calendar.after_working_days(from, int(deadline.count));
}

scheme::Values values_of(const Request& request) { return intake::values_of(request.payload); }

Result<Request> look_up(const Office& office, std::string_view number) {
    return store::transact(office.database, "request.look-up",
                           [&](store::Tx& tx) { return find_request(tx, number); });
}

}  // namespace sealdesk::requests
