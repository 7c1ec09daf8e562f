package blobtest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"
)

func parts(t *testing.T, s suite) {
	data := noise(700_001)
	s.put("a", data)
	b := s.open("a")
	defer b.Close() //nolint:errcheck // It was only read.
	r := rand.New(rand.NewPCG(1, 2))
	at := int64(0)
	for i := range 60 {
		n := 1 + r.IntN(50_000)
		var off int64
		var err error
		switch i % 4 {
		case 0:
			at = int64(r.IntN(len(data)))
			off, err = b.Seek(at, io.SeekStart)
		case 1:
			at = int64(r.IntN(len(data)))
			off, err = b.Seek(at-int64(len(data)), io.SeekEnd)
		case 2:
			step := int64(r.IntN(20_000))
			at += step
			off, err = b.Seek(step, io.SeekCurrent)
		default:
			off, err = b.Seek(0, io.SeekCurrent)
		}
		if err != nil || off != at {
			t.Fatalf("%d: at %d, %v, want %d", i, off, err, at)
		}
		want := data[min(at, int64(len(data))):]
		want = want[:min(n, len(want))]
		got, err := io.ReadAll(io.LimitReader(b, int64(n)))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d: %d bytes from %d: got %d, %v", i, len(want), at, len(got), err)
		}
		at += int64(len(want))
	}
	// As a page begins: how long is it, and then all of it.
	if end, err := b.Seek(0, io.SeekEnd); err != nil || end != int64(len(data)) {
		t.Fatalf("the end is at %d, %v", end, err)
	}
	if n, err := b.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if _, err := b.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(iotest.HalfReader(b)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("from the beginning: %d bytes, %v", len(got), err)
	}
}

func refusals(t *testing.T, s suite) {
	s.put("a", []byte("0123456789"))
	b := s.open("a")
	if _, err := b.Seek(-1, io.SeekStart); err == nil {
		t.Error("it is before its beginning")
	}
	if _, err := b.Seek(-11, io.SeekEnd); err == nil {
		t.Error("it is before its beginning, from its end")
	}
	if _, err := b.Seek(0, 7); err == nil {
		t.Error("it is at no place")
	}
	if got, err := io.ReadAll(b); err != nil || string(got) != "0123456789" {
		t.Errorf("behind refusals: %q, %v", got, err)
	}
	if off, err := b.Seek(100, io.SeekStart); err != nil || off != 100 {
		t.Errorf("behind the end: %d, %v", off, err)
	}
	if n, err := b.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read behind the end: %d, %v", n, err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if n, err := b.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read what is closed: %d, %v", n, err)
	}
}

// half reads the beginning of what is too long to be on its way as a whole.
func half(t *testing.T, s suite) {
	s.put("a", noise(20<<20))
	for range 3 {
		b := s.open("a")
		if _, err := io.CopyN(io.Discard, b, 1000); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("closing took %v", took)
		}
	}
}
