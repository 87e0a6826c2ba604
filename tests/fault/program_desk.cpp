#include "fault/program_desk.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/durable_file.h"
#include "crypto/pkcs12.h"

namespace sealdesk::test {
namespace {

std::string slurp(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

void become_program(const std::vector<std::string>& words,
                    const std::map<std::string, std::string>& environment,
                    const std::filesystem::path& out, const std::filesystem::path& err) {
    for (const auto& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): in the child
    }
    if (std::freopen(out.c_str(), "w", stdout) == nullptr ||
        std::freopen(err.c_str(), "w", stderr) == nullptr) {
        ::_exit(126);
    }
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    ::execv(SEALDESK_PROGRAM, arguments.data());
    ::_exit(127);
}

}  // namespace

std::vector<nlohmann::json> Ran::lines() const {
    std::vector<nlohmann::json> documents;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) {
        documents.push_back(nlohmann::json::parse(line));
    }
    return documents;
}

ProgramDesk::ProgramDesk(std::filesystem::path desk, std::string store_url,
                         std::string mail_settings)
    : desk_(std::move(desk)) {
    const Ran made = run({"init", "--demo", "--store", store_url});
    if (made.status != 0) {
        throw std::runtime_error("init failed: " + made.out + made.err);
    }
    const std::filesystem::path file = desk_ / "sealdesk.yaml";
    std::string settings = slurp(file);
    const auto begin = settings.find("mail:\n");
    const auto end = settings.find("print:\n");
    settings.replace(begin, end - begin, "mail:\n" + mail_settings);
    std::ofstream(file) << settings;
    make_officer_keys_cheap();
}

/// The same keys under the same passwords with few iterations: hundreds of sign-ins must not take
/// minutes of key derivation.
void ProgramDesk::make_officer_keys_cheap() const {
    constexpr int kIterations = 1000;
    for (const std::string login : {"ann", "ben", "amy", "dee"}) {
        const auto file = desk_ / "officers" / (login + ".p12");
        const Secret password(slurp(desk_ / "officers" / (login + ".password")));
        auto content = crypto::open_pkcs12(slurp(file), password);
        write_file_durably(
            file, crypto::make_pkcs12(content.value(), login, password, kIterations),
            FileAccess::Owner);
    }
}

Ran ProgramDesk::run(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment) const {
    std::filesystem::create_directories(desk_);
    const auto out = desk_ / "run.out";
    const auto err = desk_ / "run.err";
    std::vector<std::string> words{"sealdesk", "--desk", desk_.string(), "--json"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const pid_t child = ::fork();
    if (child == 0) {
        become_program(words, environment, out, err);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    Ran ran;
    ran.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ran.out = slurp(out);
    ran.err = slurp(err);
    return ran;
}

Ran ProgramDesk::run_as(const std::string& officer, std::vector<std::string> arguments,
                        const std::map<std::string, std::string>& environment) const {
    arguments.insert(arguments.begin(), {"--as", officer});
    return run(arguments, environment);
}

}  // namespace sealdesk::test
