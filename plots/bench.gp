# Votes a second along replicas or cores. data: a block for each series, then the ceiling of the first: x median least
# greatest, in millions a second.
here = ARG0[1:strstrt(ARG0, "bench.gp") - 1]
load here."common.gp"
set xlabel x_label
set ylabel "million votes a second"
set yrange [0:*]
low = real(x_texts[1])
high = real(x_texts[x_count])
set xtics ()
do for [i = 1:x_count] { set xtics add (x_texts[i] real(x_texts[i])) }
if (x_doubles) { set logscale x 2 }
margin = (high - low) * 0.05
if (x_doubles) { set xrange [low / 1.2 : high * 1.2] } else { set xrange [low - margin : high + margin] }

longest = 34
do for [i = 1:series] { longest = strlen(labels[i]) > longest ? strlen(labels[i]) : longest }
# small enough that two entries of the usual length, which is 38 letters, stand side by side
if (!is_text) { key_font = letters(17); set key font key_font width 0 samplen 2; set bmargin legend_room(series + has_ceiling, longest * 28.0 / 40) }
ceiling = has_ceiling ? ", data index series using 1:2 with linespoints linewidth 1.6 dashtype (10, 5) pointtype 4 pointsize 1 " \
                        ."linecolor rgb black title 'the parts alone, on these cores'" : ""
color(i) = colors[(i - 1) % 8 + 1]
point(i) = points[(i - 1) % 8 + 1]
plot for [i = 1:series] data index i - 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype point(i) pointsize 0.1 \
         linecolor rgb color(i) notitle, \
     for [i = 1:series] data index i - 1 using 1:2 with linespoints linewidth 2.4 pointtype point(i) pointsize 1.5 \
         linecolor rgb color(i) title labels[i] \
     @ceiling
