#!/bin/bash
# The main job, end to end: installs what is missing, builds, makes a demo desk, takes a day's paper
# forms in, lets two demo officers work, prints and mails slips, and says where to look.
#
#   samples/run.sh             samples/inbox
#   samples/run.sh FOLDER      another day's inbox
#
# A second run adds nothing. SEALDESK_DEMO=DIR puts the desk elsewhere.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
inbox=$(realpath "${1:-$root/samples/inbox}")
if [ -n "${SEALDESK_DEMO:-}" ]; then
    desk=$SEALDESK_DEMO
elif [ $# -gt 0 ]; then
    desk=$root/.build/desk-$(basename "$inbox")-$(printf %s "$inbox" | cksum | cut -d' ' -f1)
else
    desk=$root/.build/desk
fi
work=$(mktemp -d)
sink_pid=
finish() { [ -z "$sink_pid" ] || kill "$sink_pid" 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT

step() { printf '\n== %s\n' "$*"; }
sealdesk() { "$root/.build/release/sealdesk" --desk "$desk" "$@"; }
# jq's lines into the numbers array
read_numbers() { mapfile -t numbers < <(jq -r "$1" <"$2"); }

step "build"
"$root/samples/build.sh"
. "$root/samples/officers.sh"

step "desk"
port=$((20000 + $(printf %s "$desk" | cksum | cut -d' ' -f1) % 20000))
sealdesk init --demo --mail-port "$port"
/usr/bin/python3 "$root/samples/mail_sink.py" --port "$port" --cert "$desk/mail-sink/sink.pem" \
    --key "$desk/mail-sink/sink.key" --key-password-file "$desk/secrets/sink.passphrase" \
    --user sealdesk --password-file "$desk/secrets/mail.password" \
    --out "$desk/mail-sink/mails" >"$work/sink.log" 2>&1 &
sink_pid=$!
timeout 20 sh -c "until grep -q ready '$work/sink.log'; do sleep 0.1; done"

step "import  $inbox"
status=0
mapfile -t files < <(find "$inbox" -maxdepth 1 \( -iname '*.csv' -o -iname '*.json' -o -iname '*.zip' \) \
    ! -name expected.csv ! -name '*.result.csv' | sort)
sealdesk --as dee --json import "${files[@]}" >"$work/fates.jsonl" || status=$?
[ "$status" -le 1 ] || { cat "$work/fates.jsonl"; exit "$status"; }
jq -r 'select(.fate != "accepted") |
    "  \(.record // "-")  \(.fate)  \(.duplicate_of // (.reasons | map("\(.rule): \(.message)") | join("; ")))"' \
    <"$work/fates.jsonl"
jq -rs 'group_by(.fate) | map("\(.[0].fate) \(length)") | "  " + join(", ")' <"$work/fates.jsonl"

# Registrations first: a reset is compared with the seal that its registration has left.
for round in 1 2 3; do
    step "officers, round $round"
    officers_work
    step "jobs"
    status=0
    sealdesk run --until-idle --workers 2 || status=$?
    [ "$status" -le 1 ] || exit "$status"
done

step "print room"
print_room_work
cards_work
sealdesk run --until-idle

step "cash"
cash_work

step "certificate for one subscriber"
certificate_work

step "request sheets"
mkdir -p "$desk/reports/sheets"
sealdesk --json request list --state completed >"$work/done.jsonl"
sealdesk --json request list --state rejected >>"$work/done.jsonl"
read_numbers '.request' "$work/done.jsonl"
for number in "${numbers[@]}"; do
    [ -e "$desk/reports/sheets/$number.html" ] ||
        sealdesk request sheet "$number" -o "$desk/reports/sheets/$number.html" 2>/dev/null
done
echo "  ${#numbers[@]} sheets"

step "proof"
sealdesk audit checkpoint >/dev/null
sealdesk audit verify
sealdesk report day | tee "$desk/reports/day.txt"

step "every row accounted for"
account_for_rows

step "where to look"
cat <<EOF
  fates of each row   $(ls "$inbox"/*.result.csv >/dev/null 2>&1 && echo "$inbox/*.result.csv" || echo "$desk/results/")
  print batches       $(ls "$desk"/print/printed/*.pdf 2>/dev/null | head -n 1 || true)
  mails that arrived  $desk/mail-sink/mails/  ($(find "$desk/mail-sink/mails" -name '*.eml' | wc -l))
  request sheets      $desk/reports/sheets/
  day report          $desk/reports/day.txt
  try it yourself     .build/release/sealdesk --desk $desk request list
EOF
