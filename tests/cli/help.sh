# --help and --version: on standard output, exit 0, and complete.
. "$(dirname "$0")/lib.sh"

expect 0 --help
says "$out" "Usage: pbft COMMAND" run sweep plot list "64 usage error"
for command in run sweep; do
    expect 0 $command --help
    [ ! -s "$err" ] || fail "$last: something on standard error"
    for option in preset config nodes byzantine byzantine-ids behavior delay client-delay client-drop drop duplicate \
        reorder reorder-extra fifo gst schedule processing requests warmup clients rate batch pipeline payload \
        checkpoint-interval window quorum view-timeout client-timeout retransmit reply-quorum auth clock time-scale \
        delay-lines pin deadline stall repeat seed timeline expect format output quiet; do
        says "$out" " --$option"
    done
    says "$out" "[uniform:5ms..35ms;" "[20ms]" "Times need a unit"
    [ "$(awk 'length($0) > 110' "$out" | wc -l)" -eq 0 ] || fail "$last: lines too long"
    ! grep -q ' $' "$out" || fail "$last: a space at the end of a line"
done
says "$out" --jobs --shard --merge --restart
expect 0 bench --help
says "$out" "Usage: pbft bench PART" "--time T" "--quick" "--cores C,D.." "--nodes N" "--auth MODE"
lacks "$out" " --clock"
expect 0 run --nodes 4 --help # wherever it stands
expect 0 list --help
expect 0 plot --help
expect 0 list
says "$out" silent article equivocate uniform:5ms..35ms pareto
for name in behaviors delays presets; do
    expect 0 list $name
    [ -s "$out" ] || fail "$last: nothing"
done
# every behaviour and every delay that is listed works
for behavior in $("$pbft" list behaviors | awk '{ print $1 }'); do
    expect 0 run --clock virtual --seed 1 --byzantine-ids 3 --behavior "$behavior" --deadline 5s --expect safe
done
for delay in $("$pbft" list delays | awk '{ print $1 }'); do
    expect 0 run --clock virtual --seed 1 --delay "$delay" --expect safe,live
done
expect 0 --version
says "$out" "pbft " compiler sanitizer allocator libsodium jansson "ck "
finish
