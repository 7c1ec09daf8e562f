package papers_test

import (
	"net"
	"net/textproto"
	"strings"
	"testing"
)

// TestAnswersByMailComeInAsWritten starts the program as docs/operations.md has it for answers by
// mail, and asks at its door for an address that it has and for one that it has not.
func TestAnswersByMailComeInAsWritten(t *testing.T) {
	t.Parallel()
	fences := fencesFor(t)
	if len(fences) != 2 {
		t.Fatalf("%d fences are for this test, want one by SMTP and one by LMTP", len(fences))
	}
	for _, f := range fences {
		t.Run(f.where, func(t *testing.T) {
			at := "127.0.0.1:" + freePort(t)
			replace := strings.NewReplacer("127.0.0.1:8000", "127.0.0.1:0", "0.0.0.0:25", at, "127.0.0.1:2525", at, "smtp.example:587", "127.0.0.1:1")
			password, command, _ := strings.Cut(strings.TrimSpace(replace.Replace(f.text)), " ")
			serveLine(t, t.TempDir(), command, password)
			hello := "EHLO"
			if strings.Contains(f.text, "lmtp") {
				hello = "LHLO"
			}
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			line := textproto.NewConn(conn)
			for _, step := range []struct {
				say  string
				want int
			}{
				{"", 220},
				{hello + " mx.swap.example", 250},
				{"MAIL FROM:<meera@mail.example>", 250},
				{"RCPT TO:<asha@reply.swap.example>", 550},
				{"RCPT TO:<asha@mail.example>", 550},
				{"QUIT", 221},
			} {
				if step.say != "" {
					if err := line.PrintfLine("%s", step.say); err != nil {
						t.Fatal(err)
					}
				}
				if _, said, err := line.ReadResponse(step.want); err != nil {
					t.Errorf("%s: %v %s", step.say, err, said)
				}
			}
		})
	}
}
