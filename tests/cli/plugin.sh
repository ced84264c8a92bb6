# Behaviours from a shared object: the example is taken and does what it says, what is no plugin is refused, and a
# recording loads nothing by itself.
. "$(dirname "$0")/lib.sh"
plugins=$2
example=$plugins/plugin_example.so
virtual="--clock virtual --seed 3"

expect 0 list --behavior-plugin "$example"
says "$out" "late-commit" "keeps every COMMIT" "two-faced"

# safe and live at b = f, in every mode; each fired; COMMITs kept for half a view timeout slow nobody else down
for auth in none mac signature; do
    expect 0 run $virtual --behavior-plugin "$example" --nodes 7 --behavior 1:two-faced,2:late-commit --requests 40 \
        --checkpoint-interval 8 --window 16 --auth $auth --expect safe,live --format json
    says "$out" '"two-faced":' '"late-commit":'
    lacks "$out" '"two-faced":0'
    lacks "$out" '"late-commit":0'
done
# two of four keep their COMMITs: whoever counts q = 3 of them has waited half of 200 ms for one at least
expect 0 run $virtual --behavior-plugin "$example" --behavior late-commit --byzantine-ids 1,2 --requests 20 --format json
mean=$(sed -n 's/.*"commit_latency_ns":{"count":[0-9]*,"mean":\([0-9]*\).*/\1/p' "$out" | head -1)
[ "${mean:-0}" -gt 100000000 ] || fail "late COMMITs cost nothing: $mean ns"

# plugins that hand on what the replica inside sends, among them its answers to a peer that sent again, do not answer
# each other for ever; a node that there is not is no reason to abort, in any mode
for auth in none mac signature; do
    expect 0 run $virtual --behavior-plugin "$example" --nodes 7 --behavior two-faced --byzantine-ids 5,6 \
        --drop 10% --requests 30 --auth $auth --format json
    sent=$(sed -n 's/.*"messages":{"sent":\([0-9]*\).*/\1/p' "$out" | head -1)
    [ "${sent:-99999999}" -lt 100000 ] || fail "$auth: $sent messages for 30 requests"
    expect 0 run $virtual --behavior-plugin "$plugins/plugin_nowhere.so" --behavior nowhere --byzantine 1 \
        --requests 10 --auth $auth --expect safe,live --format json
    lacks "$out" '"nowhere":0' '"dropped":0,'
done

# what came out goes in again
expect 0 run $virtual --behavior-plugin "$example" --behavior two-faced --byzantine 1 --requests 10 --format json
cp "$out" first.json
expect 0 run --config first.json --format json
sed 's/"host":{[^}]*}[^}]*}//g' first.json >first
sed 's/"host":{[^}]*}[^}]*}//g' "$out" >second
same first second
expect 0 sweep $virtual --behavior-plugin "$example" --behavior late-commit,silent --byzantine 0..1 --quiet --format csv
[ "$(lines "$out")" -eq 5 ] || fail "$last: $(lines "$out") lines"

# a recording says what took part; its reader says what is loaded
expect 0 run --behavior-plugin "$example" --behavior two-faced --byzantine 1 --requests 3 --seed 3 --record run.rec
expect 1 replay run.rec
says "$err" "plugin_example.so" "--behavior-plugin"
expect 0 replay run.rec --behavior-plugin "$example"
says "$out" "replayed the same: yes"
expect 0 run $virtual --behavior-plugin "$example" --behavior two-faced --byzantine 1 --requests 3 --trace run.svg

# what is none
refuse() {
    expect 64 run $virtual --behavior-plugin "$1" --behavior silent --byzantine 1
    says "$err" "--behavior-plugin" "$2"
}
printf 'not a shared object' >text.so
refuse ./text.so "cannot load './text.so'"
refuse missing.so "cannot load 'missing.so'"
refuse "$plugins/plugin_version.so" "version 99"
refuse "$plugins/plugin_name.so" "is no name of a behaviour"
refuse "$plugins/plugin_taken.so" "there is a behaviour 'silent' already"
refuse "$plugins/plugin_empty.so" "describes no behaviour"
refuse "$plugins/plugin_nothing.so" "defines no pbft_behavior_plugin"
refuse "$example:$example" "already"
refuse "$example:" "an empty path"
expect 64 run $virtual --behavior late-commit --byzantine 1
says "$err" "there is no behaviour 'late-commit'"
finish
