// Package blobtest is what every store of blobs must do, as tests. It decides nothing about how
// a store works, and is imported by tests only.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"swapnest/internal/blob"
)

// Run tests a store. Each call of open opens one that is empty, until the end of the test it is
// given.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, s suite){
		"what is put can be opened":                                   whole,
		"whatever can be read can be put, from where it is":           sources,
		"a blob has its size and knows when it was stored":            facts,
		"what is put again takes the place of what was there":         again,
		"keys that lead elsewhere are refused":                        elsewhere,
		"what is missing does not exist":                              missing,
		"what is deleted is gone, and its neighbours are not":         deleted,
		"any part of a blob can be read":                              parts,
		"reading fails where it must":                                 refusals,
		"a failed put leaves what was there":                          failed,
		"a cancelled put leaves what was there":                       cancelled,
		"nothing begins when the context has ended":                   ended,
		"who reads while others put sees one of the blobs":            atomic,
		"many may put, open and delete at once":                       together,
		"a scratch file is the caller's":                              scratch,
		"an open blob that was read in part is closed without a wait": half,
	} {
		t.Run(name, func(t *testing.T) { test(t, suite{t, open(t)}) })
	}
}

// suite is one test's view of a store.
type suite struct {
	t *testing.T
	blob.Store
}

func (s suite) put(key string, data []byte) {
	s.t.Helper()
	if err := s.Put(s.t.Context(), key, bytes.NewReader(data)); err != nil {
		s.t.Fatal(err)
	}
}

func (s suite) open(key string) blob.Blob {
	s.t.Helper()
	b, err := s.Open(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s suite) get(key string) []byte {
	s.t.Helper()
	b := s.open(key)
	data, err := io.ReadAll(b)
	if err := errors.Join(err, b.Close()); err != nil {
		s.t.Fatal(err)
	}
	return data
}

func (s suite) expect(key string, want []byte) {
	s.t.Helper()
	if got := s.get(key); !bytes.Equal(got, want) {
		s.t.Errorf("%s holds %d bytes, %.40q, want %d, %.40q", key, len(got), got, len(want), want)
	}
}

func (s suite) expectNone(key string) {
	s.t.Helper()
	if b, err := s.Open(s.t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		s.t.Errorf("open %.40q: got %v, %v, want fs.ErrNotExist", key, b, err)
	}
}

// noise returns bytes that are unlike each other wherever one looks.
func noise(n int) []byte {
	data, r := make([]byte, n), rand.NewChaCha8([32]byte{byte(n)})
	_, _ = r.Read(data) // it never fails
	return data
}

func whole(_ *testing.T, s suite) {
	all := map[string][]byte{
		"a": []byte("x"), "demo/bicycle.svg": []byte("<svg/>"), "a.b/c..d/.e": []byte("dots"), "empty": {}, "भाषा/🎉": []byte("scripts"),
		"signs/a b+c%20d&e=f~g(h)'i'!*@,;:$?#": []byte("signs"), "big": noise(1 << 20), "larger": noise(9<<20 + 1),
	}
	for key, data := range all {
		s.put(key, data)
	}
	for key, data := range all {
		s.expect(key, data)
	}
}

func sources(t *testing.T, s suite) {
	data := noise(300_000)
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // It is the test's.
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(1000, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	begun := bytes.NewReader(data)
	if _, err := begun.Seek(250_000, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	over := strings.NewReader("it was read")
	if _, err := io.Copy(io.Discard, over); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from io.Reader
		want []byte
	}{
		"a file, from its middle":         {f, data[1000:]},
		"a reader, from its middle":       {begun, data[250_000:]},
		"a reader, from its end":          {over, nil},
		"a stream":                        {io.MultiReader(bytes.NewReader(data[:7]), bytes.NewReader(data[7:])), data},
		"a stream without any bytes":      {io.MultiReader(), nil},
		"a stream of a byte at a time":    {iotest.OneByteReader(bytes.NewReader(data[:999])), data[:999]},
		"a stream that ends with a byte":  {iotest.DataErrReader(io.MultiReader(bytes.NewReader(data[:999]))), data[:999]},
		"a part of a reader":              {io.NewSectionReader(bytes.NewReader(data), 5, 7), data[5:12]},
		"a reader that is cut to a limit": {io.LimitReader(bytes.NewReader(data), 100), data[:100]},
	} {
		if err := s.Put(t.Context(), "from", c.from); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := s.get("from"); !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), len(c.want))
		}
	}
}

func facts(t *testing.T, s suite) {
	for key, size := range map[string]int{"empty": 0, "a/b": 5, "large": 1<<20 + 3} {
		before := time.Now()
		s.put(key, noise(size))
		b := s.open(key)
		defer b.Close() //nolint:errcheck // It was only read.
		if b.Size() != int64(size) {
			t.Errorf("%s: %d bytes, want %d", key, b.Size(), size)
		}
		// Some services tell whole seconds.
		if at := b.Modified(); at.Before(before.Add(-2*time.Second)) || at.After(time.Now().Add(2*time.Second)) {
			t.Errorf("%s was stored at %v and says %v", key, before, at)
		}
	}
}

func again(_ *testing.T, s suite) {
	for _, size := range []int{100, 1 << 20, 10, 0, 1} {
		data := noise(size)
		s.put("a/b", data)
		s.expect("a/b", data)
	}
}

