package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// chunk is how many bytes a request brings.
const chunk = 2 << 20

// uploader sends one file by the tus protocol, from where the server says that it stands.
type uploader struct {
	t      *testing.T
	node   *Node
	person Person
	file   []byte
	where  string // its address, below the node's
	sent   int    // bytes that were handed to a line
}

// try sends a request; without an answer it returns status 0.
func (u *uploader) try(method, address string, header http.Header, body io.Reader) (status int, answer http.Header, text string) {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), method, "http://"+u.node.At+address, body)
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header = header
	r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: u.person.Token})
	patient := &http.Client{Timeout: time.Minute, Transport: caller.Transport}
	response, err := patient.Do(r)
	if err != nil {
		return 0, nil, ""
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, ""
	}
	return response.StatusCode, response.Header, string(data)
}

// offset is how many bytes count.
func (u *uploader) offset() int {
	u.t.Helper()
	status, header, _ := u.try(http.MethodHead, u.where, http.Header{}, nil)
	n, err := strconv.Atoi(header.Get("Upload-Offset"))
	if status != http.StatusOK || err != nil {
		u.t.Fatalf("where it stands: %d %v", status, header)
	}
	return n
}

// send brings one chunk from offset on, in steps, and calls during after each with where that is.
func (u *uploader) send(offset int, during func(at int)) (status int) {
	u.t.Helper()
	header := http.Header{"Content-Type": {"application/offset+octet-stream"}, "Upload-Offset": {strconv.Itoa(offset)}, "Tus-Resumable": {"1.0.0"}}
	body, feed := io.Pipe()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		rest := u.file[offset:min(offset+chunk, len(u.file))]
		for len(rest) > 0 {
			n := min(len(rest), 64<<10)
			if _, err := feed.Write(rest[:n]); err != nil {
				return
			}
			u.sent += n
			rest = rest[n:]
			offset += n
			during(offset)
		}
		_ = feed.Close()
	}()
	status, _, _ = u.try(http.MethodPatch, u.where, header, body)
	_ = body.Close()
	<-fed
	return status
}

// outcome is what became of it, and whether it can be known by now.
func (u *uploader) outcome() (ready bool) {
	u.t.Helper()
	status, _, text := u.try(http.MethodGet, u.where, http.Header{}, nil)
	var answer struct {
		Upload struct{ Attachment, Problem *json.RawMessage }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusOK || answer.Upload.Problem != nil {
		u.t.Fatalf("what became of it: %d %s %v", status, text, err)
	}
	return answer.Upload.Attachment != nil
}

// A node is killed over and over while a file comes, and again while it is looked at. Each time
// the file goes on where it stood, so that one chunk at the most is sent twice, and in the end it
// is what was sent, with nothing beside it.
func TestAnUploadSurvivesKills(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		const kills = 4
		n := NewNode(t, plain, d)
		w := &World{tb: t, Node: n}
		w.accounts(1)
		n.MustStart()
		random := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // It repeats what it did.
		file := make([]byte, 8*chunk+12345)
		for i := 0; i+8 <= len(file); i += 8 {
			copy(file[i:], fmt.Sprintf("%08x", random.Uint32()))
		}
		u := &uploader{t: t, node: n, person: w.People[0], file: file}
		status, header, text := u.try(http.MethodPost, "/api/v1/uploads", http.Header{"Upload-Length": {strconv.Itoa(len(file))}}, nil)
		if status != http.StatusCreated {
			t.Fatalf("begun: %d %s", status, text)
		}
		u.where = header.Get("Location")
		killed := 0
		for offset := 0; offset < len(file); {
			at, died := offset+random.IntN(chunk), false
			status := u.send(offset, func(to int) {
				if to >= at && !died && killed < kills && offset > killed*chunk {
					died = true
					n.Kill()
				}
			})
			if died {
				killed++
				n.MustStart()
			} else if status != http.StatusNoContent {
				t.Fatalf("from %d: got %d", offset, status)
			}
			now := u.offset()
			if now < offset || !died && now != min(offset+chunk, len(file)) {
				t.Fatalf("it stood at %d, and stands at %d (killed: %t)", offset, now, died)
			}
			offset = now
		}
		if killed != kills || u.sent > len(file)+kills*chunk {
			t.Errorf("%d kills, and %d bytes were sent of %d", killed, u.sent, len(file))
		}
		for round := 0; !u.outcome(); round++ {
			// All bytes are there: an empty PATCH has it looked at, and the node is killed meanwhile.
			done := make(chan struct{})
			if round < 3 {
				go func() {
					defer close(done)
					time.Sleep(time.Duration(random.IntN(8)) * time.Millisecond) // anywhere in between
					n.Kill()
				}()
			} else {
				close(done)
			}
			u.send(len(file), func(int) {})
			<-done
			if round < 3 {
				n.MustStart()
			}
		}
		id := path.Base(u.where)
		if status, _, text := u.try(http.MethodGet, "/attachments/"+id, http.Header{}, nil); status != http.StatusOK || !bytes.Equal([]byte(text), file) {
			t.Fatalf("it is served with %d and %d bytes, or others than were sent", status, len(text))
		}
		if keys := blobsOf(t, d, id); len(keys) != 1 || !strings.HasPrefix(keys[0], "files/") {
			t.Errorf("there are %v", keys)
		}
	})
}

// blobsOf are the keys of the blobs that are there of an upload.
func blobsOf(t *testing.T, d *testkit.Database, id string) (keys []string) {
	t.Helper()
	root := filepath.Join(d.Dir(), "blobs")
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(name, id) {
			key, _ := filepath.Rel(root, name)
			keys = append(keys, filepath.ToSlash(key))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
