//go:build unix

package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/scan"
	"swapnest/internal/testkit"
)

// random is so much that a scanner finds nothing in.
func random(size int) []byte {
	data := make([]byte, size)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data) // it always reads all
	return data
}

func TestDebiansScannerIsUnderstood(t *testing.T) {
	const most = 1 << 20
	server := testkit.StartClamd(t, most)
	for _, address := range []string{server.URL(), server.SocketURL()} {
		c, err := scan.Dial(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []struct {
			name string
			data io.Reader
			want chat.Code
		}{
			{"nothing", strings.NewReader(""), ""},
			{"a text", strings.NewReader("Is the bicycle still there?"), ""},
			{"as much as it takes", bytes.NewReader(random(most)), ""},
			{"what is harmful", strings.NewReader(testkit.Harmful), chat.UnsupportedMedia},
			{"what is harmful over two chunks", io.MultiReader(bytes.NewReader(random(64<<10-10)), strings.NewReader(testkit.Harmful), bytes.NewReader(random(9999))), chat.UnsupportedMedia},
			{"more than it takes", bytes.NewReader(random(8 * most)), chat.TooLarge},
		} {
			err := c.Scan(t.Context(), file.data)
			if chat.CodeOf(err) != file.want || (err == nil) != (file.want == "") {
				t.Errorf("%s at %s: got %v, want %q", file.name, address, err, file.want)
			}
			if e, ok := errors.AsType[*chat.Error](err); ok && e.Field != "attachments" {
				t.Errorf("%s: the field is %q", file.name, e.Field)
			}
			if file.want == chat.UnsupportedMedia && !strings.Contains(fmt.Sprint(err), "Harmful.Test") {
				t.Errorf("%s: the log is not told what was found: %v", file.name, err)
			}
		}
	}
}

func TestManyFilesAreLookedAtAtOnce(t *testing.T) {
	server := testkit.StartClamd(t, 4<<20)
	c, err := scan.Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	for i := range 24 {
		work.Go(func() {
			data := random(1 << 20)
			want := chat.Code("")
			if i%2 == 0 {
				want = chat.UnsupportedMedia
				copy(data[i*40_000:], testkit.Harmful)
			}
			if err := c.Scan(t.Context(), bytes.NewReader(data)); chat.CodeOf(err) != want || (want == "" && err != nil) {
				t.Errorf("file %d: got %v, want %q", i, err, want)
			}
		})
	}
	work.Wait()
}

func TestAScannerThatIsGoneOrHangsIsWaitedForNoLongerThanASenderDoes(t *testing.T) {
	server := testkit.StartClamd(t, 1<<20)
	c, err := scan.Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	server.Hang()
	if err := c.Scan(deadline(t), strings.NewReader("text")); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("hung: got %v, want unavailable", err)
	}
	server.Resume()
	if err := c.Scan(t.Context(), strings.NewReader("text")); err != nil {
		t.Errorf("resumed: %v", err)
	}
	server.Kill()
	if err := c.Scan(t.Context(), strings.NewReader("text")); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("gone: got %v, want unavailable", err)
	}
}

// deadline is when the test's sender gives up.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}
