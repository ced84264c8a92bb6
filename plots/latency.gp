# Latency along one option. data: a block for each series, then the one to compare with: x mean low high p50 p99, in ms,
# and of the runs: median low high. Then a block of single runs: x ms.
here = ARG0[1:strstrt(ARG0, "latency.gp") - 1]
load here."common.gp"
load here."axis.gp"
set ylabel (series == 1 ? "" : "mean ")."latency of successes (ms".(series > 1 && has_interval ? ", 95%)" : ")")
if (log_y) { set logscale y; set yrange [*:*] } else { set yrange [0:*] }

# What is drawn only if it is there.
band = is_text || !has_interval ? "" : "data index 0 using 1:3:4 with filledcurves linecolor rgb blue title '95% confidence', "
tail = has_p99 ? "data index 0 using 1:6 with linespoints linewidth 1.2 dashtype (4, 4) pointtype 6 pointsize 1 " \
                 ."linecolor rgb blue title '99th percentile', " : ""
other = compared ? ", data index series using 1:2 with linespoints linewidth 1.4 dashtype (10, 5) pointtype 4 " \
                   ."pointsize 1.1 linecolor rgb (series == 1 ? 0xD55E00 : 0) title compare_label" : ""
# Where nothing succeeded there is no latency: say so instead of leaving a gap.
nothing(y) = y eq "NaN" ? 0 : 1/0
gap = missing && series == 1 && !is_text ? ", data index 0 using 1:(nothing(stringcolumn(2))):('no run succeeded') with labels " \
                                           ."rotate left offset 0,0.6 textcolor rgb grey font letters(17) notitle" : ""

set style fill transparent solid 0.22 noborder
interval = is_text || !has_median_interval ? "" : \
    "data index 0 using 1:8:9 with filledcurves linecolor rgb blue title '95% interval of the median', "
if (series == 1 && has_runs) {
    # a mean of runs with and without a view change is like neither: the runs themselves, and their median
    plot @interval \
         data index 2 using 1:2 with points pointtype 7 pointsize 1.2 linecolor rgb "#80555555" title "a run", \
         data index 0 using 1:7 with @style linewidth 2.6 pointtype 7 pointsize 1.5 linecolor rgb blue title "median" \
         @other @gap
} else { if (series == 1) {
    plot @band @tail \
         data index 0 using 1:2 with @style linewidth 2.6 pointtype 7 pointsize 1.7 linecolor rgb blue title "mean" \
         @other @gap
} else {
    plot for [i = 1:series] data index i - 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype points[i] pointsize 0.1 \
             linecolor rgb colors[i] notitle, \
         for [i = 1:series] data index i - 1 using 1:2 with @style linewidth 2.4 pointtype points[i] pointsize 1.7 \
             linecolor rgb colors[i] title labels[i] \
         @other
}}
