// The demo desk's mail server, samples/mail_sink.py, takes what our sender sends, byte for byte.
#include <array>
#include <csignal>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "mail/mail_samples.h"
#include "mail/message.h"
#include "support/mail_certificates.h"
#include "support/temp_folder.h"

namespace sealdesk::mail {
namespace {

void put_file(const std::filesystem::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    ::chmod(path.c_str(), 0600);
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

// The sink as a child process, ended with the object.
class SinkProcess {
public:
    SinkProcess() {
        const auto authority = sealdesk::test::make_authority("sink authority");
        const auto server = sealdesk::test::make_server_certificate(authority, "localhost");
        put_file(path("ca.pem"), sealdesk::test::to_pem(authority.certificate.get()));
        put_file(path("cert.pem"), sealdesk::test::to_pem(server.certificate.get()));
        put_file(path("key.pem"), sealdesk::test::to_pem(server.key.get()));
        put_file(path("password"), "s3cret\n");
        start();
    }
    ~SinkProcess() {
        ::kill(child_, SIGTERM);
        ::waitpid(child_, nullptr, 0);
    }
    SinkProcess(const SinkProcess&) = delete;
    SinkProcess& operator=(const SinkProcess&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_.path() / name).string();
    }
    [[nodiscard]] SmtpSettings settings() const {
        return SmtpSettings{.host = "localhost",
                            .port = port_,
                            .ca_file = path("ca.pem"),
                            .user = "desk",
                            .password_file = path("password"),
                            .command_wait = std::chrono::seconds(10),
                            .dot_wait = std::chrono::seconds(10)};
    }

private:
    void start() {
        const std::string script = std::string(SEALDESK_SOURCE_DIR) + "/samples/mail_sink.py";
        const std::vector<std::string> words{
            "/usr/bin/python3", script,           "--port",        "0",        "--cert",
            path("cert.pem"),   "--key",          path("key.pem"), "--user",   "desk",
            "--password-file",  path("password"), "--out",         path("out")};
        std::vector<char*> arguments;
        arguments.reserve(words.size() + 1);
        for (const auto& word : words) {
            arguments.push_back(const_cast<char*>(word.c_str()));
        }
        arguments.push_back(nullptr);
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        child_ = ::fork();
        if (child_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        std::string said;
        char c = 0;
        while (::read(ends[0], &c, 1) == 1 && c != '\n') {
            said += c;
        }
        ::close(ends[0]);
        ASSERT_EQ(said.rfind("ready ", 0), 0U) << "is python3-aiosmtpd installed? " << said;
        port_ = static_cast<std::uint16_t>(parse_number(said.substr(6)).value());
    }

    sealdesk::test::TempFolder folder_;
    pid_t child_ = -1;
    std::uint16_t port_ = 0;
};

TEST(MailSink, KeepsEveryMailByteForByte) {
    const SinkProcess sink;
    const auto mail = compose(Message{.from = {"憑證註冊中心", "ra@example.test"},
                                      .to = {"王小明", "wang@example.test"},
                                      .subject = "您的憑證帳號密碼單",
                                      .text = ".\n您好\n",
                                      .message_id = "<sink.1@ra.example.test>",
                                      .date = from_stored(0)});
    ASSERT_TRUE(mail);
    SmtpSession session(sink.settings());
    const auto opened = session.open();
    ASSERT_TRUE(opened) << opened.error().detail;

    for (int i = 0; i < 2; ++i) {
        session.offer(Envelope{"bounce@example.test", "wang@example.test", mail->size()});
        ASSERT_EQ(session.transfer(*mail).verdict, Verdict::Ok);
        session.send_dot();
        EXPECT_EQ(session.answer().verdict, Verdict::Ok);
    }

    EXPECT_EQ(content_of(sink.path("out/001.eml")), *mail);
    EXPECT_EQ(content_of(sink.path("out/002.eml")), *mail);
}

TEST(MailSink, AsksForTheRightPassword) {
    const SinkProcess sink;
    put_file(sink.path("password"), "another\n");
    SmtpSession session(sink.settings());

    EXPECT_EQ(test::code_of(session.open()), "mail.login_refused");
}

}  // namespace
}  // namespace sealdesk::mail
