#include "cards/reader.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <winscard.h>

#include "base/error.h"

namespace sealdesk::cards {
namespace {

using std::chrono::milliseconds;

// The largest short response is 256 bytes and the status word; readers may hand over more.
constexpr std::size_t kResponseMax = MAX_BUFFER_SIZE_EXTENDED;

Error reader_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), {}};
}

std::string result_text(LONG result) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%08lX", static_cast<unsigned long>(result));
    return text.data();
}

/// What a call's failure means for whoever works at the reader.
Error pcsc_error(LONG result, const std::string& reader) {
    switch (result) {
        case SCARD_E_NO_SERVICE:
        case SCARD_E_SERVICE_STOPPED:
            return reader_error(ErrorKind::Unavailable, "card.no_service",
                                "The smart card service does not run; start pcscd, then repeat.",
                                reader);
        case SCARD_E_UNKNOWN_READER:
        case SCARD_E_READER_UNAVAILABLE:
        case SCARD_E_NO_READERS_AVAILABLE:
            return reader_error(ErrorKind::Unavailable, "card.reader_gone",
                                "The reader is not there any more; plug it in, then repeat.",
                                reader);
        case SCARD_E_NO_SMARTCARD:
            return reader_error(ErrorKind::Refused, "card.none_inserted",
                                "There is no card in the reader.", reader);
        case SCARD_E_SHARING_VIOLATION:
            return reader_error(ErrorKind::Unavailable, "card.in_use",
                                "Another program uses this card; end it, then repeat.", reader);
        case SCARD_W_RESET_CARD:
            return reader_error(ErrorKind::Unavailable, "card.was_reset",
                                "Another program reset the card; repeat.", reader);
        case SCARD_W_REMOVED_CARD:
        case SCARD_E_NOT_TRANSACTED:
        case SCARD_W_UNPOWERED_CARD:
        case SCARD_W_UNRESPONSIVE_CARD:
        case SCARD_E_COMM_DATA_LOST:
            return reader_error(ErrorKind::Unavailable, "card.removed",
                                "The card was taken out, or does not answer; put it in again and "
                                "repeat.",
                                reader);
        default:
            return reader_error(ErrorKind::Unavailable, "card.reader_failed",
                                "The reader failed; look at it, then repeat.",
                                reader + ", " + result_text(result));
    }
}

/// A card that is ours alone until the object goes.
class PcscTransport final : public Transport {
public:
    PcscTransport(SCARDHANDLE card, DWORD protocol, std::string reader)
        : card_(card), protocol_(protocol), reader_(std::move(reader)) {}
    PcscTransport(const PcscTransport&) = delete;
    PcscTransport& operator=(const PcscTransport&) = delete;
    PcscTransport(PcscTransport&&) = delete;
    PcscTransport& operator=(PcscTransport&&) = delete;
    ~PcscTransport() override { ::SCardDisconnect(card_, SCARD_RESET_CARD); }

    [[nodiscard]] Result<Secret> transmit(const Secret& command) override {
        const SCARD_IO_REQUEST* const form =
            protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
        const std::string_view bytes = command.reveal();
        auto* const out = reinterpret_cast<BYTE*>(buffer_.fill().data());
        DWORD length = buffer_.size();
        const LONG result =
            ::SCardTransmit(card_, form, reinterpret_cast<const BYTE*>(bytes.data()), bytes.size(),
                            nullptr, out, &length);
        if (result != SCARD_S_SUCCESS) {
            return pcsc_error(result, reader_);
        }
        if (length < 2) {  // a card that went while it was asked, says pcscd with success
            return pcsc_error(SCARD_W_REMOVED_CARD, reader_);
        }
        Secret response(buffer_.reveal().substr(0, length));
        wipe(buffer_.fill().first(length));
        return response;
    }

    [[nodiscard]] const std::string& reader() const override { return reader_; }

private:
    SCARDHANDLE card_;
    DWORD protocol_;
    std::string reader_;
    Secret buffer_{kResponseMax};
};

}  // namespace

struct Readers::Parts {
    SCARDCONTEXT context = 0;

    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    Parts(Parts&&) = delete;
    Parts& operator=(Parts&&) = delete;
    ~Parts() { ::SCardReleaseContext(context); }

