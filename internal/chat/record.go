package chat

import (
	"slices"
	"time"
)

// Record is how somebody has sold so far.
type Record struct {
	Sold    int64           // listings marked as sold
	Answers []time.Duration // how long buyers have waited for the first answer, lately
}

// leastAnswers is how many answers make a habit.
const leastAnswers = 3

// UsualAnswer returns the median of the answers, and whether they are enough to speak of.
func (r Record) UsualAnswer() (time.Duration, bool) {
	if len(r.Answers) < leastAnswers {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(r.Answers))
	return sorted[len(sorted)/2], true
}
