# How latencies are distributed. data: a block for each latency: ms, share of the values at or below it in %.
here = ARG0[1:strstrt(ARG0, "cdf.gp") - 1]
load here."common.gp"
set xlabel "ms since the pre-prepare; where the legend says so, since the request"
set ylabel "share at or below (%)"
if (!is_text) { key_font = letters(19); set key font key_font width 0 samplen 2; set bmargin legend_room(series, 25) }
set yrange [0:103]
set ytics 0, 20, 100
# Steps: nothing is known between two values, and a line there would run across gaps.
plot for [i = 1:series] data index i - 1 using 1:2 with steps linewidth 2.4 linecolor rgb colors[i] title labels[i]
