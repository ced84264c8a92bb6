# Terminal, letters, colours and titles of every picture. The caller has set: format (svg, png, dumb), output (file
# name, empty for standard output), data (file name), title_text, scenario_1 and scenario_2 (lines, may be empty).
set encoding utf8
is_text = format eq "dumb"

# Sizes of letters are those of the SVG; `letters(28)` is the font of 28 there. PDF and EPS count points, 160 pixels an
# inch.
is_paper = format eq "pdf" || format eq "eps"
width = width > 0 ? width : format eq "png" ? 1600 : 1280
height = height > 0 ? height : format eq "png" ? 1000 : 800
base = font_size > 0 ? font_size : format eq "png" ? 23 : 22
letters_scale = (font_size > 0 ? font_size / 22.0 : 1.0) * (is_paper ? 72.0 / 160 : 1)
# How much more text than by default stands side by side.
room = width / (format eq "png" ? 1600.0 : 1280.0) / (font_size > 0 ? font_size / 22.0 : 1)
letters(n) = sprintf(",%.3g", n * letters_scale)
base_font = sprintf("%s,%.3g", font_name ne "" ? font_name : format eq "svg" ? "DejaVu Sans,Arial,sans-serif" : "DejaVu Sans", \
    base * (is_paper ? 72.0 / 160 : 1))
if (format eq "svg") {
    set terminal svg size width,height dynamic enhanced font base_font linewidth 1.6 background rgb "white"
}
if (format eq "png") {
    set terminal pngcairo size width,height enhanced font base_font linewidth 2.6 background rgb "white"
}
page = sprintf("%.4fin, %.4fin", width / 160.0, height / 160.0)
if (format eq "pdf") {
    set terminal pdfcairo size @page enhanced font base_font linewidth 1.2 background rgb "white"
}
if (format eq "eps") {
    set terminal epscairo size @page enhanced font base_font linewidth 1.2 background rgb "white"
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
columns_of(longest) = longest > 74 * room ? 1 : floor(92.0 * room / (longest + 18))
legend_room(count, longest) = 3.6 + 1.3 * ceil(count / (columns_of(longest) < 1 ? 1.0 : columns_of(longest) + 0.0))
if (is_text) {
    set title title_text
    unset grid
} else {
    set title title_text noenhanced font letters(28) offset 0,2.5
    set label 1 scenario_1 at graph 0.5, 1.0 center offset 0,2.9 noenhanced font letters(17) textcolor rgb grey
    set label 3 scenario_2 at graph 0.5, 1.0 center offset 0,1.8 noenhanced font letters(17) textcolor rgb grey
    set tmargin 6
}
