package server_test

import (
	"encoding/base64"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
	"swapnest/internal/testkit/corpus"
)

// announce begins an upload as a browser does.
func announce(c *apptest.Client, f corpus.File) apptest.Response {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	metadata := "filename " + encode(f.Name) + ",filetype " + encode(f.Type)
	if f.Voice {
		metadata += ",kind " + encode("voice")
	}
	return c.SendWith("POST", "/api/v1/uploads", http.Header{"Upload-Length": {strconv.Itoa(len(f.Data))}, "Upload-Metadata": {metadata}}, "")
}

// What is shown where it stands was made anew; whatever else somebody sends can only be saved.
func TestHostileFilesAreServedSoThatTheyCanDoNothing(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	shown := []string{"image/jpeg", "image/png", "image/gif", "audio/webm", "audio/ogg", "audio/mp4"}
	counts := map[string]int{}
	for _, f := range slices.Concat(corpus.Files(), corpus.Voices(os.DirFS(filepath.Join("..", "..", "voice", "testdata")))) {
		answer := announce(s.buyer, f)
		if len(f.Data) == 0 {
			if answer.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: its upload got %d", f.What, answer.Status)
			}
			continue
		}
		upload := answer.Header.Get("Location")
		answer = s.buyer.SendWith("PATCH", upload, http.Header{"Content-Type": {"application/offset+octet-stream"}, "Upload-Offset": {"0"}}, string(f.Data))
		file := s.buyer.Do("GET", "/attachments/"+path.Base(upload), "")
		if answer.Status != http.StatusNoContent {
			counts["refused"]++
			if !slices.Contains([]int{413, 415, 422}, answer.Status) || file.Status != http.StatusNotFound {
				t.Errorf("%s: its upload got %d, and it is served with %d", f.What, answer.Status, file.Status)
			}
			continue
		}
		made, _ := s.buyer.Do("GET", upload, "").JSON(t)["upload"].(map[string]any)
		a, _ := made["attachment"].(map[string]any)
		kind, _ := a["kind"].(string)
		counts[kind]++
		thumb := s.buyer.Do("GET", "/attachments/"+path.Base(upload)+"/thumb", "")
		answers := map[string]apptest.Response{"": file}
		if kind == "image" {
			answers["in small "] = thumb
		} else if thumb.Status != http.StatusNotFound {
			t.Errorf("%s: in small it is served with %d", f.What, thumb.Status)
		}
		for size, got := range answers {
			want := map[string]string{
				"Content-Type": "image/jpeg", "Content-Disposition": "", "X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin",
				"Cache-Control": "private, no-cache", "Vary": "Cookie",
			}
			if size == "" {
				want["Content-Type"], _ = a["type"].(string)
			}
			name, _ := a["name"].(string)
			disposition := "inline"
			if kind == "file" {
				disposition = "attachment"
			}
			if size != "" {
				name = strings.TrimSuffix(name, path.Ext(name)) + ".jpg"
			}
			want["Content-Disposition"] = mime.FormatMediaType(disposition, map[string]string{"filename": name})
			for header, value := range want {
				if have := got.Header.Get(header); got.Status != http.StatusOK || have != value {
					t.Errorf("%s: %s%d with %s %q, want %q", f.What, size, got.Status, header, have, value)
				}
			}
			if !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment; filename") && !slices.Contains(shown, got.Header.Get("Content-Type")) {
				t.Errorf("%s: %sit is shown as %s", f.What, size, got.Header.Get("Content-Type"))
			}
			for _, gone := range f.Gone {
				if strings.Contains(got.Body, gone) {
					t.Errorf("%s: %sit holds %q", f.What, size, gone)
				}
			}
		}
	}
	// Each kind had some of its own.
	for _, kind := range []string{"image", "voice", "file", "refused"} {
		if counts[kind] < 10 {
			t.Errorf("of the files %v became of a kind, and %s should be 10 at least", counts, kind)
		}
	}
}
