#pragma once

#include <utility>
#include <variant>

#include "base/error.h"

namespace sealdesk {

/// A value, or the reason there is none. Members are named as in std::expected, so that a later
/// change to it is one alias. The test and the use stand on separate lines; there is no macro.
template <class T>
class [[nodiscard]] Result {
public:
    // Implicit on purpose: `return value;` and `return Error{…};` are the two ways out.
    Result(T value) : content_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
    Result(Error error) : content_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] const T& value() const& {
        SEALDESK_CHECK(has_value());
        return std::get<0>(content_);
    }
    [[nodiscard]] T& value() & {
        SEALDESK_CHECK(has_value());
        return std::get<0>(content_);
    }
    [[nodiscard]] T&& value() && {
        SEALDESK_CHECK(has_value());
        return std::get<0>(std::move(content_));
    }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

    [[nodiscard]] const Error& error() const {
        SEALDESK_CHECK(!has_value());
        return std::get<1>(content_);
    }

private:
    std::variant<T, Error> content_;
};

/// Success of a function that returns nothing else.
struct Done {};

/// A Result without a value.
using Outcome = Result<Done>;

[[nodiscard]] inline Outcome done() { return Done{}; }

}  // namespace sealdesk
