#!/bin/bash
# A private Postfix for tests: STARTTLS and AUTH on a free loopback port, every accepted mail into
# one Maildir, on a scratch folder. Works as root, needs no systemd, touches nothing of the
# system's own Postfix. Nothing leaves the machine: every domain is delivered here, no transport
# leads out.
#
#   tests/support/postfix.sh start DIR    starts it and prints lines `export NAME=value` to eval:
#                                         SEALDESK_TEST_SMTP_PORT, SEALDESK_TEST_SMTP_CA,
#                                         SEALDESK_TEST_SMTP_USER, SEALDESK_TEST_SMTP_PASSWORD_FILE,
#                                         SEALDESK_TEST_MAILDIR, SEALDESK_TEST_BOUNCE_MAILDIR,
#                                         SEALDESK_TEST_SMTP_PLAIN_PORT
#   tests/support/postfix.sh stop DIR     ends it
#
# Recipients: every address is accepted, except that a local part that begins with "unknown" is
# refused with 550 5.1.1. Accepted and then reported about (RFC 3464): "gone…" does not exist
# (5.1.1), "full…" is full (5.2.2), "later…" stays full (delayed after a second, failed with 4.2.2
# after ten). Reports go to bounce@ and bounce+…@, a Maildir of their own. The plain port (no TLS, no AUTH, loopback) is for comparing speeds with
# smtp-source. Needs: postfix, sasl2-bin, libsasl2-modules, openssl.
set -euo pipefail

