package alias_test

import (
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/mail/alias"
)

func TestATokenNamesAPersonAndAKindAndNobodyMakesOneUp(t *testing.T) {
	l, other := alias.NewLeaves("abcdefghijklmnopqrstuvwxyz"), alias.NewLeaves("zbcdefghijklmnopqrstuvwxyz")
	seen := map[string]bool{}
	for _, who := range []chat.UserID{1, 12, 9223372036854775807} {
		for _, kind := range chat.NoticeKinds {
			token := l.Token(who, kind)
			if gotWho, gotKind, ok := l.Read(token); !ok || gotWho != who || gotKind != kind {
				t.Errorf("%s is read as %d, %s, %t; want %d, %s", token, gotWho, gotKind, ok, who, kind)
			}
			if seen[token] || strings.ContainsAny(token, "/?#%_ ") {
				t.Errorf("%s is no token of one path", token)
			}
			seen[token] = true
			if _, _, ok := other.Read(token); ok {
				t.Errorf("%s counts under another secret", token)
			}
			for i := range len(token) {
				for _, c := range []byte{'a', '2', '-'} {
					forged := token[:i] + string(c) + token[i+1:]
					if _, _, ok := l.Read(forged); ok && forged != token {
						t.Errorf("%s counts", forged)
					}
				}
			}
		}
	}
	for _, none := range []string{"", "-", "1", "1-sold-", "0-sold-aaaa", "-1-sold-aaaa", "1-all-aaaa", strings.Repeat("1", 400)} {
		if _, _, ok := l.Read(none); ok {
			t.Errorf("%q counts", none)
		}
	}
}

// FuzzLeave holds that what is read as a token is one that was made.
func FuzzLeave(f *testing.F) {
	l := alias.NewLeaves("abcdefghijklmnopqrstuvwxyz")
	f.Add(l.Token(7, chat.NoticeSold))
	f.Add("07-sold-aaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, token string) {
		if who, kind, ok := l.Read(token); ok && l.Token(who, kind) != token {
			t.Errorf("%q is read as %d, %s", token, who, kind)
		}
	})
}

func TestAMailIsNamedTheSameHoweverOftenItIsSent(t *testing.T) {
	n := alias.NewNames("abcdefghijklmnopqrstuvwxyz", "Swap.Example")
	again := alias.NewNames("abcdefghijklmnopqrstuvwxyz", "swap.example")
	if n.Delivery(7) != again.Delivery(7) || n.Thread(3, 2) != again.Thread(3, 2) {
		t.Error("the same has two names")
	}
	if n.Delivery(7) == n.Delivery(8) || n.Thread(3, 2) == n.Thread(2, 3) || n.Thread(3, 2) == n.Thread(3, 1) ||
		n.Delivery(7) == alias.NewNames("another", "swap.example").Delivery(7) {
		t.Error("two share a name")
	}
}
