package alias_test

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/mail/alias"
)

const secret = "jx5kq2vm7tn4hrp3wzc6dyab2u"

func book() *alias.Book { return alias.New(secret, "Reply.Swap.example") }

func TestAnAddressIsReadAsItWasMade(t *testing.T) {
	b := book()
	for _, c := range []chat.ConversationID{1, 7, 123456, math.MaxInt64} {
		for _, who := range []chat.UserID{1, 42, math.MaxInt64} {
			a := b.Address(c, who)
			if a != b.Address(c, who) || a != alias.New(secret, "reply.swap.example").Address(c, who) {
				t.Errorf("%s is another one the second time", a)
			}
			for _, as := range []string{a, strings.ToUpper(a), strings.ToTitle(a[:3]) + a[3:]} {
				if gotC, gotWho, ok := b.Parse(as); !ok || gotC != c || gotWho != who {
					t.Errorf("%s was read as %d, %d, %v", as, gotC, gotWho, ok)
				}
			}
			if _, _, ok := b.ParseBounce(a); ok {
				t.Errorf("%s is also an address of mail that comes back", a)
			}
			if local, _, _ := strings.Cut(a, "@"); len(local) > 64 || !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(local) {
				t.Errorf("%s has %d characters before the @, or others than letters, digits and hyphens", a, len(local))
			}
		}
	}
}

func TestMailThatComesBackTellsWhoseAndFromWhichAddress(t *testing.T) {
	b := book()
	a := b.Bounce(9, "Bilal@Mail.example")
	who, mark, ok := b.ParseBounce(strings.ToUpper(a))
	if !ok || who != 9 || mark != b.Mark("Bilal@Mail.example") {
		t.Errorf("%s was read as %d, %q, %v", a, who, mark, ok)
	}
	for _, other := range []string{"bilal@other.example", "bilal@mail.example", "B\u0130lal@Mail.example"} {
		if mark == b.Mark(other) {
			t.Errorf("%s has the same mark", other)
		}
	}
	if small := strings.Replace(a, "swap", "\u017fwap", 1); b.Owns(small) {
		t.Errorf("%s is an address of the domain", small)
	}
	if _, _, ok := b.Parse(a); ok {
		t.Errorf("%s writes into a conversation", a)
	}
	if strings.Contains(a, "bilal") || strings.Contains(a, "mail.example") {
		t.Errorf("%s shows the address", a)
	}
	if local, _, _ := strings.Cut(b.Bounce(math.MaxInt64, "x@y.example"), "@"); len(local) > 64 {
		t.Errorf("%s has %d characters", local, len(local))
	}
}

func TestNobodyMakesAnAddressUp(t *testing.T) {
	b := book()
	a := b.Address(7, 42)
	local, domain, _ := strings.Cut(a, "@")
	mac := local[strings.LastIndexByte(local, '-')+1:]
	for name, forged := range map[string]string{
		"another conversation": strings.Replace(a, "r-7-", "r-8-", 1),
		"another person":       strings.Replace(a, "-42-", "-43-", 1),
		"numbers moved":        strings.Replace(a, "r-7-42-", "r-74-2-", 1),
		"zeros in front":       strings.Replace(a, "r-7-", "r-07-", 1),
		"a sign":               strings.Replace(a, "r-7-", "r-+7-", 1),
		"no mac":               "r-7-42-@" + domain,
		"a part of the mac":    strings.Replace(a, mac, mac[:19], 1),
		"more than the mac":    strings.Replace(a, mac, mac+"a", 1),
		"another domain":       local + "@swap.example",
		"two domains":          a + "@swap.example",
		"a part behind a plus": local + "+x@" + domain,
		"another prefix":       "b" + a[1:],
		"in brackets":          "<" + a + ">",
		"with a space":         a + " ",
		"nothing":              "",
		"an at":                "@",
		"only the domain":      "@" + domain,
		"postmaster":           "postmaster@" + domain,
		"of another secret":    alias.New("another", domain).Address(7, 42),
		"below zero":           "r--7-42-" + mac + "@" + domain,
		"beyond 64 bits":       "r-9223372036854775808-42-" + mac + "@" + domain,
	} {
		if c, who, ok := b.Parse(forged); ok {
			t.Errorf("%s: %q writes into conversation %d as %d", name, forged, c, who)
		}
	}
	if b.Address(7, 42) == alias.New(secret, "other.example").Address(7, 42) {
		t.Error("addresses of two domains are alike")
	}
	if len(mac) != 20 {
		t.Errorf("the mac has %d characters of 5 bits", len(mac))
	}
}

func FuzzAddress(f *testing.F) {
	b := book()
	for _, seed := range []string{b.Address(7, 42), b.Bounce(42, "a@b.example"), "r-7-42-a@reply.swap.example", "b-1-2-3@reply.swap.example", "@", "r-", "\xff@reply.swap.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if c, who, ok := b.Parse(address); ok && b.Address(c, who) != strings.ToLower(address) {
			t.Errorf("%q was read as %d, %d", address, c, who)
		}
		if who, mark, ok := b.ParseBounce(address); ok && (who <= 0 || len(mark) != 10) {
			t.Errorf("%q was read as %d, %q", address, who, mark)
		}
	})
}
