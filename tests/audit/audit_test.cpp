#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/chain.h"
#include "audit/checkpoint.h"
#include "audit/export.h"
#include "audit/log.h"
#include "audit/verify.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::audit {
namespace {

using namespace std::chrono_literals;

// The bytes under the hash are a promise to auditors: this value was computed by hand in Python.
TEST(AuditChain, TheHashIsOverNetstringsThatAnyLanguageCanRebuild) {
    const Record record{1, 1795137300000000, "request.decided", "officer:1", "request:7", "{}", {}};
    std::string text = "16:sealdesk-audit-1,1:1,64:";
    text += kChainStart;
    text += ",16:1795137300000000,15:request.decided,9:officer:1,9:request:7,2:{},";
    EXPECT_EQ(chain_hash(record, kChainStart), sha256_hex(text));
}

class AuditLog : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        copy_ = folder() / "checkpoints.jsonl";
    }

    void append_some(int count) {
        for (int i = 0; i < count; ++i) {
            clock().advance(1s);
            store::transact(db(), "test.append", [&](store::Tx& tx) {
                append(tx, {"request.received",
                            "officer:1",
                            "request:" + std::to_string(i % 3),
                            {{"number", i}}});
            });
        }
    }

    /// What someone with a database console could do.
    void tamper(std::initializer_list<std::string_view> sql) {
        std::string whole;  // in pieces: g++ 12 warns falsely about "text" + string at -O3
        for (const std::string_view piece : sql) {
            whole += piece;
        }
        connection().execute(whole, {});
    }

    std::optional<Checkpoint> sign() {
        return make_checkpoint(db(), {key(), certificate()}, copy_);
    }

    VerifyReport check() { return verify(db(), {&certificate(), 1}, copy_); }

    /// "ok" or "code@sequence".
    std::string verdict() {
        const VerifyReport report = check();
        return report.finding
                   ? report.finding->code + "@" + std::to_string(report.finding->sequence)
                   : "ok";
    }

    static const crypto::KeyPair& key() {
        static const crypto::KeyPair made = crypto::KeyPair::generate_rsa(2048);
        return made;
    }
    static const crypto::Certificate& certificate() {
        static const crypto::Certificate made = [] {
            SystemRandom random;
            const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
            return crypto::make_self_signed(
                key(), {"audit", crypto::SelfSignedUse::Signing, start, start + 24h * 365 * 5},
                random);
        }();
        return made;
    }

    std::filesystem::path copy_;
};

TEST_P(AuditLog, WhoStopsTheVerificationLearnsHowFarItCame) {
    store::transact(db(), "test.append", [](store::Tx& tx) {
        for (int chunk = 0; chunk < 5; ++chunk) {
            append_all(tx, std::vector<Event>(500, Event{"test.happened", "system", ""}));
        }
    });
    std::atomic<bool> stop{false};
    std::int64_t total = 0;
    const auto ask = [&](std::int64_t, std::int64_t all) {
        total = all;
        stop = true;
    };
    const auto part = verify(db(), {&certificate(), 1}, copy_, {ask, &stop});
    EXPECT_TRUE(part.stopped);
    EXPECT_FALSE(part.finding);
    EXPECT_EQ(part.events, 1000);
    EXPECT_EQ(total, 2500);
    const auto whole = check();
    EXPECT_FALSE(whole.stopped);
    EXPECT_EQ(whole.events, 2500);
}

TEST_P(AuditLog, AnUntouchedLogIsSound) {
    EXPECT_EQ(verdict(), "ok");
    append_some(7);
    ASSERT_TRUE(sign());
    append_some(3);
    ASSERT_TRUE(sign());

    const VerifyReport report = check();
    EXPECT_FALSE(report.finding);
    EXPECT_EQ(report.events, 10);
    EXPECT_EQ(report.checkpoints, 2);
}

TEST_P(AuditLog, ManyEventsAtOnceMakeTheSameChainAsOneByOne) {
    std::vector<Event> events(300, {"slip.printed", "system", "slip:1", nlohmann::json::object()});
    store::transact(db(), "test.append", [&](store::Tx& tx) {
        append_all(tx, events);
        append_all(tx, {});
    });
    append_some(1);
    EXPECT_EQ(check().events, 301);
    EXPECT_EQ(verdict(), "ok");
}

