#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "intake/evaluate.h"
#include "requests/request_store.h"
#include "scheme/scheme.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// Forms that a dry run, which writes nothing, has opened in earlier chunks; by open key.
using DryRunMemory = std::map<std::string, OpenRequest, std::less<>>;

/// What the office already has, as the rules of intake ask for it: loaded for one chunk of rows
/// with three queries, plus what the chunk itself opens. An applicant whose registration is open
/// counts as known, so that a day's folder may hold both forms in one import; the later form then
/// waits until the registration is decided.
class RegisterView final : public intake::Registry {
public:
    RegisterView(store::Tx& tx, const scheme::Scheme& scheme, const scheme::Form& form,
                 std::span<const intake::Draft> drafts, const DryRunMemory& dry_run);

    [[nodiscard]] const intake::KnownSubscriber* find_subscriber(
        std::string_view scheme, std::string_view id_number) const override;
    [[nodiscard]] std::string open_request(std::string_view scheme, std::string_view form,
                                           std::string_view id_number) const override;

    /// A row of this chunk was accepted: the next row sees it.
    void opened(std::string_view form, std::string_view id_number, const OpenRequest& request);

private:
    void know_registered(store::Tx& tx, const scheme::Form& form,
                         const std::vector<std::string>& id_numbers);

    std::map<std::string, OpenRequest, std::less<>> open_;  ///< by open key
    std::map<std::string, intake::KnownSubscriber, std::less<>> known_;
    std::string scheme_;
};

/// What the register knows of a subscriber's certificates and tokens, as far as rules of the form
/// ask.
void look_at_subscriber(store::Tx& tx, const scheme::Form& form, SubscriberId subscriber,
                        intake::KnownSubscriber& known);

/// The form of a scheme whose approval makes a subscriber; null when it has none.
[[nodiscard]] const scheme::Form* registering_form(const scheme::Scheme& scheme);

}  // namespace sealdesk::requests
