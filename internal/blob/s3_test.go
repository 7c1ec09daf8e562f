package blob_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

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
