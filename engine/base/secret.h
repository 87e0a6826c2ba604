#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sealdesk {

/// A password, PIN or key while it is in memory: one heap block of fixed size, overwritten when it
/// goes. It can be moved, not copied, printed, compared with == or resized, because each of those
/// would leave a second copy behind (a std::string does, even after clear()).
class Secret {
public:
    explicit Secret(std::size_t size);       ///< zero bytes, to be filled in place
    explicit Secret(std::string_view text);  ///< copies; the caller still owns and wipes `text`
    ~Secret();

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// Borrowed for one call; never build a std::string from it.
    [[nodiscard]] std::string_view reveal() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::span<char> fill() noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Compares in time that does not depend on the content.
    [[nodiscard]] bool same_as(const Secret& other) const noexcept;

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Overwrites a buffer that held a secret and was filled by a library.
void wipe(std::span<char> buffer) noexcept;

}  // namespace sealdesk
