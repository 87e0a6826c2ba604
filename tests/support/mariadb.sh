#!/bin/bash
# A private MariaDB server for tests, on a scratch folder and loopback only.
#
#   tests/support/mariadb.sh start DIR    starts it and prints lines `export NAME=value` to eval:
#                                         SEALDESK_TEST_MYSQL, SEALDESK_TEST_MYSQL_PORT,
#                                         SEALDESK_TEST_MYSQL_CA, SEALDESK_TEST_MYSQL_WRONG_CA
#   tests/support/mariadb.sh stop DIR     ends it and removes the folder
#
# SEALDESK_TEST_DURABLE=1 makes every commit reach the disk, as in production (slower).
# SEALDESK_TEST_PLAIN=1 starts it without TLS (to test that such a server is refused).
set -euo pipefail

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
[ ${#dir} -le 90 ] || { echo "mariadb.sh: $dir: too long for the path of a Unix socket" >&2; exit 2; }

# The server's process, if it is ours: its command line names our data folder.
running() {
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "--datadir=$dir/data" \
        && echo "$pid"
}

# A CA, a server certificate for localhost and 127.0.0.1, and a CA that signed nothing.
make_certificates() {
    mkdir -p "$dir/tls"
    cd "$dir/tls"
    local name
    for name in ca wrong-ca; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=test $name" \
            -keyout "$name.key" -out "$name.pem" 2>/dev/null
    done
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr 2>/dev/null
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
        -extfile server.ext -out server.pem 2>/dev/null
    cd - >/dev/null
}

free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

print_environment() {
    echo "export SEALDESK_TEST_MYSQL='mysql://root@localhost/?socket=$dir/sock'"
    echo "export SEALDESK_TEST_MYSQL_PORT=$(cat "$dir/port")"
    echo "export SEALDESK_TEST_MYSQL_CA='$dir/tls/ca.pem'"
    echo "export SEALDESK_TEST_MYSQL_WRONG_CA='$dir/tls/wrong-ca.pem'"
}

launch() {
    local durability=(--innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0)
    [ -z "${SEALDESK_TEST_DURABLE:-}" ] || durability=(--innodb-flush-log-at-trx-commit=1)
    local tls=(--ssl-ca="$dir/tls/ca.pem" --ssl-cert="$dir/tls/server.pem" --ssl-key="$dir/tls/server.key")
    [ -z "${SEALDESK_TEST_PLAIN:-}" ] || tls=(--skip-ssl)
    free_port >"$dir/port"
    # No terminal, no inherited pipes: whoever started this script need not wait for the server.
    setsid mariadbd --no-defaults --user="$user" --datadir="$dir/data" --tmpdir="$dir/tmp" \
        --socket="$dir/sock" --bind-address=127.0.0.1,127.0.0.2 --port="$(cat "$dir/port")" \
        --pid-file="$dir/server.pid" --skip-name-resolve --skip-log-bin \
        --character-set-server=utf8mb4 --collation-server=utf8mb4_nopad_bin \
        --default-time-zone=+00:00 --max-connections=200 --max-allowed-packet=256M \
        "${durability[@]}" "${tls[@]}" </dev/null >"$dir/log" 2>&1 &
    echo $! >"$dir/pid"
    local try
    for try in $(seq 600); do
        mariadb --no-defaults --socket="$dir/sock" -uroot -e 'SELECT 1' >/dev/null 2>&1 && return 0
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

start() {
    if running >/dev/null; then
        print_environment
        return 0
    fi
    rm -rf "${dir:?}"/{data,tmp,tls,sock,pid,port,log,server.pid}
    user=$(id -un)
    mkdir -p "$dir/data" "$dir/tmp"   # its own tmp: a starting server deletes others' files there
    make_certificates
    mariadb-install-db --no-defaults --user="$user" --datadir="$dir/data" --tmpdir="$dir/tmp" \
        --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
        >"$dir/install.log" 2>&1 || { cat "$dir/install.log" >&2; exit 3; }
    local try
    for try in 1 2 3; do   # another process may take the free port first
        if launch; then
            print_environment
            return 0
        fi
    done
    echo "mariadb.sh: the server did not start:" >&2
    tail -n 20 "$dir/log" >&2
    exit 3
}

stop() {
    local pid
    if pid=$(running); then
        kill -KILL "$pid"   # the data is thrown away: no need to write it out first
        while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    fi
    rm -rf "${dir:?}"
}

case $command in
    start) start ;;
    stop) stop ;;
    *) usage ;;
esac
