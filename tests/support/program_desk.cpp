#include "support/program_desk.h"

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

#include "base/durable_file.h"

namespace sealdesk::test {
namespace {

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
    arguments.reserve(words.size() + 1);
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    ::execv(SEALDESK_PROGRAM, arguments.data());
    ::_exit(127);
}

/// libfaketime (package faketime) tells the program another time.
std::map<std::string, std::string> told_time(Instant now) {
    std::string text = to_utc_text(now);
    text.replace(text.find('T'), 1, " ");
    text.pop_back();
    return {{"LD_PRELOAD", "/usr/$LIB/faketime/libfaketime.so.1"},
            {"FAKETIME", "@" + text},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
            {"TZ", "UTC0"},
            {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
}

constexpr std::chrono::seconds kBetweenRuns{20};

}  // namespace

void ProgramDesk::set_clock_ahead(int days) {
    now_ = SystemClock().now() + std::chrono::days(days);
}

Instant ProgramDesk::now() const { return now_ ? *now_ : SystemClock().now(); }

std::vector<nlohmann::json> Ran::lines() const {
    std::vector<nlohmann::json> documents;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) {
        documents.push_back(nlohmann::json::parse(line));
    }
    return documents;
}

ProgramDesk::ProgramDesk(std::filesystem::path desk, const std::string& store_url,
                         const std::string& mail_settings,
                         std::map<std::string, std::string> environment,
                         std::optional<Instant> start)
    : desk_(std::move(desk)), environment_(std::move(environment)), now_(start) {
    const Ran made = run({"init", "--demo", "--store", store_url});
    if (made.status != 0) {
        throw std::runtime_error("init failed: " + made.out + made.err);
    }
    const std::filesystem::path file = desk_ / "sealdesk.yaml";
    std::string settings = read_file(file);
    const auto begin = settings.find("mail:\n");
    const auto end = settings.find("print:\n");
    settings.replace(begin, end - begin, "mail:\n" + mail_settings);
    std::ofstream(file) << settings;
}

pid_t ProgramDesk::start_with(const std::vector<std::string>& arguments,
                              const std::map<std::string, std::string>& environment,
                              const std::filesystem::path& out,
                              const std::filesystem::path& err) const {
    std::vector<std::string> words{"sealdesk", "--desk", desk_.string(), "--json"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::map<std::string, std::string> all = environment;
    all.insert(environment_.begin(), environment_.end());
    if (now_) {
        all.merge(told_time(*now_));
        *now_ += kBetweenRuns;
    }
    const pid_t child = ::fork();
    if (child == 0) {
        become_program(words, all, out, err);
    }
    return child;
}

pid_t ProgramDesk::start(const std::vector<std::string>& arguments,
                         const std::filesystem::path& out) const {
    return start_with(arguments, {}, out, out.string() + ".err");
}

Ran ProgramDesk::run(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment) const {
    std::filesystem::create_directories(desk_);
    const auto out = desk_ / "run.out";
    const auto err = desk_ / "run.err";
    const pid_t child = start_with(arguments, environment, out, err);
    int status = 0;
    ::waitpid(child, &status, 0);
    Ran ran;
    ran.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ran.out = read_file(out);
    ran.err = read_file(err);
    return ran;
}

Ran ProgramDesk::run_as(const std::string& officer, std::vector<std::string> arguments,
                        const std::map<std::string, std::string>& environment) const {
    arguments.insert(arguments.begin(), {"--as", officer});
    return run(arguments, environment);
}

void ProgramDesk::ask_double_keying(const std::string& form,
                                    const std::vector<std::string>& fields) const {
    const auto forms = desk_ / "forms";
    if (!std::filesystem::exists(forms)) {
        std::filesystem::copy(std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms", forms,
                              std::filesystem::copy_options::recursive);
        std::string settings = read_file(desk_ / "sealdesk.yaml");
        settings.replace(settings.find("office:\n"), 8, "office:\n  forms: forms\n");
        std::ofstream(desk_ / "sealdesk.yaml") << settings;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(forms)) {
        if (entry.path().filename() == form + ".yaml") {
            std::ofstream definition(entry.path(), std::ios::app);
            definition << "\ndouble_keyed:\n";
            for (const std::string& field : fields) {
                definition << "  - " << field << "\n";
            }
        }
    }
}

}  // namespace sealdesk::test
