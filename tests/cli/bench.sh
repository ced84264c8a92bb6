# `pbft bench`: every part works and gives figures that can be read by machines; what makes no sense is refused. No figure
# is compared with a number: how fast the machine is, or how busy, is nothing that a test may depend on.
. "$(dirname "$0")/lib.sh"
set -f

# figures FILE PARTS: the JSON is what it should be, and has rows of exactly these parts
figures() {
    python3 - "$@" <<'END' || fail "$last: $*"
import json, math, sys
document = json.load(open(sys.argv[1]))
rows = document["bench"]
assert document["schema"] == 1 and document["partial"] is False
host = document["host"]
assert host["cores"] >= 1 and all(host[key] for key in ("cpu", "compiler", "allocator", "sanitizer")), host
may_be_nothing = ("of it in the system", "cores' time not used", "switches", "page faults", "cache misses")
for row in rows:
    what = (row["part"], row["quantity"], row["case"])
    zero = any(name in row["quantity"] for name in may_be_nothing)
    assert row["unit"] and row["better"] in ("more", "less") and row["repeats"] >= 1, what
    assert all(math.isfinite(row[key]) for key in ("median", "min", "max")), what
    assert 0 <= row["min"] <= row["median"] <= row["max"] and (zero or row["min"] > 0), what
    assert (row["ceiling"] is None) == (row["ratio"] is None), what
    if row["ratio"] is not None:
        assert row["ceiling"] > 0 and math.isfinite(row["ratio"]) and row["ratio"] > 0, what
        ratio = row["median"] / row["ceiling"] if row["better"] == "more" else row["ceiling"] / row["median"]
        assert abs(row["ratio"] / ratio - 1) < 1e-6, what
parts = {row["part"] for row in rows}
assert parts >= set(sys.argv[2:]), parts
for part in ("ring", "votes", "delay-line", "virtual", "start"):
    assert part not in parts or any(row["ratio"] for row in rows if row["part"] == part), part
END
}

expect 0 bench all --quick -o all.json
figures all.json ring votes delay-line virtual start
says "$out" "ring:" "votes:" "delay-line:" "virtual:" "cluster:" "start:" ceiling
lacks "$out" nan
lacks "$out" inf

# enough time for replicas on threads to decide, also where a sanitizer slows them down
expect 0 bench cluster --nodes 4 --batch 1,8 --clients 32 --repeat 1 --time 1s --format json --quiet
figures "$out" cluster
says "$out" '"quantity": "votes"' '"quantity": "request latency p99"' '"batch": 8' '"clients": 32' '"auth": "none"' '"ceiling": '
[ ! -s "$err" ] || fail "$last: something on standard error"
expect 0 bench votes cluster --nodes 4 --cores 1 --repeat 3 --quick --format csv
says "$out" "part,quantity,case,unit,median,min,max,repeats,ceiling,ratio" "votes,vote,nodes=1024,ns," ",3,"
expect 0 bench votes --quick --time 1ms --format jsonl
[ "$(lines "$out")" -eq 5 ] || fail "$last: $(lines "$out") lines"

# lists and ranges as in a sweep, and a network with delay, which has no ceiling
expect 0 bench virtual --nodes 4..6:2 --delay fixed:1ms --repeat 1 --time 1ms
says "$out" "nodes 4" "nodes 6"
expect 0 bench cluster --nodes 4 --delay fixed:1ms --repeat 1 --time 500ms --format json
says "$out" '"quantity": "votes"' '"ceiling": null'

# the file is complete or not there
echo "a file" >taken
expect 1 bench votes --quick --time 1ms --format json -o taken/file.json
says "$err" "taken/file.json"
expect 0 bench votes --quick --time 1ms --format json -o missing/directory/file.json
figures missing/directory/file.json votes
expect 0 bench votes --quick --time 1ms -o votes.csv --quiet
[ ! -s "$out" ] || fail "$last: something on standard output"
says votes.csv "votes,vote,nodes=4,ns"

refused() { # TEXT ARGUMENT...
    local text=$1
    shift
    expect 64 bench "$@"
    says "$err" "$text" "pbft bench --help"
    [ ! -s "$out" ] || fail "$last: something on standard output"
}
refused "which part? ring, votes, delay-line, virtual, cluster, start, allocator, or all"
refused "there is no part 'rings'" rings
refused "there is no part 'x'" ring x
refused "--time 'soon'" votes --time soon
refused "1ms to 10m is allowed" votes --time 1us
refused "--repeat '0'" votes --repeat 0
refused "--repeat '1000'" votes --repeat 1000
refused "--cores '0'" cluster --cores 0
refused "--cores '1,'" cluster --cores 1,
refused "--cores '100000'" cluster --cores 100000
refused "--quick 'maybe'" votes --quick=maybe
refused "--nodes: only virtual, cluster and start run scenarios" votes --nodes 4
refused "there is no option --clock" cluster --clock virtual
refused "--format 'xml'" votes --format xml
# scenarios are refused before anything is measured
refused "--nodes '0'" cluster --nodes 0
refused "needs at least 2" virtual --nodes 1
refused "--window 2" cluster start --window 2 --checkpoint-interval 64
refused "--batch '0'" start cluster --batch 0

# an interruption leaves what was finished, and says so
"$pbft" bench votes cluster --nodes 4 --time 2s --repeat 50 --format json -o partial.json >"$out" 2>"$err" </dev/null &
child=$!
await grep -q "votes:" "$out"
kill -INT $child
wait $child
code=$?
last="pbft bench, interrupted"
[ "$code" -eq 130 ] || fail "$last: exit $code"
says "$err" "interrupted: partial"
says partial.json '"partial": true'
finish
