#!/bin/bash
# A private smart card service (pcscd) with two virtual readers, for tests; as root.
#
#   tests/support/pcscd.sh start DIR      starts it and prints lines `export NAME=value` to eval:
#                                         PCSCLITE_CSOCK_NAME: where PC/SC clients find it
#                                         SEALDESK_TEST_READER: the first reader's name; the second
#                                         one's ends in 01
#                                         SEALDESK_TEST_READER_NET, SEALDESK_TEST_READER_PORT: the
#                                         network namespace, and the port in it, where the first
#                                         reader waits for its card; the second one's is the next
#   tests/support/pcscd.sh stop DIR       ends it and removes the folder
#
# The daemon's folder is compiled in, and the virtual reader listens on every address: it runs in
# namespaces of its own, so that several can run at once and nobody else reaches them.
set -euo pipefail

usage() { sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
export PATH=$PATH:/usr/sbin:/sbin
command=$1
[ "$command" != start ] || [ "$(id -u)" = 0 ] || {
    echo "pcscd.sh: root is needed, for a mount and a network namespace of the daemon's own" >&2
    exit 3
}
mkdir -p "$2"
dir=$(cd "$2" && pwd)
[ ${#dir} -le 85 ] || { echo "pcscd.sh: $dir: too long for the path of a Unix socket" >&2; exit 2; }

driver=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
port=35963
name="Sealdesk Test"

# The daemon, if it is ours: its command line names our configuration.
running() {
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$dir/readers" \
        && echo "$pid"
}

print_environment() {
    echo "export PCSCLITE_CSOCK_NAME='$dir/run/pcscd.comm'"
    echo "export SEALDESK_TEST_READER='$name 00 00'"
    echo "export SEALDESK_TEST_READER_NET=/proc/$(cat "$dir/pid")/ns/net"
    echo "export SEALDESK_TEST_READER_PORT=$port"
}

check_packages() {
    [ -x /usr/sbin/pcscd ] && [ -e "$driver" ] && command -v ip >/dev/null || {
        echo "pcscd.sh: install the packages pcscd, vsmartcard-vpcd and iproute2" >&2
        exit 3
    }
}

start() {
    if running >/dev/null; then
        print_environment
        return 0
    fi
    check_packages
    rm -rf "${dir:?}"/{run,readers,pid,log}
    mkdir "$dir/run" "$dir/readers"
    printf 'FRIENDLYNAME "%s"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n' \
        "$name" "$port" "$driver" "$port" >"$dir/readers/vpcd"
    # No terminal, no inherited pipes: whoever started this script need not wait for the daemon.
    # Every step is an exec, so that the process we know is the daemon.
    setsid unshare --mount --net bash -euc '
        mount -t tmpfs tmpfs /run
        mkdir /run/pcscd
        mount --bind "$1/run" /run/pcscd
        ip link set lo up
        exec pcscd --foreground --info --config "$1/readers"' pcscd.sh "$dir" \
        </dev/null >"$dir/log" 2>&1 &
    echo $! >"$dir/pid"
    local try
    for try in $(seq 400); do
        if grep -q 'daemon ready' "$dir/log" && [ -S "$dir/run/pcscd.comm" ]; then
            print_environment
            return 0
        fi
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
        sleep 0.05
    done
    echo "pcscd.sh: the daemon did not start:" >&2
    tail -n 20 "$dir/log" >&2
    end_daemon
    exit 3
}

end_daemon() {
    local pid
    pid=$(running) || return 0
    kill -KILL "$pid"   # nothing of its state is kept; its namespaces go with it
    while running >/dev/null; do sleep 0.02; done
}

stop() {
    end_daemon
    rm -rf "${dir:?}"
}

case $command in
    start) start ;;
    stop) stop ;;
    *) usage ;;
esac
