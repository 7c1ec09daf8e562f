package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"swapnest/internal/mail"
)

func TestAMailServerIsReadFromItsAddress(t *testing.T) {
	for _, test := range []struct {
		address, password string
		want              string
		loopback          bool
	}{
		{"smtp://us@smtp.example:2525", "p", "smtp://smtp.example:2525", false},
		{"smtp://us:p%40ss@smtp.example", "", "smtp://smtp.example:587", false},
		{"smtps://us:p@smtp.example/", "p", "smtps://smtp.example:465", false},
		{"smtp://127.0.0.1:25", "", "smtp://127.0.0.1:25", true},
		{"smtp://[::1]:25", "", "smtp://[::1]:25", true},
		{"smtp://localhost", "", "smtp://localhost:587", true},
	} {
		s, err := mail.ParseServer(test.address, test.password)
		if err != nil || s.String() != test.want || s.Loopback != test.loopback {
			t.Errorf("%s: got %s, loopback %t, %v; want %s, %t", test.address, s, s.Loopback, err, test.want, test.loopback)
		}
	}
	for _, address := range []string{
		"", "smtp.example:587", "http://smtp.example", "smtp://", "smtp://smtp.example:0", "smtp://smtp.example:99999", "smtp://smtp.example/inbox",
		"smtp://smtp.example?x=1", "smtp://us@smtp.example", "smtp://:hunter2@smtp.example", "smtp://us:hunter2@[smtp.example", "smtp://us:hunter2%zz@smtp.example",
		"smtp://us:hunter2%0a@smtp.example", "smtp://us:hunter2@smtp.example:x",
	} {
		if _, err := mail.ParseServer(address, ""); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v", address, err)
		}
	}
	if _, err := mail.ParseServer("smtp://us:hunter2@smtp.example", "another"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("two passwords: got %v", err)
	}
	s, err := mail.ParseServer("smtp://us:hunter2@smtp.example", "")
	if err != nil || strings.Contains(s.String()+fmt.Sprint(s), "hunter2") {
		t.Errorf("it shows its password: %v, %v", s, err)
	}
}
