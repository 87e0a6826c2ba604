// Style that a machine can check: layering, who may include which library, banned calls, sizes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SEALDESK_SOURCE_DIR;

// Floors of the house (README, Architecture). A room includes only rooms on lower floors.
const std::map<std::string, int> kFloors{
    {"base", 1},     {"crypto", 2},      {"store", 2},  {"image", 2},    {"paper", 2},
    {"audit", 3},    {"queue", 3},       {"scheme", 3}, {"cards", 3},    {"intake", 4},
    {"seal", 4},     {"subscribers", 4}, {"ca", 4},     {"slips", 4},    {"mail", 4},
    {"officers", 4}, {"parcels", 4},     {"scan", 4},   {"requests", 5}, {"effects", 6},
    {"jobs", 7},     {"api", 7},         {"cli", 8}};

struct File {
    fs::path path;  ///< relative to the root
    std::vector<std::string> lines;
};

std::vector<File> sources_below(const std::string& folder) {
    std::vector<File> files;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
        const auto extension = entry.path().extension();
        if (extension != ".cpp" && extension != ".h" && extension != ".inl") {
            continue;
        }
        File file{fs::relative(entry.path(), kRoot), {}};
        std::ifstream stream(entry.path());
        for (std::string line; std::getline(stream, line);) {
            file.lines.push_back(line);
        }
        files.push_back(std::move(file));
    }
    return files;
}

const std::vector<File>& engine() {
    static const std::vector<File> files = sources_below("engine");
    return files;
}

std::string room_of(const fs::path& path) { return std::next(path.begin())->string(); }

/// Calls `look(file, line number, line)` for every line of the engine.
template <class Look>
void for_each_line(const Look& look) {
    for (const File& file : engine()) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            look(file, i + 1, file.lines[i]);
        }
    }
}

TEST(Tidy, RoomsIncludeOnlyLowerFloors) {
    const std::regex include_line(R"re(^#include "([a-z_]+)/)re");
    for_each_line([&](const File& file, std::size_t number, const std::string& line) {
        std::smatch match;
        if (!std::regex_search(line, match, include_line) || match[1] == room_of(file.path)) {
            return;
        }
        ASSERT_TRUE(kFloors.contains(match[1])) << file.path << ":" << number << ": " << line;
        ASSERT_TRUE(kFloors.contains(room_of(file.path))) << file.path;
        EXPECT_LT(kFloors.at(match[1]), kFloors.at(room_of(file.path)))
            << file.path << ":" << number << ": " << line;
    });
}

TEST(Tidy, ForeignLibrariesStayInTheirRooms) {
    const std::vector<std::pair<std::regex, std::set<std::string>>> homes{
        {std::regex(R"(#include <(sqlite3\.h|cppconn/|mysql_))"), {"store"}},
        {std::regex(R"(#include <openssl/)"), {"base", "crypto", "ca", "mail", "paper"}},
        {std::regex(R"(#include <p11-kit/)"), {"crypto"}},
        {std::regex(R"(#include <(winscard|pcsclite|PCSC))"), {"cards"}},
        {std::regex(R"(#include <Poco/Net/)"), {"mail", "api"}},
        {std::regex(R"(#include <(zip\.h|expat\.h|xlsxwriter|Poco/Windows950|Poco/TextConverter))"),
         {"intake"}},
        {std::regex(R"(#include <opencv2/)"), {"seal", "scan"}},
        {std::regex(R"(#include <(poppler|zbar))"), {"scan"}},
        {std::regex(R"(#include <(hb|fontconfig|pango|zint|qrencode))"), {"paper"}},
        {std::regex(R"(#include <qpdf)"), {"paper", "scan"}},
        {std::regex(R"(#include <(tiff|png|jpeglib|turbojpeg))"), {"image"}},
        {std::regex(R"(#include <yaml-cpp/)"), {"scheme", "slips", "ca", "cli"}},
        {std::regex(R"(#include <CLI/)"), {"cli"}},
        {std::regex(R"(#include <(Poco/Data|Poco/JSON|Poco/Zip|Poco/XML|regex>))"), {}}};
    for_each_line([&](const File& file, std::size_t number, const std::string& line) {
        for (const auto& [include, rooms] : homes) {
            if (std::regex_search(line, include)) {
                EXPECT_TRUE(rooms.contains(room_of(file.path)))
                    << file.path << ":" << number << ": " << line;
            }
        }
    });
}

