#include "mail/smtp_session.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "mail/mail_samples.h"
#include "support/smtp_peer.h"

namespace sealdesk::mail {
namespace {

using sealdesk::test::PeerStep;
using sealdesk::test::SmtpPeer;
using std::chrono::milliseconds;
using test::code_of;
using test::settings_for;

const std::string kMail = "Subject: x\r\n\r\n.dot\r\nbody\r\n";

Envelope envelope_to(const std::string& to) {
    return Envelope{"ra@example.test", to, kMail.size()};
}

// More than the network between us and the peer holds.
std::string a_large_mail() {
    std::string mail = kMail;
    while (mail.size() < 8'000'000) {
        mail += std::string(76, 'x') + "\r\n";
    }
    return mail;
}

Handover send(SmtpSession& session, const std::string& to = "wang@example.test",
              const std::string& mail = kMail) {
    session.offer(envelope_to(to));
    Handover handover = session.transfer(mail);
    if (handover.verdict != Verdict::Ok) {
        return handover;
    }
    session.send_dot();
    return session.answer();
}

bool was_told(const SmtpPeer& peer, const std::string& start) {
    const auto commands = peer.commands();
    return std::any_of(commands.begin(), commands.end(), [&start](const std::string& command) {
        return command.rfind(start, 0) == 0;
    });
}

TEST(SmtpSession, CarriesManyMailsOverOneVerifiedConnection) {
    for (const bool pipelining : {true, false}) {
        SmtpPeer peer({.pipelining = pipelining});
        SmtpSession session(settings_for(peer));
        ASSERT_EQ(code_of(session.open()), "ok");

        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(send(session).verdict, Verdict::Ok);
        }
        session.close();

        ASSERT_EQ(peer.mails().size(), 5U);
        EXPECT_EQ(peer.sessions(), 1);
        EXPECT_EQ(peer.mails()[0].bytes, kMail);
        EXPECT_EQ(peer.mails()[0].from, "ra@example.test");
        EXPECT_EQ(peer.mails()[4].to, "wang@example.test");
        EXPECT_TRUE(was_told(peer, "QUIT"));
    }
}

TEST(SmtpSession, SpeaksTlsFromTheFirstByteWhenAsked) {
    SmtpPeer peer({.starttls = false, .implicit_tls = true});
    SmtpSettings settings = settings_for(peer);
    settings.tls = TlsMode::Implicit;
    SmtpSession session(settings);

    ASSERT_EQ(code_of(session.open()), "ok");
    EXPECT_EQ(send(session).verdict, Verdict::Ok);
}

// P19: the prompts of AUTH LOGIN differ between servers; ours says "User Name".
TEST(SmtpSession, LogsInByLoginWhateverThePromptsSay) {
    SmtpPeer peer({.logins = "LOGIN"});
    SmtpSession session(settings_for(peer));

    ASSERT_EQ(code_of(session.open()), "ok");
    EXPECT_EQ(send(session).verdict, Verdict::Ok);
}

TEST(SmtpSession, TrustsNoOtherHostsCertificate) {
    SmtpPeer peer({.host_in_certificate = "evil.example.test"});
    SmtpSession session(settings_for(peer));

    EXPECT_EQ(code_of(session.open()), "mail.tls_failed");
    EXPECT_FALSE(was_told(peer, "AUTH"));
}

TEST(SmtpSession, TrustsNoOtherAuthority) {
    SmtpPeer peer({.other_authority = true});
    SmtpSession session(settings_for(peer));

    EXPECT_EQ(code_of(session.open()), "mail.tls_failed");
    EXPECT_FALSE(was_told(peer, "AUTH"));
}

// P1: Poco's startTLS() skips the name check when the handshake outlasts the receive timeout, and
// the credentials go to whoever ends it.
TEST(SmtpSession, AStalledHandshakeDoesNotSlipPastTheNameCheck) {
    SmtpPeer peer({.host_in_certificate = "evil.example.test", .stall = milliseconds(300)});
    SmtpSettings settings = settings_for(peer);
    settings.command_wait = milliseconds(100);
    SmtpSession session(settings);

    EXPECT_EQ(code_of(session.open()), "mail.tls_failed");
    std::this_thread::sleep_for(milliseconds(400));
    EXPECT_FALSE(was_told(peer, "AUTH"));
    EXPECT_FALSE(was_told(peer, "MAIL"));
}

// P5: going on without TLS would show the password to the wire.
TEST(SmtpSession, SendsNothingWithoutTheTlsItWasToldToUse) {
    SmtpPeer unable({.starttls = false});
    SmtpPeer unwilling;
    unwilling.fault({.at = PeerStep::StartTls, .say = "454 not now\r\n"});
    SmtpSession to_unable(settings_for(unable));
    SmtpSession to_unwilling(settings_for(unwilling));

    EXPECT_EQ(code_of(to_unable.open()), "mail.tls_missing");
    EXPECT_EQ(code_of(to_unwilling.open()), "mail.tls_missing");
    EXPECT_FALSE(was_told(unable, "AUTH"));
    EXPECT_FALSE(was_told(unwilling, "AUTH"));
}

TEST(SmtpSession, WordsPutBeforeTheProtectedPartEndTheSession) {
    SmtpPeer peer;
    peer.fault({.at = PeerStep::StartTls, .say = "220 go\r\n250 injected\r\n"});
    SmtpSession session(settings_for(peer));

    EXPECT_EQ(code_of(session.open()), "mail.tls_failed");
}

TEST(SmtpSession, PlainTextGoesToThisMachineOnly) {
    SmtpPeer peer({.starttls = false, .logins = ""});
    SmtpSettings here = settings_for(peer);
    here.tls = TlsMode::None;
    here.user.clear();
    SmtpSettings elsewhere = here;
    elsewhere.host = "192.0.2.1";  // RFC 5737: nobody's
    SmtpSession to_here(here);
    SmtpSession to_elsewhere(elsewhere);

    EXPECT_EQ(code_of(to_here.open()), "ok");
    EXPECT_EQ(send(to_here).verdict, Verdict::Ok);
    EXPECT_EQ(code_of(to_elsewhere.open()), "mail.bad_settings");
}

TEST(SmtpSession, ARefusedLoginIsTheHostsTroubleAndNamesNoSecret) {
    SmtpPeer peer;
    peer.fault({.at = PeerStep::Login, .say = "535 5.7.8 Error: s3cret is wrong\r\n"});
    SmtpSession session(settings_for(peer));

    const auto opened = session.open();

    ASSERT_EQ(code_of(opened), "mail.login_refused");
    EXPECT_NE(opened.error().detail.find("535 5.7.8"), std::string::npos);
    EXPECT_EQ(opened.error().detail.find("s3cret"), std::string::npos);
}

TEST(SmtpSession, APasswordThatOthersCanReadIsNotUsed) {
    SmtpPeer peer;
    SmtpSession session(settings_for(peer));
    ASSERT_EQ(::chmod(peer.password_file().c_str(), 0640), 0);

    EXPECT_EQ(code_of(session.open()), "password.file_open_to_others");
    EXPECT_FALSE(was_told(peer, "AUTH"));
}

TEST(SmtpSession, AnUnreachableServerIsSaidToBeSo) {
    std::uint16_t port = 0;
    SmtpSettings settings;
    {
        SmtpPeer peer;
        settings = settings_for(peer);
        port = peer.port();
    }
    ASSERT_NE(port, 0);
    SmtpSession session(settings);

    EXPECT_EQ(code_of(session.open()), "mail.no_connection");
}

// P2: a reply cut in the middle made Poco loop for ever, growing.
TEST(SmtpSession, CutGarbledOrEndlessRepliesEndTheSession) {
    std::string endless;
    for (int i = 0; i < 300; ++i) {
        endless += "220-more\r\n";
    }
    const std::string long_line = "220 " + std::string(20'000, 'x');
    for (const std::string& greeting :
         {std::string("220-cut\r\n"), std::string("220-a\r\n554 b\r\n"), std::string("hello\r\n"),
          endless, long_line, std::string("\r\n")}) {
        SmtpPeer peer;
        peer.fault({.at = PeerStep::Greeting,
                    .say = greeting,
                    .close = true,
                    .wait = milliseconds(20)});  // until the client has set its socket up
        SmtpSession session(settings_for(peer));

        EXPECT_EQ(code_of(session.open()), "mail.greeting_refused");
    }
}

TEST(SmtpSession, ASilentServerCostsOneWaitNotForEver) {
    SmtpPeer peer;
    peer.fault({.at = PeerStep::Greeting, .wait = milliseconds(600)});
    SmtpSettings settings = settings_for(peer);
    settings.command_wait = milliseconds(100);
    SmtpSession session(settings);

    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(code_of(session.open()), "mail.greeting_refused");
    EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(400));
}

// Every failure says whether the server can have the mail.
struct FaultCase {
    const char* name;
    sealdesk::test::PeerFault fault;
    Verdict verdict;
    Stage stage;
    int code;
    bool stays_open;
};

class SmtpFaults : public ::testing::TestWithParam<FaultCase> {};

TEST_P(SmtpFaults, AreToldApart) {
    for (const bool pipelining : {true, false}) {
        SmtpPeer peer({.pipelining = pipelining});
        peer.fault(GetParam().fault);
        SmtpSettings settings = settings_for(peer);
        settings.dot_wait = milliseconds(150);
        SmtpSession session(settings);
        ASSERT_EQ(code_of(session.open()), "ok");

        const bool cuts_body = GetParam().fault.at == PeerStep::Body;
        const Handover handover =
            send(session, "wang@example.test", cuts_body ? a_large_mail() : kMail);

        EXPECT_EQ(handover.verdict, GetParam().verdict);
        EXPECT_EQ(to_text(handover.stage), to_text(GetParam().stage));
        EXPECT_EQ(handover.reply.code, GetParam().code);
        EXPECT_EQ(session.is_open(), GetParam().stays_open);
        // P8: the refused mail's remains do not stand in the next one's way.
        if (session.is_open()) {
            EXPECT_EQ(send(session).verdict, Verdict::Ok);
            EXPECT_EQ(peer.mails().back().bytes, kMail);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    EachStage, SmtpFaults,
    ::testing::Values(
        FaultCase{"Sender4xx",
                  {.at = PeerStep::Sender, .say = "452 4.3.1 full\r\n"},
                  Verdict::Temporary,
                  Stage::Sender,
                  452,
                  true},
        FaultCase{"Sender5xx",
                  {.at = PeerStep::Sender, .say = "553 5.1.8 bad sender\r\n"},
                  Verdict::Permanent,
                  Stage::Sender,
                  553,
                  true},
        FaultCase{"Recipient4xx",
                  {.at = PeerStep::Recipient, .say = "450 4.2.0 busy\r\n"},
                  Verdict::Temporary,
                  Stage::Recipient,
                  450,
                  true},
        FaultCase{"Recipient5xx",
                  {.at = PeerStep::Recipient, .say = "550 5.1.1 unknown\r\n"},
                  Verdict::Permanent,
                  Stage::Recipient,
                  550,
                  true},
        FaultCase{"Recipient421",
                  {.at = PeerStep::Recipient, .say = "421 4.3.2 going\r\n", .close = true},
                  Verdict::Temporary,
                  Stage::Recipient,
                  421,
                  false},
        FaultCase{"RecipientCut",
                  {.at = PeerStep::Recipient, .say = "250-x\r\n", .close = true},
                  Verdict::Lost,
                  Stage::Recipient,
                  0,
                  false},
        FaultCase{"Data4xx",
                  {.at = PeerStep::Data, .say = "451 4.3.0 later\r\n"},
                  Verdict::Temporary,
                  Stage::Data,
                  451,
                  true},
        FaultCase{"DataGarbage",
                  {.at = PeerStep::Data, .say = "bla bla\r\n"},
                  Verdict::Lost,
                  Stage::Data,
                  0,
                  false},
        FaultCase{"BodyCut", {.at = PeerStep::Body}, Verdict::Lost, Stage::Body, 0, false},
        FaultCase{"Dot4xx",
                  {.at = PeerStep::Dot, .say = "451 4.3.0 try again\r\n"},
                  Verdict::Temporary,
                  Stage::Answer,
                  451,
                  true},
        FaultCase{"Dot5xx",
                  {.at = PeerStep::Dot, .say = "552 5.3.4 too big\r\n"},
                  Verdict::Permanent,
                  Stage::Answer,
                  552,
                  true},
        FaultCase{"DotNotTakenAndCut",
                  {.at = PeerStep::Dot, .close = true},
                  Verdict::Unknown,
                  Stage::Answer,
                  0,
                  false},
        FaultCase{"DotTakenAndCut",
                  {.at = PeerStep::Dot, .close = true, .keep = true},
                  Verdict::Unknown,
                  Stage::Answer,
                  0,
                  false},
        FaultCase{"DotGarbage",
                  {.at = PeerStep::Dot, .say = "blah\r\n", .keep = true},
                  Verdict::Unknown,
                  Stage::Answer,
                  0,
                  false},
        FaultCase{"DotOddCode",
                  {.at = PeerStep::Dot, .say = "354 more\r\n", .keep = true},
                  Verdict::Unknown,
                  Stage::Answer,
                  354,
                  false},
        FaultCase{"DotLate",
                  {.at = PeerStep::Dot, .keep = true, .wait = milliseconds(400)},
                  Verdict::Unknown,
                  Stage::Answer,
                  0,
                  false}),
    [](const auto& one) { return one.param.name; });

// What the server did before the dot left is no doubt: the mark was written meanwhile.
TEST(SmtpSession, AServerThatLeavesBeforeTheDotHasNotTakenTheMail) {
    SmtpPeer peer;
    peer.fault({.at = PeerStep::Body});
    SmtpSession session(settings_for(peer));
    ASSERT_EQ(code_of(session.open()), "ok");
    session.offer(envelope_to("wang@example.test"));
    Handover handover = session.transfer(kMail);

    if (handover.verdict == Verdict::Ok) {  // the body left before the reset came back
        std::this_thread::sleep_for(milliseconds(50));
        session.send_dot();
        handover = session.answer();
    }

    EXPECT_EQ(handover.verdict, Verdict::Lost);
    EXPECT_EQ(handover.stage, Stage::Body);
}

TEST(SmtpSession, AServerThatRefusesBeforeTheDotIsHeard) {
    SmtpPeer peer;
    peer.fault({.at = PeerStep::Body, .say = "552 5.3.4 stop\r\n", .wait = milliseconds(100)});
    SmtpSession session(settings_for(peer));
    ASSERT_EQ(code_of(session.open()), "ok");
    session.offer(envelope_to("wang@example.test"));
    ASSERT_EQ(session.transfer(kMail).verdict, Verdict::Ok);
    std::this_thread::sleep_for(milliseconds(50));

    session.send_dot();
    const Handover handover = session.answer();

    EXPECT_EQ(handover.verdict, Verdict::Permanent);
    EXPECT_EQ(handover.reply.code, 552);
}

TEST(SmtpSession, IsSpentAfterItsMailsOrAfterFourRefusals) {
    SmtpPeer peer;
    peer.fault(
        {.at = PeerStep::Recipient, .say = "550 5.1.1 no\r\n", .times = -1, .only_for = "unknown"});
    SmtpSettings settings = settings_for(peer);
    settings.session_messages_max = 6;
    SmtpSession session(settings);
    ASSERT_EQ(code_of(session.open()), "ok");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(send(session, "unknown@example.test").verdict, Verdict::Permanent);
    }
    EXPECT_FALSE(session.is_spent());
    EXPECT_EQ(send(session, "unknown@example.test").verdict, Verdict::Permanent);
    EXPECT_TRUE(session.is_spent());

    ASSERT_EQ(code_of(session.open()), "ok");
    for (int i = 0; i < 6; ++i) {
        EXPECT_FALSE(session.is_spent());
        EXPECT_EQ(send(session).verdict, Verdict::Ok);
    }
    EXPECT_TRUE(session.is_spent());
}

TEST(SmtpSession, AbandonedBetweenBodyAndDotLeavesNothing) {
    SmtpPeer peer;
    SmtpSession session(settings_for(peer));
    ASSERT_EQ(code_of(session.open()), "ok");
    session.offer(envelope_to("wang@example.test"));
    ASSERT_EQ(session.transfer(kMail).verdict, Verdict::Ok);

    session.abandon();

    EXPECT_FALSE(session.is_open());
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_TRUE(peer.mails().empty());
}

}  // namespace
}  // namespace sealdesk::mail
