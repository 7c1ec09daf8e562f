package bus

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAnAddressOfRedisIsRead(t *testing.T) {
	for text, want := range map[string]struct {
		hosts          string
		user, password string
		prefix         string
		tls            bool
	}{
		"redis://localhost":                         {hosts: "localhost:6379", prefix: "swapnest:0:"},
		"redis://10.0.0.1:7000/3":                   {hosts: "10.0.0.1:7000", prefix: "swapnest:3:"},
		"redis://:s%2Ccret@one:1":                   {hosts: "one:1", password: "s,cret", prefix: "swapnest:0:"},
		"rediss://ann:secret@one:1,two:2/1":         {hosts: "one:1,two:2", user: "ann", password: "secret", prefix: "swapnest:1:", tls: true},
		"redis://one:1,redis://:secret@two,[::1]:3": {hosts: "one:1,two:6379,[::1]:3", password: "secret", prefix: "swapnest:0:"},
	} {
		a, err := ParseAddress(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		o := a.option
		if got := a.String(); got != want.hosts || !slices.Equal(o.InitAddress, strings.Split(want.hosts, ",")) {
			t.Errorf("%s: got %s", text, got)
		}
		if o.Username != want.user || o.Password != want.password || a.prefix != want.prefix || (o.TLSConfig != nil) != want.tls {
			t.Errorf("%s: got user %q, password %q, prefix %q, TLS %v", text, o.Username, o.Password, a.prefix, o.TLSConfig)
		}
	}
}

func TestWhatIsNoAddressOfRedisIsRefusedWithoutSayingItsPassword(t *testing.T) {
	for _, text := range []string{
		"", "localhost:6379", "http://:geheim@host", "redis://:geheim@", "redis://:geheim@host:port", "redis://:geheim@host/one", "redis://:geheim@host/1/2",
		"redis://:geheim@host/+1", "redis://:geheim@host?x=1", "redis://:geheim@host,", "redis://:geheim@host,rediss://other", "redis://:geheim%@host", "redis://:ge heim\x7f@host",
	} {
		a, err := ParseAddress(text)
		if err == nil {
			t.Errorf("%q: got %v", text, a)
			continue
		}
		if strings.Contains(err.Error(), "heim") {
			t.Errorf("%q: the error says the password: %v", text, err)
		}
	}
	a, err := ParseAddress("redis://:geheim@host")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %+v %s", a, a, a); strings.Contains(got, "geheim") {
		t.Errorf("printed as %s", got)
	}
}
