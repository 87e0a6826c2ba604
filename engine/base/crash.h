#pragma once

#include <string_view>

namespace sealdesk {

/// A named point at which a test can kill the process with SIGKILL. Costs one comparison unless
/// the environment asked for it: SEALDESK_CRASH=name:n kills at the n-th passing of `name`;
/// SEALDESK_CRASH_LOG=file appends each passed name, so that a test can walk all of them.
/// Names are `<what>.<moment>`, such as "request.decide.before-commit". transact() passes
/// "<unit of work>.before-commit" and "<unit of work>.after-commit" by itself.
void crash_point(std::string_view name);

}  // namespace sealdesk
