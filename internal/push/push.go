// Package push speaks to push services, as an application server of the Web Push protocol: it
// encrypts what a browser alone is to read (RFC 8291), says who sends it (RFC 8292), and hands
// it over (RFC 8030). It knows neither people nor what the messages say.
package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Urgency says how much of a battery a message is worth (RFC 8030, 5.3).
type Urgency string

// The urgencies that are used here.
const (
	High   Urgency = "high"   // somebody waits for it
	Normal Urgency = "normal" // the device may sleep on
	Low    Urgency = "low"    // when the device is in use anyway
)

// Message is what one browser is to get.
type Message struct {
	To      Subscription
	Text    []byte        // at most MaxText bytes; the push service cannot read it
	TTL     time.Duration // how long the service keeps it for a browser that is away; 0 not at all
	Urgency Urgency
	Topic   string // a newer message of the same topic takes the place of one that waits; "" for none
}

// Answer is what a push service said.
type Answer struct {
	Status int           // of HTTP; 201 when it has taken the message
	After  time.Duration // by Retry-After, at most a day; 0 where it did not say
}

// Taken tells whether the message is the service's business now.
func (a Answer) Taken() bool { return a.Status >= 200 && a.Status < 300 }

// Gone tells whether there is no such subscription any more: it is never used again.
func (a Answer) Gone() bool { return a.Status == http.StatusNotFound || a.Status == http.StatusGone }

// Client hands messages over.
type Client struct {
	http *http.Client
	now  func() time.Time
}

// NewClient returns a client that goes out by h: endpoints are addresses that strangers give,
// so h has to know where it may go.
func NewClient(h *http.Client, now func() time.Time) *Client { return &Client{http: h, now: now} }

// mostPatience is how long a service may tell us to wait.
const mostPatience = 24 * time.Hour

var topicForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,32}$`)

// Send hands a message over once. An error is that of a message which cannot be sent, or of a
// line that broke; whatever a service says is an Answer. Neither holds the endpoint, which is a
// secret of the browser.
func (c *Client) Send(ctx context.Context, by *Signer, m Message) (Answer, error) {
	if !topicForm.MatchString(m.Topic) {
		return Answer{}, errors.New("a topic has at most 32 characters of base64url")
	}
	body, err := Encrypt(m.To, m.Text)
	if err != nil {
		return Answer{}, err
	}
	authorization, err := by.Authorization(m.To)
	if err != nil {
		return Answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, errors.New("the endpoint is no address")
	}
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("TTL", strconv.FormatInt(int64((m.TTL+time.Second-1)/time.Second), 10))
	r.Header.Set("Urgency", string(m.Urgency))
	if m.Topic != "" {
		r.Header.Set("Topic", m.Topic)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("reach the push service: %w", reason(err))
	}
	// The line can be used again once what it brought is read; more than a little is not worth it.
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10)
	_ = answer.Body.Close()
	return Answer{Status: answer.StatusCode, After: retryAfter(answer.Header.Get("Retry-After"), c.now())}, nil
}

// reason is why a request failed, without the address that http.Client puts before it.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// retryAfter reads the header of this name (RFC 9110, 10.2.3): seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	var after time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		after = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		after = at.Sub(now)
	}
	return min(max(after, 0), mostPatience)
}
