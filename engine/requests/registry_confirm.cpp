#include "requests/registry_confirm.h"

#include <algorithm>

#include "requests/decide.h"
#include "requests/examine.h"
#include "requests/registry.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

constexpr int kConfirmPage = 200;

/// Those of one page of rows.
struct WaitingPage {
    std::vector<std::string> numbers;
    std::int64_t last_row = 0;  ///< 0: there is no page more
};

WaitingPage waiting_after(store::Tx& tx, RegistryBatchId batch, std::int64_t after) {
    WaitingPage page;
    const auto rows = rows_of_batch(tx, batch, after, kConfirmPage);
    for (const RegistryRow& row : rows) {
        if (!row.request) {
            continue;
        }
        const Request request = get_request(tx, *row.request);
        if (request.state == State::Received || request.state == State::Examined) {
            page.numbers.push_back(request.number);
        }
    }
    page.last_row = rows.empty() ? 0 : rows.back().row_number;
    return page;
}

/// Numbers of the batch's requests that still wait for their decision, in the file's order.
Result<std::vector<std::string>> waiting_in(const Office& office, std::string_view batch_number) {
    const auto batch = store::transact(office.database, "registry.find", [&](store::Tx& tx) {
        return find_registry_batch(tx, batch_number);
    });
    if (!batch) {
        return batch.error();
    }
    std::vector<std::string> numbers;
    for (std::int64_t after = 0;;) {
        auto page = store::transact(office.database, "registry.rows", [&](store::Tx& tx) {
            return waiting_after(tx, batch->id, after);
        });
        std::ranges::move(page.numbers, std::back_inserter(numbers));
        if (page.last_row == 0) {
            return numbers;
        }
        after = page.last_row;
    }
}

Result<State> confirm_one(const Office& office, const std::string& number,
                          const Confirmation& confirmation, officers::OfficerKey& key) {
    const auto checks = store::transact(office.database, "registry.checks",
                                        [&](store::Tx& tx) -> Result<std::vector<Check>> {
                                            const auto request = find_request(tx, number);
                                            if (!request) {
                                                return request.error();
                                            }
                                            return checks_of(tx, request->id);
                                        });
    if (!checks) {
        return checks.error();
    }
    for (const Check& check : *checks) {
        if (check.state != CheckState::Open) {
            continue;
        }
        auto examined =
            examine(office, number, {check.kind, true, confirmation.note, confirmation.officer});
        if (!examined) {
            return examined;
        }
    }
    return decide(office, number, {Verdict::Approve, {}, confirmation.officer}, key);
}

}  // namespace

Outcome confirm_batch(
    const Office& office, const Confirmation& confirmation, officers::OfficerKey& key,
    const std::function<void(const std::string& request, const Result<State>& state)>& on_result) {
    const auto waiting = waiting_in(office, confirmation.batch);
    if (!waiting) {
        return waiting.error();
    }
    for (const std::string& number : confirmation.only) {
        if (std::ranges::find(*waiting, number) == waiting->end()) {
            return Error{ErrorKind::Invalid,
                         "registry.not_in_batch",
                         "This request is no open proposal of the batch; nothing was confirmed.",
                         number,
                         {}};
        }
    }
    for (const std::string& number : *waiting) {
        const bool wanted = confirmation.only.empty() ||
                            std::ranges::find(confirmation.only, number) != confirmation.only.end();
        if (wanted) {
            on_result(number, confirm_one(office, number, confirmation, key));
        }
    }
    return done();
}

}  // namespace sealdesk::requests
