# The x axis of a picture along one option: x_numeric, x_logarithmic, x_count, x_positions, x_texts, x_label; bound = f
# or NaN.
low = x_positions[1]
high = x_positions[1]
do for [i = 2:x_count] {
    low = x_positions[i] < low ? x_positions[i] : low
    high = x_positions[i] > high ? x_positions[i] : high
}
margin = high > low ? (high - low) * 0.05 : 0.5
if (x_logarithmic) {
    set logscale x
    set xrange [low / (high / low) ** 0.05 : high * (high / low) ** 0.05]
} else {
    set xrange [low - margin : high + margin]
}
set xlabel x_label noenhanced

# Values that were asked for, as long as there is room for each.
if (x_count <= 12 || !x_numeric) {
    set xtics ()
    do for [i = 1:x_count] { set xtics add (x_texts[i] x_positions[i]) noenhanced }
    longest = 0
    do for [i = 1:x_count] { longest = strlen(x_texts[i]) > longest ? strlen(x_texts[i]) : longest }
    if (longest * x_count > 90) { set xtics rotate by -30 }
}

# Words have no order: a line between them would say nothing.
style = x_numeric ? "linespoints" : "points"

# Room for the legend: three entries of its own, or a label for each series, and what is compared.
longest = compared ? strlen(compare_label) : 20
do for [i = 1:series] { longest = strlen(labels[i]) > longest ? strlen(labels[i]) : longest }
if (!is_text) { set bmargin legend_room((series == 1 ? 3 : series) + compared, longest) }

if (bound == bound) {
    if (bound > low - margin && bound < high + margin) {
        set arrow 1 from first bound, graph 0 to first bound, graph 1 nohead dashtype (8, 6) linewidth 1.2 linecolor rgb black
        set label 2 sprintf("f = %d", bound) at first bound, graph 1 center offset 0,0.6 font ",19" textcolor rgb black
    }
}
