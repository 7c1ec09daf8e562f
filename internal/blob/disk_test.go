package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

func newDisk(t *testing.T) *Disk {
	t.Helper()
	d, err := NewDisk(filepath.Join(t.TempDir(), "deep", "blobs"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func put(t *testing.T, d *Disk, key, data string) {
	t.Helper()
	if err := d.Put(t.Context(), key, strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, d *Disk, key string) string {
	t.Helper()
	f, err := d.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// files returns all files of the store, temporary ones too.
func files(t *testing.T, d *Disk) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNobodyElseMayLook(t *testing.T) {
	d := newDisk(t)
	put(t, d, "demo/a", "x")
	for path, want := range map[string]fs.FileMode{d.root: 0o700, filepath.Join(d.root, "demo"): 0o700, filepath.Join(d.root, "demo/a"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestKeysThatLeadElsewhereAreRefused(t *testing.T) {
	d := newDisk(t)
	outside := filepath.Join(filepath.Dir(d.root), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"", ".", "..", "../secret", "a/../../secret", "a/..", "./a", "a/./b", "/etc/passwd", "a//b", "a/", "/", outside, "\xff", "a\x00b",
	} {
		if err := d.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, ErrBadKey) {
			t.Errorf("put %q: got %v, want ErrBadKey", key, err)
		}
		if _, err := d.Open(t.Context(), key); !errors.Is(err, ErrBadKey) {
			t.Errorf("open %q: got %v, want ErrBadKey", key, err)
		}
	}
	if data, err := os.ReadFile(outside); err != nil || string(data) != "secret" {
		t.Errorf("the file outside is now %q, %v", data, err)
	}
}

func TestAFailedPutLeavesWhatWasThere(t *testing.T) {
	d := newDisk(t)
	put(t, d, "a", "old")
	broken := io.MultiReader(strings.NewReader("half of the ne"), iotest.ErrReader(errors.New("the line broke")))
	if err := d.Put(t.Context(), "a", broken); err == nil || !strings.Contains(err.Error(), "the line broke") {
		t.Errorf("got %v, want the reader's error", err)
	}
	if got := get(t, d, "a"); got != "old" {
		t.Errorf("got %q, want what was there", got)
	}
	if err := d.Put(t.Context(), "a/b", strings.NewReader("x")); err == nil {
		t.Error("put below a file: got no error")
	}
	if got := files(t, d); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

func TestAStoreThatCannotBeMadeSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewDisk(filepath.Join(file, "blobs"), t.TempDir()); err == nil {
		t.Errorf("made a store below %s", file)
	}
}

// A process that starts leaves alone what another one is writing to the folder that they share.
func TestWhatIsLeftBehindIsTidiedUpAndWhatIsUnderWayIsNot(t *testing.T) {
	root, one, two := t.TempDir(), t.TempDir(), t.TempDir()
	d, err := NewDisk(root, one)
	if err != nil {
		t.Fatal(err)
	}
	scratch, err := d.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Close()
	body, feed := io.Pipe()
	stored := make(chan error, 1)
	go func() { stored <- d.Put(t.Context(), "photos/a", body) }()
	if _, err := feed.Write([]byte("one half, ")); err != nil { // it is in the file's hands now
		t.Fatal(err)
	}
	old := time.Now().Add(-leftAfter - time.Minute)
	for _, name := range []string{".put-1", ".scratch-1"} {
		name = filepath.Join(root, name)
		if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Chtimes(name, old, old)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewDisk(root, two); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(scratch.Name()); err != nil {
		t.Errorf("a scratch file of another process: %v", err)
	}
	if _, err := feed.Write([]byte("and the other")); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if err := <-stored; err != nil {
		t.Errorf("put while another process starts: %v", err)
	}
	if got := get(t, d, "photos/a"); got != "one half, and the other" {
		t.Errorf("got %q", got)
	}
	if got := files(t, d); len(got) != 1 {
		t.Errorf("there are %v, want the blob alone", got)
	}
	// The same process has nothing under way when it starts again.
	if _, err := NewDisk(root, one); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(scratch.Name()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its own scratch file: %v", err)
	}
}

// Parts of uploads once had folders of their own, which stayed.
func TestOldEmptyFoldersOfUploadsAreTidiedUp(t *testing.T) {
	root, old := t.TempDir(), time.Now().Add(-leftAfter-time.Minute)
	d, err := NewDisk(root, root)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"incoming/empty/0", "incoming/new/0", "incoming/full/0", "incoming/flat.0", "files/empty/0"} {
		put(t, d, key, "a part")
	}
	for _, key := range []string{"incoming/empty/0", "incoming/new/0", "files/empty/0"} {
		if err := d.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"incoming/empty", "incoming/full", "incoming/flat.0", "files/empty"} {
		if err := os.Chtimes(filepath.Join(root, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewDisk(root, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"incoming/empty": false, "incoming/new": true, "incoming/full/0": true, "incoming/flat.0": true, "files/empty": true} {
		if _, err := os.Stat(filepath.Join(root, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", name, err, want)
		}
	}
}

// Several processes may put and delete in one folder at once.
func TestSeveralProcessesShareAFolder(t *testing.T) {
	root := t.TempDir()
	var work sync.WaitGroup
	for i := range 3 {
		d, err := NewDisk(root, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		work.Go(func() {
			for n := range 20 {
				own, shared := fmt.Sprintf("photos/%d-%d", i, n), fmt.Sprintf("photos/%d", n)
				for _, key := range []string{own, shared} {
					if err := d.Put(t.Context(), key, strings.NewReader(key)); err != nil {
						t.Error(err)
					}
				}
				if got := get(t, d, own); got != own {
					t.Errorf("%s holds %q", own, got)
				}
				if err := d.Delete(t.Context(), shared); err != nil {
					t.Errorf("two sweep: %v", err)
				}
			}
		})
	}
	work.Wait()
	left, err := filepath.Glob(filepath.Join(root, ".put-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
