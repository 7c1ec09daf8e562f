package config

import (
	"io"
	"testing"
)

// Push services take mailto and https alone, whatever the site's own address is.
func TestTheContactOfPushServicesIsOneTheyTake(t *testing.T) {
	for want, args := range map[string][]string{
		"":                             {},
		"https://swap.example":         {"--public-url", "https://swap.example/"},
		"https://swap.example:8443":    {"--public-url", "https://swap.example:8443"},
		"mailto:postmaster@swap.local": {"--public-url", "http://swap.local:8000"},
		"mailto:hello@swap.example":    {"--public-url", "https://swap.example", "--push-contact", "mailto:hello@swap.example"},
		"https://other.example/who":    {"--push-contact", "https://other.example/who"},
	} {
		c, _, _, err := Parse(append([]string{"serve"}, args...), io.Discard)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		if got := c.Serve.Contact(); got != want {
			t.Errorf("%v: the contact is %q, not %q", args, got, want)
		}
	}
}
