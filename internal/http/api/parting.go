package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// lastWords is how long somebody who was answered before their body had come may go on sending
// it, so that they see the answer. net/http reads such bodies, and would wait for them.
const lastWords = time.Second

// parting answers a request that has a body. Where the answer comes first, it is the last one of
// its connection, which waits no longer for the rest: neither as long as for other bodies, nor as
// long as this one had been given.
type parting struct {
	http.ResponseWriter
	request  *http.Request
	body     *counted
	answered bool
}

// parted returns a request and its answer so that neither holds a connection any longer than need be.
func parted(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *http.Request) {
	if r.ContentLength == 0 || r.Body == nil {
		return w, r
	}
	body := &counted{ReadCloser: r.Body, left: r.ContentLength}
	r = r.WithContext(r.Context())
	r.Body = body
	return &parting{ResponseWriter: w, request: r, body: body}, r
}

// WriteHeader implements http.ResponseWriter.
func (p *parting) WriteHeader(status int) {
	p.answer()
	p.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (p *parting) Write(b []byte) (int, error) {
	p.answer()
	return p.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what it controls.
func (p *parting) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *parting) answer() {
	if p.answered {
		return
	}
	p.answered = true
	if p.body.whole() {
		return
	}
	if p.request.ProtoMajor == 1 { // others have more requests under way there
		p.Header().Set("Connection", "close")
	}
	lasts(p.ResponseWriter, lastWords, patience)
}

// counted is a body that knows whether all of it has been read.
type counted struct {
	io.ReadCloser
	left int64 // bytes; negative when their number is not known
	end  bool
}

// Read implements io.Reader.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.left -= int64(n)
	c.end = c.end || c.left == 0 || errors.Is(err, io.EOF)
	return n, err
}

func (c *counted) whole() bool { return c.end }

// lasts sets how long from now a body may take, and its answer.
func lasts(w http.ResponseWriter, body, answer time.Duration) {
	control, now := http.NewResponseController(w), time.Now()
	// Where a deadline cannot be set, in tests, the server's own ones hold.
	_ = control.SetReadDeadline(now.Add(body))
	_ = control.SetWriteDeadline(now.Add(answer))
}

// bound gives a call its time, its body included, once it is known who asks: nobody else keeps a
// connection for longer than patience.
func (a *API) bound(ctx huma.Context, next func(huma.Context)) {
	wait, _ := ctx.Operation().Metadata[waits].(time.Duration)
	if wait > patience {
		_, w := humago.Unwrap(ctx)
		lasts(w, wait, wait+patience)
	}
	timed, cancel := context.WithTimeout(ctx.Context(), max(wait, patience))
	defer cancel()
	next(huma.WithContext(ctx, timed))
}
