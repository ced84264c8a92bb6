# --schedule: what is wrong with a file is told by its place; the config shows it whole; a sweep may vary it.
. "$(dirname "$0")/lib.sh"
examples=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../docs/schedules") && [ -e "$examples/halves.json" ] || exit 1

without_host() {
    sed 's/"host":{[^}]*}[^}]*}//g' "$1"
}

# refused TEXT JSON: for 4 replicas the schedule is refused, with that reason and the place where the JSON has an @.
refused() {
    local before=${2%%@*}
    local lines=${before//[!$'\n']/} line=${before##*$'\n'}
    printf '%s' "${2/@/}" >bad.json
    expect 64 run --clock virtual --schedule bad.json
    says "$err" "--schedule bad.json:$((${#lines} + 1)):$((${#line} + 1)): $1"
    [ ! -s "$out" ] || fail "$last: something on standard output"
}

event() {
    printf '{"schema": 1, "events": [\n  %s\n]}' "$1"
}

# --- the document
refused "a schedule is an object" '@[]'
refused '"schema": 1 is missing' '@{"events": []}'
refused '"schema" is 1: no other is known' '{"schema": @2, "events": []}'
refused '"schema" is 1: no other is known' '{"schema": @"1", "events": []}'
refused '"events" is a list' '@{"schema": 1}'
refused '"events" is a list' '{"schema": 1, "events": @{}}'
refused '"rules" is not known here; there are: "schema", "events"' '{"schema": 1, @"rules": []}'
refused "string or '}' expected near 'nonsense'" '{"schema": 1,
    nonsens@e}'
refused "duplicate object key" '{"schema": 1, "schema@": 1, "events": []}'
refused "end of file expected" '{"schema": 1, "events": []} @x'
printf '{"schema": 1, "events": []}\0' >bad.json
expect 64 run --clock virtual --schedule bad.json
says "$err" "zero byte"
expect 64 run --clock virtual --schedule /dev/null
expect 64 run --clock virtual --schedule missing.json
says "$err" "--schedule: cannot read 'missing.json': No such file"
expect 64 run --clock virtual --schedule .
says "$err" "--schedule: cannot read '.': Is a directory"

# --- events
refused "an event is an object" "$(event '@1')"
refused "an event is one of crash, recover, partition, heal, links" "$(event '@{"at": "1s"}')"
refused '"at" is missing' "$(event '@{"crash": [0]}')"
refused '"state" is not known here; there are: "at", "crash"' "$(event '{"at":"1s","crash":[0],@"state":"kept"}')"
refused '"crash" and "heal" are two events' "$(event '{"at": "1s", "crash": [0], @"heal": true}')"
refused '"at" is a time with its unit' "$(event '{"at": @100, "crash": [0]}')"
refused "\"at\": '100' has no unit" "$(event '{"at": @"100", "crash": [0]}')"
refused "\"at\": '-1s' is not a time" "$(event '{"at": @"-1s", "crash": [0]}')"
refused '"at": at most' "$(event '{"at": @"2000000h", "crash": [0]}')"
refused '"at" runs backwards: the event before is at 1s' "$(event '{"at": "1s", "crash": [0]},
 {"at": @"999ms", "crash": [1]}')"

# --- crash and recover
refused 'replica 9 in "crash": there are 4 replicas, 0..3' "$(event '{"at": "1s", "crash": [0, @9]}')"
refused 'replica -1 in "crash"' "$(event '{"at": "1s", "crash": [@-1]}')"
refused '"crash" lists ids of replicas, 0..3' "$(event '{"at": "1s", "crash": [@"client"]}')"
refused '"crash" lists ids of replicas, 0..3' "$(event '{"at": "1s", "crash": [@1.0]}')"
refused '"crash" is a list of ids' "$(event '{"at": "1s", "crash": @0}')"
refused '"crash" must not be empty' "$(event '{"at": "1s", "crash": @[]}')"
refused 'replica 0 in "crash" is down already' "$(event '{"at": "1s", "crash": [0, @0]}')"
refused 'replica 1 in "recover" is not down' "$(event '{"at": "1s", "recover": [@1], "state": "kept"}')"
refused '"recover" needs "state": "kept" or "lost"' "$(event '@{"at": "1s", "recover": [1]}')"
refused '"recover" needs "state": "kept" or "lost"' "$(event '{"at": "1s", "recover": [1], "state": @"gone"}')"
refused 'replica 1 in "recover" goes down at the same time' "$(event '{"at":"1s","crash":[1]},
 {"at":"1s","recover": [@1], "state": "kept"}')"

