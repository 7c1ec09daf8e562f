package loadgen

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// pipe is a line and the site's end of it.
func pipe(t *testing.T) (*line, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	site, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(20*time.Second, func() { conn.Close() }) // so that what never comes is told
	t.Cleanup(func() { late.Stop(); conn.Close(); site.Close() })
	return &line{conn: conn}, site
}

// Frames are whole, however the net cuts them.
func TestFramesAreHeardWholeHoweverTheyCome(t *testing.T) {
	texts := []string{"a", strings.Repeat("b", 125), strings.Repeat("c", 126), strings.Repeat("d", 40_000), ""}
	var all bytes.Buffer
	for _, text := range texts {
		all.Write(ws.MustCompileFrame(ws.NewTextFrame([]byte(text))))
	}
	all.Write(ws.MustCompileFrame(ws.NewPingFrame([]byte("are you there"))))
	all.Write(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(4001, "enough"))))
	for _, piece := range []int{1, 7, 127, 4096, all.Len()} {
		l, site := pipe(t)
		l.ahead = bytes.Clone(all.Bytes()[:3]) // came with the answer to the handshake
		go func() {
			for rest := all.Bytes()[3:]; len(rest) > 0; {
				n := min(piece, len(rest))
				if _, err := site.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		var heard []string
		err := l.read(func(frame []byte) error {
			heard = append(heard, string(frame))
			return nil
		})
		if !errors.Is(err, errClosed) || !strings.Contains(err.Error(), "4001 enough") {
			t.Errorf("pieces of %d: it ends by %v", piece, err)
		}
		if strings.Join(heard, "|") != strings.Join(texts, "|") {
			t.Errorf("pieces of %d: %d frames were heard, want %d as they were sent", piece, len(heard), len(texts))
		}
		_ = site.SetReadDeadline(time.Now().Add(10 * time.Second))
		pong, err := wsutil.ReadClientMessage(site, nil)
		if err != nil || len(pong) != 1 || pong[0].OpCode != ws.OpPong || string(pong[0].Payload) != "are you there" {
			t.Errorf("pieces of %d: a ping is answered by %+v, %v", piece, pong, err)
		}
	}
}

func TestALineThatEndsIsNoticed(t *testing.T) {
	l, site := pipe(t)
	go site.Close()
	if err := l.read(func([]byte) error { return nil }); !errors.Is(err, io.EOF) {
		t.Errorf("the site is gone: %v", err)
	}
	l, site = pipe(t)
	go func(site net.Conn) { _, _ = site.Write([]byte{0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0}) }(site)
	if err := l.read(func([]byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "65537 bytes") {
		t.Errorf("a frame of 4 GiB: %v", err)
	}
	l, _ = pipe(t)
	go l.close()
	if err := l.read(func([]byte) error { return nil }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("it was closed here: %v", err)
	}
	l, site = pipe(t)
	enough := errors.New("enough")
	go func(site net.Conn) { _, _ = site.Write(ws.MustCompileFrame(ws.NewTextFrame([]byte("a")))) }(site)
	if err := l.read(func([]byte) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("who hears has had enough: %v", err)
	}
}
