# SPDX-License-Identifier: Apache-2.0
# workqueue.gp - what workqueue.sh measured, by the number of keys.
set terminal svg noenhanced size 720,400 font "sans-serif,13" background "#ffffff"
set output system("echo $SVG")
set title "A call on the workqueue, in time of the processor"
set logscale xy 10
set xlabel "keys in the queue"
set ylabel "ns a call"
set xrange [800:130000]
set xtics ("1,000" 1000, "10,000" 10000, "100,000" 100000)
set grid ytics lc rgb "#dddddd"
set key left top
of(side, call) = sprintf("< grep '^%s ' %s.best | sort -k2,2n", call, side)
plot of("client-go", "add_after") using 2:3 with linespoints lw 2 dt 2 pt 7 ps 0.6 lc rgb "#3366cc" title "client-go AddAfter", \
     of("client-go", "get_done") using 2:3 with linespoints lw 2 pt 7 ps 0.6 lc rgb "#3366cc" title "client-go Get, Done", \
     of("client-go", "add") using 2:3 with linespoints lw 2 dt 4 pt 6 ps 0.6 lc rgb "#3366cc" title "client-go Add", \
     of("kedge", "get_done") using 2:3 with linespoints lw 3 pt 7 ps 0.6 lc rgb "#cc3333" title "kedge get, done", \
     of("kedge", "add_after") using 2:3 with linespoints lw 3 dt 2 pt 7 ps 0.6 lc rgb "#cc3333" title "kedge add_after", \
     of("kedge", "add") using 2:3 with linespoints lw 3 dt 4 pt 6 ps 0.6 lc rgb "#cc3333" title "kedge add"
