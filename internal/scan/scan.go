// Package scan asks a virus scanner about files: a clamd, by its command INSTREAM. The bytes go
// over the line, so scanner and node need no files in common.
package scan

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"swapnest/internal/chat"
)

const (
	// patience is how long one file may take, with the time that it waits for its turn.
	patience = 30 * time.Second
	// atOnce is how many files are looked at at the same time; clamd has ten threads unless it
	// is told otherwise, and they may be for others, too.
	atOnce = 4
	// chunk is how many bytes are sent at once.
	chunk = 64 << 10
	// maxReply is how many bytes an answer may have.
	maxReply = 4 << 10
	// defaultPort is clamd's.
	defaultPort = "3310"
)

// Clamd is a scanner. It may be asked by several at once.
type Clamd struct {
	network, address string
	turns            *semaphore.Weighted
	patience         time.Duration
}

// Dial returns the scanner at an address such as tcp://host:3310 or unix:///run/clamav/clamd.ctl.
// It reads the address alone: whether somebody answers there is seen when a file is looked at.
func Dial(address string) (*Clamd, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the scanner's address: %w", err)
	}
	c := &Clamd{turns: semaphore.NewWeighted(atOnce), patience: patience}
	plain := u.User == nil && u.RawQuery == "" && u.Fragment == ""
	switch {
	case u.Scheme == "tcp" && plain && u.Hostname() != "" && (u.Path == "" || u.Path == "/"):
		port := u.Port()
		if port == "" {
			port = defaultPort
		}
		c.network, c.address = "tcp", net.JoinHostPort(u.Hostname(), port)
	case u.Scheme == "unix" && plain && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		c.network, c.address = "unix", u.Path
	default:
		return nil, fmt.Errorf("the scanner's address %q is neither tcp://host:port nor unix:///path/of/socket", address)
	}
	return c, nil
}

// Scan has all of r looked at, within 30 seconds. It returns nil for what the scanner lets pass.
// Refusals are on the field "attachments": UnsupportedMedia for what it calls harmful, TooLarge
// for more than it takes, Unavailable when it does not answer or says that it cannot tell; then
// the same file may be tried again. They wrap what the scanner said, for the log. An error of r
// is no refusal.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	if err := c.turns.Acquire(ctx, 1); err != nil {
		return unavailable(errors.New("the scanner is busy"))
	}
	defer c.turns.Release(1)
	source := &source{r: r}
	said, err := c.ask(ctx, source)
	if source.err != nil {
		return fmt.Errorf("read a file for the scanner: %w", source.err)
	}
	if err != nil {
		return unavailable(fmt.Errorf("ask the scanner at %s: %w", c.address, err))
	}
	switch v := parseReply(said); v.kind {
	case clean:
		return nil
	case harmful:
		return refused(chat.UnsupportedMedia, "The virus scanner calls this file harmful, so it is not sent. Have your device looked at.",
			fmt.Errorf("the scanner has found %q", v.name))
	case tooLarge:
		return refused(chat.TooLarge, "This file is larger than the virus scanner takes. Send it in parts.",
			errors.New("the scanner takes less than is allowed here: raise its StreamMaxLength"))
	default:
		return unavailable(fmt.Errorf("the scanner said %q", v.name))
	}
}

// source remembers why a file could not be read.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// ask sends a file and returns what the scanner answers, with the zero that ends it.
func (c *Clamd) ask(ctx context.Context, r io.Reader) ([]byte, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()                                          //nolint:errcheck // all has been said
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // who waits for it then gives up
	type answer struct {
		said []byte
		err  error
	}
	answers := make(chan answer, 1)
	// Who is sent too much answers at once and hangs up: so it is listened to all the time.
	go func() {
		said, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadBytes(0)
		answers <- answer{said, err}
		_ = conn.Close() // nothing more is sent to who has answered
	}()
	sent := send(conn, r)
	if sent != nil && !isNetwork(sent) {
		return nil, sent // the file's fault: nothing will be answered
	}
	a := <-answers
	if a.err != nil {
		return nil, errors.Join(a.err, sent)
	}
	return a.said, nil
}

// isNetwork tells whether an error is one of the connection.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

// send writes the command and a file in chunks, each behind its length, and an empty one.
func send(w io.Writer, r io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	const length = 4
	buffer := make([]byte, length+chunk)
	for {
		n, err := io.ReadFull(r, buffer[length:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n))
			if _, err := w.Write(buffer[:length+n]); err != nil {
				return err
			}
		}
		if err != nil {
			_, err := w.Write(make([]byte, length))
			return err
		}
	}
}

// The kinds of answers.
const (
	unclear = iota
	clean
	harmful
	tooLarge
)

// verdict is what an answer means.
type verdict struct {
	kind int
	name string // of what was found, or the whole answer when it is unclear
}

// parseReply reads an answer. Whatever is not exactly one of those that clamd gives is unclear,
// and never clean.
func parseReply(said []byte) verdict {
	line, ended := bytes.CutSuffix(said, []byte{0})
	text := string(line)
	if !ended || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return verdict{unclear, text}
	}
	if text == "INSTREAM size limit exceeded. ERROR" {
		return verdict{kind: tooLarge}
	}
	about, ok := strings.CutPrefix(text, "stream: ")
	if !ok {
		return verdict{unclear, text}
	}
	if about == "OK" {
		return verdict{kind: clean}
	}
	if name, ok := strings.CutSuffix(about, " FOUND"); ok && name != "" {
		return verdict{harmful, name}
	}
	return verdict{unclear, text}
}

func refused(code chat.Code, sentence string, reason error) error {
	return fmt.Errorf("%w (%w)", &chat.Error{Code: code, Field: "attachments", Detail: sentence}, reason)
}

func unavailable(reason error) error {
	return refused(chat.Unavailable, "This file could not be looked at just now. Try again in a moment.", reason)
}
