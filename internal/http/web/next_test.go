package web

import (
	"net/url"
	"strings"
	"testing"
)

func TestNextLeadsOnlyToAPathOfThisSite(t *testing.T) {
	for _, good := range []string{
		"/", "/chat/", "/chat/start/12/", "/shop/?q=a//b&sort=price", "/product/h%C3%A9ro-1/", "/shop/?q=%5C", "/product/साइकिल-a1/",
		"/chat/conversation/5/#m7",
	} {
		if got := nextPath(good); got != good {
			t.Errorf("%q: got %q, want it back", good, got)
		}
	}
	for _, bad := range []string{
		"", "chat/", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example",
		"/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/\x00/evil.example",
		"https://evil.example", "HTTPS://evil.example/", "https:evil.example", "http:/evil.example", "javascript:alert(1)",
		"data:text/html,x", "/chat//evil.example", "/.//evil.example", "/..//evil.example", "/%2f/evil.example", "/%5cevil.example",
		"/a\\b", "/?q=\\", "//evil.example/%2f..", "/%0a/evil.example%zz", "/\u0085/evil.example", "@evil.example", "evil.example",
		"?next=//evil.example", "/" + strings.Repeat("a", maxNext),
	} {
		if got := nextPath(bad); got != "" {
			t.Errorf("%q: got %q, want it refused", bad, got)
		}
	}
}

func TestTheLoginPageKnowsTheWayBack(t *testing.T) {
	for in, want := range map[string]string{
		"/":                   "/accounts/login/",
		"//evil.example":      "/accounts/login/",
		"/chat/start/12/":     "/accounts/login/?next=%2Fchat%2Fstart%2F12%2F",
		"/shop/?q=a&sort=new": "/accounts/login/?next=%2Fshop%2F%3Fq%3Da%26sort%3Dnew",
	} {
		if got := loginURL(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzNextPath(f *testing.F) {
	for _, s := range []string{"/chat/", "//evil", "/\\evil", "/a?b=c#d", "/%2f%2fevil", "https://evil"} {
		f.Add(s)
	}
	base, err := url.Parse("http://here.example/accounts/login/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		next := nextPath(s)
		if next == "" {
			return
		}
		u, err := base.Parse(next)
		if err != nil || u.Host != "here.example" || u.Scheme != "http" {
			t.Errorf("%q leads to %v (%v)", s, u, err)
		}
	})
}
