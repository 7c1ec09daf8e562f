package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/testkit"
)

// pattern is bytes that are unlike each other wherever one looks.
func pattern(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16*7)
	}
	return data
}

func read(s blob.Store, key string) ([]byte, error) {
	b, err := s.Open(context.Background(), key)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(b)
	return data, errors.Join(err, b.Close())
}

// through is a store at the other end of a line to a service, and one that is right there.
func through(t *testing.T, patience time.Duration) (far, near *blob.S3, line *testkit.Line) {
	t.Helper()
	service := testkit.StartS3(t)
	line = testkit.NewLine(t, service.Host())
	return bucket(t, service.URL(line.Addr(), ""), patience), bucket(t, service.URL(service.Host(), ""), 0), line
}

func TestALineThatBreaksInTheMiddleIsTakenUpAgain(t *testing.T) {
	far, near, line := through(t, 0)
	data := pattern(5 << 20)
	for name, body := range map[string]func() io.Reader{
		"seen":   func() io.Reader { return bytes.NewReader(data) },
		"unseen": func() io.Reader { return io.MultiReader(bytes.NewReader(data)) },
	} {
		line.Rip(2<<20, false, 1)
		if err := far.Put(t.Context(), name, body()); err != nil {
			t.Fatal(err)
		}
		if got, err := read(near, name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	for _, after := range []int{100_000, 1 << 20} { // within its head, and behind it
		line.Rip(after, true, 3)
		if got, err := read(far, "seen"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("read over lines that break after %d bytes: %d bytes, %v", after, len(got), err)
		}
	}
	line.Rip(0, false, 0)
	lost := line.Lose("HTTP/1.1 200")
	if err := far.Put(t.Context(), "put", bytes.NewReader(data)); err != nil {
		t.Errorf("put whose answer is lost: %v", err)
	}
	<-lost
	lost = line.Lose("HTTP/1.1 204")
	if err := far.Delete(t.Context(), "put"); err != nil {
		t.Errorf("delete whose answer is lost: %v", err)
	}
	<-lost
	if _, err := read(near, "put"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was deleted: %v", err)
	}
}

func TestALineThatAlwaysBreaksLeavesWhatWasThere(t *testing.T) {
	far, near, line := through(t, 0)
	data := pattern(5 << 20)
	if err := near.Put(t.Context(), "a", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	line.Rip(2<<20, false, -1)
	for _, key := range []string{"a", "fresh"} {
		if err := far.Put(t.Context(), key, bytes.NewReader(make([]byte, 5<<20))); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
			t.Errorf("put %s: %v", key, err)
		}
	}
	if got, err := read(near, "a"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("what was there: %d bytes, %v", len(got), err)
	}
	if _, err := read(near, "fresh"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was not there: %v", err)
	}
	line.Rip(400_000, true, -1)
	if got, err := read(far, "a"); err == nil || !bytes.HasPrefix(data, got) {
		t.Errorf("read: %d bytes, %v", len(got), err)
	}
	line.Cut()
	if _, err := read(far, "a"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open without a line: %v", err)
	}
	line.Mend()
	line.Rip(0, false, 0)
	if got, err := read(far, "a"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("behind all that: %d bytes, %v", len(got), err)
	}
}

func TestAServiceThatHangsIsGivenUp(t *testing.T) {
	far, near, line := through(t, 300*time.Millisecond)
	data := pattern(8 << 20)
	if err := near.Put(t.Context(), "a", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	open, err := far.Open(t.Context(), "a")
	for until := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(until); {
		open, err = far.Open(t.Context(), "a") // a busy machine may need more than its patience
	}
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	line.Hang()
	for name, do := range map[string]func(context.Context, *blob.S3) error{
		"put":        func(ctx context.Context, s *blob.S3) error { return s.Put(ctx, "fresh", bytes.NewReader(data)) },
		"put little": func(ctx context.Context, s *blob.S3) error { return s.Put(ctx, "fresh", strings.NewReader("x")) },
		"open":       func(ctx context.Context, s *blob.S3) error { _, err := s.Open(ctx, "a"); return err },
		"delete":     func(ctx context.Context, s *blob.S3) error { return s.Delete(ctx, "never") }, // it comes there later
		"check":      func(ctx context.Context, s *blob.S3) error { return s.Check(ctx) },
	} {
		began := time.Now()
		if err := do(t.Context(), far); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s was given up after %v", name, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := do(ctx, far); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s whose context ends: %v", name, err)
		}
		cancel()
	}
	got, err := io.ReadAll(open)
	if err == nil || !strings.Contains(err.Error(), "does not answer") || !bytes.HasPrefix(data, got) {
		t.Errorf("read on: %d bytes, %v", len(got), err)
	}
	line.Resume()
	if got, err := read(near, "a"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("what was there: %d bytes, %v", len(got), err)
	}
}

func TestABlobThatBecomesAnotherIsNotMixed(t *testing.T) {
	service := testkit.StartS3(t)
	s := bucket(t, service.URL(service.Host(), ""), 0)
	data := pattern(2 << 20)
	if err := s.Put(t.Context(), "a", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := s.Put(t.Context(), "a", bytes.NewReader(make([]byte, 2<<20))); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(b)
	if err == nil || !strings.Contains(err.Error(), "become another one") || !bytes.HasPrefix(data, got) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// between is a service that changes bodies of requests or answers of a method.
func between(t *testing.T, host, method string, requests bool, change func([]byte)) string {
	t.Helper()
	changed := func(body io.ReadCloser) io.ReadCloser {
		data, err := io.ReadAll(body)
		if err != nil {
			t.Error(err)
		}
		change(data)
		return io.NopCloser(bytes.NewReader(data))
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: host})
	proxy.ModifyResponse = func(r *http.Response) error {
		if !requests && r.Request.Method == method {
			r.Body = changed(r.Body)
		}
		return nil
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests && r.Method == method {
			r.Body = changed(r.Body)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(service.Close)
	return service.Listener.Addr().String()
}

func TestADamagedBlobIsNoticed(t *testing.T) {
	service := testkit.StartS3(t)
	s := bucket(t, service.URL(service.Host(), ""), 0)
	flip := func(data []byte) {
		if len(data) > 0 {
			data[len(data)/3] ^= 1
		}
	}
	for _, size := range []int{1, 1000, 1 << 20} {
		if err := s.Put(t.Context(), "a", bytes.NewReader(pattern(size))); err != nil {
			t.Fatal(err)
		}
		far := bucket(t, service.URL(between(t, service.Host(), http.MethodGet, false, flip), ""), 0)
		b, err := far.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(b)
		if err == nil || !strings.Contains(err.Error(), "not those that were stored") || len(got) >= size {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		if n, err := b.Read(make([]byte, 9)); n != 0 || err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%d bytes, read on: %d, %v", size, n, err)
		}
		b.Close()
		far = bucket(t, service.URL(between(t, service.Host(), http.MethodPut, true, flip), ""), 0)
		if err := far.Put(t.Context(), "fresh", bytes.NewReader(pattern(size))); err == nil {
			t.Errorf("%d bytes were damaged on their way, and stored", size)
		}
		if _, err := read(s, "fresh"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what was damaged on its way: %v", err)
		}
	}
}

func TestWhatIsWrongWithABucketIsToldInASentence(t *testing.T) {
	service := testkit.StartS3(t)
	plain, secret := service.Host(), service.Secret
	if err := bucket(t, service.URL(plain, "a/b"), 0).Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers := func(status int, code, method string) string {
		stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method {
				w.Header().Set("ETag", `"1"`)
				return
			}
			w.WriteHeader(status)
			if code == "" {
				fmt.Fprint(w, "<html>What is that?</html>")
				return
			}
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>so it says</Message><Region>eu-north-1</Region></Error>", code)
		}))
		t.Cleanup(stub.Close)
		return service.URL(stub.Listener.Addr().String(), "")
	}
	secured := httptest.NewUnstartedServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0) // of the certificate that is not believed
	secured.StartTLS()
	t.Cleanup(secured.Close)
	for name, c := range map[string]struct{ address, says string }{
		"another secret":    {strings.Replace(service.URL(plain, ""), secret, "geheim"+secret[6:], 1), "the secret is not the one of this key"},
		"another key":       {strings.Replace(service.URL(plain, ""), service.Key, "somebody", 1), "the service does not know this key"},
		"another bucket":    {strings.Replace(service.URL(plain, ""), testkit.S3Bucket, "elsewhere", 1), "there is no bucket of this name"},
		"nobody there":      {service.URL("127.0.0.1:1", ""), "cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused"},
		"no name of a host": {service.URL("no-such-host.invalid", ""), "cannot be reached: "},
		"no TLS":            {strings.Replace(service.URL(plain, ""), "&insecure=true", "", 1), "add insecure=true"},
		"unknown authority": {strings.Replace(service.URL(secured.Listener.Addr().String(), ""), "&insecure=true", "", 1), "certificate signed by unknown authority"},
		"may not put":       {answers(403, "AccessDenied", http.MethodPut), "forbids it to this key"},
		"another region":    {answers(400, "AuthorizationHeaderMalformed", http.MethodPut), "add ?region=eu-north-1"},
		"moved":             {answers(301, "PermanentRedirect", http.MethodPut), "name it in the address"},
		"a wrong clock":     {answers(403, "RequestTimeTooSkewed", http.MethodPut), "clocks"},
		"another service":   {answers(404, "", http.MethodPut), "there is no S3 service at this address"},
		"something else":    {answers(400, "Teapot", http.MethodPut), "the service answers 400 Teapot: so it says"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			err := bucket(t, c.address, 0).Check(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "the bucket s3://") {
				t.Fatalf("it says: %v", err)
			}
			if text := err.Error(); strings.Contains(text, secret) || strings.Contains(text, service.Key) || strings.Contains(text, "geheim") || strings.Contains(text, "\n") {
				t.Errorf("it says too much: %s", text)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it says so after %v", took)
			}
		})
	}
}

