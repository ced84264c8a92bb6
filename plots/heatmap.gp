# A value over two options. data: column row value (NaN where there is none).
here = ARG0[1:strstrt(ARG0, "heatmap.gp") - 1]
load here."common.gp"
# before the ranges are set, which stats would obey
bottom = 0.0
top = 100.0
if (!is_share) {
    stats data using 3 nooutput
    bottom = STATS_min
    top = STATS_max
    if (top <= bottom) { top = bottom + 1 }
}
unset grid
unset key
if (!is_text) { set bmargin 4 }
set border 0
set tics scale 0
set xlabel x_label noenhanced
set ylabel y_label noenhanced offset -1, 0
set cblabel value_label noenhanced offset 1, 0
set rmargin 4.5
set xrange [-0.5 : x_count - 0.5]
set yrange [-0.5 : y_count - 0.5]
set xtics () noenhanced
set ytics () noenhanced
longest = 6
do for [i = 1:y_count] { longest = strlen(y_texts[i]) > longest ? strlen(y_texts[i]) : longest }
if (!is_text) { set lmargin 6.5 + longest }
# Not more labels than fit.
x_step = ceil(x_count / 16.0)
y_step = ceil(y_count / 16.0)
do for [i = 1:x_count:x_step] { set xtics add (x_texts[i] i - 1) }
do for [i = 1:y_count:y_step] { set ytics add (y_texts[i] i - 1) }
longest = 0
do for [i = 1:x_count:x_step] { longest = strlen(x_texts[i]) > longest ? strlen(x_texts[i]) : longest }
if (longest * x_count / x_step > 70) { set xtics rotate by -30 }

# viridis, which stays apart for every kind of colour vision and in grey; this gnuplot does not know it by name
set palette defined (0 "#440154", 1 "#482878", 2 "#3E4A89", 3 "#31688E", 4 "#26828E", 5 "#1F9E89", 6 "#35B779", \
    7 "#6DCD59", 8 "#B4DE2C", 9 "#FDE725")

set cbrange [bottom : top]
share_of(v) = (v - bottom) / (top - bottom)
text_of(v) = sprintf(is_share || v >= 100 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", v)
# A NaN that is named in an expression makes all of it undefined: look at the column's text first.
cell_text(unused) = stringcolumn(3) eq "NaN" ? "none" : text_of($3)
cell_x(unused) = stringcolumn(3) eq "NaN" ? 1/0 : $1
cell_dark(unused) = stringcolumn(3) eq "NaN" ? 0 : share_of($3) < 0.55
show = x_count * y_count <= 150
size_of_text = x_count * y_count <= 60 ? letters(20) : letters(13)
set object 1 rectangle from graph 0, 0 to graph 1, 1 behind fillcolor rgb "#E4E4E4" fillstyle solid noborder

if (is_text) {
    set grid
    plot data using 1:2:(cell_text(0)) with labels
} else {
    plot data using (cell_x(0)):2:(0.5):(0.5):3 with boxxyerror fillcolor palette fillstyle solid noborder, \
         data using 1:2:(show && cell_dark(0) ? cell_text(0) : "") with labels font size_of_text textcolor rgb "white", \
         data using 1:2:(show && !cell_dark(0) ? cell_text(0) : "") with labels font size_of_text textcolor rgb "black"
}
