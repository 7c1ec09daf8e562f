package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"swapnest/internal/blob"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// TestNodesThatShareAFolderServeEachOthersPhotos has a photo come in at one node while the other
// starts, and both show it.
func TestNodesThatShareAFolderServeEachOthersPhotos(t *testing.T) {
	t.Parallel()
	blobs := t.TempDir()
	sharePhotos(t, func(o *server.Options) { o.BlobDir = blobs })
}

// TestNodesThatShareABucketServeEachOthersPhotos does so with a bucket in the folder's place.
func TestNodesThatShareABucketServeEachOthersPhotos(t *testing.T) {
	t.Parallel()
	service := testkit.StartS3(t)
	sharePhotos(t, func(o *server.Options) { o.Bucket = bucketAt(t, service.URL(service.Host(), "photos/of a town")) })
}

// bucketAt is a bucket for Options.
func bucketAt(t *testing.T, address string) blob.Bucket {
	t.Helper()
	b, err := blob.ParseBucket(address, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sharePhotos(t *testing.T, where func(*server.Options)) {
	t.Helper()
	d := testkit.PostgreSQL(t)
	node := func() *apptest.App {
		return apptest.Start(t, d, func(o *server.Options) {
			o.DataDir = t.TempDir()
			where(o)
		})
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

// TestABucketThatIsGoneTakesPhotosAlone has the service of a node's photos go and come back.
func TestABucketThatIsGoneTakesPhotosAlone(t *testing.T) {
	t.Parallel()
	service := testkit.StartS3(t)
	line := testkit.NewLine(t, service.Host())
	app := apptest.Start(t, testkit.SQLite(t), func(o *server.Options) { o.Bucket = bucketAt(t, service.URL(line.Addr(), "")) })
	town := testkit.Populate(t, app.DB)
	_, token := app.SignIn(t, town.Seller)
	seller := app.Client(t, token)
	add := func() apptest.Response {
		return seller.Send("POST", "/api/v1/photos", "image/png", string(picture(t, 40, 30)))
	}
	made := add()
	if made.Status != http.StatusCreated {
		t.Fatalf("the photo: %d %s", made.Status, made.Body)
	}
	address := made.JSON(t)["photo"].(map[string]any)["url"].(string)
	shown := seller.Do("GET", address, "")
	if shown.Status != http.StatusOK || !strings.HasPrefix(shown.Body, "\xff\xd8\xff") {
		t.Fatalf("it is shown: %d, %d bytes", shown.Status, len(shown.Body))
	}
	if r := seller.Do("GET", "/media/photos/never.jpg", ""); r.Status != http.StatusNotFound {
		t.Errorf("a photo that was never there: %d", r.Status)
	}
	line.Cut()
	if r := seller.Do("GET", address, ""); r.Status < 500 {
		t.Errorf("without the bucket it is shown: %d", r.Status)
	}
	if r := add(); r.Status != http.StatusServiceUnavailable {
		t.Errorf("without the bucket a photo is taken: %d %s", r.Status, r.Body)
	}
	if r := seller.Do("GET", "/metrics", ""); !strings.Contains(r.Body, "\nswapnest_blob_failures_total{operation=\"put\"} 1\n") ||
		!strings.Contains(r.Body, "\nswapnest_blob_failures_total{operation=\"open\"} 1\n") || !strings.Contains(r.Body, "\nswapnest_blob_failures_total{operation=\"delete\"} 0\n") {
		t.Errorf("it is not counted: %s", r.Body)
	}
	for _, page := range []string{"/readyz", "/shop/", "/notifications/"} {
		if r := seller.Do("GET", page, ""); r.Status != http.StatusOK {
			t.Errorf("without the bucket, %s: %d", page, r.Status)
		}
	}
	line.Mend()
	if r := seller.Do("GET", address, ""); r.Status != http.StatusOK || r.Body != shown.Body {
		t.Errorf("behind that it is shown: %d, %d bytes", r.Status, len(r.Body))
	}
	if r := add(); r.Status != http.StatusCreated {
		t.Errorf("behind that: %d %s", r.Status, r.Body)
	}
}

// TestACommandBesideTheSiteNeedsNoBucket has one whose service is gone.
func TestACommandBesideTheSiteNeedsNoBucket(t *testing.T) {
	t.Parallel()
	d := testkit.SQLite(t)
	options := server.Options{
		DataDir: d.Dir(), Bucket: bucketAt(t, "s3://key:secret@127.0.0.1:1/bucket?insecure=true"), Log: slog.New(slog.DiscardHandler), Idle: true,
	}
	app, err := server.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
	options.Idle = false
	if app, err = server.New(t.Context(), options); err == nil || !strings.Contains(err.Error(), "the bucket s3://127.0.0.1:1/bucket cannot be used") {
		t.Errorf("a site without its bucket: %v %v", app, err)
	}
}
