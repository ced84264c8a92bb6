# The x axis of a picture along one option: x_numeric, x_logarithmic, x_count, x_positions, x_texts, x_label; bound = f
# or NaN.
low = real(x_positions[1])
high = real(x_positions[1])
do for [i = 2:x_count] {
    low = x_positions[i] < low ? real(x_positions[i]) : low
    high = x_positions[i] > high ? real(x_positions[i]) : high
}
margin = high > low ? (high - low) * 0.05 : 0.5
if (x_logarithmic) {
    set logscale x
    set xrange [low / (high / low) ** 0.05 : high * (high / low) ** 0.05]
} else {
    set xrange [low - margin : high + margin]
}
set xlabel x_label noenhanced
if (x_rate) { set format x "%.0s %cbit/s" }
if (log_y && !is_text) { set grid mytics linewidth 0.5 linecolor rgb "#D0D0D0" }

# Values that were asked for, where there is room: a label that would run into the one before it is left out, and only
# its mark stays. Lengths are shares of the axis, which is about so many letters wide.
letters_wide = is_text ? 84.0 : 80.0 * room
place(x) = x_logarithmic ? log(x / low) / log(high / low) : (x - low) / (high - low)
if (x_count <= 12 || !x_numeric) {
    set xtics ()
    longest = 0
    tilted = 0
    do for [i = 1:x_count] { longest = strlen(x_texts[i]) > longest ? strlen(x_texts[i]) : longest }
    if (!is_text && longest * x_count > 90 * room) { set xtics rotate by -30; tilted = 1 }
    free = -1.0
    do for [i = 1:x_count] {
        at = high > low ? place(x_positions[i]) : 0.5
        half = (tilted ? 2.0 : strlen(x_texts[i]) / 2.0 + 0.5) / letters_wide
        if (at - half >= free) { set xtics add (x_texts[i] x_positions[i]) noenhanced; free = at + half } \
        else { set xtics add ("" x_positions[i]) noenhanced }
    }
}

# Words have no order: a line between them would say nothing.
style = x_numeric ? "linespoints" : "points"

# Room for the legend: three entries of its own, or a label for each series, and what is compared.
longest = compared ? strlen(compare_label) : 0
longest = longest < 26 ? 26 : longest # "95% interval of the median"
do for [i = 1:series] { longest = strlen(labels[i]) > longest ? strlen(labels[i]) : longest }
if (!is_text) { set bmargin legend_room((series == 1 ? 3 : series) + compared, longest) }

if (bound == bound) {
    if (bound > low - margin && bound < high + margin) {
        set arrow 1 from first bound, graph 0 to first bound, graph 1 nohead dashtype (8, 6) linewidth 1.2 linecolor rgb black
        set label 2 sprintf("f = %d", bound) at first bound, graph 1 center offset 0,0.6 font letters(19) textcolor rgb black
    }
}
