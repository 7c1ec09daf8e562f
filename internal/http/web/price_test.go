package web

import (
	"fmt"
	"testing"

	"swapnest/internal/chat"
)

func TestPricesAreReadExactly(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
	}{
		{"8500", 850000},
		{" 8500 ", 850000},
		{"8,500", 850000},
		{"1,25,000", 12500000},
		{"125,000", 12500000},
		{"1,234,567.89", 123456789},
		{"12,34,567", 123456700},
		{"₹8,500", 850000},
		{"₹ 8,500.5", 850050},
		{"0", 0},
		{"0.01", 1},
		{"0.29", 29}, // 28 when computed with floats
		{"1.15", 115},
		{"0008500", 850000},
		{"10000000000", chat.MaxPrice},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, err := parsePrice(c.in, "INR")
			if err != nil || got.Amount != c.want {
				t.Errorf("got %v, %v, want %d", got, err, c.want)
			}
		})
	}
}

func TestWhatIsNoPriceIsAskedAbout(t *testing.T) {
	for _, in := range []string{
		"", "  ", "a lot", "-5", "+5", "1e5", "8,50", "8.500,00", "8500.", ".50", "8500.005", "85,00,0", ",500", "8500,", "1234,567",
		"1,2,345", "8 500", "₹", "₹₹5", "$5", "0x10", "٨٥", "NaN", "10000000000.01", "99999999999999999999999999", "1.2.3", "1,,000",
	} {
		t.Run(in, func(t *testing.T) {
			got, err := parsePrice(in, "INR")
			if code := chat.CodeOf(err); code != chat.Invalid {
				t.Errorf("got %v, %v, want it refused as invalid", got, err)
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
