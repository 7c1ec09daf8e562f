package uploads

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// drawing is a picture as a file.
func drawing(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// once does something when it is read, and ends.
type once func()

func (o once) Read([]byte) (int, error) {
	o()
	return 0, io.EOF
}

// Bug: the photos of one person took all places where pictures are made, and kept everybody else from adding any.
func TestOnePhotoOfAPersonIsLookedAtAtATime(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	me := h.town.Seller.ID
	file := drawing(t)
	leave, err := h.desk.look(t.Context(), me)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// What has come waits for the other one, for as long as somebody is there.
	_, err = h.Photo(ctx, me, io.MultiReader(bytes.NewReader(file), once(cancel)))
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.Unavailable || e.Field != "photos" || !strings.Contains(e.Detail, "files are being looked at") {
		t.Errorf("while a file of theirs is looked at: got %#v", err)
	}
	if _, err := h.Photo(t.Context(), h.town.Buyer.ID, bytes.NewReader(file)); err != nil {
		t.Errorf("somebody else: got %v", err)
	}
	// Photos are not kept waiting by files of others.
	if !h.desk.free.TryAcquire(lookers - 1) {
		t.Fatal("there is no place")
	}
	leave()
	if !h.desk.free.TryAcquire(1) {
		t.Fatal("the place is not given back")
	}
	if _, err := h.Photo(t.Context(), me, bytes.NewReader(file)); err != nil {
		t.Errorf("afterwards: got %v", err)
	}
	if len(h.desk.looking) != 0 || len(h.desk.bringing) != 0 {
		t.Errorf("places are taken: %v, %v", h.desk.looking, h.desk.bringing)
	}
}

func TestAPersonAddsEightPhotosAtOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		file := drawing(t)
		var work sync.WaitGroup
		for range chat.MaxPhotos {
			work.Go(func() {
				if p, err := h.Photo(t.Context(), h.town.Seller.ID, bytes.NewReader(file)); err != nil || p.Width != 8 {
					t.Errorf("got %v, %v", p, err)
				}
			})
		}
		work.Wait()
	})
}

// Bug: bytes of photos filled the disk, for they took no share of the room that files share.
func TestPhotosTakeOfTheRoomOfTheirNode(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	file := drawing(t)
	if !h.desk.spool.TryAcquire(spool - int64(len(file)) + 1) {
		t.Fatal("there is no room")
	}
	_, err := h.Photo(t.Context(), h.town.Seller.ID, bytes.NewReader(file))
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.Unavailable || e.Field != "photos" || e.RetryAfter == 0 || !strings.Contains(e.Detail, "are arriving") {
		t.Errorf("one byte more than there is room for: got %#v", err)
	}
	h.desk.spool.Release(1)
	if _, err := h.Photo(t.Context(), h.town.Seller.ID, bytes.NewReader(file)); err != nil {
		t.Errorf("what just fits: got %v", err)
	}
	h.desk.spool.Release(spool - int64(len(file)))
	if !h.desk.spool.TryAcquire(spool) {
		t.Error("room is not given back")
	}
}
