#pragma once

#include <optional>
#include <string>
#include <vector>

#include "effects/works.h"
#include "requests/office_desk.h"
#include "slips/print_batch.h"

namespace sealdesk::effects {

/// An office whose registrations are approved and whose slips lie printed.
class PrintedDesk : public test::OfficeDesk {
protected:
    /// A registration for each way of delivery, its slips printed; the batch.
    std::string printed_batch(const std::vector<std::string>& deliveries) {
        static const std::vector<std::string> people{"A123456789", "B123456780", "A223456781"};
        for (const std::string& delivery : deliveries) {
            auto form = registration(people.at(next_person_++));
            form["slip_delivery"] = delivery;
            approved_registration(form);
        }
        run_effects();
        return print_next();
    }
    /// Prints what waits; the last batch.
    std::string print_next() {
        const Works works = works_of(office());
        EXPECT_TRUE(make_print_batches(works));
        std::string number;
        for (const auto& batch : store::transact(db(), "test.batches", [](store::Tx& tx) {
                 return slips::list_batches(tx, 0, 100);
             })) {
            if (batch.state == slips::BatchState::Ready) {
                number = batch.number;
                EXPECT_TRUE(slips::print_batch(
                    {db(), print_folder(), print_room(), print_room_secret(), templates()}, number,
                    "officer:2"));
            }
        }
        return number;
    }
    std::vector<slips::Slip> slip_list() {
        auto slips = store::transact(db(), "test.slips",
                                     [](store::Tx& tx) { return slips::list_slips(tx, {}); });
        std::ranges::sort(slips, {}, &slips::Slip::number);  // keys of one moment are in no order
        return slips;
    }
    std::vector<std::string> states() {
        std::vector<std::string> texts;
        for (const auto& slip : slip_list()) {
            texts.emplace_back(slips::to_text(slip.state));
        }
        return texts;
    }
    const requests::Office& office() { return office_.emplace(office_on(db())); }
    const requests::Office& office_with(store::Database& database) {
        return office_.emplace(office_on(database));
    }

private:
    std::optional<requests::Office> office_;
    std::size_t next_person_ = 0;
};

}  // namespace sealdesk::effects
