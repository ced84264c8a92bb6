# Every kind of bad input names itself, says what is allowed, exits with 64, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

# refused TEXT... -- ARGUMENT...: `run` and `sweep` refuse it and say each text
refused() {
    local texts=() command
    while [ "$1" != -- ]; do
        texts+=("$1")
        shift
    done
    shift
    for command in run sweep; do
        expect 64 "$command" --clock virtual "$@" -o result.json
        says "$err" "pbft $command: " "Try 'pbft $command --help'" "${texts[@]}"
        [ ! -s "$out" ] || fail "$last: something on standard output"
        [ -z "$(ls -A | grep -v -e '^std')" ] || fail "$last: left behind: $(ls -A)"
    done
}

# unknown options and stray words
refused "no option --bogus" -- --bogus
refused "no option --node;" "did you mean --nodes?" -- --node 4
refused "no option '-x'" -- -x
refused "'word' belongs to no option" -- word
refused "--nodes needs a value" -- --nodes=
refused "--nodes is given twice" -- --nodes 4 --nodes 7
# counts
for value in 0 4x -1 1.5 99999999999999999999 1e3 0x10 ' 4' 16385 nan; do
    refused "--nodes '$value'" "whole number from 1 to 16384" -- --nodes "$value"
done
refused "--seed '-3'" -- --seed -3
refused "--seed '9223372036854775807'" -- --seed 9223372036854775807
# shares
for value in 1.5 -0.1 nan inf 101% 5%% x 1e-3; do
    refused "--drop '$value'" "share from 0 to 1" "5%" -- --drop "$value"
done
# times
refused "--view-timeout '10'" "unit" -- --view-timeout 10
refused "--view-timeout '0'" "above zero" -- --view-timeout 0
refused "--deadline '-1s'" -- --deadline -1s
refused "--timeline '1ns'" "1us" -- --timeline 1ns
refused "--gst 'off'" -- --gst off
# numbers
refused "--rate '0'" "number from" -- --rate 0
refused "--rate 'nan'" "number from" -- --rate nan
refused "--time-scale '0'" "number from" -- --time-scale 0
# delays
refused "--delay '10ms'" "uniform:5ms..35ms" -- --delay 10ms
refused "--delay 'fixed:10'" "unit" -- --delay fixed:10
refused "--delay 'uniform:35ms..5ms'" "backwards" -- --delay uniform:35ms..5ms
# words
expect 64 run --clock fast
says "$err" "--clock 'fast'" "real, virtual"
refused "--auth 'rot13'" "none, mac, signature" -- --auth rot13
refused "--fifo 'maybe'" "on or off" -- --fifo=maybe
refused "--preset 'nope'" "article" -- --preset nope
refused "--format 'xml'" "table, csv, json or jsonl" -- --format xml
refused "--expect 'nope'" "violation" -- --expect nope
refused "exclude each other" -- --expect safe,violation
# who misbehaves
refused "--behavior 'nope'" "silent" "article" -- --behavior nope
refused "no replica 9" "0 to 3" -- --behavior 9:silent
refused "replica 0 is named twice" -- --behavior 0:silent,0:crash
refused "no replica 9" "0 to 3" -- --byzantine-ids 0,9
refused "replica 0 is named twice" -- --byzantine-ids 0,0
refused "contradict" -- --byzantine 1 --byzantine-ids 0,3
refused "leaves out" -- --byzantine-ids 0 --behavior 1:silent --byzantine 1
refused "--byzantine 5" "only 4 replicas" -- --byzantine 5 --nodes 4
# what does not go together
refused "--window 127" "128" -- --window 127
refused "--pipeline 300" "256" -- --pipeline 300
refused "--warmup 1" "--requests 1" -- --warmup 1
refused "--quorum 5" "1 to 4" -- --quorum 5
refused "--reply-quorum 5" "1 to 4" -- --reply-quorum 5

expect 64 run --processing fixed:1ms
says "$err" "--processing fixed:1ms" "--clock virtual"
# one value for run, and what is wrong with a sweep's
expect 64 run --nodes 4,7
says "$err" "--nodes '4,7' has 2 values" sweep
expect 64 run --preset article
says "$err" "--byzantine '0..6' of preset article has 7 values"
for range in "7..4 backwards" "4,4 twice" "1..10:0 step" "4..x whole"; do
    expect 64 sweep --nodes "${range% *}"
    says "$err" "--nodes '${range% *}'" "${range#* }"
done
for range in "20%..0%:5% backwards" "0%..20% step" "0%..20%:0% step"; do
    expect 64 sweep --drop "${range% *}"
    says "$err" "--drop '${range% *}'" "${range#* }"
done
expect 64 sweep --delay none,fixd:1ms
says "$err" "fixd:1ms"
expect 64 sweep --nodes 1..10000 --requests 1..1000
says "$err" "more than 1000000 cells"
expect 64 sweep --nodes 4,7 --byzantine 0..5
says "$err" "--byzantine 5"
expect 64 sweep --expect 'safe;live'
says "$err" "--expect cannot vary"
expect 64 sweep --nodes 4,7 --jobs 2
says "$err" "--jobs 2" "--clock virtual"
expect 64 sweep --clock virtual --jobs 0
says "$err" "--jobs '0'"
expect 64 sweep --clock virtual --seed 1 --shard 1/2
says "$err" "--shard needs -o FILE"
expect 64 sweep --clock virtual --shard 1/2 -o x.csv
says "$err" "--shard needs --seed"
for shard in 0/2 3/2 1 1/0 a/b; do
    expect 64 sweep --clock virtual --seed 1 --shard "$shard" -o x.csv
    says "$err" "--shard '$shard'" "2/8"
done
expect 64 sweep --merge
says "$err" "--merge needs the files"
expect 64 sweep --merge a.csv --nodes 4
says "$err" "--nodes does not go with --merge"
# commands
expect 64
says "$err" "run, sweep, explore, replay, bench, plot, list"
expect 64 jump
says "$err" "no command 'jump'"
expect 64 --jump
says "$err" "no option '--jump'"
expect 64 list colours
says "$err" "no list 'colours'" "behaviors, delays, matrices, processing, presets"
expect 64 list delays presets
[ -z "$(ls -A | grep -v -e '^std')" ] || fail "left behind: $(ls -A)"
finish
