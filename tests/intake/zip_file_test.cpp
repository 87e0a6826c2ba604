// A ZIP says what is in it in its central directory; what the clerk sees there is what is read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/inbox.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t kEndBytes = 22;  // PKWARE APPNOTE 4.3.16

/// A number of the end record, which stands last in our ZIPs.
void set_in_end(std::string& bytes, std::size_t at, std::uint32_t value, int length) {
    for (int i = 0; i < length; ++i) {
        bytes[bytes.size() - kEndBytes + at + static_cast<std::size_t>(i)] =
            static_cast<char>(value >> (8 * i) & 0xFFU);
    }
}

/// The ZIP without its last entry in the directory; the bytes of the entry stay.
std::string without_last_in_directory(std::string bytes) {
    const std::size_t first = bytes.find("PK\x01\x02");
    const std::size_t last = bytes.rfind("PK\x01\x02");
    bytes.erase(last, bytes.size() - kEndBytes - last);
    set_in_end(bytes, 8, 2, 2);
    set_in_end(bytes, 10, 2, 2);
    set_in_end(bytes, 12, static_cast<std::uint32_t>(last - first), 4);
    return bytes;
}

TEST(ZipFiles, WhatTheDirectoryDoesNotListIsNotRead) {
    const Inbox inbox;
    const std::string whole = zip({{"day.csv", csv({person()})},
                                   {"scans/a.png", png()},
                                   {"ghost.csv", csv({person({{"收件編號", "GHOST"}})})}});
    inbox.write("whole.zip", whole);
    inbox.write("ghost.zip", without_last_in_directory(whole));

    EXPECT_EQ(inbox.read("whole.zip").size(), 2U);
    EXPECT_THAT(inbox.read("ghost.zip"), ElementsAre("2 C00001 ok"));
}

TEST(ZipFiles, ClaimsOfCountlessEntriesAreNotBelieved) {
    const Inbox inbox;
    std::string many = zip({{"day.csv", csv({person()})}});
    set_in_end(many, 8, 0xFFFF, 2);
    set_in_end(many, 10, 0xFFFF, 2);
    inbox.write("many.zip", many);
    std::string zip64 = zip({{"day.csv", csv({person()})}});
    zip64.insert(zip64.size() - kEndBytes, "PK\x06\x07" + std::string(16, '\0'));
    inbox.write("zip64.zip", zip64);

    EXPECT_THAT(inbox.read("many.zip"), ElementsAre("many.zip zip.too_many_entries"));
    EXPECT_THAT(inbox.read("zip64.zip"), ElementsAre("zip64.zip zip.too_many_entries"));
}

}  // namespace
}  // namespace sealdesk::intake
