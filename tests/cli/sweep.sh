# A sweep's rows do not depend on how they were computed: jobs, shards and merging, formats.
. "$(dirname "$0")/lib.sh"
grid="--clock virtual --seed 11 --nodes 4,7 --byzantine 0..2 --drop 0%..10%:5% --repeat 2 --requests 2 --deadline 2s"

expect 0 sweep $grid -o whole.csv --jobs 1
says "$out" "again: pbft sweep --clock virtual --seed 11 --nodes 4,7 --byzantine 0..2 --drop 0%..10%:5%"
[ "$(lines whole.csv)" -eq 19 ] || fail "$last: not a header and 18 rows"
# the cross product in the order given, the first option slowest
cut -d, -f1-3 whole.csv >order
{
    echo nodes,byzantine,drop
    for n in 4 7; do for b in 0 1 2; do for d in 0 0.05 0.1; do echo $n,$b,$d; done; done; done
} >order.wanted
same order order.wanted
expect 0 sweep --clock virtual --seed 11 --drop 0,5% --nodes 4,7 --format csv
cut -d, -f1-2 "$out" >order
printf '%s\n' drop,nodes 0,4 0,7 0.05,4 0.05,7 >order.wanted
same order order.wanted

for jobs in 2 5; do
    expect 0 sweep $grid -o jobs$jobs.csv --jobs $jobs --quiet
    same whole.csv jobs$jobs.csv
    same whole.csv.state jobs$jobs.csv.state
done
expect 0 sweep $grid --format csv
same whole.csv "$out"
# jobs share the repetitions of a single cell, too
"$pbft" sweep --clock virtual --nodes 4 --byzantine 0 --repeat 1M --jobs 3 --quiet --format csv >/dev/null 2>&1 &
await eval '[ "$(ls /proc/$!/task | wc -l)" -ge 4 ]'
kill -INT $!
wait $!

for format in csv jsonl; do
    expect 0 sweep $grid -o whole.$format --quiet
    for shard in 1 2 3 4 5; do
        expect 0 sweep $grid --shard $shard/5 -o part$shard.$format --quiet
    done
    expect 0 sweep --merge part3.$format part1.$format part5.$format part2.$format part4.$format -o merged.$format
    says "$out" "again: pbft sweep --clock virtual --seed 11 --nodes 4,7"
    same whole.$format merged.$format
    same whole.$format.state merged.$format.state
done
# more shards than cells
for shard in 1 2 3; do
    expect 0 sweep --clock virtual --seed 1 --nodes 4,7 --shard $shard/3 -o few$shard.csv --quiet
done
expect 0 sweep --merge few1.csv few2.csv few3.csv
expect 0 sweep --clock virtual --seed 1 --nodes 4,7 --format csv -o fewwhole.csv --quiet

# what cannot be merged
expect 1 sweep --merge part1.csv part2.csv -o bad.csv
says "$err" "shard 3/5 is missing"
expect 1 sweep --merge part1.csv part1.csv -o bad.csv
says "$err" "are both shard 1/5"
expect 1 sweep --merge part1.csv few2.csv -o bad.csv
says "$err" "few2.csv has rows of other options"
head -2 part2.csv >short.csv
cp part2.csv.state short.csv.state
expect 1 sweep --merge part1.csv short.csv part3.csv part4.csv part5.csv -o bad.csv
says "$err" "short.csv has 1 of its 4 cells"
echo nodes >plain.csv
expect 1 sweep --merge plain.csv -o bad.csv
says "$err" "no 'plain.csv.state'"
[ ! -e bad.csv ] || fail "something was merged"
expect 64 sweep --merge part1.csv -o merged.csv
says "$err" "'merged.csv' exists"

# the same values in JSON
expect 0 sweep $grid --format json
says "$out" '"varies":["nodes","byzantine","drop"]' '"options":{"nodes":7,"byzantine":2,"drop":0.1}'
[ "$(grep -c '^{"options"' "$out")" -eq 18 ] || fail "$last: not 18 cells"

# a comma belongs to the value where the value needs it
expect 0 sweep --clock virtual --seed 1 --delay normal:5ms,1ms,none,lognormal:3ms,0.5 --format csv
cut -c1-16 "$out" >order
printf '%s\n' delay,repeats,sa '"normal:5ms,1ms"' none,1,1,1,1,1,0 '"lognormal:3ms,0' >order.wanted
same order order.wanted
expect 0 sweep --clock virtual --seed 1 --byzantine-ids '1;1,2' --behavior silent --format csv
says "$out" '"1,2",1'

# a violated cell is a result; --expect makes it a failure
expect 0 sweep --clock virtual --seed 7 --byzantine-ids '3;0,1' --behavior collude --deadline 2s
says "$out" "safety violated"
expect 2 sweep --clock virtual --seed 7 --byzantine-ids '3;0,1' --behavior collude --deadline 2s --expect safe

# the tutorial's table
expect 0 sweep --preset article --clock virtual --seed 1
says "$out" "malicious  success  average latency  digest agreement  view changes" "beyond f =  3"
grep -B 1 "beyond f" "$out" | head -1 | grep -q "^ *3 " || fail "$last: the rule is not behind row f"
# host columns under the real clock only
head -1 whole.csv | grep -q wall_ns && fail "host columns in a virtual sweep"
expect 0 sweep --nodes 1,4 --delay none --seed 1 --format csv
says "$out" wall_ns lateness_p99_ns
finish