# --- partitions
refused 'replica 4 in "partition"' "$(event '{"at": "1s", "partition": [[0,@4]]}')"
refused 'replica 0 is in "partition" twice' "$(event '{"at": "1s", "partition": [[0],[@0]]}')"
refused '"client" is in "partition" twice' "$(event '{"at": "1s", "partition": [["client"],[@"client"]]}')"
refused "a group is a list of ids that is not empty" "$(event '{"at": "1s", "partition": [[0],@[]]}')"
refused "a group is a list of ids that is not empty" "$(event '{"at": "1s", "partition": [@0,1]}')"
refused '"partition" is a list of groups' "$(event '{"at": "1s", "partition": @[]}')"
refused '"partition" is a list of groups' "$(event '{"at": "1s", "partition": @"leader"}')"
refused '"until" must be after "at"' "$(event '{"at": "1s", "until": @"1s", "partition": [[0]]}')"
refused '"views" is the first and the last' "$(event '{"at": "1s", "partition": [[0]], "views": @[3,1]}')"
refused '"views" is the first and the last' "$(event '{"at": "1s", "partition": [[0]], "views": @{}}')"
refused '"one_way" is true or false' "$(event '{"at": "1s", "partition": [[0]], "one_way": @1}')"
refused '"one_way" goes with groups' "$(event '{"at": "1s", "partition": "primary", @"one_way": true}')"
refused '"heal": there is no partition to heal' "$(event '{"at": "1s", @"heal": true}')"
refused '"heal" is true' "$(event '{"at": "1s", "heal": @false}')"
refused '"heal" comes at the time' "$(event '{"at": "1s", "partition": [[0]]},
  {"at": "1s", @"heal": true}')"

# --- links
rule() {
    event "{\"at\": \"1s\", \"links\": $1}"
}
refused '"links" needs a "delay", a "drop"' "$(event '@{"at": "1s", "links": {}}')"
refused '"links" is an object' "$(rule '@[0], "drop": 1')"
refused '"form" is not known here; there are: "from", "to", "types"' "$(rule '{@"form": [1]}, "drop": 1')"
refused 'replica 4 in "from"' "$(rule '{"from": [@4]}, "drop": 1')"
refused 'replica 4 in "to"' "$(rule '{"to": [@4]}, "drop": 1')"
refused '"to" lists ids of replicas' "$(rule '{"to": [@"clients"]}, "drop": 1')"
refused '"to" must not be empty' "$(rule '{"to": @[]}, "drop": 1')"
refused 'replica 1 is in "to" twice' "$(rule '{"to": [1, @1]}, "drop": 1')"
refused 'Commit is no type of message; there are: pre_prepare, prepare' "$(rule '{"types": [@"Commit"]}, "drop": 1')"
refused 'none is no type of message' "$(rule '{"types": [@"none"]}, "drop": 1')"
refused 'commit is in "types" twice' "$(rule '{"types": ["commit", @"commit"]}, "drop": 1')"
refused '"drop": a share from 0 to 1' "$(rule '{}, "drop": @1.5')"
refused '"drop": a share from 0 to 1' "$(rule '{}, "drop": @"150%"')"
refused '"drop" is a share' "$(rule '{}, "drop": @true')"
refused "\"delay\": delay 'fixed:10'" "$(rule '{}, "delay": @"fixed:10"')"
refused '"delay" is a distribution' "$(rule '{}, "delay": @10')"
# strings with what looks like JSON, keys written with escapes, columns that count characters
refused '"[{,:" is not known here' "$(event '{"at": "1s", "heal": true, @"[{,:": "]}\\\""}')"
refused 'replica 7 in "crash"' "$(event '{"\u0061t": "1s", "cr\u0061sh": [@7]}')"
printf '{"schema": 1, "events": [{"\303\244": 1, "crash": [0], "heal": true}]}' >bad.json
expect 64 run --clock virtual --schedule bad.json
says "$err" "bad.json:1:49: "

# --- the examples, all of them, by file, by what stands in it, and by the config of what came of it
for example in "$examples"/*.json; do
    case $example in
    */halves.json | */split-brain.json) set -- --nodes 6 ;;
    */follow-the-primary.json) set -- --nodes 4 --gst 1s ;;
    *) set -- --nodes 4 ;;
    esac
    set -- --clock virtual --requests 20 --seed 7 --format json "$@"
    expect 0 run "$@" --schedule "$example" -o file.json --quiet
    says file.json '"safe":true'
    expect 0 run "$@" --schedule "$(cat "$example")" -o inline.json --quiet
    expect 0 run --config file.json -o config.json --quiet
    without_host file.json >file
    for other in inline config; do
        without_host $other.json | sed 's/"command":"[^"]*"//g' >other
        sed 's/"command":"[^"]*"//g' file >plain
        same plain other
    done
