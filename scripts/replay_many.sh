#!/bin/sh
# Records many small runs on threads and replays each: all must come to the same.
#
#   scripts/replay_many.sh PBFT [RUNS] [FIRST_SEED]        RUNS is 1000 unless said
#
# n from 4 to 10, with and without delays, losses, repetitions and misbehaving replicas, by turns. Prints what went
# wrong, then a summary; exits 1 if any run was not the same.
set -u
pbft=$(realpath "$1")
runs=${2-1000}
seed=${3-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
behaviors="silent crash crash-recover amnesia article conflicting-digest selective eager equivocate split-vote collude twin
    slow-primary forge-sender replay flood view-change-spam fake-certificate hide-prepared bad-new-view lying-checkpoint
    lying-reply vanish"
set -- $behaviors
same=0
i=0
while [ "$i" -lt "$runs" ]; do
    n=$((4 + i % 7))
    options="--nodes $n --requests 20 --clients 4 --checkpoint-interval 4 --window 16 --pipeline 8
        --view-timeout 40ms --client-timeout 40ms --retransmit 5ms --deadline 400ms --seed $((seed + i))"
    case $((i % 5)) in
    0) options="$options --delay none" ;;
    1) options="$options --delay uniform:100us..1ms --delay-lines 2" ;;
    2) options="$options --delay uniform:100us..1ms --drop 10% --duplicate 10% --reorder 10% --reorder-extra 1ms" ;;
    3)
        eval "behavior=\${$((i / 5 % $# + 1))}"
        options="$options --delay none --byzantine 1 --behavior $behavior"
        ;;
    4)
        eval "behavior=\${$((i / 5 % $# + 1))}"
        options="$options --delay exponential:300us --drop 5% --byzantine $(((n - 1) / 3)) --behavior $behavior"
        ;;
    esac
    "$pbft" run $options --record "$work/run.rec" >"$work/out" 2>"$work/err"
    ran=$?
    "$pbft" replay "$work/run.rec" --format csv >"$work/out" 2>>"$work/err"
    replayed=$?
    if [ "$ran" = "$replayed" ] && { [ "$ran" = 0 ] || [ "$ran" = 3 ]; }; then
        same=$((same + 1))
    else
        echo "run: exit $ran, replay: exit $replayed: pbft run" $options
        head -c 1000 "$work/err"
    fi
    i=$((i + 1))
done
echo "$same of $runs threaded runs were replayed the same"
[ "$same" = "$runs" ]
