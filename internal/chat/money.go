package chat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Money is an amount in minor units (paise, cents) of an ISO 4217 currency.
type Money struct {
	Amount   int64
	Currency string
}

// Currencies are the ISO 4217 codes that a price may have.
var Currencies = []string{"INR", "USD", "EUR", "GBP", "AED", "SGD", "BDT", "LKR", "NPR"}

// ParseMoney accepts 0 to MaxPrice minor units of a known currency.
func ParseMoney(amount int64, currency string) (Money, error) {
	if amount < 0 || amount > MaxPrice {
		return Money{}, FieldError("price", "A price lies between 0 and 10,000,000,000.")
	}
	if !slices.Contains(Currencies, currency) {
		return Money{}, FieldError("price", "This currency is not known here: use one of %s.", strings.Join(Currencies, ", "))
	}
	return Money{Amount: amount, Currency: currency}, nil
}

// signs are what stands before an amount. A currency without one shows its code.
var signs = map[string]string{"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "SGD": "S$", "BDT": "৳"}

// CurrencySign is what stands before an amount of a currency, "" where its code does.
func CurrencySign(code string) string { return signs[code] }

// String shows an amount: ₹8,500 and ₹1,25,000.50. Whole amounts have no decimals.
// Rupees and taka are grouped in lakhs, everything else in thousands.
func (m Money) String() string {
	sign, ok := signs[m.Currency]
	if !ok {
		sign = m.Currency + "\u00a0"
	}
	minus := ""
	if m.Amount < 0 {
		minus, m.Amount = "−", -m.Amount
	}
	size := 3
	switch m.Currency {
	case "INR", "BDT", "NPR":
		size = 2
	}
	text := minus + sign + group(strconv.FormatInt(m.Amount/100, 10), size)
	if cents := m.Amount % 100; cents != 0 {
		text += fmt.Sprintf(".%02d", cents)
	}
	return text
}

// group puts commas before the last three digits and before each size digits more.
func group(digits string, size int) string {
	if len(digits) <= 3 {
		return digits
	}
	head, tail := digits[:len(digits)-3], digits[len(digits)-3:]
	var parts []string
	for len(head) > size {
		parts = append([]string{head[len(head)-size:]}, parts...)
		head = head[:len(head)-size]
	}
	return strings.Join(append(append([]string{head}, parts...), tail), ",")
}
