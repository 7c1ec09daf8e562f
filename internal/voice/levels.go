package voice

import (
	"math"

	"github.com/pion/opus"
)

// slicesPerSecond is how finely loudness is noted before it is drawn.
const slicesPerSecond = 100

// levels hears a recording and remembers how loud it was when. Opus is decoded, which is right
// but for where the decoder changes between the two halves of that codec: some steps come out too
// loud there. There is no decoder of AAC: its packets say how loud they are, near enough for a
// picture, and not for anything else.
type levels struct {
	t       *track
	decoder *opus.Decoder
	pcm     []float32
	power   []float64 // mean squares, of each slice
	count   []float64 // what they are the mean of
	at      int64     // samples that were heard
}

func newLevels(t *track) *levels {
	n := t.samples*slicesPerSecond/int64(t.rate) + 1
	l := &levels{t: t, power: make([]float64, n), count: make([]float64, n)}
	if t.aac == nil {
		if d, err := opus.NewDecoderWithOutput(opusRate, 1); err == nil {
			l.decoder, l.pcm = &d, make([]float32, maxFrames)
		}
	}
	return l
}

// hear takes the next packet.
func (l *levels) hear(packet []byte, samples int) {
	switch {
	case l.t.aac != nil:
		gain := aacGain(packet)
		switch {
		case gain < 0:
		case len(packet) < silentAAC*l.t.channels:
			l.add(l.at, samples, 0)
		default:
			// Half of its steps: it rises more than the sound where that begins.
			l.add(l.at, samples, math.Pow(2, float64(gain-maxGain)/4))
		}
	case l.decoder != nil:
		n := l.decode(packet)
		const step = opusRate / slicesPerSecond / 4
		for from := 0; from < n; from += step {
			sum := 0.0
			part := l.pcm[from:min(n, from+step)]
			for _, v := range part {
				sum += float64(v) * float64(v)
			}
			l.add(l.at+int64(from), len(part), sum/float64(len(part)))
		}
	}
	l.at += int64(samples)
}

// decode returns how many samples of a packet there are in pcm, 0 where it cannot be decoded.
func (l *levels) decode(packet []byte) (n int) {
	defer func() {
		// A decoder that panics has met what none should have to hear; nor does it hear more.
		if recover() != nil {
			l.decoder, n = nil, 0
		}
	}()
	n, err := l.decoder.DecodeToFloat32(packet, l.pcm)
	if err != nil {
		return 0
	}
	return min(n, len(l.pcm))
}

// add notes the power of some samples from at on.
func (l *levels) add(at int64, samples int, power float64) {
	if math.IsNaN(power) || math.IsInf(power, 0) {
		return
	}
	first := at * slicesPerSecond / int64(l.t.rate)
	last := (at + int64(samples) - 1) * slicesPerSecond / int64(l.t.rate)
	for i := first; i <= last && i < int64(len(l.power)); i++ {
		l.power[i] += power
		l.count[i]++
	}
}

const (
	// quiet is the amplitude below which all is silence, of 1.
	quiet = 0.0005
	// silentAAC is below how many bytes a channel of AAC is silent.
	silentAAC = 12
	maxGain   = 255
)

// bars returns n levels of 0 to 100, the loudest of which is 100 unless all is silence; nil when
// nothing was heard.
func (l *levels) bars(n int) []int {
	bars, loudest, heard := make([]float64, n), 0.0, false
	for i := range bars {
		from, to := i*len(l.power)/n, max((i+1)*len(l.power)/n, i*len(l.power)/n+1)
		sum, count := 0.0, 0.0
		for k := from; k < min(to, len(l.power)); k++ {
			if l.count[k] > 0 {
				sum, count, heard = sum+l.power[k]/l.count[k], count+1, true
			}
		}
		if count > 0 {
			bars[i] = math.Sqrt(sum / count)
		}
		loudest = max(loudest, bars[i])
	}
	if !heard {
		return nil
	}
	all := make([]int, n)
	if loudest == 0 || l.t.aac == nil && loudest < quiet {
		return all
	}
	for i, b := range bars {
		// Ears hear by ratios: the root lets what is quiet be seen.
		all[i] = int(math.Round(100 * math.Sqrt(b/loudest)))
	}
	return all
}
