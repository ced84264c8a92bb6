# What cannot be written is told, with exit 1, and a file is either complete or as it was.
. "$(dirname "$0")/lib.sh"
virtual="--clock virtual --seed 1"

for format in table csv json jsonl; do
    expect 1 run $virtual --format $format -o /dev/full
    says "$err" "cannot write '/dev/full': No space left on device"
    "$pbft" run $virtual --format $format >/dev/full 2>"$err"
    [ $? -eq 1 ] || fail "run --format $format on a full standard output"
    says "$err" "cannot write 'standard output': No space left on device"
done
expect 1 sweep $virtual --nodes 4,7 --format csv -o /dev/full
says "$err" "cannot write '/dev/full': No space left on device"
for command in --help --version list "run --help" "sweep --help"; do
    "$pbft" $command >/dev/full 2>"$err"
    [ $? -eq 1 ] || fail "$command on a full standard output"
    says "$err" "No space left on device"
done

last="closed standard output"
"$pbft" run $virtual >&- 2>"$err"
[ $? -eq 1 ] || fail "$last"
says "$err" "cannot write 'standard output'"
"$pbft" run $virtual --format json -o kept.json --quiet >&- 2>"$err" || fail "$last, which is not needed"
says kept.json '"summary"'

last="broken pipe"
mkfifo pipe
"$pbft" sweep $virtual --nodes 4..200 >pipe 2>"$err" &
read -r _ <pipe # and close it
wait $!
[ $? -eq 1 ] || fail "$last"
says "$err" "cannot write 'standard output': Broken pipe"

# missing directories are made, for every kind of output
expect 0 run $virtual -o new/run/result.json --record new/record/run.rec --trace ./new//trace/run.svg
expect 0 sweep $virtual --nodes 4,7 -o new/sweep/result.csv
expect 0 explore --runs 5 --seed 1 --format json -o "$PWD/new/explore/result.json"
for file in run/result.json record/run.rec trace/run.svg sweep/result.csv sweep/result.csv.state explore/result.json; do
    [ -s "new/$file" ] || fail "there is no new/$file"
done
[ "$(find new -type f | wc -l)" -eq 6 ] || fail "$last: left behind: $(find new -type f)"
echo "a file" >taken
expect 1 run $virtual -o taken/result.json
says "$err" "cannot write 'taken/result.json': Not a directory"
[ ! -s "$out" ] || fail "$last: ran before it looked"
expect 1 sweep $virtual --nodes 4,7 -o taken/result.csv
says "$err" "cannot write 'taken/result.csv': Not a directory"
expect 1 run $virtual -o /proc/nowhere/result.json
says "$err" "cannot create the directory '/proc/nowhere': No such file or directory"
expect 1 run $virtual -o nowhere/
says "$err" "cannot write 'nowhere/'"
[ ! -e nowhere ] || fail "$last: made a directory for no file"
mkdir directory
expect 1 run $virtual -o directory
says "$err" "cannot write 'directory': Is a directory"

# a full disk leaves the file that was there; tmpfs is not everywhere, so a limit on files stands in for it
echo '{"schema":1}' >result.json
(
    ulimit -f 1
    trap '' XFSZ
    "$pbft" run $virtual --repeat 50 --format json -o result.json --quiet 2>"$err"
)
[ $? -eq 1 ] || fail "a file that may not grow"
says "$err" "cannot write 'result.json': File too large"
[ "$(cat result.json)" = '{"schema":1}' ] || fail "the file that was there is lost"
[ -z "$(ls | grep part)" ] || fail "left behind: $(ls)"
(
    ulimit -f 1
    trap '' XFSZ
    "$pbft" sweep $virtual --nodes 4,7 -o rows.csv --quiet 2>"$err" # the state is larger than that
)
[ $? -eq 1 ] || fail "a state that may not grow"
says "$err" "cannot write 'rows.csv.state': File too large"
[ -z "$(ls | grep -e part -e rows)" ] || fail "left behind: $(ls)"
# and a good one replaces it, keeping its mode
chmod 640 result.json
expect 0 run $virtual --format json -o result.json
says result.json '"summary"'
[ "$(stat -c %a result.json)" = 640 ] || fail "the mode changed"
says "$out" "4 replicas"

# data on standard output, the table beside a file, nothing with --quiet, no colours, no progress without a terminal
expect 0 run $virtual --format json
[ ! -s "$err" ] || fail "$last: something on standard error"
says "$out" '"schema":1'
expect 0 run $virtual -o result.csv --quiet
[ ! -s "$out" ] || fail "$last: something on standard output"
[ "$(lines result.csv)" -eq 2 ] || fail "$last: not a header and a row"
expect 0 sweep $virtual --nodes 4,7
! grep -q "$(printf '\033')" "$out" || fail "$last: colours"
[ ! -s "$err" ] || fail "$last: something on standard error"
finish
