# Exit codes of run, its formats, and that the same arguments give the same bytes.
. "$(dirname "$0")/lib.sh"
virtual="--clock virtual --seed 7"

# Everything but what the host measured, and the command's own --clock and --seed.
without_host() {
    sed 's/"host":{[^}]*}[^}]*}//g' "$1"
}

expect 0 run $virtual --requests 5 --expect safe,live
says "$out" "4 replicas (f = 1, quorum 3), none misbehaves" "seed 7" "again: pbft run" "2n(n-1) = 24" "5 of 5"
expect 2 run $virtual --expect violation
expect 2 run $virtual --byzantine-ids 2,3 --behavior silent --deadline 1s --expect live
expect 0 run $virtual --byzantine-ids 3 --behavior silent --expect safe,live

# delays without bound can leave a replica in a view of its own; what would help is said
stranding="--seed 176 --nodes 5 --requests 3 --clients 3 --duplicate 20% --reorder 30% --delay pareto:2ms,1.2"
stranding="$stranding --client-delay uniform:5ms..35ms --deadline 60s"
expect 2 run --clock virtual $stranding --retransmit off --expect live
says "$out" "not live" "1 of 5 correct replicas stayed behind sequence number 3" "with --retransmit T"
expect 0 run --clock virtual $stranding --expect live

# safety can be broken beyond the bound: exit 3, evidence, and a command that shows it again
violating="--nodes 4 --byzantine-ids 0,1 --behavior collude --deadline 2s"
expect 3 run $virtual $violating
says "$out" "SAFETY VIOLATED: I" "shown again by: pbft run" "replica 2: " "replica 3: " "(request 1 of client "
again=$(sed -n 's/.*shown again by: pbft //p' "$out")
expect 3 $again
expect 0 run $virtual $violating --expect violation
expect 3 run $virtual $violating --expect safe
expect 3 run $virtual $violating --format json
says "$out" '"safe":false' '"property":"I' '"digests":["' '"command":"pbft run'

# the same bytes twice, in every format
for format in json jsonl csv; do
    expect 0 run $virtual --nodes 7 --requests 20 --drop 0 --reorder 10% --repeat 3 --format $format
    without_host "$out" >first
    expect 0 run $virtual --nodes 7 --requests 20 --drop 0 --reorder 10% --repeat 3 --format $format
    without_host "$out" >second
    same first second
done
# run r of a repetition is the run with seed S + r
expect 0 run $virtual --requests 3 --repeat 3 --format csv
sed -n 4p "$out" >third
expect 0 run --clock virtual --seed 9 --requests 3 --format csv
sed -n 2p "$out" >alone
same third alone
# the seed is printed, and what it says repeats the run
expect 0 run --clock virtual
again=$(sed -n 's/^again: pbft //p' "$out")
grep -v host "$out" >first
expect 0 $again
grep -v host "$out" >second
same first second

# schema 1: the keys of the contract, in order
expect 0 run $virtual --timeline 10ms --format json
for key in schema config runs seed safe live violation requests submitted executed accepted decisions view_changes \
    final_view elapsed_ns operations_per_second decision_latency_ns first median quorum all count mean mean_ci95 sd p50 \
    p90 p99 min max commit_latency_ns request_latency_ns timeline messages sent bytes retransmitted duplicated delivered \
    dropped discarded by_type pre_prepare prepare commit checkpoint view_change new_view fetch request reply faults \
    rejected history_digest replicas host wall_ns cpu_ns events lateness_ns peak_rss_bytes threads overloaded summary \
    repeat success_rate success_interval latency; do
    says "$out" "\"$key\":"
done
[ "$(lines "$out")" -ge 5 ] || fail "$last: one document, a run a line"
expect 0 run $virtual --repeat 2 --format jsonl
[ "$(lines "$out")" -eq 3 ] || fail "$last: a run a line, and the summary"

# interrupted: what was finished is printed and says that it is partial
for format in json table; do
    rm "$out" # the wait is for the new one
    "$pbft" run $virtual --repeat 1M --requests 20 --format $format >"$out" 2>"$err" &
    await test -s "$out"
    kill -INT $!
    wait $!
    [ $? -eq 130 ] || fail "interrupted run: not 130"
    last="interrupted run --format $format"
    says "$err" "pbft run: interrupted: partial"
    if [ $format = json ]; then says "$out" '"partial":true' '"summary"'; else says "$out" "PARTIAL"; fi
done

# the real clock: the same scenario on threads
expect 0 run --nodes 4 --seed 3 --requests 5 --delay uniform:1ms..2ms --view-timeout 20s --client-timeout 20s \
    --deadline 60s --expect safe,live
says "$out" "24 a decision, 2n(n-1) = 24" "5 of 5"
finish
