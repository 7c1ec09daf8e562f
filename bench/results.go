package main

import (
	"cmp"
	"fmt"
	"slices"

	"swapnest/internal/loadgen"
)

// results are all that was measured.
type results struct {
	Machine machine           `json:"machine"`
	Rounds  int               `json:"rounds"`
	Talked  []talked          `json:"talked"`
	Loops   []looped          `json:"loops"`
	Commits []committed       `json:"commits"`
	Idled   []idled           `json:"idled"`
	Missing map[string]string `json:"not_measured"` // peers, and why
	Goals   []goal            `json:"goals"`
}

// talked is one load of messages on a peer, in one round.
type talked struct {
	Peer  string `json:"peer"`
	Round int    `json:"round"`
	loadgen.Talked
}

// looped is one run of a bare loop.
type looped struct {
	Loop      string  `json:"loop"`
	Round     int     `json:"round"`
	InFlight  int     `json:"in_flight"`
	PerSecond float64 `json:"messages_per_second"`
	CPU       float64 `json:"cpu_s_per_1000"` // of loop and database
}

// committed is what durable writes took in one round.
type committed struct {
	Round int     `json:"round"`
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
}

// idled are idle lines on a peer.
type idled struct {
	Peer string `json:"peer"`
	loadgen.Idled
}

// spread is what several rounds have come to. Nothing was measured when N is 0.
type spread struct {
	N               int
	Median          float64
	Lowest, Highest float64
}

func spreadOf(all []float64) spread {
	if len(all) == 0 {
		return spread{}
	}
	all = slices.Sorted(slices.Values(all))
	s := spread{len(all), all[len(all)/2], all[0], all[len(all)-1]}
	if len(all)%2 == 0 {
		s.Median = (all[len(all)/2-1] + all[len(all)/2]) / 2
	}
	return s
}

// told writes the median, and how far the rounds are apart.
func (s spread) told(format string) string {
	if s.N == 0 {
		return "–"
	}
	text := fmt.Sprintf(format, s.Median)
	if s.N > 1 {
		text += " (" + fmt.Sprintf(format, s.Lowest) + "–" + fmt.Sprintf(format, s.Highest) + ")"
	}
	return text
}

// byRound are numbers of one load, by round.
type byRound map[int]float64

func (b byRound) spread() spread {
	var all []float64
	for _, v := range b {
		all = append(all, v)
	}
	return spreadOf(all)
}

// with combines the numbers of the rounds that both have.
func (b byRound) with(other byRound, f func(a, b float64) float64) byRound {
	both := byRound{}
	for round, v := range b {
		if o, ok := other[round]; ok {
			both[round] = f(v, o)
		}
	}
	return both
}

func (b byRound) over(other byRound) byRound {
	return b.with(other, func(a, b float64) float64 { return a / b })
}

// of returns a number of a load on a peer; rate is 0 for a closed loop.
func (r *results) of(peer string, inFlight int, rate float64, number func(loadgen.Talked) float64) byRound {
	all := byRound{}
	for _, t := range r.Talked {
		if t.Peer == peer && t.InFlight == inFlight && t.Rate == rate {
			all[t.Round] = number(t.Talked)
		}
	}
	return all
}

// best returns the best number of the closed loops of a peer, of each round; better compares two.
func (r *results) best(peer string, number func(loadgen.Talked) float64, better func(float64, float64) float64) byRound {
	all := byRound{}
	for _, t := range r.Talked {
		if t.Peer != peer || t.Rate > 0 {
			continue
		}
		if had, ok := all[t.Round]; ok {
			all[t.Round] = better(had, number(t.Talked))
		} else {
			all[t.Round] = number(t.Talked)
		}
	}
	return all
}

func (r *results) loop(name string, inFlight int, number func(looped) float64) byRound {
	all := byRound{}
	for _, l := range r.Loops {
		if l.Loop == name && l.InFlight == inFlight {
			all[l.Round] = number(l)
		}
	}
	return all
}

func (r *results) commits(number func(committed) float64) byRound {
	all := byRound{}
	for _, c := range r.Commits {
		all[c.Round] = number(c)
	}
	return all
}

func (r *results) idle(peer string) (loadgen.Idled, bool) {
	for _, i := range r.Idled {
		if i.Peer == peer {
			return i.Idled, true
		}
	}
	return loadgen.Idled{}, false
}

// rates are those at which a peer was measured, in their order.
func (r *results) rates(peer string) (all []float64) {
	for _, t := range r.Talked {
		if t.Peer == peer && t.Rate > 0 {
			all = append(all, t.Rate)
		}
	}
	return distinct(all)
}

// columns are all numbers of messages in flight, in their order.
func (r *results) columns() (all []int) {
	for _, t := range r.Talked {
		if t.Rate == 0 {
			all = append(all, t.InFlight)
		}
	}
	for _, l := range r.Loops {
		all = append(all, l.InFlight)
	}
	return distinct(all)
}

// distinct has each number once, in their order.
func distinct[T cmp.Ordered](all []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// What is told of a load.
func perSecond(t loadgen.Talked) float64 { return t.PerSecond }
func cpu(t loadgen.Talked) float64       { return t.CPU }
func loadCPU(t loadgen.Talked) float64   { return t.LoadCPU }
func ackP50(t loadgen.Talked) float64    { return t.Ack.P50 }
func ackP99(t loadgen.Talked) float64    { return t.Ack.P99 }
func delP50(t loadgen.Talked) float64    { return t.Delivery.P50 }
func delP99(t loadgen.Talked) float64    { return t.Delivery.P99 }
func onTheWay(t loadgen.Talked) float64  { return t.Delivery.P50 - t.Ack.P50 }

func loopPerSecond(l looped) float64 { return l.PerSecond }
func loopCPU(l looped) float64       { return l.CPU }
