#include "cards/apdu.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace sealdesk::cards {
namespace {

constexpr std::size_t kPartMax = 255;  // Lc of a short APDU (ISO/IEC 7816-3)
constexpr std::size_t kAnswerMax = std::size_t{64} * 1024;
constexpr unsigned kChained = 0x10;  // in CLA: more of this command follows
constexpr unsigned kGetResponse = 0xC0;
constexpr unsigned kStatusMask = 0xFF00;
constexpr unsigned kMoreData = 0x6100;  // 61xx: xx bytes wait
constexpr unsigned kWrongLe = 0x6C00;   // 6Cxx: ask for xx bytes

std::uint16_t status_of(std::string_view response) {
    const auto high = static_cast<unsigned char>(response[response.size() - 2]);
    const auto low = static_cast<unsigned char>(response.back());
    return static_cast<std::uint16_t>(high << 8U | low);
}

/// Header, Lc and data, Le: what there is of them.
Secret command_apdu(std::array<unsigned, 4> header, std::string_view data,
                    std::optional<unsigned> le) {
    const std::size_t size = header.size() + (data.empty() ? 0 : 1 + data.size()) + (le ? 1 : 0);
    Secret apdu(size);
    auto* at = apdu.fill().data();
    for (const unsigned byte : header) {
        *at++ = static_cast<char>(byte);
    }
    if (!data.empty()) {
        *at++ = static_cast<char>(data.size());
        at = std::ranges::copy(data, at).out;
    }
    if (le) {
        *at = static_cast<char>(*le);
    }
    return apdu;
}

Secret joined(std::string_view first, std::string_view second) {
    Secret both(first.size() + second.size());
    const auto middle = std::ranges::copy(first, both.fill().begin()).out;
    std::ranges::copy(second, middle);
    return both;
}

Error no_status(const std::string& reader) {
    return {ErrorKind::Unavailable,
            "card.silent",
            "The card broke off without an answer; put it in again and repeat.",
            reader,
            {}};
}

}  // namespace

Result<Secret> ApduChannel::exchange(const Secret& apdu) {
    auto response = transport_->transmit(apdu);
    if (response && response->size() < 2) {
        return no_status(reader());
    }
    return response;
}

Result<Answer> ApduChannel::send_part(const Command& command, std::string_view part, bool last) {
    const unsigned instruction_class = last ? 0U : kChained;
    const std::array<unsigned, 4> header{instruction_class, command.instruction, command.p1,
                                         command.p2};
    const bool wants_data = last && command.wants_data;
    auto response = exchange(
        command_apdu(header, part, wants_data ? std::optional(0U) : std::optional<unsigned>()));
    if (response && (status_of(response->reveal()) & kStatusMask) == kWrongLe) {
        const unsigned le = status_of(response->reveal()) & ~kStatusMask;
        response = exchange(command_apdu(header, part, le));
    }
    if (!response) {
        return response.error();
    }
    std::uint16_t status = status_of(response->reveal());
    Secret data(response->reveal().substr(0, response->size() - 2));
    while ((status & kStatusMask) == kMoreData && data.size() < kAnswerMax) {
        auto more = exchange(command_apdu({0, kGetResponse, 0, 0}, {}, status & ~kStatusMask));
        if (!more) {
            return more.error();
        }
        status = status_of(more->reveal());
        data = joined(data.reveal(), more->reveal().substr(0, more->size() - 2));
    }
    return Answer{std::move(data), status};
}

Result<Answer> ApduChannel::send(const Command& command) {
    std::string_view rest = command.data;
    while (rest.size() > kPartMax) {
        auto part = send_part(command, rest.substr(0, kPartMax), false);
        if (!part || !part->ok()) {
            return part;
        }
        rest.remove_prefix(kPartMax);
    }
    return send_part(command, rest, true);
}

std::string status_text(std::uint16_t status) {
    std::array<char, 5> text{};
    std::snprintf(text.data(), text.size(), "%04X", status);
    return text.data();
}

}  // namespace sealdesk::cards
