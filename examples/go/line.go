package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// frame has the fields that this client uses of what is sent in either direction.
type frame struct {
	Type      string `json:"type"`
	ClientID  string `json:"client_id,omitempty"`
	Message   string `json:"message,omitempty"`
	Sender    string `json:"sender_name,omitempty"`
	Seq       int64  `json:"seq,omitempty"`
	Timestamp string `json:"timestamp,omitempty"`
	Head      int64  `json:"head,omitempty"`
	Epoch     string `json:"epoch,omitempty"`
	Detail    string `json:"detail,omitempty"`
	Retryable bool   `json:"retryable,omitempty"`
	Ticket    string `json:"ticket,omitempty"`
}

// String is what an ack or an error says.
func (f frame) String() string {
	return cmp.Or(f.Detail, fmt.Sprintf("acknowledged as %d", f.Seq))
}

// client keeps the session's cookie.
var client = func() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 10 * time.Second}
}()

// post calls the API. A refusal ends the program, and false says to try again later.
func post(address string, body any) (answer frame, ok bool) {
	data, err := json.Marshal(body)
	if err != nil {
		log.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return frame{}, false
	}
	defer response.Body.Close() //nolint:errcheck // It has been read.
	err = json.NewDecoder(response.Body).Decode(&answer)
	switch {
	case response.StatusCode < 300:
		return answer, err == nil
	case response.StatusCode < http.StatusTooManyRequests:
		log.Fatal(answer.Detail)
	}
	return frame{}, false
}

// line is an open socket.
type line struct{ conn net.Conn }

// open opens a socket behind what has been seen, however often it takes. What the server
// says on it goes to events, and "closed" at its end.
func open(site, conversation string, seen frame, events chan<- frame) line {
	query := url.Values{}
	if seen.Epoch != "" {
		query = url.Values{"after": {fmt.Sprint(seen.Seq)}, "epoch": {seen.Epoch}}
	}
	if seen.Timestamp != "" {
		query.Set("at", seen.Timestamp)
	}
	for ; ; time.Sleep(time.Second) {
		ticket, ok := post(site+"/api/v1/ticket", struct{}{}) // it opens one socket, once
		if !ok {
			continue
		}
		query.Set("ticket", ticket.Ticket)
		address := "ws" + strings.TrimPrefix(site, "http") + "/ws/chat/" + conversation + "/?" + query.Encode()
		conn, ahead, _, err := ws.Dial(context.Background(), address)
		if err != nil {
			continue
		}
		if ahead == nil {
			ahead = bufio.NewReader(conn)
		}
		l := line{conn}
		go l.listen(ahead, events)
		return l
	}
}

func (l line) listen(from io.Reader, events chan<- frame) {
	for {
		data, err := wsutil.ReadServerText(struct {
			io.Reader
			io.Writer // pings are answered
		}{from, l.conn})
		var f frame
		switch {
		case err == nil && json.Unmarshal(data, &f) == nil:
			events <- f
		case final(err):
			log.Fatal(err)
		case err != nil:
			events <- frame{Type: "closed"}
			return
		}
	}
}

// final tells whether the server has closed the line so that trying again is no use.
func final(err error) bool {
	closed, ok := err.(wsutil.ClosedError)
	return ok && (closed.Code == 4400 || closed.Code == 4401 || closed.Code == 4404)
}

// send writes frames, each in one piece. If the line has gone, the next one gets them again.
func (l line) send(frames ...frame) {
	for _, f := range frames {
		data, err := json.Marshal(f)
		if err != nil {
			log.Fatal(err)
		}
		_, _ = l.conn.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(data))))
	}
}

// close ends the line; "closed" follows.
func (l line) close() {
	_ = l.conn.Close() // it may have gone already
}

// readLines makes a "send" of each line, and says "end" behind the last.
func readLines(from io.Reader, events chan<- frame) {
	for in := bufio.NewScanner(from); in.Scan(); {
		events <- frame{Type: "send", ClientID: rand.Text(), Message: in.Text()}
	}
	events <- frame{Type: "end"}
}
