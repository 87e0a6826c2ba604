#include "base/random.h"

#include <array>
#include <cstring>

#include <openssl/rand.h>

#include "base/error.h"

namespace sealdesk {

void SystemRandom::fill(std::span<char> buffer) {
    if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(buffer.data()), int(buffer.size())) != 1) {
        throw_unavailable("random.unavailable", "The system has no random bytes; try again later.");
    }
}

Secret random_text(Random& random, std::string_view alphabet, std::size_t length) {
    SEALDESK_CHECK(!alphabet.empty() && alphabet.size() <= 256);
    const unsigned limit = 256 - 256 % unsigned(alphabet.size());
    Secret text(length);
    for (char& symbol : text.fill()) {
        unsigned byte = 0;
        do {
            char drawn = 0;
            random.fill({&drawn, 1});
            byte = static_cast<unsigned char>(drawn);
        } while (byte >= limit);
        symbol = alphabet[byte % alphabet.size()];
    }
    return text;
}

std::int64_t random_number(Random& random) {
    std::array<char, sizeof(std::int64_t)> bytes{};
    random.fill(bytes);
    std::int64_t number = 0;
    std::memcpy(&number, bytes.data(), bytes.size());
    return number & INT64_MAX;
}

}  // namespace sealdesk
