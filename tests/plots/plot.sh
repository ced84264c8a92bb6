#!/bin/sh
# Every picture is drawn, whole and valid; bad input gives a sentence and the right exit code, and leaves no file.
#
#   plot.sh PBFT DATA                    DATA: the directory with the samples beside this script
set -eu
export LC_ALL=C

pbft=$1 data=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work/tmp"
mkdir "$TMPDIR" "$work/out"
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# is_picture FILE: an SVG whose elements are closed, or a PNG from its signature to its last chunk
is_picture() {
    [ -s "$1" ] || return 1
    case $1 in
    *.svg) grep -q '<svg' "$1" && [ "$(tail -c 20 "$1" | grep -c '</svg>')" = 1 ] && [ "$(grep -c '<g' "$1")" -gt 5 ] ;;
    *.pdf) [ "$(head -c 5 "$1")" = %PDF- ] && tail -c 8 "$1" | grep -q '%%EOF' ;;
    *.eps) [ "$(head -c 4 "$1")" = '%!PS' ] && tail -c 8 "$1" | grep -q '%%EOF' ;;
    *.png) [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] && tail -c 12 "$1" | grep -q IEND ;;
    esac
}

# draws NAMES ARGUMENTS...: plot succeeds, prints the names of exactly these pictures, and says nothing else
draws() {
    names=$1
    shift
    rm -f "$work/out"/*
    if ! "$pbft" plot "$@" -o "$work/out/" >"$work/stdout" 2>"$work/stderr"; then
        fail "plot $*: $(cat "$work/stderr")"
        return
    fi
    [ ! -s "$work/stderr" ] || fail "plot $* complains: $(cat "$work/stderr")"
    for name in $names; do
        is_picture "$work/out/$name" || fail "plot $*: no valid $name"
        grep -qx "$work/out/$name" "$work/stdout" || fail "plot $*: $name is not announced"
    done
    [ "$(ls "$work/out" | wc -l)" = "$(echo $names | wc -w)" ] || fail "plot $*: drew $(ls "$work/out" | tr '\n' ' ')"
}

# refuses CODE TEXT ARGUMENTS...: plot exits with CODE, says TEXT, and leaves nothing behind
refuses() {
    code=$1 text=$2
    shift 2
    rm -f "$work/out"/*
    status=0
    "$pbft" plot "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ "$status" = "$code" ] || fail "plot $*: exit code $status, not $code: $(cat "$work/stderr")"
    grep -qF -- "$text" "$work/stderr" || fail "plot $*: does not say '$text' but: $(cat "$work/stderr")"
    [ -z "$(ls "$work/out")" ] || fail "plot $*: left $(ls "$work/out")"
}

# both LIST: each name as .svg and .png
both() {
    for name in "$@"; do printf '%s.svg %s.png ' "$name" "$name"; done
}

# --- pictures
draws "$(both latency success)" "$data/article.csv"
draws "$(both latency success)" "$data/sweep.json"
draws "$(both latency success)" "$data/sweep.jsonl"
draws "$(both latency success)" "$data/article.csv" --compare "$data/../../../plots/tutorial-published.csv" --compare-as "a'b\"c {x} \$y"
draws "$(both latency success heatmap latency-heatmap)" "$data/grid.csv"
draws "$(both latency success heatmap latency-heatmap)" "$data/grid.csv" --x byzantine
draws "$(both latency success heatmap latency-heatmap)" "$data/shares.csv"
draws "$(both heatmap)" "$data/grid.csv" --kind heatmap --x byzantine --y nodes
# a part of a sweep: as if only the rest had varied, and the value stands under the title
draws "$(both latency success)" "$data/grid.csv" --where nodes=4
"$pbft" plot "$data/grid.csv" --where nodes=4 --kind success --format svg -o "$work/out/w" >/dev/null
awk -F, 'NR == 1 || $1 == 4' "$data/grid.csv" | cut -d, -f2- >"$work/four.csv"
"$pbft" plot "$work/four.csv" --kind success --format svg -o "$work/out/four" >/dev/null
cmp "$work/out/w-success.svg" "$work/out/four-success.svg" || fail "--where nodes=4 is not the file's part with four nodes"
draws "$(both success)" "$data/words.csv" --kind success
draws "$(both cdf timeline)" "$data/run.json"
draws "$(both cdf)" "$data/runs.jsonl"
draws "$(both votes cores)" "$data/bench.json"
draws "latency.svg" "$data/article.csv" --kind latency --format svg
draws "latency.png" "$data/article.csv" --kind latency --format png

# the scenario, f, the units and the quoted words are in the picture
"$pbft" plot "$data/sweep.json" --kind latency --format svg -o "$work/out/a" >/dev/null
for text in 'n = 10' 'f = 3' '(ms)' 'misbehaving replicas' 'seed 7' 'no run succeeded' 'reorder 5%'; do
    grep -qF "$text" "$work/out/a-latency.svg" || fail "the picture of sweep.json lacks '$text'"
done
"$pbft" plot "$data/article.csv" --kind success --format svg --title "it's <\"\$(touch x)\` & {/=9 b}" -o "$work/out/b" >/dev/null
grep -qF "it's &lt;" "$work/out/b-success.svg" || fail "an odd title is not drawn as it is"

"$pbft" plot "$data/shares.csv" --kind latency-heatmap --format svg -o "$work/out/c" >/dev/null
for text in '>25%<' '>none<' 'messages dropped (%)' '>290<'; do
    grep -qF "$text" "$work/out/c-latency-heatmap.svg" || fail "the heat map of shares.csv lacks '$text'"
done

# names: beside FILE, a prefix, a directory
cp "$data/article.csv" "$work/out/x.y.csv"
"$pbft" plot "$work/out/x.y.csv" --kind success --format png >/dev/null
is_picture "$work/out/x.y-success.png" || fail "no picture beside the file"
"$pbft" plot "$data/article.csv" --kind success --format png -o "$work/out" >/dev/null
is_picture "$work/out/success.png" || fail "no picture in the directory"

# plain text
"$pbft" plot "$data/article.csv" --terminal dumb >"$work/stdout" 2>"$work/stderr"
[ ! -s "$work/stderr" ] || fail "--terminal dumb complains: $(cat "$work/stderr")"
[ "$(grep -c 'misbehaving replicas' "$work/stdout")" = 2 ] || fail "--terminal dumb does not draw two pictures"
"$pbft" plot --help | grep -q -- --kind || fail "--help"

# what is plotted: one block a series, along the axis in its order, with gaps where there is no value
mkdir "$work/scripts"
printf 'print system("cat ".data)\n' | tee "$work/scripts/success.gp" >"$work/scripts/latency.gp"
PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$data/grid.csv" --x byzantine --terminal dumb --kind success >/dev/null 2>"$work/stderr"
[ "$(sed 's/^gnuplot: //' "$work/stderr" | awk 'NF == 4 { print $1 ":" $2 }' | tr '\n' ' ')" = "$(awk -F, '
    NR > 1 { n = $1; row[n] = row[n] $2 ":" 100 * $4 " " }
    END { print row[4] row[7] row[10] row[13] }' "$data/grid.csv")" ] || fail "the blocks of grid.csv: $(cat "$work/stderr")"
PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$data/article.csv" --terminal dumb --kind latency >/dev/null 2>"$work/stderr"
grep -q '4 132 NaN NaN 132 132' "$work/stderr" || fail "a single success has no interval: $(cat "$work/stderr")"
grep -q '3 171 49 293 92 311' "$work/stderr" || fail "latency and its interval in ms: $(cat "$work/stderr")"
grep -q '5 NaN NaN NaN NaN NaN' "$work/stderr" || fail "no success is no latency: $(cat "$work/stderr")"

printf 'print system("cat ".data)\n' >"$work/scripts/bench.gp"
PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$data/bench.json" --terminal dumb --kind votes >/dev/null 2>"$work/stderr"
[ "$(sed 's/^gnuplot: //' "$work/stderr" | awk 'NF == 4 { print $1 ":" $2 }' | tr '\n' ' ')" = \
    "4:21.4 16:82.1 64:124.5 256:97.3 4:19.2 16:74.8 64:109.9 256:101.4 4:9.3 4:0.11 4:131 16:236 64:262 256:214 " ] ||
    fail "votes against replicas, in millions, on all cores: $(cat "$work/stderr")"
PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$data/bench.json" --terminal dumb --kind cores >/dev/null 2>"$work/stderr"
[ "$(sed 's/^gnuplot: //' "$work/stderr" | awk 'NF == 4 { print $1 ":" $2 ":" $3 ":" $4 }' | tr '\n' ' ')" = \
    "1:71.2:66.928:74.76 2:124.5:117.03:130.725 1:131:131:131 2:262:262:262 " ] || fail "votes against cores: $(cat "$work/stderr")"

# a curve's name says what was chosen, and not what bench chose to suit the replicas
printf 'do for [i = 1:series] { print labels[i] }\n' >"$work/scripts/bench.gp"
names_of()
{
    PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$1" --terminal dumb --kind votes 2>&1 >/dev/null | sed 's/^gnuplot: //' | tr '\n' ';'
}
[ "$(names_of "$data/bench.json")" = "batch 1, delay lines 1;batch 1, delay lines 2;batch 1, delay \
lines 1, auth mac;batch 1, delay lines 1, auth signature;" ] || fail "names of curves: $(names_of "$data/bench.json")"
# on a busy machine a quick run may end before it has counted a vote: then again
names_of_bench()
{
    local trial
    for trial in 1 2 3 4 5 6 7 8 9 10; do
        "$pbft" bench cluster --quick --time 200ms --nodes 4,7 "$@" -o "$work/quick.json" >/dev/null 2>&1
        [ "$(names_of "$work/quick.json")" != "$wanted" ] || return 0
    done
    fail "names of curves: $(names_of "$work/quick.json")"
}
wanted="batch 1, delay lines 1, pipeline 4;batch 1, delay lines 1, pipeline 16;"
names_of_bench --pipeline 4,16
wanted="batch 1, delay lines 1, clients 4;batch 1, delay lines 1, clients 16;"
names_of_bench --clients 4,16

# other formats, sizes and letters; the name alone can choose
draws "latency.pdf latency.eps" "$data/article.csv" --kind latency --format pdf,eps
"$pbft" plot "$data/article.csv" --kind latency -o "$work/out/one.pdf" >"$work/stdout"
is_picture "$work/out/one.pdf" && grep -qx "$work/out/one.pdf" "$work/stdout" || fail "-o one.pdf"
"$pbft" plot "$data/article.csv" --kind success --size 640x400 --font Arial:11 -o "$work/out/small.svg" >/dev/null
grep -q 'viewBox="0 0 640 400"' "$work/out/small.svg" || fail "--size 640x400"
grep -q 'font-family="Arial" font-size="11' "$work/out/small.svg" || fail "--font Arial:11"
status=0
[ ! -w /dev/full ] || "$pbft" plot "$data/article.csv" --terminal dumb >/dev/full 2>/dev/null || status=$?
[ ! -w /dev/full ] || [ "$status" = 1 ] || fail "a full standard output: exit code $status, not 1"

# what options are called and how values are written on the command line
cat >"$work/units.csv" <<'END'
bandwidth_bps,retransmit_ns,repeats,success_rate,commit_latency_mean_ns,commit_latency_mean_ci95_ns
1000000,80000000,5,1,90000000,
1000000,off,5,1,95000000,
100000000,80000000,5,1,70000000,
100000000,off,5,1,75000000,
END
sed 's/retransmit_ns/batch/; s/off/2/' "$work/units.csv" >"$work/units4.csv"
# picture_of_units TEXTS ARGUMENTS...: the picture has all of these texts, one a line
picture_of_units()
{
    texts=$1
    shift
    "$pbft" plot "$work/units.csv" "$@" -o "$work/out/units.svg" >/dev/null || fail "plot units.csv $*"
    echo "$texts" | while read -r text; do
        grep -qF ">$text<" "$work/out/units.svg" || echo "$text"
    done >"$work/lacking"
    [ ! -s "$work/lacking" ] || fail "units.csv $*: the picture lacks $(cat "$work/lacking")"
}
picture_of_units '1 Mbit/s
100 Mbit/s
retransmit = 80 ms
retransmit = off' --kind success --x bandwidth
picture_of_units '80 ms
off
bandwidth = 100 Mbit/s' --kind success --x --retransmit
picture_of_units '1 Mbit/s' --kind latency --log xy --x bandwidth --where retransmit=80ms
grep -q '95% confidence' "$work/out/units.svg" && fail "the legend promises an interval that is not there"
grep -q '99th percentile' "$work/out/units.svg" && fail "the legend promises a percentile that five runs do not have"
picture_of_units '80 ms' --kind success --where bandwidth=0.1Gbit
refuses 1 "there are: 80 ms, off" "$work/units.csv" --where retransmit=81ms -o "$work/out/"
refuses 1 "--log x: 'retransmit' holds values that are not above 0" "$work/units.csv" --kind success --x retransmit --log x -o "$work/out/"
refuses 1 "--where OPTION=VALUE picks a line" "$work/units.csv" --kind success --where retransmit=off --compare "$work/units4.csv" -o "$work/out/"
refuses 1 "--compare is for sweeps" "$data/bench.json" --compare "$data/article.csv" -o "$work/out/"
# the runs themselves, their median, and the interval that they bear: none of five, the extremes of six, 2nd to 8th of 9
printf 'drop,repeats,success_rate,commit_latency_mean_ns,commit_latency_mean_ci95_ns,commit_latency_runs_ns\n%s\n%s\n%s\n' \
    '0,5,1,3000000,1000000,5000000;1000000;2000000;4000000;3000000' \
    '0.1,6,1,3500000,1000000,1000000;2000000;3000000;4000000;5000000;6000000' \
    '0.2,9,1,5000000,1000000,9000000;2000000;3000000;4000000;5000000;6000000;7000000;8000000;1000000' >"$work/runs.csv"
"$pbft" plot "$work/runs.csv" --kind latency -o "$work/out/runs.svg" >/dev/null
for text in 'a run' 'median' '95% interval of the median'; do
    grep -qF ">$text<" "$work/out/runs.svg" || fail "the picture of runs lacks '$text'"
done
! grep -q '>mean<' "$work/out/runs.svg" || fail "the picture of runs has a mean, too"
printf 'print system("cat ".data)\n' >"$work/scripts/latency.gp"
PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$work/runs.csv" --terminal dumb --kind latency >/dev/null 2>"$work/stderr"
[ "$(sed 's/^gnuplot: //' "$work/stderr" | awk 'NF == 9 { print $7 ":" $8 ":" $9 }' | tr '\n' ' ')" = \
    "3:NaN:NaN 3.5:1:6 5:2:8 " ] || fail "medians of runs: $(cat "$work/stderr")"
[ "$(sed 's/^gnuplot: //' "$work/stderr" | awk 'NF == 2 && $1 != "NaN"' | wc -l)" = 20 ] || fail "20 runs are 20 points"
# a sweep writes each success's latency: their mean is the cell's, as each run here is one request
"$pbft" sweep --clock virtual --seed 3 --requests 1 --repeat 7 --drop 0%,1% -o "$work/seven.csv" >/dev/null 2>&1
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { n = split($column["commit_latency_runs_ns"], runs, ";"); sum = 0; for (i in runs) sum += runs[i]
      off = n == 0 ? 9 : sum / n - $column["commit_latency_mean_ns"]
      if (n != $column["success"] || off > 1 || off < -1) exit 1 }' "$work/seven.csv" || fail "latencies of runs: $(cat "$work/seven.csv")"
# a rate as on the command line
picture_of_units '80 ms' --kind success --where bandwidth=100Mbit

# a band ends at 0, also where the mean's interval does not
printf 'drop,repeats,success_rate,commit_latency_mean_ns,commit_latency_mean_ci95_ns\n0,5,1,9000000,12000000\n' >"$work/band.csv"
printf 'print system("cat ".data)\n' >"$work/scripts/latency.gp"
PBFT_PLOTS_DIR=$work/scripts "$pbft" plot "$work/band.csv" --terminal dumb --kind latency >/dev/null 2>"$work/stderr"
grep -q '0 9 0 21 NaN NaN' "$work/stderr" || fail "a band below zero: $(cat "$work/stderr")"

# scripts beside the program, as installed
mkdir -p "$work/usr/bin" "$work/usr/share/pbft/plots"
cp "$pbft" "$work/usr/bin/pbft"
printf 'print "beside the program"\n' >"$work/usr/share/pbft/plots/success.gp"
"$work/usr/bin/pbft" plot "$data/article.csv" --terminal dumb --kind success 2>&1 | grep -q 'beside the program' ||
    fail "scripts in ../share/pbft/plots are not found"

# --- usage: 64
refuses 64 "names one picture; --kind says which" "$data/article.csv" -o "$work/out/x.pdf"
refuses 64 "its ending is the format" "$data/article.csv" --kind success --format svg -o "$work/out/x.pdf"
refuses 64 "is not WxH" "$data/article.csv" --size 640
refuses 64 "is not NAME:SIZE" "$data/article.csv" --font Arial:big
refuses 64 "is not x, y or xy" "$data/article.csv" --log z
refuses 64 "which FILE?"
refuses 64 "there is no option '--foo'" --foo "$data/article.csv"
refuses 64 "--kind needs a value" "$data/article.csv" --kind
refuses 64 "there is no 'pie'; allowed: latency, success" "$data/article.csv" --kind pie
refuses 64 "'bmp' is not a list of svg, png, pdf and eps" "$data/article.csv" --format bmp
refuses 64 "'svg,' is not a list" "$data/article.csv" --format svg,
refuses 64 "allowed: dumb" "$data/article.csv" --terminal vt100
refuses 64 "there is no 'speed'; allowed: commit_latency" "$data/article.csv" --quantity speed
refuses 64 "one FILE at a time" "$data/article.csv" "$data/grid.csv"

# --- what is wrong with the file: 1
refuses 1 "No such file" "$work/none.csv" -o "$work/out/"
refuses 1 "Is a directory" "$work" -o "$work/out/"
: >"$work/empty.csv"
refuses 1 "is empty" "$work/empty.csv" -o "$work/out/"
head -1 "$data/article.csv" >"$work/header.csv"
refuses 1 "neither a sweep's cells nor a run's results" "$work/header.csv" -o "$work/out/"
printf 'a,b\n1,2\n' >"$work/other.csv"
refuses 1 "names no column 'repeats'" "$work/other.csv" -o "$work/out/"
{ cat "$data/article.csv"; echo 7,5; } >"$work/short.csv"
refuses 1 "the file holds no votes against cores" "$data/run.json" --kind cores -o "$work/out/"
refuses 1 "line 9: 2 fields where the header has 13" "$work/short.csv" -o "$work/out/"
printf '{\n"a": tru }' >"$work/bad.json"
refuses 1 "bad.json, line 2, column" "$work/bad.json" -o "$work/out/"
echo '{"a": 1}' >"$work/strange.json"
refuses 1 "neither a sweep's cells nor a run's results" "$work/strange.json" -o "$work/out/"
head -c 3000 /dev/zero >"$work/zero"
refuses 1 "NUL bytes" "$work/zero" -o "$work/out/"
cut -d, -f1-7 "$data/article.csv" >"$work/no_latency.csv"
refuses 1 "no column 'commit_latency_mean'" "$work/no_latency.csv" --kind latency -o "$work/out/"
refuses 1 "no column 'request_latency_mean'" "$data/article.csv" --kind latency --quantity request_latency -o "$work/out/"
grep -E '^(byz|5|6)' "$data/article.csv" >"$work/failed.csv"
refuses 1 "nothing succeeded" "$work/failed.csv" --kind latency -o "$work/out/"
refuses 1 "'drop' does not vary in this sweep; what does: byzantine" "$data/article.csv" --kind success --x drop -o "$work/out/"
refuses 1 "only one option varies" "$data/grid.csv" --where nodes=4 --kind heatmap -o "$work/out/"
refuses 1 "there are: 4, " "$data/grid.csv" --where nodes=5 -o "$work/out/"
refuses 1 "no such option varies" "$data/grid.csv" --where drop=5% -o "$work/out/"
refuses 64 "OPTION=VALUE is allowed" "$data/grid.csv" --where nodes -o "$work/out/"
refuses 1 "only one option varies" "$data/article.csv" --kind heatmap -o "$work/out/"
refuses 1 "needs the JSON of" "$data/article.csv" --kind cdf -o "$work/out/"
refuses 1 "holds no timeline" "$data/runs.jsonl" --kind timeline -o "$work/out/"
refuses 1 "single runs" "$data/run.json" --kind latency -o "$work/out/"
refuses 1 "does not vary 'nodes'" "$data/grid.csv" --kind success --compare "$data/article.csv" -o "$work/out/"

# --- what is wrong with the machine: 1
refuses 1 "cannot create the directory" "$data/article.csv" -o /proc/nowhere/
[ ! -w /dev/full ] || { mkdir "$work/full" && ln -s /dev/full "$work/full/success.svg.part" &&
    refuses 1 "success.svg" "$data/article.csv" --kind success -o "$work/full/"; }
(
    PBFT_PLOTS_DIR=$work/nowhere && export PBFT_PLOTS_DIR
    failures=0
    refuses 1 "PBFT_PLOTS_DIR can say where" "$data/article.csv" -o "$work/out/"
    [ "$failures" = 0 ]
) || fail "missing scripts"
echo 'load "nowhere"' >"$work/scripts/success.gp"
(
    PBFT_PLOTS_DIR=$work/scripts && export PBFT_PLOTS_DIR
    failures=0
    refuses 1 "gnuplot failed" "$data/article.csv" --kind success -o "$work/out/"
    [ "$failures" = 0 ]
) || fail "a script that fails"
(
    PATH=$work && export PATH
    "$pbft" plot "$data/article.csv" -o "$work/out/" 2>"$work/stderr" && exit 1
    while read -r line; do case $line in *"gnuplot is not installed"*) exit 0 ;; esac; done <"$work/stderr"
    exit 1
) || fail "missing gnuplot"
# what was started is gone, and so are its files
[ -z "$(ls "$TMPDIR")" ] || fail "temporary files are left: $(ls "$TMPDIR")"

[ "$failures" -eq 0 ] && echo "all pictures are drawn, all bad input is refused"
