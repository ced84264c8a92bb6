# An interrupted sweep keeps its finished rows and goes on behind them: the file ends as if nothing had happened.
. "$(dirname "$0")/lib.sh"
grid="--clock virtual --seed 5 --nodes 4..23 --repeat 8 --requests 200"

at_least() {
    [ "$(lines "$1")" -ge "$2" ]
}

# stop_early SIGNAL JOBS FILE: with some rows written, and some not. On a busy machine the signal may come when all are:
# then again.
stop_early() {
    local trial
    for trial in 1 2 3 4 5 6 7 8 9 10; do
        rm -f $3 $3.*
        "$pbft" sweep $grid -o $3 --jobs $2 >"$out" 2>"$err" &
        await at_least $3 3
        kill -$1 $! 2>/dev/null
        wait $! 2>/dev/null
        code=$?
        at_least $3 20 || return
    done
    fail "sweep --jobs $2 to $3: each $1 came too late to show anything"
}

for format in csv jsonl; do
    expect 0 sweep $grid -o whole.$format --quiet
    for signal in INT TERM KILL; do
        for jobs in 1 2; do
            file=$signal$jobs.$format
            stop_early $signal $jobs $file
            last="sweep stopped by $signal, $jobs jobs, $format"
            if [ $signal = KILL ]; then
                [ $code -eq 137 ] || fail "$last: exit $code"
            else
                [ $code -eq 130 ] || fail "$last: exit $code"
                says "$err" "interrupted" "cells are in $file; the same command goes on from there"
                says "$out" "PARTIAL"
            fi
            expect 0 sweep $grid -o $file
            same whole.$format $file
            says "$out" "again: pbft sweep"
            [ "$(grep -c '/8  ' "$out")" -eq 20 ] || fail "$last: the table lacks earlier rows"
        done
    done
done

# half a row at the end is dropped; so is all of it but the header
head -c $(($(wc -c <whole.csv) - 7)) whole.csv >half.csv
cp whole.csv.state half.csv.state
expect 0 sweep $grid -o half.csv
says "$err" "went on behind the 19 cells"
same whole.csv half.csv
head -c 10 whole.csv >half.csv
expect 0 sweep $grid -o half.csv --quiet
same whole.csv half.csv
# a complete file stays as it is
expect 0 sweep $grid -o half.csv
says "$err" "all 20 cells were in half.csv already" --restart
same whole.csv half.csv
# other words for the same options are the same options; other options are refused
expect 0 sweep --seed 5 --clock virtual --nodes 4..22,23 --requests 200 --repeat 8 --drop 0% -o half.csv
expect 64 sweep $grid --drop 1% -o half.csv
says "$err" "half.csv has rows of other options: --drop was 0, and is 0.01 now" "--restart"
same whole.csv half.csv
expect 64 sweep ${grid/--seed 5/--seed 6} -o half.csv
says "$err" "--seed was 5, and is 6 now"
expect 64 sweep $grid --shard 1/2 -o half.csv
says "$err" "1/2"
# without a seed the one that it was begun with is taken
head -5 whole.csv >half.csv
expect 0 sweep ${grid/--seed 5/} -o half.csv
same whole.csv half.csv
# files of others are not touched
echo mine >mine.csv
expect 64 sweep $grid -o mine.csv
says "$err" "'mine.csv' exists" "--restart"
[ "$(cat mine.csv)" = mine ] || fail "$last: it was touched"
sed '3s/^5/6/' whole.csv >half.csv
expect 1 sweep $grid -o half.csv
says "$err" "half.csv: line 3 is not the row of its cell"
{ cat whole.csv && sed -n 2p whole.csv; } >half.csv
expect 1 sweep $grid -o half.csv
says "$err" "line 22: there are more rows than cells"
expect 0 sweep $grid --restart -o half.csv --quiet
same whole.csv half.csv
expect 0 sweep $grid --restart -o mine.csv --quiet
same whole.csv mine.csv
# nobody else writes meanwhile
"$pbft" sweep --clock virtual --seed 5 --repeat 1M -o lock.csv >/dev/null 2>&1 &
holder=$!
await test -s lock.csv.state
expect 1 sweep --clock virtual --seed 5 --repeat 1M -o lock.csv
says "$err" "another sweep is writing it"
kill -INT $holder
wait
finish
