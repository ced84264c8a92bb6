# explore: a campaign that finds nothing says what it covered; one beyond the bound ends with exit 3 and a command that
# really shows it; seeds are scenarios.
. "$(dirname "$0")/lib.sh"

without_host() {
    sed 's/"host":{[^}]*}//; s/--jobs [0-9]*//g' "$1"
}

# nothing is found below the bound
small="--nodes 4..7 --requests 1..8 --auth none"
expect 0 explore --runs 150 --seed 1 $small --byzantine 0..f
says "$out" "150 random scenarios, seeds 1 to 150: nothing was broken" "again: pbft explore" "runs by n" "view change" \
    "misbehaved" "never rejected" "runs a second"
expect 2 explore --runs 20 --seed 1 $small --byzantine 0 --expect violation
# not live, and told so
expect 2 explore --runs 20 --seed 1 --nodes 4 --requests 2 --byzantine 2 --behavior silent --expect live
# who misbehaves is said: no outage makes it one more than f
expect 0 explore --runs 200 --seed 1 --nodes 4 --requests 2 --byzantine-ids 0 --behavior silent --format json
says "$out" '"b_above_f":0'

# the same with one thread and with several, in JSON
expect 0 explore --runs 150 --seed 1 $small --format json --jobs 1
without_host "$out" >alone
expect 0 explore --runs 150 --seed 1 $small --jobs 3 -o together.json --quiet
without_host together.json >together
same alone together
says together '"runs":150' '"violation":null' '"by_nodes":{"4":' '"forged_sender":{"messages":'

# with 2q-n misbehaving together agreement breaks at once: evidence, and one command that shows it
beyond="--byzantine 2q-n --behavior collude --nodes 4..10"
expect 3 explore --runs 1000 --seed 1 $beyond
says "$out" "safety is violated" "I1 (agreement" "replica" "the smallest scenario" "shown again by: pbft run"
again=$(sed -n 's/.*shown again by: pbft //p' "$out")
eval "expect 0 $again"
says "$out" "SAFETY VIOLATED: I"
original=$(sed -n 's/.*as it was drawn: pbft //p' "$out")
expect 0 explore --runs 1000 --seed 1 $beyond --expect violation
original=$(sed -n 's/.*as it was drawn: pbft //p' "$out")
eval "expect 0 $original"
expect 3 explore --runs 1000 --seed 1 $beyond --format json
says "$out" '"property":"I1"' '"command":"pbft run'

# a quorum that is too small needs no misbehaviour
expect 3 explore --runs 1500 --seed 1 --nodes 6 --quorum 3 --byzantine 0
again=$(sed -n 's/.*shown again by: pbft //p' "$out")
eval "expect 0 $again"

# a scenario that is shown is the one that is run
number() {
    grep -o "\"$1\":[0-9]*" "$2" | head -1
}
expect 0 explore --seed 11 --runs 12 --show
cp "$out" commands
seed=11
while read -r command; do
    eval "expect 0 ${command#pbft } --format json"
    cp "$out" shown
    expect 0 explore --seed $seed --runs 1 --format json
    for key in decisions view_changes sent dropped duplicated retransmitted; do
        [ "$(number $key shown)" = "$(number $key "$out")" ] || fail "seed $seed: $key differs"
    done
    seed=$((seed + 1))
done <commands

# twins: a number is a schedule; one twin of four breaks nothing, two do at once
expect 0 explore --twins --seed 2825761 --runs 20000
says "$out" "20000 schedules of twins (4 replicas, 1 of them twins, 41 ways to part 5 endpoints" "nothing was broken" \
    "mirror" "never rejected"
expect 3 explore --twins --byzantine 2
says "$out" "safety is violated" "twins 0 1; view 0: 0 1 2 | 0' 1' 3;"
again=$(sed -n 's/.*shown again by: pbft //p' "$out")
eval "expect 3 $again"
expect 0 explore --twins --byzantine 2 --expect violation --format json
says "$out" '"schedules_in_all":1329200736' '"property":"I1"'
expect 0 explore --twins --seed 3 --runs 2 --show
[ "$(lines "$out")" -eq 2 ] || fail "two schedules are two lines"

# what is interrupted says where to go on
"$pbft" explore --runs 100M --seed 5 $small >"$out" 2>"$err" </dev/null &
pid=$!
sleep_until_running() { [ -e "/proc/$pid" ] && grep -q "^Threads:[[:space:]]*[2-9]" "/proc/$pid/status"; }
await sleep_until_running
kill -INT $pid
wait $pid
[ $? -eq 130 ] || fail "an interruption is exit 130"
says "$out" "partial: interrupted" "goes on"

# what cannot be is refused before anything runs
refused() {
    local words=$1
    shift
    expect 64 explore --runs 5 --seed 1 "$@"
    says "$err" "$words"
    [ ! -s "$out" ] || fail "$last: something was printed"
}
refused "2q-n (the fewest that can break agreement)" --byzantine most
refused "0..f" --byzantine 3..1
refused "at most 64" --nodes 100
refused "can break agreement among 2" --nodes 2 --byzantine 2q-n
refused "there are only 4 replicas" --nodes 4 --byzantine 9
refused "only virtual" --clock real
refused "--jobs '0'" --jobs 0
refused "table or json" --format csv
refused "at least twice --checkpoint-interval 10" --window 4 --checkpoint-interval 10
refused "there is no option --repeat" --repeat 3
for option in "--seed 1,2" "--expect safe;violation"; do
    expect 64 explore $option
    says "$err" "cannot vary"
done
expect 64 explore --twins --seed 11303044
says "$err" "there are 11303044 schedules"
expect 64 explore --twins --nodes 9
expect 64 explore --runs 0
says "$err" "--runs '0'"
finish
