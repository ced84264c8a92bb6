# Regions and uplinks on the command line: what is taken, what is refused, and that a run's output takes itself back.
. "$(dirname "$0")/lib.sh"

virtual="run --clock virtual --seed 7"
cat >my.csv <<'CSV'
# three places
to,     a,  b,  c
a,      1, 10, 20
b,     30,  2, 40
c,     50, 60,  3.5
CSV

# the matrix decides: the primary in c, then a, c, a; the client in b
expect 0 $virtual --latency-matrix my.csv --regions c,a --client-region b --requests 3
says "$out" "links of my.csv between 2 regions;" "--latency-matrix my.csv --regions c,a --client-region b"
expect 0 $virtual --latency-matrix my.csv --delay exponential:1ms --bandwidth 1.5Gbit/s
says "$out" "links of my.csv between 3 regions and exponential:1ms, uplinks of 1500Mbit/s;"
expect 0 $virtual --latency-matrix none
says "$out" "links uniform:5ms..35ms;"

# defaults follow the mean over ordered pairs of distinct replicas: (60 + 60 + 50 + 20 + 10 + 30) / 6, or per replica
expect 0 $virtual --latency-matrix my.csv --nodes 3 --format json
says "$out" '"view_timeout_ns":350000000' '"client_timeout_ns":350000000' '"deadline_ns":3500000000'
says "$out" '"delay":"none"' '"client_delay":"none"' '"client_region":"a"'
expect 0 $virtual --latency-matrix my.csv --regions a --nodes 3 --format json
says "$out" '"view_timeout_ns":10000000' '"deadline_ns":2000000000'

# a run's output is all that it takes to run it again, also where the file is gone
without_host() {
    sed 's/"host": *{[^}]*\({[^}]*}[^}]*\)*}//' "$1"
}
expect 0 $virtual --latency-matrix my.csv --regions c,a,b --client-region b --bandwidth 10Mbit --requests 20 \
    --format json
cp "$out" first.json
mv my.csv elsewhere.csv
expect 0 run --config first.json --format json
without_host first.json >first.txt
without_host "$out" >second.txt
same first.txt second.txt
expect 64 run --config first.json --latency-matrix none
says "$err" 'first.json: "regions" (c,a,b)' "only with --latency-matrix"
mv elsewhere.csv my.csv

# a built-in matrix is known by its name, and the preset places a replica in each of its regions
expect 0 $virtual --preset wan --requests 2 --format json
says "$out" '"latency_matrix":"wan"' '"nodes":7' '"client_region":"virginia"'
expect 0 list matrices
says "$out" "virginia, frankfurt, tokyo" "Source: Microsoft" "https://learn.microsoft.com/azure/networking"
expect 0 list
says "$out" "--latency-matrix wan"

# bad values
expect 64 $virtual --latency-matrix nowhere.csv
says "$err" "--latency-matrix 'nowhere.csv': No such file or directory" "comes with pbft is allowed: wan"
expect 64 $virtual --latency-matrix .
says "$err" "Is a directory"
printf ',a,b\na,1,x\nb,1,2\n' >bad.csv
expect 64 $virtual --latency-matrix bad.csv
says "$err" "bad.csv:2:5: 'x': not a number; milliseconds without a unit are allowed"
printf ',a\0b\n' >bad.csv
expect 64 $virtual --latency-matrix bad.csv
says "$err" "not a text"
expect 64 $virtual --latency-matrix my.csv --regions a,rome
says "$err" "--regions 'a,rome': 'rome' is no region of my.csv; it has: a, b, c"
expect 64 $virtual --latency-matrix my.csv --client-region rome
says "$err" "--client-region 'rome'" "it has: a, b, c"
expect 64 $virtual --latency-matrix my.csv --regions a,b,a
says "$err" "region 'a' is named twice"
expect 64 $virtual --latency-matrix my.csv --regions a,,b
says "$err" "--regions 'a,,b'"
expect 64 $virtual --regions a
says "$err" "--regions 'a': only with --latency-matrix"
expect 64 $virtual --client-region a
says "$err" "--client-region 'a': only with --latency-matrix"
for rate in 10 10mbit 0bit 999bit 1.5bit 1e6bit -1Mbit 10Mbps 10Mbit/h Mbit 1001Tbit 10.Mbit; do
    expect 64 $virtual --bandwidth $rate
    says "$err" "--bandwidth '$rate'" "such as 100Mbit or 1.5Gbit, or unlimited"
