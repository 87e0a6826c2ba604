# What the two demo officers, the print room and the operator do; sourced by run.sh. They look at
# findings and seal figures as people would: the engine shows, it decides nothing.

# Ann believes a seal unless the figures suggest a mismatch; where they say "look closely" she looks
# at the picture on the request sheet.
believable='(.specimen == "" or .comparison.suggestion != "mismatch_suggested")'

examine() { # CHECK RESULT NOTE NUMBER...
    local check=$1 result=$2 note=$3
    shift 3
    [ $# -gt 0 ] || return 0
    sealdesk --as ann --json request check "$@" --check "$check" "--$result" --note "$note" >/dev/null
}

decide() { # approve | reject, REASON, NUMBER...
    local verdict=$1 reason=$2
    shift 2
    [ $# -gt 0 ] || return 0
    sealdesk --as ben --json request decide "$@" "--$verdict" ${reason:+--reason "$reason"} \
        >"$work/decided.jsonl"
    jq -rs 'map(select(.state)) | group_by(.state) | map("  ben: \(.[0].state) \(length)") | .[]' \
        <"$work/decided.jsonl"
}

# Ann returns a form whose documents are not complete; the applicant brings them; it comes in again.
return_incomplete() {
    sealdesk --json request list --check documents >"$work/queue.jsonl"
    read_numbers '.request' "$work/queue.jsonl"
    [ ${#numbers[@]} -gt 0 ] || return 0
    sealdesk --json request show "${numbers[@]}" >"$work/shown.jsonl"
    jq -r 'select(.findings | map(select(.check == "documents")) | length > 0) |
        [.request, (.findings | map(select(.check == "documents") | .zh) | join("；"))] | @tsv' \
        <"$work/shown.jsonl" >"$work/incomplete.tsv"
    local number reason
    while IFS=$'\t' read -r number reason; do
        echo "  ann: $number returned for correction: $reason"
        sealdesk --as ann request return "$number" --reason "$reason" >/dev/null
    done <"$work/incomplete.tsv"
}

# What applicants bring after a return, when the inbox says so: record, TAB, FIELD=TEXT.
take_corrections() {
    [ -e "$inbox/corrections.list" ] || return 0
    sealdesk --json request list --state returned >"$work/returned.jsonl"
    local record change number
    while IFS=$'\t' read -r record change; do
        number=$(jq -r --arg record "$record" 'select(.record == $record) | .request' \
            <"$work/returned.jsonl")
        [ -n "$number" ] || continue
        echo "  dee: $number came back corrected"
        sealdesk --as dee request edit "$number" --set "$change" >/dev/null
    done <"$inbox/corrections.list"
}

examine_papers() { # CHECK
    sealdesk --json request list --check "$1" >"$work/queue.jsonl"
    read_numbers '.request' "$work/queue.jsonl"
    examine "$1" pass "" "${numbers[@]}"
    [ ${#numbers[@]} -eq 0 ] || echo "  ann: $1 of ${#numbers[@]} passed"
}

examine_seals() {
    sealdesk --json request list --check seal >"$work/queue.jsonl"
    read_numbers '.request' "$work/queue.jsonl"
    [ ${#numbers[@]} -gt 0 ] || return 0
    # A reset whose registration is not decided yet cannot be compared: it waits for the next round.
    sealdesk --json request compare "${numbers[@]}" >"$work/seals.jsonl" || true
    jq -r 'select(.seals) | select(.seals | map(.specimen != "") | any) |
        "  \(.record // .request)  " + (.seals | map("\(.role) \(.comparison.suggestion) \(.comparison.score | floor)") | join("  "))' \
        <"$work/seals.jsonl"
    read_numbers "select(.seals) | select(.seals | map(.comparison.comparable and
        $believable) | all) | .request" "$work/seals.jsonl"
    examine seal pass "" "${numbers[@]}"
    read_numbers "select(.seals) | select(.seals | map(.comparison.comparable and
        $believable) | all | not) | .request" "$work/seals.jsonl"
    examine seal fail "印鑑與原留印鑑不符" "${numbers[@]}"
}

decide_examined() {
    sealdesk --json request list --state examined >"$work/queue.jsonl"
    read_numbers '.request' "$work/queue.jsonl"
    [ ${#numbers[@]} -gt 0 ] || return 0
    sealdesk --json request show "${numbers[@]}" >"$work/shown.jsonl"
    read_numbers 'select(.checks | map(.state == "failed") | any) | .request' "$work/shown.jsonl"
    decide reject "印鑑與原留印鑑不符，無法確認為申請人本人之意思" "${numbers[@]}"
    read_numbers 'select(.checks | map(.state == "passed") | all) | .request' "$work/shown.jsonl"
    decide approve "" "${numbers[@]}"
}

officers_work() {
    return_incomplete
    take_corrections
    examine_papers documents
    examine_papers identity
    examine_papers eligibility
    examine_seals
    decide_examined
}

# Dee decrypts each batch once, "prints" it, and posts or hands over what is in it.
print_room_work() {
    sealdesk --json slip batches >"$work/batches.jsonl"
    read_numbers 'select(.state == "ready") | .batch' "$work/batches.jsonl"
    mkdir -p "$desk/print/printed"
    local batch
    for batch in "${numbers[@]}"; do
        sealdesk --as dee slip print "$batch"
        cp "$desk/print/queue/$batch.pdf" "$desk/print/printed/$batch.pdf"
        chmod 600 "$desk/print/printed/$batch.pdf"
        sealdesk --json slip list --state printed >"$work/printed.jsonl"
        local tracking=()
        mapfile -t tracking < <(jq -r 'select(.delivery == "post") |
            "--tracking=\(.slip)=RM\(.slip | gsub("[^0-9]"; ""))TW"' <"$work/printed.jsonl")
        sealdesk --as dee slip ack "$batch" "${tracking[@]}"
    done
}

# The card centre reports the empty cards (T 5.1.4); each goes in the envelope of its slip, or into the
# same hands (T 6.3).
cards_work() {
    sealdesk --json card list >"$work/cards.jsonl"
    sealdesk --json parcel list >"$work/parcels.jsonl"
    sealdesk --json slip list >"$work/slips.jsonl"
    read_numbers 'select(.state == "ordered") | .order | sub("^request:"; "")' "$work/cards.jsonl"
    local number card parcel tracking
    for number in "${numbers[@]}"; do
        card=MA${number//[^0-9]/}
        sealdesk --as dee token made "$number" --card-number "$card" >/dev/null
        parcel=$(jq -r --arg request "$number" 'select(.request == $request) | .parcel' \
            <"$work/parcels.jsonl")
        tracking=$(jq -r --arg request "$number" \
            'select(.request == $request and .tracking != "") | .tracking' <"$work/slips.jsonl" | tail -n 1)
        if [ -n "$parcel" ]; then
            sealdesk --as dee parcel post "$parcel" --tracking "${tracking:-RM${card#MA}TW}" >/dev/null
        else
            sealdesk --as ann card received "$card" --reason "picked up" >/dev/null
        fi
    done
    echo "  cards sent or handed over: ${#numbers[@]}"
}

# Whoever picks up a card pays at the counter; the receipt is printed already.
cash_work() {
    sealdesk --json fee list >"$work/due.jsonl"
    read_numbers '.receipt' "$work/due.jsonl"
    for number in "${numbers[@]}"; do
        sealdesk --as dee fee pay "$number" >/dev/null
    done
    echo "  paid: ${#numbers[@]}"
}

certificate_work() {
    [ ! -e "$desk/reports/subscriber.pem" ] || { echo "  done before"; return 0; }
    sealdesk --json request list --state completed >"$work/done.jsonl"
    read_numbers 'select(.form == "registration") | .request, .scheme' "$work/done.jsonl"
    [ ${#numbers[@]} -gt 0 ] || return 0
    openssl req -new -newkey rsa:2048 -noenc -subj "/CN=ignored" -keyout "$work/subscriber.key" \
        -out "$work/subscriber.csr" 2>/dev/null
    sealdesk --as ben ca issue "${numbers[0]}" --csr "$work/subscriber.csr" \
        -o "$desk/reports/subscriber.pem"
    sealdesk ca crl
    openssl verify -CAfile "$desk/ca/${numbers[1]}/ca.pem" "$desk/reports/subscriber.pem"
}

# Every row of the inbox has a fate, and when the folder says what it expects, that very fate.
account_for_rows() {
    jq -r '[.record // "-", .fate] | @csv' <"$work/fates.jsonl" | tr -d '"' | sort >"$work/fates.csv"
    echo "  rows: $(wc -l <"$work/fates.csv")"
    local expected=$inbox/expected.csv
    [ "$inbox" != "$root/samples/inbox" ] || expected=$root/samples/expected.csv
    [ -e "$expected" ] || return 0
    sed '1s/^\xef\xbb\xbf//' "$expected" | tail -n +2 | tr -d '\r' | cut -d, -f1,2 | sort \
        >"$work/expected.csv"
    if diff "$work/expected.csv" "$work/fates.csv" >"$work/fates.diff"; then
        echo "  all fates as expected"
    else
        cat "$work/fates.diff"
        exit 1
    fi
}
