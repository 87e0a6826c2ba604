// The month in numbers: counted from the audit log, proved by it, compared with the records.
#include "jobs/month_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "effects/acceptance.h"
#include "effects/certificate_order.h"
#include "effects/fake_ca.h"
#include "jobs/announcement.h"
#include "jobs/month_page.h"
#include "jobs/statistics.h"
#include "requests/office_desk.h"
#include "subscribers/hold.h"
#include "support/command.h"

namespace sealdesk::jobs {
namespace {

using subscribers::HoldSource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr std::chrono::year_month kMonth = 2026y / 11;

class MonthReports : public test::OfficeDesk {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.month", work);
    }

    MonthReport report(std::chrono::year_month month = kMonth, const std::string& scheme = {}) {
        const requests::Office office = office_on(db());
        return in_tx([&](store::Tx& tx) {
            return report_month(tx, office.schemes, office.calendar, {month, scheme});
        });
    }
    std::int64_t sum(const std::string& name, std::chrono::year_month month = kMonth) {
        return sum_of(report(month).figures, name, tipo_scheme().id);
    }
    std::vector<std::int64_t> behind(const std::string& name) {
        std::vector<std::int64_t> events;
        in_tx([&](store::Tx& tx) {
            for_each_event_of(tx, month_in_taipei(kMonth), name,
                              [&](const audit::Record& event, const FigureKey&) {
                                  events.push_back(event.sequence);
                              });
            return 0;
        });
        return events;
    }
    std::vector<std::string> disagreements() {
        std::vector<std::string> told;
        for (const Disagreement& one : report().disagreements) {
            told.push_back(one.key.name + " " + one.key.kind + " " + std::to_string(one.from_log) +
                           "/" + std::to_string(one.from_records));
        }
        return told;
    }

    void SetUp() override {
        OfficeDesk::SetUp();
        ca_.der = print_room().der();  // whatever has a name in it
    }

    effects::Works works_on(const requests::Office& office) {
        return {office,
                templates(),
                print_room(),
                print_folder(),
                stationery(),
                [this](const std::string&) -> Result<ca::CaClient*> { return &ca_; },
                {folder() / "repository", folder() / "ca"},
                [](const std::string&, std::string_view) { return Result<std::string>("signed"); }};
    }
    void run() {
        const requests::Office office = office_on(db());
        const auto works = works_on(office);
        queue::Runner runner(db());
        effects::register_handlers(runner, works);
        EXPECT_EQ(runner.run({}).failed, 0);
    }

    std::string issue(const std::string& number) {
        const requests::Office office = office_on(db());
        const auto profiles = ca::test_profiles();
        const auto standing =
            in_tx([&](store::Tx& tx) { return effects::read_standing(tx, office, number); });
        const auto profile = effects::chosen_profile(profiles, *standing, "");
        const auto issued = effects::order_and_keep(
            office, ca_, *standing, effects::order_for(*standing, **profile, "csr of " + number),
            "subscriber");
        EXPECT_TRUE(issued) << issued.error().code;
        return issued->serial;
    }
    subscribers::Certificate certificate(const std::string& serial) {
        return in_tx([&](store::Tx& tx) { return *subscribers::find_certificate(tx, serial); });
    }
    void accept(const std::string& serial) {
        const auto one = certificate(serial);
        EXPECT_TRUE(in_tx([&](store::Tx& tx) {
            return effects::accept_certificate(tx, one, {"subscriber", "T 4.6"});
        }));
    }
    void hold(const std::string& serial, bool open) {
        const auto one = certificate(serial);
        in_tx([&](store::Tx& tx) {
            if (open) {
                subscribers::open_hold(tx, one.id, HoldSource::Subscriber, "subscriber");
            } else {
                subscribers::close_hold(tx, one.id, HoldSource::Subscriber, "subscriber");
            }
            queue::enqueue(tx, "certificate.holds", std::to_string(tx.new_id()),
                           one.subscriber.value(), tx.now());
            return 0;
        });
        run();
    }
    void revoke(const std::string& id_number) {
        auto form = reset(id_number);
        form["record_number"] = "V-" + id_number;
        form["revocation_ground"] = "資料異動";
        const auto fate = receive("revocation", form);
        EXPECT_EQ(examine_all(fate.request), "examined");
        EXPECT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
        run();
    }

