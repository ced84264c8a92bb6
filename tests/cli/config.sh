# A run's config, or its whole output, gives the same run again; options beside it override; what is wrong with a file
# is told with line and column.
. "$(dirname "$0")/lib.sh"

config_of() {
    sed -n 's/^"config":\(.*\),$/\1/p' "$1"
}

i=0
while read -r arguments; do
    i=$((i + 1))
    expect 0 run --clock virtual $arguments --format json -o first$i.json --quiet
    config_of first$i.json >config$i.json
    expect 0 run --config config$i.json --format json -o second$i.json --quiet
    config_of second$i.json >again$i.json
    same config$i.json again$i.json
    sed 's/"host":{[^}]*}[^}]*}//g' first$i.json >a
    sed 's/"host":{[^}]*}[^}]*}//g' second$i.json >b
    same a b
    expect 0 run --config first$i.json --format json -o third$i.json --quiet
    sed 's/"host":{[^}]*}[^}]*}//g' third$i.json >b
    same a b
done <<'ARGUMENTS'
--nodes 4
--preset article --byzantine 2
--nodes 7 --byzantine 2 --behavior silent --seed 12
--nodes 7 --byzantine-ids 3,5 --behavior 5:silent,3:crash --deadline 5s
--delay normal:250ms,50ms --client-delay none --drop 0.1 --client-drop 0 --duplicate 3% --reorder 12.5% --reorder-extra 1500us
--delay lognormal:10ms,0.5 --gst 1s --fifo --requests 10 --warmup 3 --repeat 2
--rate 1.5k/s --requests 50 --payload 100 --batch 8 --pipeline 3 --checkpoint-interval 10 --window 20
--quorum 4 --reply-quorum 1 --view-timeout 123456789ns --client-timeout 2s --retransmit off --drop 1%
--retransmit 30ms --deadline 3s --stall 1s --timeline 10ms --time-scale 1 --delay-lines 1 --pin=off --processing fixed:1us
--auth none --expect safe,live --seed 9000000000000000001
ARGUMENTS
[ "$i" -eq 10 ] || fail "not all scenarios ran"

# options beside it override, and what was derived is derived again
expect 0 run --config config1.json --nodes 7 --format json
says "$out" '"nodes":7' '"quorum":5' '"reply_quorum":3'
expect 0 run --config config1.json --delay fixed:1ms --format json
says "$out" '"client_delay":"fixed:1ms"' '"view_timeout_ns":10000000'
# what was not the default stays
expect 0 run --config config8.json --delay fixed:1ms --format json
says "$out" '"quorum":4' '"view_timeout_ns":123456789' '"client_timeout_ns":2000000000'
expect 0 run --config config4.json --byzantine 1 --behavior silent --format json
says "$out" '"byzantine":1' '"byzantine_ids":null' '"behavior":"silent"'

# file TEXT FILE-CONTENT...: refused with the text
refused() {
    local text=$1
    shift
    printf '%s\n' "$@" >bad.json
    expect 64 run --config bad.json
    says "$err" "bad.json: $text"
}
refused "line 2, column 4: \"nods\": there is no option of that name" '{ "schema": 1,' '   "nods": 4 }'
refused 'line 2, column 21' '{ "nodes": 4,' '  "clients": 2 "drop": 0 }'
refused 'line 1, column 3: "nodes": a whole number is allowed' '{ "nodes": "4" }'
refused 'line 1, column 3: "nodes": a whole number from 1 to 16384' '{ "nodes": 0 }'
refused 'line 3, column 1: "drop": a share from 0 to 1' '{"nodes": 4,' '' '"drop": 1.5}'
refused 'line 1, column 2: "view_timeout_ns": a whole number of nanoseconds' '{"view_timeout_ns": "10ms"}'
refused 'line 1, column 2: "byzantine_ids": an array of ids or null' '{"byzantine_ids": [0, "x"]}'
refused 'line 1, column 2: "fifo": true or false' '{"fifo": 1}'
refused 'line 1, column 2: "nodes": null is not allowed' '{"nodes": null}'
refused '--byzantine 5: there are only 4 replicas' '{"byzantine": 5}'
refused 'line 1, column 1' '[4]'
refused 'line 1, column 2: "schema": only schema 1' '{"schema": 2, "config": {}}'
refused 'line 2, column 0' ''
refused 'line 1, column 20: duplicate object key' '{"nodes": 4, "nodes": 4 }'
expect 64 run --config missing.json
says "$err" "cannot read 'missing.json': No such file or directory"
expect 64 run --config .
says "$err" "cannot read '.': Is a directory"
finish
