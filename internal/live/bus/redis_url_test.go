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

func TestAnAddressOfSentinelsIsRead(t *testing.T) {
	for text, want := range map[string]struct {
		hosts, master, prefix string
		user, password        string // of Redis
		name, secret          string // of the sentinels
		tls                   bool
	}{
		"redis+sentinel://localhost/mymaster": {hosts: "localhost:26379", master: "mymaster", prefix: "swapnest:0:"},
		"redis+sentinel://:s%2Ccret@one,two:5,[::1]:3/my-master.1_a/7": {
			hosts: "one:26379,two:5,[::1]:3", master: "my-master.1_a", prefix: "swapnest:7:", password: "s,cret",
		},
		"redis+sentinel://one:1/1/2":                   {hosts: "one:1", master: "1", prefix: "swapnest:2:"},
		"redis+sentinel://one:1/m?sentinel_password=x": {hosts: "one:1", master: "m", prefix: "swapnest:0:", secret: "x"},
		"rediss+sentinel://ann:secret@one:1,two:2/m/1/?sentinel_username=bob&sentinel_password=a+b%2C%26://%20c": {
			hosts: "one:1,two:2", master: "m", prefix: "swapnest:1:", user: "ann", password: "secret", name: "bob", secret: "a+b,&:// c", tls: true,
		},
	} {
		a, err := ParseAddress(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		o, s := a.option, a.option.Sentinel
		if got := a.String(); got != want.hosts || s.MasterSet != want.master || a.prefix != want.prefix {
			t.Errorf("%s: got hosts %s, master %q, prefix %q", text, got, s.MasterSet, a.prefix)
		}
		if o.Username != want.user || o.Password != want.password || s.Username != want.name || s.Password != want.secret {
			t.Errorf("%s: got %q %q for Redis and %q %q for the sentinels", text, o.Username, o.Password, s.Username, s.Password)
		}
		if (o.TLSConfig != nil) != want.tls || (s.TLSConfig != nil) != want.tls || s.Dialer.Timeout != redisPatience {
			t.Errorf("%s: got TLS %v and %v, and %v to dial", text, o.TLSConfig, s.TLSConfig, s.Dialer.Timeout)
		}
	}
}

func TestWhatIsNoAddressOfSentinelsIsRefusedWithItsForm(t *testing.T) {
	for name, text := range map[string]string{
		"no master":                 "redis+sentinel://:geheim@host:26379",
		"a number and no master":    "redis+sentinel://:geheim@host/1",
		"an empty name":             "redis+sentinel://:geheim@host//1",
		"no name of a master":       "redis+sentinel://:geheim@host/my%20master",
		"a word for a number":       "redis+sentinel://:geheim@host/m/one",
		"more than a number":        "redis+sentinel://:geheim@host/m/1/2",
		"no host":                   "redis+sentinel://:geheim@/m",
		"no second host":            "redis+sentinel://:geheim@host,/m",
		"a port that is none":       "redis+sentinel://:geheim@host:port,two/m",
		"a master too early":        "redis+sentinel://:geheim@host/m,two",
		"two masters":               "redis+sentinel://:geheim@host/m,two/n",
		"a comma in a password":     "redis+sentinel://ge:123,heim@host/m",
		"a comma in the sentinels'": "redis+sentinel://host/m?sentinel_password=ge,heim/m",
		"another parameter":         "redis+sentinel://host/m?password=geheim",
		"a parameter twice":         "redis+sentinel://host/m?sentinel_password=geheim&sentinel_password=x",
		"an empty password":         "redis+sentinel://:geheim@host/m?sentinel_password=",
		"a broken escape":           "redis+sentinel://:geheim@host/m?sentinel_password=geheim%2",
		"a fragment":                "redis+sentinel://:geheim@host/m#geheim",
		"another kind behind":       "redis+sentinel://:geheim@host,redis://two/m",
	} {
		a, err := ParseAddress(text)
		if err == nil {
			t.Errorf("%s: %q gives %v", name, text, a)
			continue
		}
		if strings.Contains(err.Error(), "heim") || !strings.Contains(err.Error(), "redis+sentinel://user:password@host:26379,host:26379/mymaster/1") {
			t.Errorf("%s: the error is: %v", name, err)
		}
	}
	a, err := ParseAddress("redis+sentinel://host/m?sentinel_password=geheim")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %+v %s", a, a, a); strings.Contains(got, "geheim") {
		t.Errorf("printed as %s", got)
	}
}

func TestWhatIsNoAddressOfRedisIsRefusedWithoutSayingItsPassword(t *testing.T) {
	for _, text := range []string{
		"", "localhost:6379", "http://:geheim@host", "redis://:geheim@", "redis://:geheim@host:port", "redis://:geheim@host/one", "redis://:geheim@host/1/2",
		"redis://:geheim@host/+1", "redis://:geheim@host?x=1", "redis://:geheim@host,", "redis://:geheim@host,rediss://other", "redis://:geheim%@host", "redis://:ge heim\x7f@host",
		"redis+cluster://:geheim@host", "+sentinel://:geheim@host/m", "redis://:geheim@host?sentinel_password=x",
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
