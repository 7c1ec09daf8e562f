package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// TestNodesThatShareAFolderServeEachOthersPhotos has a photo come in at one node while the other
// starts, and both show it.
func TestNodesThatShareAFolderServeEachOthersPhotos(t *testing.T) {
	t.Parallel()
	d, blobs := testkit.PostgreSQL(t), t.TempDir()
	node := func() *apptest.App {
		return apptest.Start(t, d, func(o *server.Options) { o.BlobDir, o.DataDir = blobs, t.TempDir() })
	}
	one := node()
	town := testkit.Populate(t, one.DB)
	_, token := one.SignIn(t, town.Seller)

	photo := picture(t, 40, 30)
	body, feed := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, one.URL+"/api/v1/photos", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", one.URL)
	r.Header.Set("Content-Type", "image/png")
	r.AddCookie(&http.Cookie{Name: one.Guard.CookieName(), Value: token})
	type answer struct {
		status int
		text   string
	}
	answered := make(chan answer, 1)
	go func() {
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			answered <- answer{text: err.Error()}
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body) // what is missing is told below
		answered <- answer{response.StatusCode, string(text)}
	}()
	if _, err := feed.Write(photo[:len(photo)/2]); err != nil {
		t.Fatal(err)
	}
	two := node()
	if _, err := feed.Write(photo[len(photo)/2:]); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	got := <-answered
	if got.status != http.StatusCreated {
		t.Fatalf("the photo: %d %s", got.status, got.text)
	}
	made := apptest.Response{Body: got.text}.JSON(t)["photo"].(map[string]any)
	for _, name := range []string{"url", "thumb_url"} {
		address := made[name].(string)
		here, there := one.Client(t, "").Do("GET", address, ""), two.Client(t, "").Do("GET", address, "")
		if here.Status != http.StatusOK || there.Status != http.StatusOK || here.Body != there.Body || !strings.HasPrefix(there.Body, "\xff\xd8\xff") {
			t.Errorf("%s: %d at the one, %d at the other, with %d and %d bytes", address, here.Status, there.Status, len(here.Body), len(there.Body))
		}
	}
}
