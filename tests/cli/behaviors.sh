# The parameters of behaviors: `name(key=value,...)`; what is drawn is shown; a result says what misbehaving replicas did.
. "$(dirname "$0")/lib.sh"

run=(run --clock virtual --seed 1)
# a time that is given is kept: until then the replica executes, and its state is shown
expect 0 "${run[@]}" --byzantine-ids 3 --behavior 'crash(at=2s)' --requests 40 --format json -o at.json
says at.json '"behavior":"crash(at=2s)"'
lacks at.json '"byzantine_ids_drawn"'
lacks at.json '"executed":0,'
expect 0 "${run[@]}" --byzantine-ids 3 --behavior 'crash(at=0ms)' --requests 5 --format json -o zero.json
says zero.json '{"id":3,"correct":false,"behavior":"crash(at=0)","view":0,"executed":0,'
# a time that is drawn is shown, and so is who was drawn; given, they lead to the same run
expect 0 "${run[@]}" --byzantine 1 --behavior crash --requests 20 --format json -o drawn.json
says drawn.json '"byzantine_ids_drawn":[[3]]' '"id":3,"correct":false,"behavior":"crash(at='
drawn=$(grep -o 'crash(at=[^"]*' drawn.json)
expect 0 "${run[@]}" --byzantine-ids 3 --behavior "$drawn" --requests 20 --format json -o given.json
for file in drawn given; do
    sed -n '/^"runs"/,$s/"host".*//p' "$file.json" >"$file.runs"
done
same drawn.runs given.runs
# the config and the command lead to the same run
expect 0 run --config at.json --format json -o again.json
for file in at again; do
    sed 's/"host".*//' "$file.json" >"$file.text"
done
same at.text again.text
expect 0 run --config drawn.json --format json -o again.json
for file in drawn again; do
    sed 's/"host".*//' "$file.json" >"$file.text"
done
same drawn.text again.text
# several, each with its own; shown to people, too
expect 0 "${run[@]}" --nodes 7 --behavior '0:crash-recover(at=100ms,for=1s),3:silent' --requests 20
says "$out" "0:crash-recover(at=100ms,for=1s),3:silent" "again: pbft run --nodes 7 --behavior '0:crash-recover(at=100ms"
says "$out" "misbehaving: 0:crash-recover(at=100ms,for=1s), 3:silent"
# a value changes what happens: held for 150 ms, each decision takes that much longer
expect 0 "${run[@]}" --behavior '0:slow-primary(delay=150ms)' --delay fixed:10ms --view-timeout 1s --requests 5 \
    --format csv -o slow.csv
expect 0 "${run[@]}" --behavior '0:slow-primary(delay=50ms)' --delay fixed:10ms --view-timeout 1s --requests 5 \
    --format csv -o fast.csv
latency() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "commit_latency_mean_ns") c = i } NR == 2 { print $c }' "$1"; }
[ $(($(latency slow.csv) - $(latency fast.csv))) -eq 100000000 ] || fail "the delays differ by 100 ms, not $(latency slow.csv) and $(latency fast.csv)"
for burst in 4 8; do
    expect 0 "${run[@]}" --behavior "0:flood(burst=$burst)" --requests 1 --format json -o "$burst.json"
done
[ "$(grep -o '"flood":[0-9]*' 4.json)" != "$(grep -o '"flood":[0-9]*' 8.json)" ] || fail "a burst of 8 is one of 4"
# a sweep takes a list of them
expect 0 sweep --clock virtual --seed 1 --byzantine 1 --behavior 'crash(at=1s),crash-recover(at=1s,for=2s)' -o grid.csv
[ "$(lines grid.csv)" -eq 3 ] || fail "a cell for each behavior"
expect 0 explore --seed 1 --runs 20 --behavior 'slow-primary(delay=10ms)'
# what is wrong names what is allowed
wrong() {
    expect 64 "${run[@]}" --byzantine 1 --behavior "$1"
    shift
    says "$err" "$@"
}
wrong 'crash(when=2s)' "'when=2s' is no parameter of crash; crash(at=T) is allowed"
wrong 'crash(at=2)' "at=2" "unit"
wrong 'crash(at)' "at needs a value, as in crash(at=2s)"
wrong 'crash(at=1s,at=2s)' "at is given twice"
wrong 'crash(at=2s' "NAME(key=value,...)"
wrong 'crash(at=2s)x' "NAME(key=value,...)"
wrong 'crash-recover(for=0s)' "for=0s" "above zero"
wrong 'silent(at=2s)' "silent has no parameters"
wrong 'flood(burst=0)' "burst=0" "whole number from 1 to"
wrong '0:crash(at=x),1:silent' "at=x"
expect 0 list behaviors
says "$out" "at=T: when it stops [drawn" "delay=T" "burst=N" "[32]"
lacks "$out" "at the start unless a time is given"
# what is fetched is counted
expect 0 "${run[@]}" --schedule '{"schema":1,"events":[{"at":"100ms","crash":[3]},{"at":"12s","recover":[3],"state":"lost"}]}' \
    --requests 200 --format json -o fetch.json
lacks fetch.json '"fetch":0,'
lacks fetch.json '"state":0'
lacks fetch.json '"executed":0,'
# the constant of a decision is no promise where the run ended with messages under way
expect 0 "${run[@]}" --requests 5 --byzantine-ids 3 --behavior silent
says "$out" "2n(n-1) = 24 without faults"
finish
