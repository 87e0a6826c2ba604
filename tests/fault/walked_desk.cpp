#include "fault/walked_desk.h"

namespace sealdesk::test {

void WalkedDesk::make_desk(const std::string& mail_settings, std::optional<Instant> start) {
    desk_ = std::make_unique<ProgramDesk>(folder() / "desk", options().url, mail_settings,
                                          CrashPlan::Environment{}, start);
    // What runs once a day has run: all days of a walk pass the same points.
    static_cast<void>(desk_->run({"run", "--until-idle"}));
}

Ran WalkedDesk::persist(const std::string& step, const std::string& officer,
                        const std::vector<std::string>& command) {
    return plan_.run(step, [&](const CrashPlan::Environment& environment) {
        return desk_->run_as(officer, command, environment);
    });
}

Ran WalkedDesk::persist(const std::string& officer, const std::vector<std::string>& command) {
    return persist(command.front() + "-" + std::to_string(++place_), officer, command);
}

void WalkedDesk::walk(const std::function<void(int day)>& live,
                      const std::function<void(int days, const std::string& where)>& check,
                      std::size_t points_min) {
    for (int day = 0; !plan_.finished() && !plan_.is_stuck() && !HasFailure(); ++day) {
        plan_.begin_day();
        place_ = 0;
        live(day);
        check(day + 1, plan_.today());
    }
    EXPECT_FALSE(plan_.is_stuck()) << plan_.today();
    EXPECT_GE(plan_.walked(), points_min);
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
    RecordProperty("crash_points", int(plan_.walked()));
}

std::int64_t WalkedDesk::count(const std::string& sql) {
    return connection().query(sql, {}).front().number(0);
}

std::string WalkedDesk::text_of(const std::string& sql) {
    const auto rows = connection().query(sql, {});
    return rows.empty() ? std::string() : rows.front().text(0);
}

}  // namespace sealdesk::test