// M 4.5: no change without its event, no event without its change.
TEST_P(AuditLog, AnEventStandsOrFallsWithItsTransaction) {
    append_some(2);
    EXPECT_THROW(store::transact(db(), "test.append",
                                 [&](store::Tx& tx) {
                                     append(tx, {"x.y", "system", "", nlohmann::json::object()});
                                     throw_internal("test.stop", "stop");
                                 }),
                 Failure);
    EXPECT_EQ(check().events, 2);
    EXPECT_EQ(verdict(), "ok");
}

// M 4.5: editing shows.
TEST_P(AuditLog, AnEditedRowIsFound) {
    append_some(9);
    tamper({"UPDATE audit_event SET detail = '{\"number\":99}' WHERE sequence = 4"});
    EXPECT_EQ(verdict(), "audit.row_altered@4");
}

TEST_P(AuditLog, EveryColumnIsUnderTheHash) {
    append_some(4);
    for (const std::string change :
         {"at = at + 1", "kind = 'request.withdrawn'", "actor = 'officer:2'",
          "subject = 'request:9'", "hash = 'ffff'"}) {
        SCOPED_TRACE(change);
        const auto before = connection().query(
            "SELECT at, kind, actor, subject, hash FROM "
            "audit_event WHERE sequence = 3",
            {});
        tamper({"UPDATE audit_event SET ", change, " WHERE sequence = 3"});
        EXPECT_EQ(verdict(), "audit.row_altered@3");
        const std::vector<store::Value> old{before[0].number(0), before[0].text(1),
                                            before[0].text(2), before[0].text(3),
                                            before[0].text(4)};
        connection().execute(
            "UPDATE audit_event SET at = ?, kind = ?, actor = ?, subject = ?, "
            "hash = ? WHERE sequence = 3",
            old);
        EXPECT_EQ(verdict(), "ok");
    }
}

TEST_P(AuditLog, ARemovedRowIsFound) {
    append_some(9);
    tamper({"DELETE FROM audit_event WHERE sequence = 4"});
    EXPECT_EQ(verdict(), "audit.row_missing@4");
}

TEST_P(AuditLog, ARemovedRowIsFoundEvenWhenTheOthersAreRenumbered) {
    append_some(9);
    tamper({"DELETE FROM audit_event WHERE sequence = 4"});
    for (int i = 5; i <= 9; ++i) {
        tamper({"UPDATE audit_event SET sequence = ", std::to_string(i - 1),
                " WHERE sequence = ", std::to_string(i)});
    }
    tamper({"UPDATE audit_head SET sequence = 8"});
    EXPECT_EQ(verdict(), "audit.row_altered@4");
}

TEST_P(AuditLog, ExchangedRowsAreFound) {
    append_some(9);
    tamper({"UPDATE audit_event SET sequence = 100 WHERE sequence = 4"});
    tamper({"UPDATE audit_event SET sequence = 4 WHERE sequence = 7"});
    tamper({"UPDATE audit_event SET sequence = 7 WHERE sequence = 100"});
    EXPECT_EQ(verdict(), "audit.row_altered@4");
}

TEST_P(AuditLog, ARowPutBehindTheEndIsFound) {
    append_some(3);
    // With the right hash: whoever knows the scheme can compute it.
    const auto last = connection().query("SELECT hash FROM audit_head", {});
    const Record forged{4, 1, "x.y", "system", "", "{}", {}};
    const std::vector<store::Value> values{chain_hash(forged, last[0].text(0))};
    connection().execute(
        "INSERT INTO audit_event (sequence, at, kind, actor, subject, detail, "
        "hash) VALUES (4, 1, 'x.y', 'system', '', '{}', ?)",
        values);
    EXPECT_EQ(verdict(), "audit.row_inserted@4");
}

TEST_P(AuditLog, ACutTailIsFoundByTheHead) {
    append_some(9);
    tamper({"DELETE FROM audit_event WHERE sequence > 6"});
    EXPECT_EQ(verdict(), "audit.tail_cut@7");
    tamper({"UPDATE audit_head SET sequence = 6"});
    EXPECT_EQ(verdict(), "audit.head_altered@6");
}

// The head alone can be set back as well; then the signed checkpoint tells.
TEST_P(AuditLog, ACutTailWithItsHeadIsFoundByTheCheckpoint) {
    append_some(9);
    ASSERT_TRUE(sign());
    const auto row = connection().query("SELECT hash FROM audit_event WHERE sequence = 6", {});
    tamper({"DELETE FROM audit_event WHERE sequence > 6"});
    tamper({"UPDATE audit_head SET sequence = 6, hash = '", row[0].text(0), "'"});
    EXPECT_EQ(verdict(), "audit.tail_cut@7");
    EXPECT_THROW(sign(), Failure);  // nobody signs over it

    // Without its checkpoint only the copy still knows.
    tamper({"DELETE FROM audit_checkpoint"});
    EXPECT_EQ(verdict(), "audit.checkpoint_missing@9");
}

