#pragma once

#include <string>
#include <string_view>
#include <vector>

// What the fuzzers feed, and what the tests replay: each target takes any bytes, and ends the
// program when an invariant of the reader does not hold.
namespace sealdesk::fuzz {

struct Target {
    std::string_view name;  ///< also the folder of its corpus
    void (*run)(std::string_view bytes);
};

/// csv, json, xml, xlsx, zip, encoding, image, yaml, page, bounce.
[[nodiscard]] const std::vector<Target>& targets();

/// Inputs that stand for several files are parted by a line "----".
[[nodiscard]] std::vector<std::string> parts_of_input(std::string_view bytes);

}  // namespace sealdesk::fuzz
