# SPDX-License-Identifier: Apache-2.0
# plot.gp - draws the figures that tests/bench/memory prints:
#
#     build/tests/bench/memory | awk '$1 == "deployment"' >figures && gnuplot tests/bench/plot.gp
set terminal svg size 720,400 font "sans-serif,13" background "#ffffff"
set output "tests/bench/memory.svg"
set title "One unpaged list of Deployments: what arrives, what is kept, what it takes"
set logscale xy 10
set xlabel "Deployments"
set ylabel "bytes"
set xrange [15:30000]
set yrange [5e3:2e8]
set format y "10^{%L}"
set ytics ("1 KB" 1e3, "10 KB" 1e4, "100 KB" 1e5, "1 MB" 1e6, "10 MB" 1e7, "100 MB" 1e8)
set xtics ("20" 20, "200" 200, "1,000" 1000, "5,000" 5000, "20,000" 20000)
set grid ytics lc rgb "#dddddd"
set key left top
plot "figures" using 2:($3*1e6) with linespoints lw 2 pt 7 ps 0.6 lc rgb "#999999" title "JSON received", \
     "figures" using 2:5 with linespoints lw 2 pt 7 ps 0.6 lc rgb "#3366cc" title "cache (records, slots, index)", \
     "figures" using 2:4 with linespoints lw 3 pt 7 ps 0.6 lc rgb "#cc3333" title "working memory"
