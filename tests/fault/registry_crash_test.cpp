// kill -9 at every commit point of the register's files and of parcels, then on again: no row is
// lost, no card is ordered twice.
#include <fstream>

#include "fault/walked_desk.h"
#include "intake/field_rules.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

/// Unified numbers with right check digits, one after another.
class UnifiedNumberSeries {
public:
    std::string next() {
        std::string number;
        do {
            number = std::to_string(next_++);
        } while (!intake::is_ubn(number));
        return number;
    }

private:
    std::int64_t next_ = 20'000'000;
};

class RegistryCrash : public WalkedDesk {
protected:
    RegistryCrash() : WalkedDesk(is_ours) {}

    void SetUp() override {
        OnEveryBackend::SetUp();
        make_desk("  tls: none\n");
    }

    std::string write_extract(const std::string& number) {
        const auto file = folder() / ("extract-" + number + ".csv");
        std::ofstream(file)
            << "資料序號,資料日期,事業主體類別,統一編號,事業主體名稱,登記現況,負責人姓名,"
               "負責人身分證字號,負責人出生日期,登記地址\nDI-"
            << number << ",115/11/19,公司," << number
            << ",某某有限公司,營業中,王小明,A123456789,69/04/28,100臺北市中正區延平南路85號\n"
            << "DI-X" << number << ",115/11/19,公司,12345678,號碼有誤有限公司,營業中,王小明,"
            << "A123456789,69/04/28,100臺北市中正區延平南路85號\n";
        return file.string();
    }

    /// From an extract to a card that comes back.
    void live_through(const std::string& number) {
        const Ran taken = persist("dee", {"registry", "issue", write_extract(number)});
        ASSERT_FALSE(taken.lines().empty()) << taken.err;
        const std::string batch = taken.lines().back().at("batch");
        persist("ben", {"registry", "confirm", batch});
        persist("dee", {"run", "--until-idle"});
        EXPECT_EQ(desk_->run({"run", "--until-idle"}).status, 0);
        const std::string request =
            desk_->run({"registry", "show", batch}).lines().front().at("request");
        persist("dee", {"token", "made", request, "--card-number", "MA" + number});
        std::string parcel;
        for (const json& one : desk_->run({"parcel", "list"}).lines()) {
            parcel = one.at("request") == request ? one.at("parcel") : json(parcel);
        }
        persist("dee", {"parcel", "post", parcel, "--tracking", "RR" + number + "TW"});
        persist("dee", {"parcel", "undeliverable", parcel, "--reason", "查無此址"});
        persist("dee", {"run", "--until-idle"});
        EXPECT_EQ(desk_->run({"run", "--until-idle"}).status, 0);
    }

    void expect_nothing_lost_nothing_twice(int days, const std::string& where) {
        EXPECT_EQ(count("SELECT COUNT(*) FROM registry_batch WHERE rows_read = 2"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM registry_row"), days * 2) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request WHERE state = 'approved'"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber_token WHERE state = 'at_counter'"), days)
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM parcel WHERE state = 'at_counter'"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM parcel_movement"), days * 3) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM user_code"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM print_item WHERE template_name = 'notice-letter'"),
                  days * 2)
            << where;
    }

    static bool is_ours(const std::string& point) {
        for (const char* part : {"registry.", "parcel", "token.made", "unaccepted."}) {
            if (point.find(part) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
};

TEST_P(RegistryCrash, EveryCommitPointCanBeTheLast) {
    UnifiedNumberSeries numbers;
    walk([&](int) { live_through(numbers.next()); },
         [this](int days, const std::string& where) {
             expect_nothing_lost_nothing_twice(days, where);
         },
         8);
}

SEALDESK_ON_EVERY_BACKEND(RegistryCrash);

}  // namespace
}  // namespace sealdesk::test
