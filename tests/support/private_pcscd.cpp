#include <array>
#include <chrono>
#include <cstdlib>
#include <future>
#include <optional>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "support/command.h"
#include "support/virtual_reader.h"

namespace sealdesk::test {
namespace {

constexpr std::string_view kAtr("\x3B\x80\x80\x01\x01", 5);  // T=1, nothing else
// pcscd looks every 0.4 s whether a card is there (PCSCLITE_STATUS_POLL_RATE).
constexpr std::chrono::milliseconds kSeenWithin(600);
constexpr char kPowerOff = 0;
constexpr char kPowerOn = 1;
constexpr char kReset = 2;
constexpr char kGetAtr = 4;

std::string script_call(const char* what, const TempFolder& folder) {
    return std::string(SEALDESK_SOURCE_DIR) + "/tests/support/pcscd.sh " + what + " " +
           (folder.path() / "pcscd").string();
}

bool receive(int connection, char* bytes, std::size_t size) {
    while (size > 0) {
        // vpcd sends length and body apart: without this each APDU waits 40 ms for an ACK.
        const int now = 1;
        ::setsockopt(connection, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
        const ssize_t count = ::recv(connection, bytes, size, 0);
        if (count <= 0) {
            return false;
        }
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

/// A frame: length in two bytes, big-endian, and body.
std::optional<std::string> receive_frame(int connection) {
    std::array<char, 2> head{};
    if (!receive(connection, head.data(), head.size())) {
        return std::nullopt;
    }
    const auto high = static_cast<unsigned char>(head[0]);
    const auto low = static_cast<unsigned char>(head[1]);
    std::string body(static_cast<std::size_t>(high << 8U | low), '\0');
    return receive(connection, body.data(), body.size()) ? std::optional(body) : std::nullopt;
}

bool send_frame(int connection, std::string_view body) {
    std::string frame{static_cast<char>(body.size() >> 8U), static_cast<char>(body.size() & 0xFFU)};
    frame.append(body);
    return ::send(connection, frame.data(), frame.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(frame.size());
}

/// For a thread of its own: it moves to the reader's network. A socket, or -1.
int connect_in(const std::string& network, std::uint16_t port) {
    const int there = ::open(network.c_str(), O_RDONLY | O_CLOEXEC);
    const bool moved = there >= 0 && ::setns(there, CLONE_NEWNET) == 0;
    if (there >= 0) {
        ::close(there);
    }
    const int connection = moved ? ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (connection < 0) {
        return -1;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int now = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(connection);
        return -1;
    }
    return connection;
}

}  // namespace

PrivatePcscd::PrivatePcscd() {
    const auto started = run_command(script_call("start", folder_));
    if (!started.succeeded()) {
        throw std::runtime_error(started.output);
    }
    for (std::string line : split(started.output, '\n')) {
        std::erase(line, '\'');
        const std::size_t equals = line.find('=');
        const std::size_t blank = line.find(' ');
        if (equals != std::string::npos && blank < equals) {
            told_[line.substr(blank + 1, equals - blank - 1)] = line.substr(equals + 1);
        }
    }
}

PrivatePcscd::~PrivatePcscd() { (void)run_command(script_call("stop", folder_)); }

std::string PrivatePcscd::environment() const {
    return "PCSCLITE_CSOCK_NAME=" + told_.at("PCSCLITE_CSOCK_NAME");
}

std::string PrivatePcscd::reader(int slot) const {
    std::string name = told_.at("SEALDESK_TEST_READER");
    name.back() = static_cast<char>('0' + slot);
    return name;
}

const std::string& PrivatePcscd::network() const { return told_.at("SEALDESK_TEST_READER_NET"); }

std::uint16_t PrivatePcscd::port(int slot) const {
    return static_cast<std::uint16_t>(std::stoi(told_.at("SEALDESK_TEST_READER_PORT")) + slot);
}

const PrivatePcscd& PrivatePcscd::of_this_process() {
    static const PrivatePcscd service;
    static const bool led = [] {
        const std::string name = "PCSCLITE_CSOCK_NAME";
        const std::string place = service.environment().substr(name.size() + 1);
        return ::setenv(name.c_str(), place.c_str(), 1) == 0;  // NOLINT(concurrency-mt-unsafe)
    }();
    SEALDESK_CHECK(led);
    return service;
}

VpcdCard::VpcdCard(VirtualPiv& card, const PrivatePcscd& service, int slot)
    : card_(card), network_(service.network()), port_(service.port(slot)) {}

VpcdCard::~VpcdCard() { remove(); }

void VpcdCard::insert() {
    constexpr int tries_max = 3;  // on a busy machine pcscd may miss that the reader was empty
    for (int i = 0; i < tries_max; ++i) {
        remove();
        if (is_seen()) {
            return;
        }
    }
    remove();
    throw std::runtime_error("pcscd does not see the card at port " + std::to_string(port_));
}

bool VpcdCard::is_seen() {
    card_.power_off();
    powered_ = false;
    looks_ = 0;
    std::promise<int> connecting;
    auto connected = connecting.get_future();
    thread_ = std::thread([this, &connecting] {
        const int connection = connect_in(network_, port_);
        inserted_ = connection >= 0;
        connecting.set_value(connection);
        serve(connection);
    });
    connection_ = connected.get();
    // Powered, and looked at once more: by then clients are told.
    for (int i = 0; i < 800 && inserted_ && looks_ < 2; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return looks_ >= 2;
}

void VpcdCard::remove() {
    if (!thread_.joinable()) {
        return;
    }
    ::shutdown(connection_, SHUT_RDWR);
    thread_.join();
    if (connection_ >= 0) {
        ::close(connection_);
    }
    connection_ = -1;
    std::this_thread::sleep_until(removed_at_ + kSeenWithin);
}

/// Answers until the reader, remove() or a fault ends it.
void VpcdCard::serve(int connection) {
    while (connection >= 0) {
        const auto body = receive_frame(connection);
        if (!body) {
            break;
        }
        bool alive = true;
        if (*body == std::string(1, kGetAtr)) {
            looks_ += powered_ ? 1 : 0;
            alive = send_frame(connection, kAtr);
        } else if (body->size() == 1) {
            const char control = body->front();
            SEALDESK_CHECK(control == kPowerOff || control == kPowerOn || control == kReset);
            card_.reset();
            powered_ = powered_ || control == kPowerOn;
        } else {
            const std::string response = card_.apdu(*body);
            alive = !response.empty() && send_frame(connection, response);
        }
        if (!alive) {
            break;
        }
    }
    inserted_ = false;
    card_.power_off();
    ::shutdown(connection, SHUT_RDWR);  // remove() closes it
    removed_at_ = std::chrono::steady_clock::now();
}

}  // namespace sealdesk::test
