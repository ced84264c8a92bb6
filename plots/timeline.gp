# Throughput and view over a run. data: s, requests per second, highest active view.
here = ARG0[1:strstrt(ARG0, "timeline.gp") - 1]
load here."common.gp"
stats data using 3 nooutput # before the ranges are set, which stats would obey
set xlabel "emulated time (s)"
set ylabel "requests executed per second"
set yrange [0:*]
set y2label "view"
set y2range [0 : (STATS_max < 4 ? 4 : STATS_max * 1.1)]
set y2tics 1
if (STATS_max > 10) { set y2tics autofreq }
set border 11
plot data using 1:2 with fillsteps fillcolor rgb blue fillstyle transparent solid 0.25 notitle, \
     data using 1:2 with steps linewidth 2.2 linecolor rgb blue title "requests per second", \
     data using 1:3 axes x1y2 with steps linewidth 2.2 linecolor rgb orange title "view (right scale)"