done
expect 0 run --config file.json --schedule none --format json
says "$out" '"schedule":null'
expect 0 run --clock virtual --schedule "$examples/primary-crash.json"
says "$out" "schedule" "primary-crash.json"

# a schedule within a config is told by its place in that file
cat >broken.json <<'CONFIG'
{"schema": 1, "config": {"clock": "virtual", "nodes": 4,
  "schedule": {"schema": 1, "events": [
    {"at": "1s", "links": {"from": [7]}, "drop": 1}]}}}
CONFIG
expect 64 run --config broken.json
says "$err" 'broken.json:3:37: replica 7 in "from": there are 4 replicas, 0..3'

# --- what it changes elsewhere: what may be lost is sent again, and time runs from the last event
expect 0 run --clock virtual --schedule "$examples/late-commits.json" --format json
says "$out" '"retransmit_ns":null' '"deadline_ns":2300000000' '"faults":{"link_rule":1}'
lacks "$err" "touched no message"
expect 0 run --clock virtual --schedule "$examples/primary-crash.json" --requests 5 --format json
says "$out" '"retransmit_ns":80000000' '"deadline_ns":12000000000' '"faults":{"crash":1}' '"live":true'

# --- what has no effect is told
late='{"schema": 1, "events": [{"at": "9s", "partition": "primary"}]}'
expect 0 run --clock virtual --schedule "$late" --repeat 3 --format json
says "$out" '"faults":{"partition":0}'
says "$err" "in 3 of 3 runs a partition or link rule of --schedule touched no message"
expect 0 run --clock virtual --schedule "$late" --repeat 3
says "$out" "partitions lost 0 messages; in 3 of 3 runs one of them touched none"
expect 0 sweep --clock virtual --schedule "$late" --nodes 4,7 --repeat 2
says "$err" "in 4 of 4 runs a partition or link rule of --schedule touched no message"

# --- the dip of throughput through a crash and its view change: in the table, and in the bins of the JSON
set -- --clock virtual --schedule "$examples/primary-crash.json" --requests 60 --clients 4 --seed 1 --timeline 50ms
expect 0 run "$@"
says "$out" "scheduled: 1 outage;" "requests executed within 50.0 ms"
grep -qE '^  50.0 ms +0 +3  #{30}$' "$out" || fail "$last: no bar before the crash"
grep -qE '^  300 ms +0 +0$' "$out" || fail "$last: no dip"
grep -qE '^  500 ms +1 +0$' "$out" || fail "$last: no view change"
expect 0 run "$@" --format json
says "$out" '{"executed":0,"view":0},{"executed":0,"view":1},{"executed":2,"view":1}'

# --- a quorum that is too small, and two halves: each orders what reaches it
set -- --clock virtual --nodes 6 --schedule "$examples/split-brain.json" --clients 8 --client-timeout 60ms --requests 40
expect 3 run "$@" --quorum 3 --seed 1 --deadline 20s --format json
says "$out" '"safe":false' '"property":"I1"' '"replicas":[0,3]'
expect 0 run "$@" --seed 1 --deadline 20s --format json
says "$out" '"safe":true' '"live":false'
sed 's/split-brain/halves/' <<<"$*" >arguments
expect 0 run $(cat arguments) --seed 1 --expect safe,live

# --- a sweep
ln -s "$examples"/*.json .
expect 0 sweep --clock virtual --schedule none,primary-crash.json,cut-off.json --nodes 4,7 --requests 5 --seed 1 -o rows.csv --quiet
says rows.csv "schedule," "none," "primary-crash.json," "cut-off.json,"
[ "$(lines rows.csv)" -eq 7 ] || fail "not seven lines: $(cat rows.csv)"
expect 64 sweep --clock virtual --schedule halves.json --nodes 7,4
says "$err" "halves.json:4:48: replica 4" "there are 4 replicas, 0..3"
cp primary-crash.json mine.json
expect 0 sweep --clock virtual --schedule mine.json --nodes 4,7 --requests 5 --seed 1 -o mine.csv --quiet
sed 's/100ms/101ms/' primary-crash.json >mine.json
expect 64 sweep --clock virtual --schedule mine.json --nodes 4,7 --requests 5 --seed 1 -o mine.csv --quiet
says "$err" "--schedule"

# --- on threads
expect 0 run --schedule primary-crash.json --requests 8 --seed 1 --time-scale 0.2 --expect safe,live --format json
says "$out" '"faults":{"crash":1}'

finish