// TestAKeyThatMayNotListIsRefused has a service as Amazon's, which forbids to look for what is
// missing to who may not list.
func TestAKeyThatMayNotListIsRefused(t *testing.T) {
	service := testkit.StartS3(t)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: service.Host()})
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode == http.StatusNotFound {
			r.StatusCode, r.Header = http.StatusForbidden, http.Header{}
			r.Body = io.NopCloser(strings.NewReader("<Error><Code>AccessDenied</Code></Error>"))
		}
		return nil
	}
	stands := httptest.NewServer(proxy)
	t.Cleanup(stands.Close)
	err := bucket(t, service.URL(stands.Listener.Addr().String(), ""), 0).Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "s3:ListBucket") {
		t.Errorf("it says: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestALargeBlobIsOneRequest has a service that would be left with parts otherwise when one of several breaks.
func TestALargeBlobIsOneRequest(t *testing.T) {
	asked := make(chan string, 10)
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		asked <- fmt.Sprint(r.Method, " ", r.URL, " ", n, " ", err)
		w.Header().Set("ETag", `"1"`)
	}))
	defer stub.Close()
	s := bucket(t, "s3://key:secret@"+stub.Listener.Addr().String()+"/bucket?insecure=true", 0)
	if err := s.Put(t.Context(), "a", io.LimitReader(zeros{}, 40<<20)); err != nil {
		t.Fatal(err)
	}
	close(asked)
	var all []string
	for line := range asked {
		all = append(all, line)
	}
	if len(all) != 1 || all[0] != fmt.Sprint("PUT /bucket/a ", 40<<20, " <nil>") {
		t.Errorf("it was asked: %v", all)
	}
}

func TestALargeBlobNeedsNoMemory(t *testing.T) {
	service := testkit.StartS3(t)
	s := bucket(t, service.URL(service.Host(), ""), 0)
	if err := s.Check(t.Context()); err != nil { // connections have buffers
		t.Fatal(err)
	}
	const size = 100 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := s.Put(t.Context(), "a", io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, b)
	if err := errors.Join(err, b.Close()); err != nil || n != size || b.Size() != size {
		t.Errorf("%d of %d bytes, %v", n, size, err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("%d MiB were taken for %d", took>>20, size>>20)
	} else {
		t.Logf("%d KiB of memory for a blob of %d MiB", took>>10, size>>20)
	}
}
