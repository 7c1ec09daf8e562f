package chat_test

import (
	"testing"
	"time"

	"swapnest/internal/chat"
)

func TestALimitIsSaidInTheLargestUnitThatFits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		chat.ResetLife: "30 minutes", chat.VerifyLife: "7 days", 24 * time.Hour: "24 hours", 36 * time.Hour: "36 hours",
		2 * time.Hour: "2 hours", time.Hour: "60 minutes", 90 * time.Minute: "90 minutes",
	} {
		if got := chat.InWords(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
