package web

import (
	"testing"
	"time"

	"swapnest/internal/chat"
)

func TestMoneyIsShownAsPeopleWriteIt(t *testing.T) {
	for _, c := range []struct {
		name string
		in   chat.Money
		want string
	}{
		{"small amounts have no commas", chat.Money{Amount: 70000, Currency: "INR"}, "₹700"},
		{"thousands have one", chat.Money{Amount: 850000, Currency: "INR"}, "₹8,500"},
		{"rupees are grouped in lakhs", chat.Money{Amount: 12345678900, Currency: "INR"}, "₹12,34,56,789"},
		{"paise are shown when there are some", chat.Money{Amount: 850050, Currency: "INR"}, "₹8,500.50"},
		{"a single paisa keeps its zero", chat.Money{Amount: 1, Currency: "INR"}, "₹0.01"},
		{"nothing is nothing", chat.Money{Amount: 0, Currency: "EUR"}, "€0"},
		{"dollars are grouped in thousands", chat.Money{Amount: 123456789, Currency: "USD"}, "$1,234,567.89"},
		{"a currency without a sign shows its code", chat.Money{Amount: 120000, Currency: "AED"}, "AED\u00a01,200"},
		{"the greatest price", chat.Money{Amount: chat.MaxPrice, Currency: "GBP"}, "£10,000,000,000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := money(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAgeIsToldInTheRoughestUsefulWords(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"a clock that is ahead", today.Add(time.Minute), "just now"},
		{"seconds", today.Add(-59 * time.Second), "just now"},
		{"minutes", today.Add(-59*time.Minute - 59*time.Second), "59 min ago"},
		{"hours", today.Add(-2 * time.Hour), "2 h ago"},
		{"this morning", today.Add(-7 * time.Hour), "today"},
		{"last night", today.Add(-11 * time.Hour), "yesterday"},
		{"this week", today.AddDate(0, 0, -3), "Fri"},
		{"a week ago", today.AddDate(0, 0, -7), "16 Nov"},
		{"last year", today.AddDate(-1, 0, 0), "23 Nov 2025"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := age(c.at, today); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAMomentIsWrittenInUTCWithMilliseconds(t *testing.T) {
	at := time.Date(2026, 11, 23, 15, 30, 0, 5_000_000, time.FixedZone("IST", 5*3600+1800))
	if got, want := iso(at), "2026-11-23T10:00:00.005Z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheFaceOfAPersonStaysTheSame(t *testing.T) {
	for id, want := range map[chat.UserID]string{0: "rose", 1: "clay", 5: "iris", 6: "rose", 7: "clay"} {
		if got := face(id); got != want {
			t.Errorf("person %d: got %q, want %q", id, got, want)
		}
	}
}

func TestTheInitialIsOneCharacterAsItIsRead(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a Latin letter is a capital", "meera", "M"},
		{"spaces before it do not count", "  aarav", "A"},
		{"an accent stays on its letter", "e\u0301lodie", "E\u0301"},
		{"a vowel sign stays with its consonant", "मीरा", "मी"},
		{"Arabic", "ليلى", "ل"},
		{"Chinese", "王芳", "王"},
		{"a family is one emoji", "👨‍👩‍👧 Rao", "👨‍👩‍👧"},
		{"a skin tone belongs to its hand", "👋🏽 hi", "👋🏽"},
		{"a flag is two letters", "🇮🇳 Ravi", "🇮🇳"},
		{"no name", "  ", "?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := initial(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestADescriptionIsCutAtBlankLines(t *testing.T) {
	got := paragraphs("One\ntwo\n\n\n\nthree\n\n")
	if len(got) != 2 || got[0] != "One\ntwo" || got[1] != "three" {
		t.Errorf("got %q", got)
	}
}
