package blob_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"swapnest/internal/blob"
	"swapnest/internal/blob/blobtest"
	"swapnest/internal/testkit"
)

// noVariables is an environment without any.
func noVariables(string) string { return "" }

// bucket opens the store at an address.
func bucket(t *testing.T, address string, patience time.Duration) *blob.S3 {
	t.Helper()
	b, err := blob.ParseBucket(address, noVariables)
	if err != nil {
		t.Fatal(err)
	}
	s, err := blob.NewS3(blob.S3Options{Bucket: b, Scratch: t.TempDir(), Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDisk(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store {
		d, err := blob.NewDisk(filepath.Join(t.TempDir(), "deep", "blobs"), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}

// TestS3InMemory has a service that takes any signature.
func TestS3InMemory(t *testing.T) {
	memory := s3mem.New()
	if err := memory.CreateBucket("swapnest"); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewUnstartedServer(gofakes3.New(memory).Server())
	service.Config.ErrorLog = log.New(io.Discard, "", 0) // it says more than once that nothing is there
	service.Start()
	t.Cleanup(service.Close)
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return bucket(t, strings.Replace(service.URL, "http://", "s3://key:secret@", 1)+"/swapnest/"+rand.Text()+"?insecure=true", 0)
	})
}

// TestS3 has a service that checks signatures.
func TestS3(t *testing.T) {
	service := testkit.StartS3(t)
	blobtest.Run(t, func(t *testing.T) blob.Store { return bucket(t, service.URL(service.Host(), rand.Text()), 0) })
	t.Run("a bucket without a prefix", func(t *testing.T) {
		s := bucket(t, service.URL(service.Host(), ""), 0)
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), "a/b", bytes.NewReader([]byte("x"))); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAFolderThatWasCopiedIntoABucket has objects there that another program has put, without what Put keeps
// with them.
func TestAFolderThatWasCopiedIntoABucket(t *testing.T) {
	service := testkit.StartS3(t)
	client, err := minio.New(service.Host(), &minio.Options{Creds: credentials.NewStaticV4(service.Key, service.Secret, "")})
	if err != nil {
		t.Fatal(err)
	}
	s := bucket(t, service.URL(service.Host(), "of/a town"), 0)
	for key, size := range map[string]int{"photos/a.jpg": 1000, "photos/b.jpg": 20 << 20, "demo/empty": 0} {
		data := pattern(size)
		if _, err := client.PutObject(t.Context(), testkit.S3Bucket, "of/a town/"+key, bytes.NewReader(data), int64(size), minio.PutObjectOptions{PartSize: 6 << 20}); err != nil {
			t.Fatal(err)
		}
		if got, err := read(s, key); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", key, len(got), err)
		}
	}
	if _, err := read(bucket(t, service.URL(service.Host(), "of/another town"), 0), "photos/a.jpg"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("below another prefix: %v", err)
	}
}
