# How latencies are distributed. data: a block for each latency: ms, share of the values at or below it in %.
here = ARG0[1:strstrt(ARG0, "cdf.gp") - 1]
load here."common.gp"
set xlabel "ms since the pre-prepare; where the legend says so, since the request"
set ylabel "share at or below (%)"
if (!is_text) { set key font ",19" width 0 samplen 2; set bmargin legend_room(series, 25) }
set yrange [0:103]
set ytics 0, 20, 100
style = smooth_enough ? "lines" : "steps"
first_point = smooth_enough ? 1 : 0 # a line starts where the values do, a step on the axis
plot for [i = 1:series] data index i - 1 every ::first_point using 1:2 with @style linewidth 2.4 linecolor rgb colors[i] title labels[i]