usage() { sed -n '2,20s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
etc=$dir/etc
user=desk@mail.example.test

fail() { echo "postfix.sh: $*" >&2; exit 1; }

# Postfix' daemons run as other users and must reach their folders.
open_the_way() {
    chmod 755 "$dir"
    local above=$dir
    while [ "$above" != / ]; do
        above=$(dirname "$above")
        [ -n "$(find "$above" -maxdepth 0 -perm -o=x)" ] ||
            fail "$above is closed to other users; choose a folder that is not below it"
    done
}

# The master process, if it is ours: it runs on our configuration.
running() {
    local pid
    pid=$(cat "$dir/spool/pid/master.pid" 2>/dev/null | tr -d ' \n') || return 1
    [ -n "$pid" ] && { tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q master \
        && { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qxF -- "MAIL_CONFIG=$etc" \
        && echo "$pid"
}

free_ports() {
    /usr/bin/python3 - "$1" <<'P'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])
P
}

make_certificates() {
    mkdir -p "$dir/tls"
    cd "$dir/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
        -subj "/CN=test mail CA" -keyout ca.key -out ca.pem \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=mail.example.test" \
        -keyout server.key -out server.csr 2>/dev/null
    printf 'subjectAltName=DNS:localhost,DNS:mail.example.test,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' \
        >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
        -extfile server.ext -out server.pem 2>/dev/null
    cat server.pem ca.pem >chain.pem
    cd - >/dev/null
}

write_main_cf() {
    cat >"$etc/main.cf" <<M
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $dir/mail.log
maillog_file_prefixes = $dir
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
mynetworks =
alias_maps =
alias_database =
local_transport = error:5.7.1 this server keeps everything
default_transport = error:5.7.1 this server keeps everything
relay_transport = error:5.7.1 this server keeps everything
smtp_host_lookup = native
smtpd_peername_lookup = no
virtual_mailbox_domains = static:here
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = regexp:$etc/boxes
transport_maps = regexp:$etc/transport
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 2s
delay_warning_time = 1s
maximal_queue_lifetime = 10s
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
message_size_limit = 12000000
smtpd_tls_security_level = may
smtpd_tls_cert_file = $dir/tls/chain.pem
smtpd_tls_key_file = $dir/tls/server.key
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain =
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_non_fqdn_recipient, permit_sasl_authenticated, reject
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_forbid_bare_newline = yes
strict_rfc821_envelopes = yes
M
}

write_master_cf() {
    {
        echo "127.0.0.1:$1 inet n - n - - smtpd"
        echo "127.0.0.1:$2 inet n - n - - smtpd"
        echo "  -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no"
        echo "  -o mynetworks=127.0.0.0/8 -o smtpd_recipient_restrictions="
        echo "  -o smtpd_relay_restrictions=permit_mynetworks,reject"
        cat <<'M'
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
gone unix - n n - - pipe user=nobody argv=/bin/sh -c {echo 5.1.1 no such user; exit 67}
full unix - n n - - pipe user=nobody argv=/bin/sh -c {echo 5.2.2 mailbox is full; exit 73}
later unix - n n - - pipe user=nobody argv=/bin/sh -c {echo 4.2.2 mailbox is full; exit 75}
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
M
    } >"$etc/master.cf"
}

# Debian's Cyrus reads sasl/smtpd.conf below the configuration folder, and only there.
make_login() {
    mkdir -p "$etc/sasl" "$dir/sasl"
    cat >"$etc/sasl/smtpd.conf" <<M
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $dir/sasl/sasldb2
mech_list: PLAIN LOGIN
M
    (umask 077 && openssl rand -hex 16 >"$dir/password")
    tr -d '\n' <"$dir/password" |
        saslpasswd2 -p -c -u "${user#*@}" -f "$dir/sasl/sasldb2" "${user%@*}"
    chgrp postfix "$dir/sasl/sasldb2"
    chmod 640 "$dir/sasl/sasldb2"
}

start() {
    for tool in postfix saslpasswd2 openssl; do
        command -v "$tool" >/dev/null || fail "$tool is missing (packages: postfix sasl2-bin openssl)"
    done
    [ "$(id -u)" = 0 ] || fail "must run as root, as Postfix does"
    if running >/dev/null; then
        cat "$dir/exports"
        return
    fi
    open_the_way
    mkdir -p "$etc" "$dir/spool" "$dir/data" "$dir/mail"
    chown postfix "$dir/data"
    chown nobody:nogroup "$dir/mail"
    local ports port plain
    ports=$(free_ports 2)
    port=${ports% *}
    plain=${ports#* }
    make_certificates
    write_main_cf
    write_master_cf "$port" "$plain"
    printf '/^bounce[+@]/ bounces/\nif !/^unknown/\n/@/ all/\nendif\n' >"$etc/boxes"
    printf '%s\n' '/^gone/ gone:' '/^full/ full:' '/^later/ later:' >"$etc/transport"
    mkdir -p "$dir/mail/bounces"/{new,cur,tmp}
    chown -R nobody:nogroup "$dir/mail/bounces"
    make_login
    postfix -c "$etc" start >"$dir/start.log" 2>&1 || { cat "$dir/start.log" >&2; exit 1; }
    local try
    for try in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        [ "$try" -lt 100 ] || { cat "$dir/start.log" "$dir/mail.log" >&2; fail "does not answer"; }
        sleep 0.05
    done
    cat >"$dir/exports" <<M
export SEALDESK_TEST_SMTP_PORT=$port
export SEALDESK_TEST_SMTP_PLAIN_PORT=$plain
export SEALDESK_TEST_SMTP_CA=$dir/tls/ca.pem
export SEALDESK_TEST_SMTP_USER=$user
export SEALDESK_TEST_SMTP_PASSWORD_FILE=$dir/password
export SEALDESK_TEST_MAILDIR=$dir/mail/all
export SEALDESK_TEST_BOUNCE_MAILDIR=$dir/mail/bounces
M
    cat "$dir/exports"
}

stop() {
    local pid
    pid=$(running) || return 0
    kill "$pid"
    for _ in $(seq 100); do
        running >/dev/null || break
        sleep 0.05
    done
    ! running >/dev/null || fail "process $pid does not end"
}

case $command in
    start) start ;;
    stop) stop ;;
    *) usage ;;
esac
