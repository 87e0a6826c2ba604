#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cards/transport.h"

namespace sealdesk::cards {

/// One reader as PC/SC sees it now.
struct ReaderState {
    std::string name;
    bool has_card = false;
    bool in_use = false;  ///< another program has it for itself
};

/// The PC/SC service (pcscd). One object serves one thread. Errors (Unavailable) of all:
/// card.no_service when the service does not run, card.reader_gone.
class Readers {
public:
    [[nodiscard]] static Result<Readers> open();
    Readers(Readers&&) noexcept;
    Readers& operator=(Readers&&) noexcept;
    ~Readers();

    /// By name; none is an empty list.
    [[nodiscard]] Result<std::vector<ReaderState>> list();

    /// The reader meant: the one whose name contains `part`, or the only one when `part` is empty.
    /// Errors (Invalid): card.no_reader, card.several_readers.
    [[nodiscard]] Result<std::string> choose(const std::string& part);

    /// Returns when a card lies in it. Error (Refused) card.none_inserted when the time is over.
    [[nodiscard]] Outcome wait_for_card(const std::string& reader, std::chrono::milliseconds limit);
    /// Returns when the reader is empty. Error (Refused) card.not_taken_out when the time is over.
    [[nodiscard]] Outcome wait_for_removal(const std::string& reader,
                                           std::chrono::milliseconds limit);

    /// The card in it, for us alone: no other program may use it meanwhile. When the object goes
    /// the card is reset, so that no PIN stays verified. Errors: card.none_inserted (Refused),
    /// card.in_use (Unavailable).
    [[nodiscard]] Result<std::unique_ptr<Transport>> connect(const std::string& reader);

private:
    struct Parts;
    explicit Readers(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace sealdesk::cards
