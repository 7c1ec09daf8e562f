package scan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
)

func TestAnAddressIsReadStrictly(t *testing.T) {
	for address, want := range map[string]string{
		"tcp://scanner:3310":         "tcp scanner:3310",
		"tcp://scanner":              "tcp scanner:3310",
		"tcp://[::1]:99":             "tcp [::1]:99",
		"unix:///run/clamav/clamd":   "unix /run/clamav/clamd",
		"":                           "",
		"scanner:3310":               "",
		"http://scanner:3310":        "",
		"tcp://:3310":                "",
		"tcp://scanner:3310/path":    "",
		"tcp://me:word@scanner:3310": "",
		"unix://run/clamd":           "",
		"unix:":                      "",
		"tcp://scanner?a=b":          "",
		"tcp://scanner:port":         "",
	} {
		c, err := Dial(address)
		got := ""
		if err == nil {
			got = c.network + " " + c.address
		}
		if got != want {
			t.Errorf("%q: got %q (%v), want %q", address, got, err, want)
		}
	}
}

func TestOnlyWhatIsSaidToBeCleanPasses(t *testing.T) {
	for said, want := range map[string]verdict{
		"stream: OK\x00":                            {kind: clean},
		"stream: Eicar-Test FOUND\x00":              {harmful, "Eicar-Test"},
		"stream: a b FOUND\x00":                     {harmful, "a b"},
		"INSTREAM size limit exceeded. ERROR\x00":   {kind: tooLarge},
		"stream: OK":                                {unclear, "stream: OK"},
		"stream: OK\n\x00":                          {unclear, "stream: OK\n"},
		"stream: ok\x00":                            {unclear, "stream: ok"},
		" stream: OK\x00":                           {unclear, " stream: OK"},
		"stream: OK \x00":                           {unclear, "stream: OK "},
		"OK\x00":                                    {unclear, "OK"},
		"file: OK\x00":                              {unclear, "file: OK"},
		"stream:  FOUND\x00":                        {unclear, "stream:  FOUND"},
		"stream: FOUND\x00":                         {unclear, "stream: FOUND"},
		"stream: Can't allocate memory ERROR\x00":   {unclear, "stream: Can't allocate memory ERROR"},
		"stream: x FOUND\x00stream: OK\x00":         {unclear, "stream: x FOUND\x00stream: OK"},
		"UNKNOWN COMMAND\x00":                       {unclear, "UNKNOWN COMMAND"},
		"INSTREAM: Read timeout.  ERROR\x00":        {unclear, "INSTREAM: Read timeout.  ERROR"},
		"":                                          {unclear, ""},
		"\x00":                                      {unclear, ""},
		"stream: \x1b[2JFOUND FOUND\x00":            {unclear, "stream: \x1b[2JFOUND FOUND"},
		"1: stream: OK\x00":                         {unclear, "1: stream: OK"},
		"stream: OK FOUND\x00":                      {harmful, "OK"},
		"instream(local): Eicar-Test FOUND\x00":     {unclear, "instream(local): Eicar-Test FOUND"},
		"stream: INSTREAM size limit exceeded.\x00": {unclear, "stream: INSTREAM size limit exceeded."},
	} {
		if got := parseReply([]byte(said)); got != want {
			t.Errorf("%q: got %+v, want %+v", said, got, want)
		}
	}
}

// peer listens on 127.0.0.1 and has each connection handled; it ends with the test.
func peer(t *testing.T, handle func(net.Conn)) *Clamd {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		work.Wait()
	})
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	c, err := Dial("tcp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAScannerThatMisbehavesLetsNothingPass(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){
		"hangs up":             func(net.Conn) {},
		"hangs up in the file": func(c net.Conn) { _, _ = c.Read(make([]byte, 100)) },
		"says half":            func(c net.Conn) { _, _ = io.WriteString(c, "stream: O") },
		"says nothing to it": func(c net.Conn) {
			_, _ = io.Copy(io.Discard, c)
		},
		"talks without end": func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "stream: OK"); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := peer(t, handle)
			if name == "says nothing to it" {
				c.patience = 300 * time.Millisecond
			}
			began := time.Now()
			if err := c.Scan(t.Context(), bytes.NewReader(make([]byte, 8<<20))); chat.CodeOf(err) != chat.Unavailable {
				t.Errorf("got %v, want unavailable", err)
			}
			if took := time.Since(began); took > patience/2 {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestSoManyAreAskedAtOnce(t *testing.T) {
	var now, most atomic.Int64
	full := make(chan struct{})
	var once sync.Once
	c := peer(t, func(conn net.Conn) {
		if n := now.Add(1); n == atOnce {
			once.Do(func() { close(full) })
		} else if n > atOnce {
			most.Store(n)
		}
		<-full // those of the first turn are here together
		_, _ = conn.Read(make([]byte, 1000))
		now.Add(-1)
		_, _ = io.WriteString(conn, "stream: OK\x00")
	})
	var work sync.WaitGroup
	for range 3 * atOnce {
		work.Go(func() {
			if err := c.Scan(t.Context(), strings.NewReader("text")); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if most.Load() > 0 {
		t.Errorf("%d were asked at once, want %d", most.Load(), atOnce)
	}
}

func TestWhoWaitsForATurnIsToldSo(t *testing.T) {
	c, err := Dial("tcp://127.0.0.1:9")
	if err != nil || !c.turns.TryAcquire(atOnce) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := c.Scan(ctx, strings.NewReader("")); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

var errDisk = errors.New("the disk is broken")

func TestAFileThatCannotBeReadIsTheOperatorsMatter(t *testing.T) {
	c := peer(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	torn := io.MultiReader(bytes.NewReader(make([]byte, 3*chunk)), readerOf(func([]byte) (int, error) { return 0, errDisk }))
	if err := c.Scan(t.Context(), torn); !errors.Is(err, errDisk) || chat.CodeOf(err) != "" {
		t.Errorf("got %v, want the disk's fault", err)
	}
}

type readerOf func([]byte) (int, error)

func (r readerOf) Read(p []byte) (int, error) { return r(p) }

func FuzzReply(f *testing.F) {
	f.Add([]byte("stream: OK\x00"))
	f.Add([]byte("stream: Eicar-Test FOUND\x00"))
	f.Add([]byte("INSTREAM size limit exceeded. ERROR\x00"))
	f.Add([]byte("stream: lstat() failed. ERROR\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		v := parseReply(said)
		switch {
		case v.kind == clean && string(said) != "stream: OK\x00":
			t.Fatalf("%q passes", said)
		case v.kind == harmful && string(said) != "stream: "+v.name+" FOUND\x00":
			t.Fatalf("%q is said to have found %q", said, v.name)
		}
	})
}