done

# and in a config
config() {
    printf '%s' "$1" >bad.json
    expect 64 $virtual --config bad.json
    shift
    says "$err" "bad.json: line 1" "$@"
}
config '{"latency_matrix":5}' '"latency_matrix"' 'is allowed'
config '{"latency_matrix":"nowhere"}' "No such file"
config '{"latency_matrix": {"name":"x", "regions": ["a"]}}' 'is allowed'
config '{"latency_matrix": {"name":"x", "regions": ["a", "a"], "delays_ns": [[1,1],[1,1]]}}' "'a' is named twice"
config '{"latency_matrix": {"name":"x", "regions": ["a", "b"], "delays_ns": [[1,1],[1]]}}' "2 rows of 2 whole numbers"
config '{"latency_matrix": {"name":"x", "regions": ["a"], "delays_ns": [[-1]]}}' "from 'a' to 'a'"
config '{"bandwidth_bps":"10Mbit"}' '"bandwidth_bps"' 'bits a second or null is allowed'
config '{"regions":"a"}' '"regions"' 'an array of names'

# a sweep varies them
expect 0 sweep --clock virtual --seed 7 --latency-matrix my.csv,wan,none --bandwidth 10Mbit..20Mbit:10Mbit,unlimited \
    --format csv
says "$out" "latency_matrix,bandwidth_bps," "my.csv,10000000," "my.csv,unlimited," "wan,20000000," "none,10000000,"
expect 0 sweep --clock virtual --seed 7 --latency-matrix wan --regions 'tokyo,sydney;virginia' --format csv
says "$out" '"tokyo,sydney",' 'virginia,'
expect 64 sweep --clock virtual --bandwidth 10Mbit..20Mbit
says "$err" "needs a step, as in 10Mbit..50Mbit:10Mbit"

# whoever goes on with a sweep whose matrix is another one by now is told so
cp my.csv now.csv
expect 0 sweep --clock virtual --seed 7 --latency-matrix now.csv --nodes 4,7 -o grown.csv
sed 's/30/31/' my.csv >now.csv
expect 64 sweep --clock virtual --seed 7 --latency-matrix now.csv --nodes 4,7 -o grown.csv
says "$err" "grown.csv"

# shards are put together, also where the file is gone
for shard in 1 2; do
    expect 0 sweep --clock virtual --seed 7 --latency-matrix my.csv,wan --nodes 4,7 --shard $shard/2 -o part$shard.csv
done
expect 0 sweep --clock virtual --seed 7 --latency-matrix my.csv,wan --nodes 4,7 -o whole.csv
mv my.csv elsewhere.csv
expect 0 sweep --merge part1.csv part2.csv -o merged.csv
same merged.csv whole.csv
mv elsewhere.csv my.csv

# processors: what a replica needs for its messages, with the costs of --auth
expect 0 $virtual --processing auth+fixed:5us --auth signature --delay fixed:1ms --requests 5 --format json
says "$out" '"processing":"auth+fixed:5us"'
cp "$out" first.json
expect 0 run --config first.json --format json
without_host first.json >first.txt
without_host "$out" >second.txt
same first.txt second.txt
expect 0 sweep --clock virtual --seed 7 --processing none,auth,auth+normal:5us,1us,fixed:1ms --auth none,mac,signature \
    --format csv
says "$out" "auth,mac," '"auth+normal:5us,1us",signature,' "fixed:1ms,none,"
expect 64 $virtual --processing authentic
says "$err" "--processing 'authentic'" "or auth, or auth+DIST"
expect 64 run --processing auth
says "$err" "--processing auth: only with --clock virtual"
expect 0 list processing
says "$out" "112 us to verify" "auth+fixed:5us"

# on threads too
expect 0 run --seed 7 --latency-matrix my.csv --bandwidth 10Mbit --expect safe,live
finish
