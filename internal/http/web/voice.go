package web

import (
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// bar is a level of a waveform as it is drawn, in a picture that is 100 high.
type bar struct{ X, Y, Height int }

// bars draws a waveform; one that is not known is a line. The browser's view/wave.js draws alike.
func bars(levels []int) []bar {
	n := len(levels)
	if n == 0 {
		n = chat.WaveformBars
	}
	all := make([]bar, n)
	for i := range all {
		level := lowestBar
		if i < len(levels) {
			level = max(level, levels[i])
		}
		height := level - level%2
		all[i] = bar{X: 10 * i, Y: (100 - height) / 2, Height: height}
	}
	return all
}

// lowestBar is how high silence is.
const lowestBar = 8

// seconds are the whole ones nearest to a length of time.
func seconds(d time.Duration) int { return int(d.Round(time.Second).Seconds()) }

// length is a length of time as a clock shows it: 0:07.
func length(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", seconds(d)/60, seconds(d)%60)
}

// speaks tells whether there is a voice message among messages, whose player the page then has.
func speaks(page []chat.Message) bool {
	for _, m := range page {
		for _, a := range m.Attachments {
			if a.Kind == chat.VoiceAttachment {
				return true
			}
		}
	}
	return false
}