    /// Two registrations, of which one is rejected; a certificate, accepted, held, released,
    /// revoked.
    void a_month() {
        const std::string number = approved_registration(registration());
        run();
        const auto refused = receive("registration", registration("B123456780"));
        EXPECT_EQ(examine_all(refused.request), "examined");
        EXPECT_EQ(decide(refused.request, requests::Verdict::Reject, "ben"), "rejected");
        serial_ = issue(number);
        accept(serial_);
        hold(serial_, true);
        hold(serial_, false);
        revoke("A123456789");
    }

    effects::FakeCa ca_;
    std::string serial_;
};

// T 4.13.1
TEST_P(MonthReports, EveryNumberIsProvedByItsEventsAndAgreesWithTheRecords) {
    a_month();
    const auto seen = report();
    EXPECT_TRUE(seen.agrees()) << to_json(seen);
    EXPECT_FALSE(seen.is_over);
    const std::map<std::string, std::int64_t> expected{{"certificates.issued", 1},
                                                       {"certificates.activated", 1},
                                                       {"certificates.held", 1},
                                                       {"certificates.released", 1},
                                                       {"certificates.revoked", 1},
                                                       {"certificates.expired", 0},
                                                       {"certificates.renewed", 0},
                                                       {"requests.received", 3},
                                                       {"requests.approved", 2},
                                                       {"requests.rejected", 1},
                                                       {"requests.returned", 0},
                                                       {"accounts.opened", 1},
                                                       {"slips.made", 1}};
    for (const auto& [name, count] : expected) {
        EXPECT_EQ(sum_of(seen.figures, name, "tipo"), count) << name;
        EXPECT_EQ(std::int64_t(behind(name).size()), count) << name;
    }
    for (const auto& [key, figure] : seen.figures) {
        if (!key.scheme.empty()) {
            EXPECT_LE(figure.first_event, figure.last_event);
            EXPECT_EQ(figure.first_event > 0, key.name != "certificates.expired");
        }
    }
    const auto revoked = std::ranges::find_if(
        seen.figures, [](const auto& one) { return one.first.name == "certificates.revoked"; });
    EXPECT_EQ(revoked->first.reason, "affiliation_changed");
    EXPECT_NE(revoked->first.applicant, "");
    EXPECT_EQ(behind("certificates.revoked"), std::vector{revoked->second.first_event});
}

TEST_P(MonthReports, AMonthEndsAtMidnightInTaipei) {
    clock().set(start_of_day_in_taipei(2026y / 12 / 1) - 1us);
    receive("registration", registration());
    clock().advance(1us);
    receive("registration", registration("B123456780"));
    EXPECT_EQ(sum("requests.received"), 1);
    EXPECT_EQ(sum("requests.received", 2026y / 12), 1);
    EXPECT_TRUE(report().is_over);
    EXPECT_TRUE(report().agrees());
    EXPECT_TRUE(report(2026y / 12).agrees());
    EXPECT_THAT(report(2026y / 10).figures, IsEmpty());
    EXPECT_THAT(report(kMonth, "moea").figures, IsEmpty());
}

TEST_P(MonthReports, ARowOrAnEventAloneIsADisagreement) {
    a_month();
    EXPECT_THAT(disagreements(), IsEmpty());
    connection().execute("DELETE FROM audit_event WHERE kind = 'certificate.accepted'", {});
    connection().execute("DELETE FROM certificate_change WHERE state = 'held'", {});
    const std::string profile = certificate(serial_).profile;
    EXPECT_THAT(disagreements(), ElementsAre("certificates.activated " + profile + " 0/1",
                                             "certificates.held " + profile + " 1/0"));
}

TEST_P(MonthReports, EventsOfFormerVersionsAreCountedByTheRecordsTheyName) {
    a_month();
    const auto before = report().figures;
    for (const store::Row& row :
         connection().query("SELECT sequence, detail FROM audit_event", {})) {
        auto detail = nlohmann::json::parse(row.text(1));
        for (const char* fact : {"scheme", "form", "profile", "applicant", "renewal"}) {
            detail.erase(fact);
        }
        connection().execute("UPDATE audit_event SET detail = ? WHERE sequence = ?",
                             std::vector<store::Value>{detail.dump(), row.number(0)});
    }
    const auto after = report();
    EXPECT_TRUE(after.agrees());
    ASSERT_EQ(after.figures.size(), before.size());
    for (const auto& [key, figure] : before) {
        EXPECT_EQ(after.figures.at(key).count, figure.count) << key.name;
    }
}

TEST_P(MonthReports, ACertificateThatEndsIsCountedUnlessItWasRevokedBefore) {
    const std::string number = approved_registration(registration());
    run();
    const std::string serial = issue(number);
    const auto end = day_in_taipei(certificate(serial).not_after);
    const std::chrono::year_month last = end.year() / end.month();
    EXPECT_EQ(sum("certificates.expired", last), 1);
    EXPECT_EQ(sum("certificates.expired"), 0);
    revoke("A123456789");
    EXPECT_EQ(sum("certificates.expired", last), 0);
}

TEST_P(MonthReports, AMonthIsFoundByAnIndexHoweverLongTheLogIs) {
    const std::string sql =
        "SELECT sequence FROM audit_event WHERE kind = 'request.received' AND at >= 5 AND at < 9 "
        "AND (at > 5 OR sequence > 0) ORDER BY at, sequence LIMIT 1000";
    const auto plan =
        connection().query((on_mysql() ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + sql, {});
    EXPECT_THAT(plan.front().text(on_mysql() ? 5 : 3), HasSubstr("audit_event_kind"));
}

TEST_P(MonthReports, ThePageHasATableBesideEachChartAndNothingFromElsewhere) {
    a_month();
    const requests::Office office = office_on(db());
    const std::string html = in_tx([&](store::Tx& tx) {
        return month_page(report_month(tx, office.schemes, office.calendar, {kMonth}),
                          course_until(tx, kMonth), office.schemes);
    });
    EXPECT_THAT(html, HasSubstr("115年11月統計"));
    EXPECT_THAT(html, HasSubstr("Statistics, November 2026"));
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("src=")));
    EXPECT_THAT(html, Not(HasSubstr("url(")));
    const auto times = [&](std::string_view part) {
        int count = 0;
        for (auto at = html.find(part); at != std::string::npos; at = html.find(part, at + 1)) {
            ++count;
        }
        return count;
    };
    EXPECT_GE(times("<svg "), 4);
    EXPECT_EQ(times("</svg><table>"), times("<svg "));
    EXPECT_EQ(times("<desc "), times("<svg "));
    EXPECT_EQ(times("http"), times("http://www.w3.org/2000/svg"));
    write_file_durably(folder() / "page.html", html, FileAccess::Owner);
    const auto checked = test::run_command(
        "export LC_ALL=C.UTF-8; xmllint --html --noout '" + (folder() / "page.html").string() +
        "' 2>&1 | grep -a error | "
        "grep -avE 'Tag (svg|title|desc|path|text|rect|figure|figcaption) invalid'");
    EXPECT_EQ(checked.output, "");
}

