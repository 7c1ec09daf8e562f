package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"swapnest/internal/testkit"
)

func TestABackupIsRestored(t *testing.T) {
	d := testkit.SQLite(t)
	n := startNode(t, d)
	n.do("POST", "/users", object{"username": "meera", "password": "long enough"})
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 400, 300)), nil); err != nil {
		t.Fatal(err)
	}
	status, answer := n.upload(t, picture.Bytes())
	var sent struct {
		Photo struct{ ID, URL string }
	}
	if err := json.Unmarshal([]byte(answer), &sent); err != nil || status != http.StatusCreated {
		t.Fatalf("upload: %d %s", status, answer)
	}
	_, made := n.do("POST", "/listings", object{
		"title": "Hero cycle", "description": "", "price": object{"amount": 850000, "currency": "INR"},
		"category": "cycles", "condition": "good", "photos": []string{sent.Photo.ID},
	})
	n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
	_, first := n.do("POST", "/conversations", object{"listing_id": made["listing"].(object)["id"], "client_id": "one", "message": "Is it there?"})

	// While the server runs: the database by itself, and then the pictures.
	running := testkit.EmptySQLite(t)
	if err := d.Exec(t.Context(), `VACUUM INTO '`+filepath.Join(running.Dir(), "swapnest.db")+`'`); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(running.Dir(), "blobs"), os.DirFS(filepath.Join(d.Dir(), "blobs"))); err != nil {
		t.Fatal(err)
	}
	_, second := n.do("POST", "/conversations", object{"listing_id": made["listing"].(object)["id"], "client_id": "two", "message": "Hello?"})
	if second["message"] == nil {
		t.Errorf("writing after the backup: %v", second)
	}
	// After it has ended: the whole directory.
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Wait(); err != nil {
		t.Fatalf("after SIGTERM: %v: %s", err, n.stderr)
	}
	ended := testkit.EmptySQLite(t)
	if err := os.CopyFS(ended.Dir(), os.DirFS(d.Dir())); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		from  *testkit.Database
		texts int
	}{{"taken while it ran", running, 1}, {"taken after it had ended", ended, 2}} {
		t.Run(test.name, func(t *testing.T) {
			again := startNode(t, test.from)
			if status, answer := again.do("POST", "/session", object{"username": "aarav", "password": "long enough"}); status != http.StatusOK {
				t.Errorf("sign-in: %d %v", status, answer)
			}
			conversation, _ := json.Marshal(first["conversation"].(object)["id"])
			_, page := again.do("GET", "/conversations/"+string(conversation)+"/messages", nil)
			if all, _ := page["messages"].([]any); len(all) != test.texts {
				t.Errorf("%d messages, want %d: %v", len(all), test.texts, page)
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, again.url+sent.Photo.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			shown, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer shown.Body.Close()
			if data, err := io.ReadAll(shown.Body); err != nil || shown.StatusCode != http.StatusOK || len(data) == 0 {
				t.Errorf("the picture: %d, %d bytes, %v", shown.StatusCode, len(data), err)
			}
			if status, answer := again.do("POST", "/conversations", object{"listing_id": made["listing"].(object)["id"], "client_id": "three", "message": "Still there?"}); status != http.StatusOK {
				t.Errorf("writing: %d %v, want 200", status, answer)
			}
			again.kill()
		})
	}
}
