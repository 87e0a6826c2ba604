#!/bin/bash
# Builds the fuzzers (clang, libFuzzer, AddressSanitizer, UBSan) and runs them from their corpora.
#
#   tests/fuzz/run.sh [TARGET|all] [SECONDS]    default: all, 60 seconds each
#   tests/fuzz/run.sh build                     only builds
#
# Targets: csv json xml xlsx zip encoding image yaml page bounce. What breaks a reader is left in
# .build/fuzz/found/TARGET-*; mend the reader, then put the file into tests/fuzz/corpus/TARGET/.
# New inputs go to .build/fuzz/corpus/TARGET, not into the repository.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
wanted=${1:-all}
seconds=${2:-60}
build=$root/.build/fuzz

if [ -z "${FUZZ_BUILT:-}" ]; then
    "$root/samples/install.sh" "$root/samples/packages.txt" "$root/tests/packages.txt" \
        "$root/tests/fuzz/packages.txt"
    mkdir -p "$build"
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-14 \
        -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS=-O1 -g1" \
        -DSEALDESK_UNITY=ON -DSEALDESK_TESTS=ON -DSEALDESK_FUZZ=ON >"$build/configure.log" 2>&1 ||
        { cat "$build/configure.log" >&2; exit 3; }
    ninja -C "$build" -j"$(nproc)" sealdesk_fuzz
fi
[ "$wanted" != build ] || exit 0
[ "$wanted" != all ] || wanted="csv json xml xlsx zip encoding image yaml page bounce"

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:allocator_may_return_null=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$root/tests/support/lsan.supp:print_suppressions=0}
status=0
mkdir -p "$build/found"
for target in $wanted; do
    mkdir -p "$build/corpus/$target"
    echo "== $target, $seconds s" >&2
    FUZZ_TARGET=$target "$build/tests/sealdesk_fuzz" -max_total_time="$seconds" -timeout=20 \
        -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$build/found/$target-" "$build/corpus/$target" \
        "$root/tests/fuzz/corpus/$target" || status=1
done
exit $status
