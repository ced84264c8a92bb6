# Recording, replaying, printing and drawing runs.
. "$(dirname "$0")/lib.sh"

# on threads and under the virtual clock: the replay says the same, and that it does
for clock in real virtual; do
    expect 0 run --clock $clock --seed 5 --requests 20 --clients 3 --delay uniform:100us..1ms --view-timeout 20s \
        --client-timeout 20s --record $clock.rec --format json
    grep -o '"history_digest":"[0-9a-f]*"' "$out" >recorded
    expect 0 replay $clock.rec --format json
    says "$out" '"same":true' '"difference":null' '"recording":"'$clock.rec'"'
    grep -o '"history_digest":"[0-9a-f]*"' "$out" >replayed
    same recorded replayed
    expect 0 replay $clock.rec --expect safe,live
    says "$out" "replayed the same: yes"
    expect 2 replay $clock.rec --expect violation
done

# recording changes nothing: votes that only count are steps then, and else are not
for seed in 1 2 3 4 5; do
    expect 0 run --clock virtual --seed $seed --nodes 7 --requests 500 --clients 20 --delay uniform:0..9ms \
        --view-timeout 30ms
    grep -v '^  host' "$out" >plain
    expect 0 run --clock virtual --seed $seed --nodes 7 --requests 500 --clients 20 --delay uniform:0..9ms \
        --view-timeout 30ms --record same.rec
    grep -v -e '^  host' -e '^  recorded' "$out" >recorded
    same plain recorded
done

# what a run was told by files is in its recording
printf ',a,b\na,1,20\nb,20,1\n' >matrix.csv
expect 0 run --clock virtual --latency-matrix matrix.csv --regions a,b --requests 3 --record regions.rec
rm matrix.csv
expect 0 replay regions.rec
expect 0 run --clock virtual --preset wan --requests 2 --record wan.rec
expect 0 replay wan.rec

cat >schedule.json <<'END'
{"schema": 1, "events": [{"at": "5ms", "crash": [0]}, {"at": "6ms", "until": "20ms", "partition": [[1], [2, 3]]},
    {"at": "6ms", "until": "1s", "links": {"types": ["commit"]}, "delay": "fixed:3ms"},
    {"at": "100ms", "recover": [0], "state": "lost"}]}
END
for clock in real virtual; do
    expect 0 run --clock $clock --seed 3 --delay uniform:1ms..2ms --view-timeout 30ms --requests 30 --schedule schedule.json \
        --retransmit 5ms --record down-$clock.rec
done
rm schedule.json
expect 0 replay down-real.rec
expect 0 replay down-virtual.rec

# a violation is shown again
expect 3 run --clock virtual --seed 7 --byzantine-ids 0,1 --behavior collude --deadline 2s --record broken.rec
grep "SAFETY VIOLATED" "$out" >recorded
expect 3 replay broken.rec
grep "SAFETY VIOLATED" "$out" >replayed
same recorded replayed
says "$out" "shown again by: pbft replay broken.rec"
expect 0 replay broken.rec --expect violation

# any interval and any node is printed
expect 0 replay virtual.rec --print -o table.json
[ "$(grep -c ' ms  ' "$out")" -gt 400 ] || fail "$last: too few events"
says "$out" "client 4    start -> REQUEST 1 of client 4 to replica 0" "-> PRE-PREPARE view 0 sequence 1" "; executed 1"
expect 0 replay virtual.rec --print --node 2 --from 1ms --until 3ms -o table.json
[ "$(awk '$2 == "ms"' "$out" | awk '$3 != "replica" || $4 != 2 || $1 < 1 || $1 >= 3' | wc -l)" -eq 0 ] ||
    fail "$last: other events"
[ "$(awk '$2 == "ms"' "$out" | wc -l)" -gt 3 ] || fail "$last: too few events"

# pictures, of a run and of a recording
for clock in real virtual; do
    for ending in svg json shiviz; do
        expect 0 run --clock $clock --seed 3 --requests 2 --delay uniform:100us..1ms --trace picture.$ending
        [ -s picture.$ending ] || fail "$last: no picture"
        expect 0 replay $clock.rec --from 1ms --until 2ms --trace part.$ending
        [ -s part.$ending ] || fail "$last: no picture"
    done
    says picture.svg "<svg" "COMMIT " "</svg>"
    says picture.json '{"displayTimeUnit":"ns","traceEvents":[' '"ph":"s"' '"ph":"f"' '"name":"executed 1"'
    says picture.shiviz '(?<host>' 'replica_0 {"replica_0":1}' '"client_4":'
done
command -v python3 >/dev/null && { python3 -m json.tool picture.json >/dev/null || fail "picture.json is no JSON"; }
expect 0 run --clock virtual --seed 1 --requests 500 --trace long.svg
says "$err" "'long.svg' shows only 0.000ms to"
says long.svg "cut off after"
expect 64 run --trace picture.png
says "$err" "--trace 'picture.png'" ".svg, .json or .shiviz"
expect 1 run --clock virtual --nodes 300 --trace wide.svg --quiet
says "$err" "at most 256 replicas can be drawn"
[ ! -e wide.svg ] || fail "a picture that was not drawn is there"

# cut short, changed, not a recording, not there
size=$(stat -c %s real.rec)
for cut in 0 7 15 300 $((size / 2)) $((size - 1)); do
    head -c $cut real.rec >cut.rec
    expect 1 replay cut.rec
    says "$err" "pbft replay: cut.rec: byte "
done
cp real.rec changed.rec
printf x | dd of=changed.rec bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
expect 1 replay changed.rec
says "$err" "changed.rec: byte " "checksum"
echo '{"schema":1,"config":{"nodes":4}}' >other.rec
expect 1 replay other.rec
says "$err" "other.rec: byte 0: this is no recording"
expect 1 replay /dev/zero
says "$err" "a recording is a regular file"
expect 1 replay absent.rec
says "$err" "cannot read 'absent.rec'"

# what cannot be asked for
expect 64 replay
expect 64 replay real.rec virtual.rec
expect 64 replay real.rec --step
says "$err" "not a terminal"
expect 64 replay real.rec --from 2ms --until 1ms --print
says "$err" "--until '1ms'"
expect 64 replay real.rec --node 99 --print
says "$err" "--node '99'" "clients 4 to 6"
expect 64 replay real.rec --node x --print
expect 64 replay real.rec --from 1ms
says "$err" "one of these is missing"
expect 64 replay real.rec --print --format json
expect 64 run --repeat 2 --record two.rec
says "$err" "--record takes one run, not --repeat 2"
expect 64 sweep --nodes 4,7 --record sweep.rec
expect 1 run --clock virtual --record /proc/nowhere/a.rec
says "$err" "cannot create the directory '/proc/nowhere'"
expect 1 run --clock virtual --record /dev/full
says "$err" "a regular file is allowed"

# a disk that is full: the results are told, exit 1, and what was there stays
cp real.rec old.rec
(ulimit -f 8; trap '' XFSZ; "$pbft" run --clock virtual --requests 2k --record old.rec >"$out" 2>"$err"; echo $? >code)
last="run with a full disk"
[ "$(cat code)" = 1 ] || fail "$last: exit $(cat code)"
says "$out" "2000 of 2000"
says "$err" "old.rec: the recording cannot be written: File too large"
same real.rec old.rec
[ "$(ls | grep -c part)" -eq 3 ] || fail "$last: left something behind"

expect 0 replay --help
says "$out" "--print" "--step" "--until" "--trace"
expect 0 run --help
says "$out" "--record" "--trace"
finish