// M 4.5: signed with a key used for nothing else.
TEST_P(AuditLog, AWholeChainMadeAnewIsFoundByTheCheckpoint) {
    append_some(5);
    ASSERT_TRUE(sign());
    std::string previous(kChainStart);
    for (int i = 1; i <= 5; ++i) {
        Record record{i, 1, "x.y", "system", "", "{}", {}};
        record.hash = chain_hash(record, previous);
        previous = record.hash;
        tamper(
            {"UPDATE audit_event SET at = 1, kind = 'x.y', actor = 'system', subject = '', "
             "detail = '{}', hash = '",
             record.hash, "' WHERE sequence = ", std::to_string(i)});
    }
    tamper({"UPDATE audit_head SET hash = '", previous, "'"});
    EXPECT_EQ(verdict(), "audit.rewritten@5");
}

TEST_P(AuditLog, AChangedCheckpointIsFound) {
    append_some(2);
    ASSERT_TRUE(sign());
    append_some(2);
    ASSERT_TRUE(sign());
    append_some(2);
    ASSERT_TRUE(sign());
    EXPECT_FALSE(sign());  // nothing new

    tamper(
        {"UPDATE audit_checkpoint SET document = REPLACE(document, '\"at\":\"2026', "
         "'\"at\":\"2025') WHERE number = 2"});
    EXPECT_EQ(verdict(), "audit.checkpoint_altered@4");
    tamper({"DELETE FROM audit_checkpoint WHERE number = 2"});
    EXPECT_EQ(verdict(), "audit.checkpoint_altered@6");
}

TEST_P(AuditLog, TheCopyHoldsEveryCheckpointAlsoAfterACrashBetweenThem) {
    append_some(2);
    ASSERT_TRUE(sign());
    std::filesystem::remove(copy_);  // as if the process had died before writing it
    append_some(2);
    ASSERT_TRUE(sign());
    EXPECT_EQ(split(read_file(copy_), '\n').size(), 3U);  // two lines and the end of the last
    EXPECT_EQ(verdict(), "ok");
}

TEST_P(AuditLog, ExportGivesWhatWasAskedForAndTheHashesCanBeRecomputed) {
    append_some(9);
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) { lines.emplace_back(line); };
    EXPECT_EQ(export_events(db(), {}, take), 9);

    std::string previous(kChainStart);
    for (const std::string& line : lines) {
        const auto event = nlohmann::json::parse(line);
        const Record record{
            event["sequence"], event["at"], event["kind"], event["actor"], event["subject"],
            event["detail"],   {}};
        previous = chain_hash(record, previous);
        EXPECT_EQ(event["hash"], previous);
    }
    EXPECT_EQ(export_events(db(), {"request.received", "request:1", {}, {}}, take), 3);
    EXPECT_EQ(export_events(db(), {"no.such", "", {}, {}}, take), 0);
    EXPECT_EQ(export_events(db(), {"", "", clock().now() - 2s, clock().now()}, take), 2);
}

TEST_P(AuditLog, TwoConnectionsAppendingInTurnKeepOneChain) {
    const auto connection_b = another_connection();
    store::Database other(*connection_b, clock(), random());
    for (int i = 0; i < 20; ++i) {
        store::transact(i % 2 == 0 ? db() : other, "test.append", [&](store::Tx& tx) {
            append(tx, {"x.y", "system", "", {{"i", i}}});
        });
    }
    EXPECT_EQ(check().events, 20);
    EXPECT_EQ(verdict(), "ok");
}

TEST_P(AuditLog, WhicheverWriteFailsTheChainIsWhole) {
    append_some(2);
    for (int write = 0; write < 20; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            store::transact(broken, "test.append", [&](store::Tx& tx) {
                append(tx, {"x.y", "system", "", nlohmann::json::object()});
            });
        } catch (const Failure&) {
            ASSERT_EQ(check().events, 2) << "after failing write " << write;
            ASSERT_EQ(verdict(), "ok") << "after failing write " << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        EXPECT_GE(write, 5);  // BEGIN, head, event, head, COMMIT each had its turn
        break;
    }
    EXPECT_EQ(check().events, 3);
    EXPECT_EQ(verdict(), "ok");
}

SEALDESK_ON_EVERY_BACKEND(AuditLog);

}  // namespace
}  // namespace sealdesk::audit
