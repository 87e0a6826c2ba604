#include "cli/website.h"

#include <ostream>

#include <nlohmann/json.hpp>

namespace sealdesk::cli {
namespace {

std::string_view text_of(const Program& program, subscribers::Login login) {
    switch (login) {
        case subscribers::Login::Accepted: return program.pick("登入成功", "accepted");
        case subscribers::Login::MustChange:
            return program.pick("登入成功，須先更改密碼", "accepted; a new password must be set");
        case subscribers::Login::WrongPassword: return program.pick("密碼錯誤", "wrong password");
        case subscribers::Login::Suspended: return program.pick("帳號已暫停", "suspended");
        case subscribers::Login::Waiting:
            return program.pick("密碼單製作中", "a new slip is being made");
    }
    return "";
}

std::string_view code_of(subscribers::Login login) {
    switch (login) {
        case subscribers::Login::Accepted: return "accepted";
        case subscribers::Login::MustChange: return "must_change";
        case subscribers::Login::WrongPassword: return "wrong_password";
        case subscribers::Login::Suspended: return "suspended";
        case subscribers::Login::Waiting: return "waiting_for_slip";
    }
    return "";
}

}  // namespace

void print_login(Program& program, const std::string& account, subscribers::Login login) {
    if (program.json) {
        program.out << nlohmann::json{{"account", account}, {"login", code_of(login)}} << '\n';
    } else {
        program.out << account << "  " << text_of(program, login) << '\n';
    }
    if (login != subscribers::Login::Accepted && login != subscribers::Login::MustChange) {
        program.exit = Exit::Refused;
    }
}

}  // namespace sealdesk::cli
