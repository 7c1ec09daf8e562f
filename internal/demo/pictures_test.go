package demo

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
)

func TestEveryListingHasAPictureOfItsOwn(t *testing.T) {
	town, disk := newTown(t)
	fill(t, town)
	_, listings := snapshot(t, town.DB)
	first := make(map[[32]byte]string)
	for _, l := range listings {
		if len(l.Photos) == 0 {
			t.Errorf("%s has no picture", l.Slug)
			continue
		}
		p := l.Photos[0]
		f, err := disk.Open(t.Context(), p.Key)
		if err != nil {
			t.Errorf("%s: %v", l.Slug, err)
			continue
		}
		data, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if other, taken := first[sum]; taken {
			t.Errorf("%s and %s look the same", l.Slug, other)
		}
		first[sum] = l.Slug
		if p.Width != pictureWidth || p.Height != pictureHeight || !strings.Contains(string(data), `width="400" height="300"`) {
			t.Errorf("%s: the picture is not 400 by 300", l.Slug)
		}
		for _, no := range []string{"<script", "href", "http://www.w3.org/1999", "style="} {
			if strings.Contains(string(data), no) {
				t.Errorf("%s: the picture holds %s", l.Slug, no)
			}
		}
	}
}

// memory is a blob store that refuses one key.
type memory struct {
	refuse string
	mu     sync.Mutex // guards puts
	puts   int
}

func (m *memory) Put(_ context.Context, key string, _ io.Reader) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	if key == m.refuse {
		return fs.ErrPermission
	}
	return nil
}

func TestATownWhosePicturesCannotBeStoredIsNotBegun(t *testing.T) {
	town, _ := newTown(t)
	town.Blobs = &memory{refuse: "demo/plant.svg"}
	if _, err := Fill(t.Context(), town); err == nil {
		t.Fatal("got no error")
	}
	if n, err := town.DB.CountUsers(t.Context()); err != nil || n != 0 {
		t.Errorf("got %d accounts (%v), want none", n, err)
	}
}