// T 4.13.1
TEST_P(MonthReports, AMonthThatIsOverIsAnnouncedOnceAndAlwaysWithTheSameBytes) {
    a_month();
    const requests::Office office = office_on(db());
    const auto works = works_on(office);
    EXPECT_EQ(publish_statistics(works).value(), 0);  // the month is not over
    clock().set(start_of_day_in_taipei(2026y / 12 / 1));
    EXPECT_EQ(publish_statistics(works).value(), 2);  // one of each scheme
    EXPECT_EQ(publish_statistics(works).value(), 0);
    const auto folder = statistics_folder(works.repository.folder, "tipo");
    const auto json = nlohmann::json::parse(read_file(folder / "2026-11.json"));
    EXPECT_EQ(json["issued"], 1);
    EXPECT_EQ(json["revoked"], 1);
    const std::string csv = read_file(folder / "2026-11.csv");
    const std::string html = read_file(folder / "2026-11.html");
    EXPECT_THAT(csv, HasSubstr("2026-11,tipo," + certificate(serial_).profile + ",1,1\r\n"));
    EXPECT_THAT(html, HasSubstr("115年11月"));
    std::filesystem::remove(folder / "2026-11.json");  // as a crash leaves it
    EXPECT_EQ(publish_statistics(works).value(), 1);
    EXPECT_EQ(read_file(folder / "2026-11.csv"), csv);
    EXPECT_EQ(read_file(folder / "2026-11.html"), html);
    clock().set(start_of_day_in_taipei(2027y / 2 / 3));  // a desk that stood still catches up
    EXPECT_EQ(publish_statistics(works).value(), 4);
}

