#include "cli/officer_card.h"

namespace sealdesk::cli {

Result<std::unique_ptr<OfficerCard>> OfficerCard::open(const Program& program, Desk& desk,
                                                       std::chrono::minutes remembered) {
    auto place = open_card(desk.random,
                           program.reader.empty() ? desk.settings.officer_reader : program.reader);
    if (!place) {
        return place.error();
    }
    const auto ask = [&program](int tries_left) {
        return read_password(program.password_file,
                             program.text("卡片 PIN 碼（", "PIN of the card of ") +
                                 program.officer + program.text("，剩 ", ", tries left: ") +
                                 std::to_string(tries_left) + program.text(" 次）：", ": "));
    };
    auto key = officers::CardKey::open(*place->card, desk.clock, {ask, remembered});
    if (!key) {
        return key.error();
    }
    return std::make_unique<OfficerCard>(*std::move(place), *std::move(key));
}

bool OfficerCard::is_there() {
    // No waiting: the only answer that means "gone" is success.
    return !place_.readers.wait_for_removal(place_.reader, std::chrono::milliseconds(0));
}

}  // namespace sealdesk::cli
