package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhoTakesGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=0.5, br": true, "br": false,
		"x-gzip": false, "identity": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := unpacks(r); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestAPageIsPackedForThoseWhoUnpackIt(t *testing.T) {
	page := []byte(strings.Repeat("<p>Is it still available?</p>", 200))
	r := httptest.NewRequest("GET", "/", nil)
	if got := packPage(r, page); got != nil {
		t.Errorf("got %d bytes for somebody who does not ask for it", len(got))
	}
	r.Header.Set("Accept-Encoding", "gzip, br")
	// Twice, since the packers are used again.
	for range 2 {
		packed := packPage(r, page)
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(got, page) || len(packed) > len(page)/5 {
			t.Errorf("got %d bytes packed in %d (%v), want the page", len(got), len(packed), err)
		}
	}
}