    /// The state of one reader, now; `known` is what was seen before, to wait for a change.
    Result<DWORD> state_of(const std::string& reader, DWORD known, milliseconds limit) const {
        SCARD_READERSTATE asked{};
        asked.szReader = reader.c_str();
        asked.dwCurrentState = known;
        const LONG result =
            ::SCardGetStatusChange(context, static_cast<DWORD>(limit.count()), &asked, 1);
        if (result != SCARD_S_SUCCESS && result != SCARD_E_TIMEOUT) {
            return pcsc_error(result, reader);
        }
        if ((asked.dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE)) != 0) {
            return pcsc_error(SCARD_E_READER_UNAVAILABLE, reader);
        }
        return asked.dwEventState;
    }

    /// Waits until `reached` is true of the reader's state; false when the time is over.
    template <class Reached>
    Result<bool> wait(const std::string& reader, milliseconds limit, const Reached& reached) const {
        const auto end = std::chrono::steady_clock::now() + limit;
        auto state = state_of(reader, SCARD_STATE_UNAWARE, milliseconds(0));
        while (state && !reached(*state)) {
            const auto left =
                std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
            if (left <= milliseconds(0)) {
                return false;
            }
            state = state_of(reader, *state & ~DWORD{SCARD_STATE_CHANGED}, left);
        }
        return state ? Result<bool>(true) : state.error();
    }
};

Readers::Readers(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Readers::Readers(Readers&&) noexcept = default;
Readers& Readers::operator=(Readers&&) noexcept = default;
Readers::~Readers() = default;

Result<Readers> Readers::open() {
    auto parts = std::make_unique<Parts>();
    const LONG result =
        ::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &parts->context);
    if (result != SCARD_S_SUCCESS) {
        return pcsc_error(result, {});
    }
    return Readers(std::move(parts));
}

Result<std::vector<ReaderState>> Readers::list() {
    DWORD length = 0;
    const LONG sized = ::SCardListReaders(parts_->context, nullptr, nullptr, &length);
    if (sized == SCARD_E_NO_READERS_AVAILABLE) {
        return std::vector<ReaderState>();
    }
    std::string names(length, '\0');
    const LONG listed = sized == SCARD_S_SUCCESS
                            ? ::SCardListReaders(parts_->context, nullptr, names.data(), &length)
                            : sized;
    if (listed != SCARD_S_SUCCESS) {
        return pcsc_error(listed, {});
    }
    std::vector<ReaderState> readers;
    for (std::size_t at = 0; at < names.size() && names[at] != '\0';) {
        ReaderState one{.name = names.c_str() + at};
        at += one.name.size() + 1;
        const auto state = parts_->state_of(one.name, SCARD_STATE_UNAWARE, milliseconds(0));
        if (state) {  // it may have gone since it was listed
            one.has_card = (*state & SCARD_STATE_PRESENT) != 0;
            one.in_use = (*state & SCARD_STATE_EXCLUSIVE) != 0;
            readers.push_back(std::move(one));
        }
    }
    std::ranges::sort(readers, {}, &ReaderState::name);
    return readers;
}

Result<std::string> Readers::choose(const std::string& part) {
    const auto readers = list();
    if (!readers) {
        return readers.error();
    }
    std::vector<std::string> found;
    std::string all;
    for (const ReaderState& one : *readers) {
        all += (all.empty() ? "" : ", ") + one.name;
        if (one.name == part) {
            return one.name;
        }
        if (one.name.find(part) != std::string::npos) {
            found.push_back(one.name);
        }
    }
    if (found.empty()) {
        return reader_error(ErrorKind::Invalid, "card.no_reader",
                            "There is no reader of this name; plug it in, or see `card readers`.",
                            part);
    }
    if (found.size() > 1) {
        return reader_error(ErrorKind::Invalid, "card.several_readers",
                            "Several readers are meant; name one with --reader.", all);
    }
    return found.front();
}

Outcome Readers::wait_for_card(const std::string& reader, milliseconds limit) {
    const auto came = parts_->wait(reader, limit, [](DWORD state) {
        return (state & SCARD_STATE_PRESENT) != 0 && (state & SCARD_STATE_MUTE) == 0;
    });
    if (!came) {
        return came.error();
    }
    return *came ? done() : Outcome(pcsc_error(SCARD_E_NO_SMARTCARD, reader));
}

Outcome Readers::wait_for_removal(const std::string& reader, milliseconds limit) {
    const auto went =
        parts_->wait(reader, limit, [](DWORD state) { return (state & SCARD_STATE_PRESENT) == 0; });
    if (!went) {
        return went.error();
    }
    return *went ? done()
                 : Outcome(reader_error(ErrorKind::Refused, "card.not_taken_out",
                                        "The finished card still lies in the reader.", reader));
}

Result<std::unique_ptr<Transport>> Readers::connect(const std::string& reader) {
    SCARDHANDLE card = 0;
    DWORD protocol = 0;
    const LONG result = ::SCardConnect(parts_->context, reader.c_str(), SCARD_SHARE_EXCLUSIVE,
                                       SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol);
    if (result != SCARD_S_SUCCESS) {
        return pcsc_error(result, reader);
    }
    return std::unique_ptr<Transport>(std::make_unique<PcscTransport>(card, protocol, reader));
}

}  // namespace sealdesk::cards
