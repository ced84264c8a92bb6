# Terminal, letters, colours and titles of every picture. The caller has set: format (svg, png, dumb), output (file
# name, empty for standard output), data (file name), title_text, scenario_1 and scenario_2 (lines, may be empty).
set encoding utf8
is_text = format eq "dumb"

if (format eq "svg") {
    set terminal svg size 1280,800 dynamic enhanced font "DejaVu Sans,Arial,sans-serif,22" linewidth 1.6 background rgb "white"
}
if (format eq "png") {
    set terminal pngcairo size 1600,1000 enhanced font "DejaVu Sans,23" linewidth 2.6 background rgb "white"
}
if (is_text) {
    set terminal dumb size 100,30 noenhanced
}
if (output ne "") { set output output }

# Colours that stay apart for every kind of colour vision (Okabe and Ito, 2008).
blue = "#0072B2"; orange = "#D55E00"; green = "#009E73"; purple = "#CC79A7"
yellow = "#E69F00"; sky = "#56B4E9"; grey = "#666666"; black = "#000000"
array colors[8]
colors[1] = blue; colors[2] = orange; colors[3] = green; colors[4] = purple
colors[5] = yellow; colors[6] = sky; colors[7] = grey; colors[8] = black
array points[8]
points[1] = 7; points[2] = 5; points[3] = 9; points[4] = 13
points[5] = 11; points[6] = 15; points[7] = 6; points[8] = 4

set border 3 linewidth 1 linecolor rgb grey
set tics nomirror textcolor rgb black
set grid linewidth 0.5 linecolor rgb "#D0D0D0"
# The legend stands below the picture, where it covers nothing.
set key bmargin center horizontal Left reverse samplen 2.5 spacing 1.15 width 2 noenhanced
set lmargin 11
if (!is_text) { set bmargin 6.2 }

# Room for a legend of so many entries, the longest of so many letters. Lines of a terminal are about 100 letters wide.
columns_of(longest) = longest > 74 ? 1 : floor(92.0 / (longest + 18))
legend_room(count, longest) = 3.6 + 1.3 * ceil(count / (columns_of(longest) + 0.0))
if (is_text) {
    set title title_text
    unset grid
} else {
    set title title_text noenhanced font ",28" offset 0,2.5
    set label 1 scenario_1 at graph 0.5, 1.0 center offset 0,2.9 noenhanced font ",17" textcolor rgb grey
    set label 3 scenario_2 at graph 0.5, 1.0 center offset 0,1.8 noenhanced font ",17" textcolor rgb grey
    set tmargin 6
}
