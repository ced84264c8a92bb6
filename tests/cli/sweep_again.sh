# What a sweep prints leads to the same sweep: its command, and the config of its JSON.
. "$(dirname "$0")/lib.sh"

again() {
    sed -n 's/^again: pbft //p' "$out"
}

# the order of the axes is kept, so that the command goes on where the file ends; all seeds are
grid=(--drop 0,1% --nodes 4,7 --seed 1,2 --clock virtual --requests 3)
expect 0 sweep "${grid[@]}" -o first.csv
command=$(again)
[ "$command" = "sweep --drop 0,1% --nodes 4,7 --seed 1,2 --clock virtual --requests 3" ] || fail "again: $command"
expect 0 $command -o second.csv
same first.csv second.csv
expect 0 $command -o first.csv
says "$err" "all 8 cells were in first.csv already"
expect 0 sweep --nodes 4,7 --drop 0,1% --clock virtual -o drawn.csv
expect 0 $(again) -o drawn.csv
says "$err" "all 4 cells were in drawn.csv already"
expect 0 sweep --preset article --clock virtual --byzantine 0,1 --repeat 2 -o preset.csv
expect 0 $(again) -o preset.csv
says "$err" "all 2 cells were in preset.csv already"

# a sweep's own JSON as config is the same sweep
expect 0 sweep "${grid[@]}" --view-timeout 300ms -o one.json
expect 0 sweep --config one.json -o two.json
same one.json two.json
expect 0 sweep --clock virtual --seed 3 --byzantine 0..1 --behavior 'silent,crash(at=1s)' --delay 'none;normal:5ms,1ms' -o one.json
expect 0 sweep --config one.json -o two.json
same one.json two.json
expect 64 run --config one.json
says "$err" "has 2 values, and run takes one"
# what does not say what varies is refused
sed '/^,*"grid"/d; s/^"grid".*//' one.json | sed 's/^"cells"/"cells"/' >old.json
expect 64 sweep --config old.json
says "$err" "belongs to a sweep"
expect 64 sweep --config first.csv.state
says "$err" "belongs to a sweep"
finish
