package web

import (
	"fmt"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// parsePrice reads what somebody typed for a price, in rupees and not in paise:
// "8500", "8,500.50", "₹ 1,25,000". It computes with integers only. Commas may
// stand between groups of two or three digits of which the last has three, so that
// "8,50" is asked about and not taken for 850.
func parsePrice(typed, currency string) (chat.Money, error) {
	unclear := chat.FieldError("price", "Write the price in figures, such as 8500 or 8,500.50.")
	s := strings.TrimSpace(typed)
	if s == "" {
		return chat.Money{}, chat.FieldError("price", "A price is needed. Write 0 to give it away.")
	}
	s = strings.TrimSpace(strings.TrimPrefix(s, chat.CurrencySign(currency)))
	whole, cents, hasCents := strings.Cut(s, ".")
	whole, ok := ungroup(whole)
	if !ok || (hasCents && (len(cents) < 1 || len(cents) > 2 || !figures(cents))) {
		return chat.Money{}, unclear
	}
	for len(cents) < 2 {
		cents += "0"
	}
	whole = strings.TrimLeft(whole, "0")
	// More digits than any price has would not fit an integer.
	if len(whole) > 15 {
		return chat.ParseMoney(chat.MaxPrice+1, currency)
	}
	amount, err := strconv.ParseInt(whole+cents, 10, 64)
	if err != nil {
		return chat.Money{}, unclear
	}
	return chat.ParseMoney(amount, currency)
}

// ungroup takes the commas out of a whole number, and tells whether it is one.
func ungroup(s string) (string, bool) {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		last := i == len(groups)-1
		switch {
		case !figures(g):
			return "", false
		case len(groups) == 1:
			return s, true
		case i == 0 && len(g) > 3, i > 0 && len(g) != 3 && (last || len(g) != 2):
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// figures tells whether s has digits and nothing else.
func figures(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// figuresOf writes a price as parsePrice reads it.
func figuresOf(m chat.Money) string {
	text := strconv.FormatInt(m.Amount/100, 10)
	if cents := m.Amount % 100; cents != 0 {
		text += fmt.Sprintf(".%02d", cents)
	}
	return text
}