TEST(Tidy, BannedCallsAreAbsent) {
    const std::regex banned(
        R"(system_clock::now|\btime\(nullptr\)|\bNOW\(\)|CURRENT_TIMESTAMP|\brand\(|SELECT \*|->commit\(\)|->rollback\(\)|setAutoCommit\(|->reconnect\(\)|OPT_RECONNECT|INSERT OR IGNORE|INSERT IGNORE|FOR UPDATE|std::system\(|\bpopen\()");
    const std::regex comment(R"(^\s*(//|\*))");
    for_each_line([&](const File& file, std::size_t number, const std::string& line) {
        if (file.path == fs::path("engine/base/clock.cpp") || std::regex_search(line, comment)) {
            return;  // the one place that reads the machine's clock
        }
        EXPECT_FALSE(std::regex_search(line, banned)) << file.path << ":" << number << ": " << line;
    });
}

// Idea 4 of the house: a scheme is data; the engine never says its name.
TEST(Tidy, TheEngineKnowsNoSchemeByName) {
    std::vector<std::string> schemes;
    for (const auto& entry : fs::directory_iterator(kRoot / "forms")) {
        if (fs::exists(entry.path() / "scheme.yaml")) {
            schemes.push_back(entry.path().filename().string());
        }
    }
    ASSERT_FALSE(schemes.empty());
    for_each_line([&](const File& file, std::size_t number, const std::string& line) {
        std::string lower = line;
        std::ranges::transform(lower, lower.begin(),
                               [](unsigned char c) { return std::tolower(c); });
        for (const std::string& scheme : schemes) {
            EXPECT_EQ(lower.find(scheme), std::string::npos)
                << file.path << ":" << number << ": " << line;
        }
    });
}

TEST(Tidy, FilesAreShort) {
    constexpr std::size_t lines_max = 500;
    for (const char* folder : {"engine", "tests"}) {
        for (const File& file : sources_below(folder)) {
            EXPECT_LE(file.lines.size(), lines_max) << file.path;
        }
    }
}

TEST(Tidy, NothingIsLeftForLater) {
    const std::regex leftover(R"(\b(TODO|FIXME|XXX|not implemented)\b)");
    const std::regex skipped(R"(GTEST_SKIP|DISABLED_)");
    for (const char* folder : {"engine", "tests"}) {
        for (const File& file : sources_below(folder)) {
            if (file.path.filename() == "tidy_test.cpp") {
                continue;
            }
            for (std::size_t i = 0; i < file.lines.size(); ++i) {
                EXPECT_FALSE(std::regex_search(file.lines[i], leftover) ||
                             std::regex_search(file.lines[i], skipped))
                    << file.path << ":" << i + 1 << ": " << file.lines[i];
            }
        }
    }
}

// The command line speaks Chinese, too: every code an error can carry has its sentence.
TEST(Tidy, EveryErrorCodeHasAChineseSentence) {
    std::ifstream stream(kRoot / "templates/messages.yaml");
    std::stringstream text;
    text << stream.rdbuf();
    const std::string catalogue = text.str();
    const std::regex error_code(
        R"re((?:ErrorKind::\w+,\s*|throw_unavailable\(|throw_internal\()"([a-z0-9_]+\.[a-z0-9_.]+)")re");
    std::set<std::string> missing;
    for (const File& file : engine()) {
        std::string whole;
        for (const std::string& line : file.lines) {
            whole += line + "\n";
        }
        for (auto match = std::sregex_iterator(whole.begin(), whole.end(), error_code);
             match != std::sregex_iterator(); ++match) {
            if (catalogue.find("\n" + (*match)[1].str() + ":") == std::string::npos) {
                missing.insert((*match)[1].str());
            }
        }
    }
    std::string list;
    for (const std::string& code : missing) {
        list += code + "\n";
    }
    EXPECT_TRUE(missing.empty()) << "templates/messages.yaml lacks:\n" << list;
}

}  // namespace