func elsewhere(t *testing.T, s suite) {
	for _, key := range []string{"", ".", "..", "../secret", "a/../../secret", "a/..", "./a", "a/./b", "/etc/passwd", "a//b", "a/", "/", "\xff", "a\x00b"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("put %q: got %v, want ErrBadKey", key, err)
		}
		if _, err := s.Open(t.Context(), key); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("open %q: got %v, want ErrBadKey", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("delete %q: got %v, want ErrBadKey", key, err)
		}
	}
}

func missing(_ *testing.T, s suite) {
	s.put("demo/a", []byte("x"))
	for _, key := range []string{"b", "x/y", "demo", "demo/a/b", "dem", strings.Repeat("x", 300), strings.Repeat("x/", 2000) + "x"} {
		s.expectNone(key)
	}
}

func deleted(t *testing.T, s suite) {
	s.put("demo/a", []byte("x"))
	s.put("demo/a2", []byte("y"))
	s.put("b", []byte("z"))
	for range 2 { // the second time, nothing is there
		if err := s.Delete(t.Context(), "demo/a"); err != nil {
			t.Fatal(err)
		}
		s.expectNone("demo/a")
	}
	for _, key := range []string{"never", "no/such/folder", "b/below", strings.Repeat("x/", 2000) + "x"} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete what was never there: %v", err)
		}
	}
	s.expect("demo/a2", []byte("y"))
	s.expect("b", []byte("z"))
	s.put("demo/a", []byte("again"))
	s.expect("demo/a", []byte("again"))
}

func failed(t *testing.T, s suite) {
	for _, size := range []int{10, 200_000} {
		broken := func() io.Reader {
			return io.MultiReader(bytes.NewReader(noise(size)), iotest.ErrReader(errors.New("the line broke")))
		}
		s.put("a", []byte("old"))
		if err := s.Put(t.Context(), "a", broken()); err == nil || !strings.Contains(err.Error(), "the line broke") {
			t.Errorf("got %v, want the reader's error", err)
		}
		s.expect("a", []byte("old"))
		if err := s.Put(t.Context(), "fresh", broken()); err == nil {
			t.Error("a broken reader was stored")
		}
		s.expectNone("fresh")
	}
}

func cancelled(t *testing.T, s suite) {
	s.put("a", []byte("old"))
	for _, key := range []string{"a", "fresh"} {
		ctx, cancel := context.WithCancel(t.Context())
		// It is cancelled with the last of the bytes still to come.
		r := io.MultiReader(bytes.NewReader(noise(100_000)), readerFunc(func([]byte) (int, error) {
			cancel()
			return 0, nil
		}), strings.NewReader("and the end"))
		if err := s.Put(ctx, key, r); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", key, err)
		}
		cancel()
	}
	s.expect("a", []byte("old"))
	s.expectNone("fresh")
}

type readerFunc func([]byte) (int, error)

// Read calls the function once.
func (f readerFunc) Read(p []byte) (int, error) {
	if _, err := f(p); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

func ended(t *testing.T, s suite) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "a", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	s.expectNone("a")
}

func atomic(t *testing.T, s suite) {
	of := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 64<<10) }
	s.put("a", of(0))
	stop, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for {
			select {
			case <-stop:
				return
			default:
			}
			b, err := s.Open(t.Context(), "a")
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			data, err := io.ReadAll(b)
			_ = b.Close() // It was only read.
			if err != nil || len(data) != 64<<10 || bytes.Count(data, data[:1]) != len(data) {
				t.Errorf("got %d bytes, %v: not one blob", len(data), err)
				return
			}
		}
	}()
	work(4, func(i int) {
		for range 10 {
			if err := s.Put(t.Context(), "a", bytes.NewReader(of(i))); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	close(stop)
	<-read
}

func together(t *testing.T, s suite) {
	// Services on a file system make and remove folders, and one that is there stays.
	s.put("photos/first", nil)
	work(4, func(i int) {
		for n := range 10 {
			own, data := fmt.Sprintf("photos/%d-%d", i, n), noise(1000*n+i)
			if err := s.Put(t.Context(), own, bytes.NewReader(data)); err != nil {
				t.Error(err)
			}
			if b, err := s.Open(t.Context(), own); err != nil {
				t.Error(err)
			} else {
				got, err := io.ReadAll(b)
				_ = b.Close() // It was only read.
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s holds %d bytes, %v, want %d", own, len(got), err, len(data))
				}
			}
			if err := s.Put(t.Context(), "shared", bytes.NewReader(data)); err != nil {
				t.Error(err)
			}
			for _, key := range []string{"shared", own} {
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("two delete: %v", err)
				}
			}
		}
	})
	s.expectNone("shared")
}

func scratch(t *testing.T, s suite) {
	one, err := s.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	if names := []string{one.Name(), two.Name()}; names[0] == names[1] || slices.Contains(names, "") {
		t.Errorf("two files are %v", names)
	}
	for _, f := range []*os.File{one, two} {
		_, err := f.WriteString("x")
		if err := errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
			t.Error(err)
		}
	}
}

// work calls f in n goroutines and waits for all.
func work(n int, f func(i int)) {
	done := make(chan struct{})
	for i := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			f(i)
		}()
	}
	for range n {
		<-done
	}
}
