package plot

import (
	"math"
	"strconv"
	"strings"
)

// axis is where values are between its two ends.
type axis struct {
	log      bool
	from, to float64
	ticks    []float64
}

// newAxis makes one that has room for all values. A linear one begins at 0, for a line that only looks steep
// misleads.
func newAxis(log bool, values []float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if len(values) == 0 {
		low, high = 1, 10
	}
	if log {
		return logAxis(low, high)
	}
	step := niceStep(high / 6)
	a := axis{to: math.Ceil(high/step-1e-9) * step}
	if a.to == 0 {
		a.to = step
	}
	for i := 0; float64(i)*step <= a.to*(1+1e-9); i++ {
		a.ticks = append(a.ticks, float64(i)*step)
	}
	return a
}

// niceStep is 1, 2 or 5 times a power of ten, and not less than wanted.
func niceStep(wanted float64) float64 {
	if wanted <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(wanted)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= wanted*(1-1e-9) {
			return times * power
		}
	}
	return 10 * power
}

// logAxis has ticks at powers of ten, and between them where there are few. It ends at ticks.
func logAxis(low, high float64) axis {
	a := axis{log: true}
	times := []float64{1}
	if high/low < 3000 {
		times = []float64{1, 2, 5}
	}
	for power := math.Floor(math.Log10(low)); power <= math.Ceil(math.Log10(high)); power++ {
		for _, t := range times {
			a.ticks = append(a.ticks, t*math.Pow(10, power))
		}
	}
	for len(a.ticks) > 2 && a.ticks[1] <= low*(1+1e-9) {
		a.ticks = a.ticks[1:]
	}
	for n := len(a.ticks); n > 2 && a.ticks[n-2] >= high*(1-1e-9); n-- {
		a.ticks = a.ticks[:n-1]
	}
	a.from, a.to = a.ticks[0], a.ticks[len(a.ticks)-1]
	return a
}

// at is the place of a value: 0 at the axis' beginning, 1 at its end.
func (a axis) at(v float64) float64 {
	if a.log {
		return math.Log(v/a.from) / math.Log(a.to/a.from)
	}
	return (v - a.from) / (a.to - a.from)
}

// short is a number of three digits: 1,200 is "1.2k", 15,000,000 "15M".
func short(v float64) string {
	unit := ""
	switch {
	case v >= 999.5e6:
		v, unit = v/1e9, "G"
	case v >= 999.5e3:
		v, unit = v/1e6, "M"
	case v >= 999.5:
		v, unit = v/1e3, "k"
	}
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(text, "e") {
		text = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return text + unit
}
