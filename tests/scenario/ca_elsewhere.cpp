#include "scenario/ca_elsewhere.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>

#include "base/durable_file.h"
#include "scenario/stage.h"

namespace sealdesk::test {
namespace {

constexpr const char* kNoMail = "  host: localhost\n  port: 1\n  tls: none\n";

void expect_done(const Ran& ran) {
    if (ran.status != 0) {
        throw std::runtime_error(ran.out + ran.err);
    }
}

std::string url_in(const std::filesystem::path& out) {
    for (int i = 0; i < 600; ++i) {
        std::ifstream stream(out);
        std::string line;
        if (std::getline(stream, line) && !stream.eof()) {
            return nlohmann::json::parse(line).at("url");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    throw std::runtime_error("ca serve did not start: " + read_file(out.string() + ".err"));
}

}  // namespace

CaElsewhere::CaElsewhere(const std::filesystem::path& folder)
    : folder_(folder),
      elsewhere_(folder / "desk", "sqlite:" + (folder / "desk.db").string(), kNoMail) {}

CaElsewhere::~CaElsewhere() {
    if (server_ > 0) {
        ::kill(server_, SIGTERM);
        ::waitpid(server_, nullptr, 0);
    }
}

void CaElsewhere::introduce(const ProgramDesk& desk, const std::string& scheme) {
    const auto there = elsewhere_.folder() / "ca" / scheme;
    const auto here = desk.folder() / "ca" / scheme;
    expect_done(elsewhere_.run_as("amy", {"ca", "service-keys", "--scheme", scheme}));
    std::filesystem::remove_all(here);
    std::filesystem::create_directories(here);
    for (const char* file : {"ca.pem", "cmp.pem"}) {
        std::filesystem::copy_file(there / file, here / file);
    }
    const Ran key = desk.run_as("amy", {"ca", "ra", "key", "--scheme", scheme});
    expect_done(key);
    const auto certificate = folder_ / (scheme + ".pem");
    std::ofstream(certificate) << key.out;
    expect_done(elsewhere_.run_as("amy", {"ca", "ra", "add", "--scheme", scheme, "--name", "north",
                                          "--certificate", certificate.string()}));
}

void CaElsewhere::serve(const ProgramDesk& desk, const std::string& protocol) {
    for (const auto& entry : std::filesystem::directory_iterator(elsewhere_.folder() / "ca")) {
        introduce(desk, entry.path().filename());
    }
    const auto out = folder_ / "serve.out";
    server_ = elsewhere_.start({"ca", "serve", "--sign", "--listen", "127.0.0.1:0"}, out);
    const auto file = desk.folder() / "sealdesk.yaml";
    std::string settings = read_file(file);
    settings.replace(settings.find("ca:\n"), 4,
                     "ca:\n  url: " + url_in(out) +
                         (protocol == "cmp" ? "\n  cmp_path: /cmp/{scheme}\n" : "\n"));
    std::ofstream(file) << settings;
}

/// by orders | by cmp
std::string Stage::move_ca_away(const Step& step) {
    elsewhere_ = std::make_unique<CaElsewhere>(folder_ / "elsewhere");
    elsewhere_->serve(desk_, step.words.at(1));
    return "done";
}

}  // namespace sealdesk::test
