package chat

import (
	"testing"
	"time"
)

func TestAHabitIsTheMedianOfEnoughAnswers(t *testing.T) {
	const m = time.Minute
	for _, c := range []struct {
		answers []time.Duration
		want    time.Duration
		known   bool
	}{
		{nil, 0, false},
		{[]time.Duration{m, m}, 0, false},
		{[]time.Duration{90 * m, m, 5 * m}, 5 * m, true},
		{[]time.Duration{4 * m, 3 * m, 2 * m, m}, 3 * m, true},
	} {
		if got, known := (Record{Answers: c.answers}).UsualAnswer(); got != c.want || known != c.known {
			t.Errorf("%v: got %v, %v, want %v, %v", c.answers, got, known, c.want, c.known)
		}
	}
}

func TestAListingRemembersThatItHasBecomeCheaper(t *testing.T) {
	inr := func(n int64) Money { return Money{Amount: n, Currency: "INR"} }
	l := Listing{Price: inr(900)}
	for i, step := range []struct {
		to  Money
		was int64
	}{
		{inr(900), 0}, {inr(800), 900}, {inr(700), 900}, {inr(700), 900}, {inr(750), 0}, {inr(700), 750}, {Money{Amount: 10, Currency: "EUR"}, 0},
	} {
		if l = l.Priced(step.to); l.PriceWas != step.was || l.Price != step.to {
			t.Errorf("step %d: got %v, was %d, want %d", i, l.Price, l.PriceWas, step.was)
		}
	}
}
