package web

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"swapnest/internal/chat"
)

// The browser's module is held against the same file: what it shows below the box is what
// the server will read. An amount of null is asked about.
func TestPricesAreReadExactly(t *testing.T) {
	data, err := os.ReadFile("testdata/prices.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Typed  string
		Amount *int64
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Typed, func(t *testing.T) {
			got, err := parsePrice(c.Typed, "INR")
			switch {
			case c.Amount == nil && chat.CodeOf(err) != chat.Invalid:
				t.Errorf("got %v, %v, want it refused as invalid", got, err)
			case c.Amount != nil && (err != nil || got.Amount != *c.Amount):
				t.Errorf("got %v, %v, want %d", got, err, *c.Amount)
			}
		})
	}
}

func TestAPriceNeedsAKnownCurrency(t *testing.T) {
	if got, err := parsePrice("5", "XXX"); chat.CodeOf(err) != chat.Invalid {
		t.Errorf("got %v, %v, want it refused as invalid", got, err)
	}
}

// What is read as a price is in bounds, and reads the same when it is shown.
func FuzzParsePrice(f *testing.F) {
	for _, s := range []string{"8500", "1,25,000.50", "₹ 7", "0.29", "8,50", "-1", "1e9", "10000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parsePrice(s, "INR")
		if err != nil {
			if chat.CodeOf(err) != chat.Invalid {
				t.Fatalf("%q: got %v, want a refusal", s, err)
			}
			return
		}
		if got.Amount < 0 || got.Amount > chat.MaxPrice {
			t.Fatalf("%q: got %d, out of bounds", s, got.Amount)
		}
		for _, shown := range []string{money(got), fmt.Sprintf("%d.%02d", got.Amount/100, got.Amount%100)} {
			if again, err := parsePrice(shown, "INR"); err != nil || again != got {
				t.Fatalf("%q: got %v, shown as %q and read as %v, %v", s, got, shown, again, err)
			}
		}
	})
}
