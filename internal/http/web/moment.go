package web

import (
	"strconv"
	"time"
)

// iso is an instant as the protocol writes it: RFC 3339 in UTC with milliseconds.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// instant is an instant for who has no script: "Sun 29 Nov 2026, 08:00 UTC".
func instant(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006, 15:04 MST") }

// age tells how long ago something was: "2 h ago", "today", "yesterday", "Fri",
// "18 Nov". Days are those of UTC, since the server does not know the reader's
// zone; static/js/lib/time.js says the same in theirs.
func age(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	ago := now.Sub(t)
	switch {
	case ago < time.Minute:
		return "just now"
	case ago < time.Hour:
		return strconv.Itoa(int(ago/time.Minute)) + " min ago"
	case ago < 6*time.Hour:
		return strconv.Itoa(int(ago/time.Hour)) + " h ago"
	}
	switch days := midnight(now).Sub(midnight(t)) / (24 * time.Hour); {
	case days <= 0:
		return "today"
	case days == 1:
		return "yesterday"
	case days < 7:
		return t.Format("Mon")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// midnight is the beginning of t's day in UTC.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
