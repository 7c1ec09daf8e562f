package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// Who is refused before their body has come, or announced one that nobody wants, holds no
// connection by it: neither a stranger nor somebody who is signed in.
func TestABodyThatNeverComesHoldsNoConnectionOfWhoIsRefused(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	const bytesOfAFile = "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
	for _, c := range []struct {
		call, header, token string
		status              int
	}{
		{"POST /api/v1/uploads", "Upload-Length: 1000\r\n" + bytesOfAFile, "", 401},
		{"PATCH /api/v1/uploads/" + strings.Repeat("a", 26), bytesOfAFile, "", 401},
		{"POST /api/v1/photos", "Content-Type: image/png\r\n", "", 401},
		{"POST /api/v1/uploads/a/b/c", bytesOfAFile, "", 404},
		{"PUT /api/v1/uploads", bytesOfAFile, "", 405},
		{"PATCH /api/v1/uploads/" + strings.Repeat("a", 26), bytesOfAFile, s.buyer.Token(), 404},
		{"POST /api/v1/uploads/" + strings.Repeat("a", 26), "X-HTTP-Method-Override: PATCH\r\n" + bytesOfAFile, s.buyer.Token(), 404},
		{"POST /api/v1/uploads", "Upload-Length: 1000\r\nContent-Type: text/plain\r\n", s.buyer.Token(), 415},
		{"POST /api/v1/photos", "Content-Type: text/plain\r\n", s.buyer.Token(), 415},
	} {
		for _, length := range []int{1000, 20 << 20} {
			t.Run(fmt.Sprintf("%s %d %d", c.call, c.status, length), func(t *testing.T) {
				t.Parallel()
				line, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				defer line.Close()
				// Well below any patience of the server's for a body, and far above what it needs.
				if err := line.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(line, "%s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s=%s\r\n%sContent-Length: %d\r\n\r\n",
					c.call, strings.TrimPrefix(s.URL, "http://"), s.URL, s.Guard.CookieName(), c.token, c.header, length)
				answer, err := http.ReadResponse(bufio.NewReader(line), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				if answer.StatusCode != c.status || !answer.Close {
					t.Errorf("got %d, and the connection is closed: %v", answer.StatusCode, answer.Close)
				}
				if _, err := io.ReadAll(answer.Body); err != nil {
					t.Fatal(err)
				}
				if _, err := line.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the connection is held: %v", err)
				}
			})
		}
	}
}