TEST_P(MonthReports, ANumberThatDisagreesIsNotAnnounced) {
    a_month();
    connection().execute("DELETE FROM certificate_change WHERE state = 'revoked'", {});
    clock().set(start_of_day_in_taipei(2026y / 12 / 1));
    const requests::Office office = office_on(db());
    const auto works = works_on(office);
    const auto published = publish_statistics(works);
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().code, "report.disagreement");
    EXPECT_FALSE(std::filesystem::exists(statistics_folder(works.repository.folder, "tipo") /
                                         "2026-11.json"));
}

class ServiceTimes : public MonthReports {};

TEST_P(ServiceTimes, OpenRequestsAreCountedByStateWithTheirWorkingDays) {
    // Friday 20 November 2026, 09:15; an hour is promised at the counter (T 5.1.5).
    approved_registration(registration());
    run();
    const auto queues = report().queues;
    ASSERT_EQ(queues.size(), 1U);
    EXPECT_EQ(queues.front().state, requests::State::Approved);
    EXPECT_EQ(queues.front().age.count, 1);
    EXPECT_EQ(queues.front().oldest_days, 0);
    clock().advance(24h * 5);
    EXPECT_EQ(report().queues.front().oldest_days, 3);  // Monday, Tuesday, Wednesday
    EXPECT_EQ(report().queues.front().overdue, 1);
}

TEST_P(ServiceTimes, ARejectionInTimeKeepsThePromiseOneAfterItDoesNot) {
    const auto rejected = [&](const std::string& id_number, std::chrono::hours after) {
        auto form = registration(id_number);
        const auto fate = receive("registration", form);
        clock().advance(after);
        EXPECT_EQ(examine_all(fate.request), "examined");
        EXPECT_EQ(decide(fate.request, requests::Verdict::Reject, "ben"), "rejected");
    };
    rejected("A123456789", 0h);
    rejected("B123456780", 6h);
    const auto service = report().service;
    ASSERT_EQ(service.size(), 1U);
    EXPECT_EQ(service.front().form, "registration");
    EXPECT_EQ(service.front().kept, 1);
    EXPECT_EQ(service.front().late, 1);  // T 5.1.5: an hour at the counter
    EXPECT_EQ(service.front().decision.count, 2);
    EXPECT_EQ(service.front().decision.median, 0min);
    EXPECT_EQ(service.front().decision.p95, 360min);
    EXPECT_EQ(service.front().carried.count, 0);
}

TEST_P(ServiceTimes, TheTimeWithTheApplicantIsNotTheOffices) {
    const auto fate = receive("registration", registration());
    clock().advance(1h);
    EXPECT_EQ(examine(fate.request, "documents", false, "ann"), "received");
    EXPECT_EQ(decide(fate.request, requests::Verdict::Return, "ben"), "returned");
    clock().advance(24h);
    const auto request = load(fate.request);
    const auto again = requests::amend(office_on(db()), fate.request,
                                       {request.payload,
                                        request.findings,
                                        request.applicant_name,
                                        request.applicant_kind,
                                        {},
                                        "dee"});
    ASSERT_TRUE(again) << again.error().code;
    clock().advance(2h);
    EXPECT_EQ(examine_all(fate.request), "examined");
    EXPECT_EQ(decide(fate.request, requests::Verdict::Reject, "ben"), "rejected");
    EXPECT_EQ(report().service.front().decision.median, 180min);
}

TEST(Durations, TheMedianIsTheLowerOfTwoAndNineteenOfTwentyAreWithinTheOther) {
    std::vector<std::chrono::minutes> times;
    for (int minute = 20; minute > 0; --minute) {
        times.emplace_back(minute);
    }
    const auto all = requests::durations_of(times);
    EXPECT_EQ(all.median, 10min);
    EXPECT_EQ(all.p95, 19min);
    EXPECT_EQ(all.longest, 20min);
    EXPECT_EQ(requests::durations_of({7min}).p95, 7min);
    EXPECT_EQ(requests::durations_of({}).count, 0);
}

SEALDESK_ON_EVERY_BACKEND(MonthReports);
SEALDESK_ON_EVERY_BACKEND(ServiceTimes);

}  // namespace
}  // namespace sealdesk::jobs
