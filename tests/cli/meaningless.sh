# What has no meaning is refused and not ignored; what is stated although it is the default is not.
. "$(dirname "$0")/lib.sh"
virtual="--clock virtual --seed 1"

for command in run sweep; do
    for option in --pin "--delay-lines 2" "--time-scale 10"; do
        expect 64 $command $virtual $option
        says "$err" "${option%% *}" "only with --clock real"
    done
    expect 0 $command $virtual --pin=off --delay-lines 1 --time-scale 1
    expect 64 $command $virtual --behavior silent
    says "$err" "--behavior silent: nobody misbehaves" "--byzantine B"
    expect 0 $command $virtual --behavior silent --byzantine 0
    expect 64 $command $virtual --format json -o x.csv
    says "$err" "--format json and -o 'x.csv' contradict each other"
    expect 64 $command $virtual -o x.xlsx
    says "$err" "-o 'x.xlsx'" ".csv, .json, .jsonl or .txt"
done
expect 0 run $virtual -o x.txt
says x.txt "again: pbft run"
expect 0 run $virtual --format csv -o result.of.today
expect 0 sweep --clock real,virtual --seed 1 --time-scale 2 --requests 1
expect 64 sweep $virtual --restart
says "$err" "--restart needs -o FILE"
expect 64 bench ring ring
says "$err" "ring is named twice"
expect 64 bench all ring

# what the config of a run says is no error: it says everything
expect 0 run $virtual --format json -o run.json
expect 0 run --config run.json
expect 0 sweep --config run.json --nodes 4,7

# a file of somebody else is not overwritten, one of ours is
echo '{"name": "precious"}' >foreign.json
for command in run sweep; do
    expect 64 $command $virtual -o foreign.json
    says "$err" "'foreign.json' exists and is no output of pbft"
done
[ "$(cat foreign.json)" = '{"name": "precious"}' ] || fail "a file of somebody else was overwritten"
expect 0 run $virtual -o run.json

# a picture that cannot be written is told before the run
expect 1 run $virtual --trace /proc/nowhere/x.svg
says "$err" "cannot create the directory '/proc/nowhere': No such file or directory"
[ ! -s "$out" ] || fail "$last: ran before it looked"

# words that are expected to work
expect 0 help
says "$out" "Usage: pbft COMMAND"
expect 0 help run
says "$out" "Usage: pbft run"
expect 64 help jump
expect 0 run --version
says "$out" "compiler"
expect 0 version
for columns in 60 140; do
    COLUMNS=$columns "$pbft" run --help | sed -n '/^Replicas/,/^Network/p' >$columns.help
    longest=$(awk '{ if (length($0) > m) m = length($0) } END { print m }' $columns.help)
    [ "$longest" -le "$columns" ] || fail "help of $columns columns has a line of $longest"
done
[ "$(lines 140.help)" -lt "$(lines 60.help)" ] || fail "a wider help has fewer lines"

# a reader that leaves a list early is no error
mkfifo pipe
for command in list --version "run --help"; do
    "$pbft" $command >pipe 2>"$err" &
    exec 3<pipe
    exec 3<&-
    wait $! || fail "$command with a reader that leaves: exit $?"
    [ ! -s "$err" ] || fail "$command with a reader that leaves says: $(cat "$err")"
done
finish
