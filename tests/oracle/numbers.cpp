#include "oracle/numbers.h"

#include <array>
#include <random>

#include "intake/field_rules.h"

namespace sealdesk::test {
namespace {

using Generator = std::mt19937_64;  // its numbers are the same everywhere (ISO C++ [rand.predef])

char any_of(Generator& random, std::string_view characters) {
    return characters[random() % characters.size()];
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string stem_of(Generator& random, const std::string& kind) {
    std::string stem;
    if (kind != "ubn") {
        stem += any_of(random, kLetters);
        stem += any_of(random, kind == "national" ? "12" : "89ABCD");
    }
    for (int i = 0; i < 7; ++i) {
        stem += any_of(random, kDigits);
    }
    return stem;
}

/// The first last digit, from a random one on, that this program takes.
std::string completed(Generator& random, const std::string& kind) {
    const std::string stem = stem_of(random, kind);
    const std::size_t first = random() % kDigits.size();
    for (std::size_t i = 0; i < kDigits.size(); ++i) {
        const Number number{kind, stem + kDigits[(first + i) % kDigits.size()]};
        if (is_right(number)) {
            return number.text;
        }
    }
    return stem + kDigits[first];
}

/// Something that happens to numbers between a paper and a keyboard.
std::string mistaken(Generator& random, std::string text) {
    const std::size_t place = random() % text.size();
    switch (random() % 7) {
        case 0: text.back() = any_of(random, kDigits); break;
        case 1: text[place] = any_of(random, kDigits); break;
        case 2: std::swap(text[place], text[(place + 1) % text.size()]); break;
        case 3: text.erase(place, 1); break;
        case 4: text.insert(place, 1, text[place]); break;
        case 5: text[1] = any_of(random, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"); break;
        default: text[0] = text[0] >= 'A' ? static_cast<char>(text[0] - 'A' + 'a') : 'A'; break;
    }
    return text;
}

}  // namespace

std::vector<Number> make_numbers(std::uint64_t seed, int count) {
    constexpr std::array<const char*, 3> kinds{"national", "resident", "ubn"};
    Generator random(seed);
    std::vector<Number> numbers{{"ubn", "00000000"}};
    while (numbers.size() < static_cast<std::size_t>(count)) {
        const std::string kind = kinds.at(random() % kinds.size());
        const std::string text = completed(random, kind);
        numbers.push_back({kind, random() % 2 == 0 ? text : mistaken(random, text)});
    }
    return numbers;
}

bool is_right(const Number& number) {
    return number.kind == "national"   ? intake::is_national_id(number.text)
           : number.kind == "resident" ? intake::is_resident_id(number.text)
                                       : intake::is_ubn(number.text);
}

}  // namespace sealdesk::test
