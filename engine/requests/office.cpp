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

scheme::Values values_of(const Request& request) { return intake::values_of(request.payload); }

Result<Request> look_up(const Office& office, std::string_view number) {
    return store::transact(office.database, "request.look-up",
                           [&](store::Tx& tx) { return find_request(tx, number); });
}

}  // namespace sealdesk::requests
