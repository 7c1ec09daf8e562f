package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// visitor is somebody who looks at a site, by one connection.
type visitor struct {
	url    string
	cookie string
	client *http.Client
}

func (s *site) visitor(p person) *visitor {
	return &visitor{
		url: s.url, cookie: "swapnest_session=" + p.token,
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}},
	}
}

// ask returns an answer, and how long it has taken to its last byte.
func (v *visitor) ask(ctx context.Context, method, path string, body any) (answer []byte, took time.Duration, err error) {
	var data []byte
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			return nil, 0, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, v.url+path, bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Cookie", v.cookie)
	r.Header.Set("Accept-Encoding", "gzip") // as browsers do
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	got, err := v.client.Do(r)
	if err != nil {
		return nil, 0, fmt.Errorf("ask the site: %w", err)
	}
	defer func() { _ = got.Body.Close() }() // it has been read
	answer, err = io.ReadAll(got.Body)
	took = time.Since(began)
	if err == nil && got.Header.Get("Content-Encoding") == "gzip" {
		answer, err = unpacked(answer)
	}
	if err == nil && got.StatusCode >= 300 {
		err = fmt.Errorf("%s %s is answered by %d: %.200s", method, path, got.StatusCode, answer)
	}
	return answer, took, err
}

func unpacked(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// get is ask for a page that must hold a text.
func (v *visitor) get(ctx context.Context, path, holds string) (time.Duration, error) {
	answer, took, err := v.ask(ctx, http.MethodGet, path, nil)
	if err == nil && !bytes.Contains(answer, []byte(holds)) {
		err = fmt.Errorf("GET %s does not hold %q: %.200s", path, holds, answer)
	}
	return took, err
}

// line is a socket.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

// dial opens a line, and returns how long that takes until one is greeted.
func (v *visitor) dial(ctx context.Context) (*line, time.Duration, error) {
	u, err := url.Parse(v.url)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	d := ws.Dialer{Timeout: time.Minute, Header: ws.HandshakeHeaderHTTP{"Origin": {v.url}, "Cookie": {v.cookie}}}
	conn, in, _, err := d.Dial(ctx, "ws://"+u.Host+"/ws/")
	if err != nil {
		return nil, 0, fmt.Errorf("open a socket: %w", err)
	}
	if in == nil {
		in = bufio.NewReader(conn)
	}
	l := &line{conn, in}
	if _, err := l.until("hello"); err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	return l, time.Since(began), nil
}

// until reads to a frame of a type, and returns how many frames came before it.
func (l *line) until(kind string) (before int, err error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, err
	}
	for ; ; before++ {
		frame, err := wsutil.ReadServerText(struct {
			io.Reader
			io.Writer
		}{l.in, l.conn})
		if err != nil {
			return before, fmt.Errorf("wait for %s: %w", kind, err)
		}
		if strings.HasPrefix(string(frame), `{"type":"`+kind+`"`) {
			return before, nil
		}
		if strings.HasPrefix(string(frame), `{"type":"reset"`) || strings.HasPrefix(string(frame), `{"type":"error"`) {
			return before, fmt.Errorf("wait for %s: got %s", kind, frame)
		}
	}
}

// resume opens a conversation from a place on, and returns how long the replay takes.
func (l *line) resume(talk, after int64) (time.Duration, error) {
	began := time.Now()
	if err := wsutil.WriteClientText(l.conn, fmt.Appendf(nil, `{"type":"open","conversation_id":%d,"after":%d}`, talk, after)); err != nil {
		return 0, err
	}
	n, err := l.until("caught_up")
	took := time.Since(began)
	if err == nil && n < replayed {
		err = fmt.Errorf("%d frames were replayed, not %d", n, replayed)
	}
	return took, err
}

// replayed is how many messages a line has missed.
const replayed = 50
