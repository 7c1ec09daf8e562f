// Package apptest boots the whole marketplace for tests, as the command does, and
// speaks to it as a browser would.
package apptest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// App is a running node.
type App struct {
	*server.App
	URL string // http://127.0.0.1:port; "" without a listener
}

// Open makes a node without a listener; it is closed when the test ends.
func Open(tb testing.TB, d *testkit.Database, change func(*server.Options)) *App {
	tb.Helper()
	o := server.Options{DataDir: d.Dir(), DatabaseURL: d.URL(), Version: "test", Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	app, err := server.New(context.Background(), o)
	if err != nil {
		tb.Fatal(err)
	}
	a := &App{App: app}
	tb.Cleanup(a.Stop)
	return a
}

// Start makes a node that listens on a free port of 127.0.0.1.
func Start(tb testing.TB, d *testkit.Database, change func(*server.Options)) *App {
	tb.Helper()
	a := Open(tb, d, change)
	config := server.Listening()
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	a.URL = "http://" + l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- a.Serve(l) }()
	tb.Cleanup(func() {
		a.Stop()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return a
}

// Stop ends the node in order. A second call does nothing.
func (a *App) Stop() {
	if a.App == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	// What a test has broken on purpose may fail here.
	_ = errors.Join(a.Shutdown(ctx), a.Close())
	a.App = nil
}

// SignIn opens a session for a person, without a password.
func (a *App) SignIn(tb testing.TB, u chat.User) (auth.Identity, string) {
	tb.Helper()
	token, hash := auth.NewToken()
	now := time.Now()
	s := chat.Session{ID: hash, User: u.ID, CreatedAt: now, ExpiresAt: a.Guard.Expiry(now, now)}
	if err := a.DB.Update(context.Background(), func(tx *store.Tx) error { return tx.InsertSession(context.Background(), s) }); err != nil {
		tb.Fatal(err)
	}
	return auth.Identity{User: u, Session: s}, token
}

// Client is a browser with a cookie, or without one.
type Client struct {
	tb    testing.TB
	app   *App
	token string
}

// Client returns a browser signed in with token; "" is signed out.
func (a *App) Client(tb testing.TB, token string) *Client {
	return &Client{tb: tb, app: a, token: token}
}

// Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// JSON decodes the body.
func (r Response) JSON(tb testing.TB) map[string]any {
	tb.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.Body), &v); err != nil {
		tb.Fatalf("%v in %s", err, r.Body)
	}
	return v
}

// Do sends a request as a page of the site would, and follows no redirects. A body
// that begins with { is JSON, any other a form.
func (c *Client) Do(method, path, body string) Response {
	c.tb.Helper()
	kind := ""
	switch {
	case strings.HasPrefix(body, "{"):
		kind = "application/json"
	case body != "":
		kind = "application/x-www-form-urlencoded"
	}
	return c.Send(method, path, kind, body)
}

// Form sends a form with files, as a page without a script would: fields are pairs of a
// name and a value, files are added under the name "photos".
func (c *Client) Form(path string, fields [][2]string, files ...[]byte) Response {
	c.tb.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	var err error
	for _, f := range fields {
		err = errors.Join(err, form.WriteField(f[0], f[1]))
	}
	for i, file := range files {
		part, partErr := form.CreateFormFile("photos", fmt.Sprintf("../../%d.jpg.html", i))
		if partErr == nil {
			_, partErr = part.Write(file)
		}
		err = errors.Join(err, partErr)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		c.tb.Fatal(err)
	}
	return c.Send("POST", path, form.FormDataContentType(), b.String())
}

// Send is Do with a body of any type; "" is none.
func (c *Client) Send(method, path, kind, body string) Response {
	c.tb.Helper()
	header := make(http.Header)
	if kind != "" {
		header.Set("Content-Type", kind)
	}
	return c.SendWith(method, path, header, body)
}

// SendWith is Send with more headers.
func (c *Client) SendWith(method, address string, header http.Header, body string) Response {
	c.tb.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.app.URL+address, bytes.NewBufferString(body))
	if err != nil {
		c.tb.Fatal(err)
	}
	r.Header = header.Clone()
	r.Header.Set("Origin", c.app.URL)
	if c.token != "" {
		r.AddCookie(&http.Cookie{Name: c.app.Guard.CookieName(), Value: c.token})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		c.tb.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		c.tb.Fatal(err)
	}
	for _, cookie := range response.Cookies() {
		if cookie.Name == c.app.Guard.CookieName() {
			c.token = cookie.Value
		}
	}
	return Response{Status: response.StatusCode, Header: response.Header, Body: string(data)}
}

// Upload uploads a whole file for a message, and returns its id.
func (c *Client) Upload(name, kind string, data []byte) chat.AttachmentID {
	c.tb.Helper()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	r := c.SendWith("POST", "/api/v1/uploads", http.Header{
		"Content-Type": {"application/offset+octet-stream"}, "Tus-Resumable": {"1.0.0"}, "Upload-Length": {strconv.Itoa(len(data))},
		"Upload-Metadata": {"filename " + encode(name) + ",filetype " + encode(kind)},
	}, string(data))
	if r.Status != http.StatusCreated {
		c.tb.Fatalf("upload %s: %d %s", name, r.Status, r.Body)
	}
	return chat.AttachmentID(path.Base(r.Header.Get("Location")))
}

// Token is the client's session cookie.
func (c *Client) Token() string { return c.token }
