#include "cli/watching.h"

#include <ostream>

#include "cli/stop_signal.h"

namespace sealdesk::cli {
namespace {

ProgressPlace place_of(const Program& program) {
    if (program.terminal) {
        return {program.language, std::chrono::milliseconds(200),
                [&program](const std::string& line) { show_progress(program, line); }};
    }
    return {program.language, std::chrono::minutes(1), [&program](const std::string& line) {
                program.err << line << '\n' << std::flush;
            }};
}

}  // namespace

Watching::Watching(const Program& program) : program_(program), line_(clock_, place_of(program)) {
    listen_for_stop();
}

Watching::~Watching() { end_progress(program_); }

Watch Watching::watch(std::string what) {
    return {[this, what = std::move(what)](std::int64_t done, std::int64_t total) {
                line_.at(done, total, what);
            },
            &stop_asked()};
}

bool Watching::stopped() const { return stop_asked().load(); }

Error Watching::stopped_error(const std::string& how_far, Next next) const {
    const Bilingual advice =
        next == Next::GoesOn
            ? Bilingual{"已完成的部分保留；再執行同一指令即可繼續。",
                        "What was done stays; run the same command again to go on."}
            : Bilingual{"再執行同一指令將從頭開始。",
                        "Run the same command again; it begins anew."};
    return {ErrorKind::Unavailable,
            "program.stopped",
            program_.text("已依要求停止：" + how_far + "。" + advice.zh,
                          "Stopped as asked: " + how_far + ". " + advice.en),
            {},
            {}};
}

}  // namespace sealdesk::cli
