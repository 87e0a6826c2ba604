#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sealdesk {

/// SHA-256 (FIPS 180-4) over pieces that arrive one after another, so that a file of any size is
/// digested in flat memory.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&& other) noexcept;
    Sha256& operator=(Sha256&& other) noexcept;
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::string_view bytes);

    /// The digest of everything added, 32 raw bytes, or 64 lower-case hexadecimal digits. Call
    /// one of them, once; afterwards the object can only be destroyed or assigned to.
    [[nodiscard]] std::string finish();
    [[nodiscard]] std::string finish_hex();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// SHA-256 of the bytes: 32 raw bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// SHA-256 of the bytes: 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// SHA-256 of a file of any size, 64 lower-case hexadecimal digits. Throws Failure
/// (file.unreadable) when it cannot be read to its end.
[[nodiscard]] std::string sha256_hex_of_file(const std::filesystem::path& file);

}  // namespace sealdesk
