//go:build unix

package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// s3Start bounds how long an S3 server may take until it answers.
const s3Start = 30 * time.Second

// S3Bucket is the bucket that each S3 server has.
const S3Bucket = "swapnest"

// S3 is a server of S3's protocol, versitygw of tools/go.mod, that belongs to one test alone. It
// checks signatures, and is gone when the test ends, or its process does.
type S3 struct {
	Key, Secret string

	tb       testing.TB
	dir      string
	port     int
	cmd      *exec.Cmd
	watchdog *watchdog
}

// StartS3 starts a server on a free port of 127.0.0.1, with one empty bucket.
func StartS3(tb testing.TB) *S3 {
	tb.Helper()
	s := &S3{Key: rand.Text(), Secret: rand.Text(), tb: tb}
	var err error
	if s.dir, err = os.MkdirTemp("", "swapnest-s3-"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(s.dir); err != nil {
			tb.Error(err)
		}
	})
	if err := os.Mkdir(s.objects(), 0o700); err != nil {
		tb.Fatal(err)
	}
	if s.port, err = FreePort(); err != nil {
		tb.Fatal(err)
	}
	s.Start()
	ctx, cancel := context.WithTimeout(context.Background(), s3Start)
	defer cancel()
	client, err := minio.New(s.Host(), &minio.Options{Creds: credentials.NewStaticV4(s.Key, s.Secret, ""), Region: "us-east-1"})
	if err == nil {
		err = client.MakeBucket(ctx, S3Bucket, minio.MakeBucketOptions{})
	}
	if err != nil {
		tb.Fatalf("make a bucket for the tests: %v", err)
	}
	return s
}

// objects is where it keeps them. What it knows about them are attributes of the files: the folder for
// temporary files must be on a file system that has some, as all usual ones do.
func (s *S3) objects() string { return filepath.Join(s.dir, "objects") }

// Host is where it listens.
func (s *S3) Host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the address of its bucket for --blob-url, as it is seen at a host: its own, or the beginning of a
// line to it. What it holds is below prefix, which may be "".
func (s *S3) URL(host, prefix string) string {
	u := url.URL{
		Scheme: "s3", User: url.UserPassword(s.Key, s.Secret), Host: host, Path: "/" + S3Bucket + "/" + prefix, RawQuery: "region=us-east-1&insecure=true",
	}
	return u.String()
}

// Start starts the server again, on the port that it had, after Kill.
func (s *S3) Start() {
	s.tb.Helper()
	program, err := tool("versitygw")
	if err != nil {
		s.tb.Fatalf("start an S3 server for the tests: %v", err)
	}
	if s.watchdog, err = startWatchdog(s.dir, "KILL"); err != nil {
		s.tb.Fatal(err)
	}
	s.cmd = exec.Command(program, "--port", s.Host(), "--keep-alive", "--quiet", "--health", "/health", //nolint:noctx // It outlives this call; Kill ends it.
		"posix", s.objects())
	s.cmd.Dir = s.dir
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.Key, "ROOT_SECRET_KEY="+s.Secret)
	said, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		s.tb.Fatal(err)
	}
	defer said.Close() //nolint:errcheck // The server has it open, too.
	s.cmd.Stdout, s.cmd.Stderr = said, said
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatalf("start an S3 server for the tests: %v", errors.Join(err, s.watchdog.dismiss()))
	}
	if err := s.watchdog.guard(s.cmd.Process.Pid); err != nil {
		s.tb.Fatal(err)
	}
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for deadline := time.Now().Add(s3Start); ; time.Sleep(10 * time.Millisecond) {
		response, err := client.Get("http://" + s.Host() + "/health") //nolint:noctx // The client has a limit.
		if err == nil {
			_ = response.Body.Close() // its status is all
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(said.Name()) // Without the server's words the error still stands.
			s.tb.Fatalf("versitygw did not answer within %s: %v\n%s", s3Start, err, text)
		}
	}
}

// Kill ends the server with SIGKILL. One that has ended is no error.
func (s *S3) Kill() {
	s.tb.Helper()
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	// It may have gone; Wait tells that it was killed, which is what was wanted.
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
	if err := s.watchdog.dismiss(); err != nil {
		s.tb.Error(err)
	}
}

// tool finds a program of tools/go.mod: in PATH, as make has it, or where scripts/bootstrap puts it.
func tool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".tools", "bin", name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is missing: scripts/bootstrap --go-only builds it", name)
		}
	}
}
