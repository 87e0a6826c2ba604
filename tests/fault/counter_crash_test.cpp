// kill -9 at every commit point of the counter's money, its returned forms and its second keying,
// then on again: no payment is lost, nothing is sold twice, every day's cash balances.
#include <fstream>

#include "fault/natural_forms.h"
#include "fault/walked_desk.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr int kCardTwd = 500;
constexpr int kCopyTwd = 1000;

class CounterCrash : public WalkedDesk {
protected:
    CounterCrash() : WalkedDesk(is_ours) {}

    void SetUp() override {
        OnEveryBackend::SetUp();
        make_desk("  tls: none\n", opening_of(0));
        desk_->ask_double_keying("registration", {"id_number", "birth_date"});
    }

    static Instant opening_of(int day) {
        return start_of_day_in_taipei(2026y / 11 / 23) + std::chrono::days(day) + 9h;
    }

    std::string taken_in(int day) {
        const std::string record = "C" + std::to_string(day);
        const auto inbox = folder() / record;
        write_natural_forms(inbox, {{record, day, "身分證影本", "現場領取", "c@example.test"}});
        persist("dee", {"import", inbox.string()});
        return text_of("SELECT number FROM request WHERE record_number = '" + record + "'");
    }

    /// The value differs at the second keying; the first one stands.
    void key_twice(const std::string& request) {
        const auto file = folder() / "second-keying.json";
        std::ofstream(file) << json{
            {"id_number",
             text_of("SELECT id_number FROM request WHERE number = '" + request + "'")},
            {"birth_date", "80/10/02"}};
        persist("ann", {"request", "key", request, "--file", file.string()});
        persist("ben", {"request", "settle", request, "--field", "birth_date", "--take", "first"});
    }

    void examine(const std::string& request) {
        for (const char* check : {"documents", "identity", "eligibility", "seal"}) {
            persist("ann", {"request", "check", request, "--check", check, "--pass"});
        }
    }

    void return_and_correct(const std::string& request) {
        persist("ann", {"request", "check", request, "--check", "documents", "--fail", "--note",
                        "缺第二證件"});
        persist("ann", {"request", "return", request, "--deficiency", "second_document"});
        persist("dee", {"request", "edit", request, "--set", "documents=身分證影本;健保卡影本"});
        examine(request);
        persist("ben", {"request", "decide", request, "--approve"});
    }

    /// The newest charge of this item.
    std::string receipt(const std::string& item, const std::string& kind) {
        return text_of("SELECT receipt_number FROM fee_charge WHERE item = '" + item +
                       "' AND kind = '" + kind + "' ORDER BY charged_at DESC, id DESC LIMIT 1");
    }

    void sell(int day, const std::string& request) {
        persist("dee", {"fee", "prepay", "tipo", "ic_card"});
        persist("dee", {"fee", "attach", receipt("ic_card", "prepaid"), request});
        persist("dee", {"fee", "prepay", "tipo", "document_copy"});
        const std::string given_back = receipt("document_copy", "prepaid");
        persist("dee", {"fee", "refund", given_back, "--reason", "不需要了"});
        persist("ann", {"fee", "refund", given_back, "--give"});
        persist("dee", {"fee", "charge", "tipo", "document_copy", "--count", "2"});
        const std::string sold = receipt("document_copy", "sale");
        const std::string number = std::to_string(10'000'000 + day);
        persist("dee", {"fee", "invoice", "record", sold, "--number", "AB" + number});
        persist("dee", {"fee", "invoice", "void", "AB" + number, "--reason", "抬頭錯誤"});
        persist("dee", {"fee", "invoice", "record", sold, "--number", "CD" + number});
        persist("dee", {"fee", "invoice", "deliver", "CD" + number});
    }

    void close() {
        const int taken = kCardTwd + 2 * kCopyTwd;
        persist("dee", {"fee", "close-day", "--counted", std::to_string(taken), "--deposited",
                        std::to_string(taken)});
        persist("ann", {"fee", "sign-day"});
    }

    void live_through(int day) {
        desk_->move_to(opening_of(day));
        const std::string request = taken_in(day);
        key_twice(request);
        sell(day, request);
        return_and_correct(request);
        persist("dee", {"run", "--until-idle"});
        EXPECT_LE(desk_->run({"run", "--until-idle"}).status, 1);  // no mail server answers
        close();
    }

    void expect_nothing_lost_nothing_twice(int days, const std::string& where) {
        EXPECT_EQ(count("SELECT COUNT(*) FROM request WHERE state = 'approved'"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request_return WHERE ending = 'resubmitted'"), days)
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request_return"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request_keying WHERE state = 'same'"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request_keying WHERE state = 'settled'"), days)
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM fee_charge"), days * 3) << where;
        EXPECT_EQ(count("SELECT SUM(amount_twd) FROM fee_payment"),
                  days * (kCardTwd + 3 * kCopyTwd))
            << where;
        EXPECT_EQ(count("SELECT SUM(amount_twd) FROM fee_refund WHERE state = 'paid'"),
                  days * kCopyTwd)
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM fee_invoice WHERE state = 'handed_over'"), days)
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM fee_invoice"), days * 2) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM cash_day WHERE signature IS NOT NULL"), days)
            << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM cash_day WHERE taken_twd - refunded_twd = "
                        "counted_twd AND counted_twd = deposited_twd AND opening_twd = 0"),
                  days)
            << where;
    }

    static bool is_ours(const std::string& point) {
        for (const char* part :
             {"fee.", "invoice.", "cash.", "keying", "key-again", "request.amend",
              "request.examine", "effect.fee", "effect.reminder"}) {
            if (point.find(part) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
};

TEST_P(CounterCrash, EveryCommitPointCanBeTheLast) {
    walk([this](int day) { live_through(day); },
         [this](int days, const std::string& where) {
             expect_nothing_lost_nothing_twice(days, where);
         },
         32);
}

SEALDESK_ON_EVERY_BACKEND(CounterCrash);

}  // namespace
}  // namespace sealdesk::test
