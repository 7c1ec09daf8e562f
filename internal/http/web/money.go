package web

import (
	"fmt"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// signs are what stands before an amount. A currency without one shows its code.
var signs = map[string]string{"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "SGD": "S$", "BDT": "৳"}

// money shows an amount: ₹8,500 and ₹1,25,000.50. Whole amounts have no decimals.
// Rupees and taka are grouped in lakhs, everything else in thousands.
func money(m chat.Money) string {
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

// count shows how many there are, in little room.
func count(n int64) string {
	if n > 99 {
		return "99+"
	}
	return strconv.FormatInt(n, 10)
}
