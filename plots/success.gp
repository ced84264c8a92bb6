# Success along one option. data: a block for each series, then the one to compare with: x rate low high, in %.
here = ARG0[1:strstrt(ARG0, "success.gp") - 1]
load here."common.gp"
load here."axis.gp"
set ylabel "runs that succeed (%)"
set yrange [-3:103]
set ytics 0, 20, 100

other = compared ? ", data index series using 1:2 with linespoints linewidth 1.4 dashtype (10, 5) pointtype 4 " \
                   ."pointsize 1.1 linecolor rgb (series == 1 ? 0xD55E00 : 0) title compare_label" : ""
if (series == 1) {
    plot data index 0 using 1:2:3:4 with yerrorbars linewidth 1.6 pointtype 7 pointsize 0.1 linecolor rgb blue \
             title "95% interval (Wilson)", \
         data index 0 using 1:2 with @style linewidth 2.6 pointtype 7 pointsize 1.8 linecolor rgb blue title "success" \
         @other
} else {
    # side by side, so that intervals do not cover each other
    step = x_count > 1 ? (high - low) * 0.012 : 0.02
    plot for [i = 1:series] data index i - 1 using ($1 + (i - (series + 1) / 2.0) * step):2:3:4 with yerrorbars \
             linewidth 1.2 pointtype points[i] pointsize 0.1 linecolor rgb colors[i] notitle, \
         for [i = 1:series] data index i - 1 using ($1 + (i - (series + 1) / 2.0) * step):2 with @style \
             linewidth 2.4 pointtype points[i] pointsize 1.7 linecolor rgb colors[i] title labels[i] \
         @other
}
