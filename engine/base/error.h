#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace sealdesk {

/// What the caller can do about it. A kind exists only where some caller acts differently on it.
enum class ErrorKind {
    Invalid,      ///< the input is wrong; give it back to the clerk
    NotFound,     ///< no such record
    Conflict,     ///< someone else changed it first; reload and repeat
    Refused,      ///< a rule of the office forbids it
    Unavailable,  ///< a machine did not answer; the same work may succeed later
    Internal,     ///< stored data or a partner breaks an agreed rule; stop and call someone
};

/// An expected refusal, returned in a Result, or carried by a Failure.
struct Error {
    ErrorKind kind;
    std::string code;    ///< stable and greppable, dotted lower case; tests compare this
    std::string detail;  ///< one sentence for a person: what, and what to do; never a secret
    std::string where;   ///< file, row, field or record; empty when there is no place to point to
    std::string rule;    ///< citation of the rule behind it, such as "T 5.12.2"; may be empty
};

/// Thrown when the current unit of work cannot go on (database lost, disk full). Caught only by
/// the job runner, the batch runner and main().
class Failure : public std::runtime_error {
public:
    explicit Failure(Error error)
        : std::runtime_error(error.code + ": " + error.detail), error_(std::move(error)) {}

    [[nodiscard]] const Error& error() const noexcept { return error_; }

private:
    Error error_;
};

/// Shorthand for the commonest failure: a machine or a file did not answer.
[[noreturn]] void throw_unavailable(std::string code, std::string detail);

/// Shorthand for stored data that breaks an agreed rule.
[[noreturn]] void throw_internal(std::string code, std::string detail);

/// Ends the program with the place and the broken assumption. For bugs only, in every build.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace sealdesk

/// Aborts when our own assumption does not hold; never for input or for machines that fail.
#define SEALDESK_CHECK(condition)                                     \
    do {                                                              \
        if (!(condition)) {                                           \
            ::sealdesk::check_failed(#condition, __FILE__, __LINE__); \
        }                                                             \
    } while (false)
