package web

import (
	"strconv"

	"swapnest/internal/chat"
)

// money shows an amount.
func money(m chat.Money) string { return m.String() }

// count shows how many there are, in little room.
func count(n int64) string {
	if n > 99 {
		return "99+"
	}
	return strconv.FormatInt(n, 10)
}
