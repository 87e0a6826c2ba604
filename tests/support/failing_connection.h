#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/connection.h"

namespace sealdesk::test {

/// Passes everything on to another connection, but lets one write fail. Writes are the execute()
/// calls, counted from 0, BEGIN and COMMIT among them, ROLLBACK not. A test lets each write of an
/// operation fail in turn until it passes:
///
///     for (int write = 0;; ++write) {
///         test::FailingConnection failing(connection(), write);
///         store::Database broken(failing, clock(), random());
///         try { operation(broken); } catch (const Failure&) { … nothing has changed …; continue; }
///         ASSERT_FALSE(failing.has_failed());
///         break;  // every write has had its turn
///     }
///
/// Trouble::Other ends the unit of work. Trouble::Retry and Lost make transact() repeat it, so the
/// operation must succeed whichever write it is.
class FailingConnection final : public store::Connection {
public:
    /// Before: the statement is not carried out. After: it is, but its answer is lost (with
    /// Trouble::Lost on COMMIT: the commit of unknown outcome; only MySQL can meet it).
    enum class Moment { Before, After };

    explicit FailingConnection(store::Connection& inner, int failing_write = -1,
                               store::Trouble trouble = store::Trouble::Other,
                               Moment moment = Moment::Before)
        : inner_(inner), failing_write_(failing_write), trouble_(trouble), moment_(moment) {}

    std::vector<store::Row> query(std::string_view sql,
                                  std::span<const store::Value> args) override {
        return inner_.query(sql, args);
    }

    std::int64_t execute(std::string_view sql, std::span<const store::Value> args) override {
        if (sql == "ROLLBACK") {
            return inner_.execute(sql, args);
        }
        const bool fails = writes_++ == failing_write_;
        if (fails && moment_ == Moment::Before) {
            fail();
        }
        const auto count = inner_.execute(sql, args);
        statements_.emplace_back(sql);
        if (fails) {
            fail();
        }
        return count;
    }

    void reopen() override {
        ++reopened_;
        inner_.reopen();
    }

    [[nodiscard]] std::string_view dialect() const override { return inner_.dialect(); }

    [[nodiscard]] int writes() const { return writes_; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }
    [[nodiscard]] int times_reopened() const { return reopened_; }
    /// Writes carried out, to see what an operation does.
    [[nodiscard]] const std::vector<std::string>& statements() const { return statements_; }

private:
    [[noreturn]] void fail() {
        has_failed_ = true;
        throw store::DatabaseFailure(trouble_, "made to fail by a test");
    }

    store::Connection& inner_;
    int failing_write_;
    store::Trouble trouble_;
    Moment moment_;
    int writes_ = 0;
    int reopened_ = 0;
    bool has_failed_ = false;
    std::vector<std::string> statements_;
};

}  // namespace sealdesk::test
