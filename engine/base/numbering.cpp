#include "base/numbering.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace sealdesk {
namespace {

constexpr int kSequenceDigits = 6;  ///< a million requests a year before numbers grow longer
constexpr int kAccountDigits = 7;

std::string padded(std::int64_t number, int digits) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%0*lld", digits, static_cast<long long>(number));
    return text.data();
}

}  // namespace

char check_digit(std::string_view digits) {
    int product = 10;
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            continue;
        }
        int sum = (product + (c - '0')) % 10;
        if (sum == 0) {
            sum = 10;
        }
        product = sum * 2 % 11;
    }
    return static_cast<char>('0' + (11 - product) % 10);
}

std::string make_number(char prefix, int roc_year, std::int64_t sequence) {
    SEALDESK_CHECK(roc_year > 0 && sequence > 0);
    const std::string body = padded(roc_year, 3) + "-" + padded(sequence, kSequenceDigits);
    return std::string(1, prefix) + body + "-" + check_digit(body);
}

bool is_number(char prefix, std::string_view text) {
    const auto pieces = split(text, '-');
    if (pieces.size() != 3 || pieces[0].size() != 4 || pieces[0].front() != prefix ||
        pieces[1].size() < kSequenceDigits || pieces[2].size() != 1) {
        return false;
    }
    const std::string body = pieces[0].substr(1) + pieces[1];
    return std::ranges::all_of(body, [](char c) { return c >= '0' && c <= '9'; }) &&
           pieces[2].front() == check_digit(body);
}

bool is_registered_mail_number(std::string_view text) {
    return text.size() >= 6 && text.size() <= 24 &&
           text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
               std::string_view::npos;
}

std::string make_account_name(std::string_view prefix, std::int64_t sequence) {
    SEALDESK_CHECK(sequence > 0);
    const std::string body = padded(sequence, kAccountDigits);
    return std::string(prefix) + body + check_digit(body);
}

}  // namespace sealdesk
