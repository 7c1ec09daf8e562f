package picture

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
)

// A progressive JPEG of many scans is small, and would take minutes.
func TestAJPEGOfTooManyScansIsRefusedBeforeItIsDecoded(t *testing.T) {
	// A restart interval, and a scan that is led past a segment by a restart behind it: who believes in
	// the segment's length sees none of what stands in it.
	hidden := manyScans(t, 3000, 3000, 2000)
	first := bytes.Index(hidden, []byte("\xff\xda"))
	hidden = slices.Concat(hidden[:first], []byte("\xff\xdd\x00\x04\x00\x01"), hidden[first:first+11], []byte("\xff\xe1\xff\xff\xff\xd0"), hidden[first+11:])
	for name, c := range map[string]struct {
		data []byte
		code chat.Code // "" is taken
	}{
		"4,000 scans":                         {manyScans(t, 5000, 5000, 4000), chat.TooLarge},
		"as many in few pixels":               {manyScans(t, 100, 100, 4000), chat.TooLarge},
		"as many as there may be":             {manyScans(t, 100, 100, maxScans), ""},
		"one more":                            {manyScans(t, 100, 100, maxScans+1), chat.TooLarge},
		"few of many blocks":                  {manyScans(t, 5000, 5000, 30), chat.TooLarge},
		"as many as programs write":           {manyScans(t, 5000, 5000, 10), ""},
		"2,000 in a segment that none reads":  {hidden, chat.TooLarge},
		"one picture behind another's end":    {append(manyScans(t, 100, 100, 10), manyScans(t, 100, 100, 10)...), ""},
		"a thousand behind the picture's end": {append(manyScans(t, 100, 100, 10), manyScans(t, 100, 100, 1000)...), chat.TooLarge},
	} {
		began := time.Now()
		_, _, makeErr := make2(t, c.data)
		_, imageErr := NewMaker().Image(t.Context(), bytes.NewReader(c.data))
		if chat.CodeOf(makeErr) != c.code || chat.CodeOf(imageErr) != c.code || c.code == "" && errors.Join(makeErr, imageErr) != nil {
			t.Errorf("%s: of a listing it gets %v, of a message %v, want %q", name, makeErr, imageErr, c.code)
		}
		if took := time.Since(began); c.code != "" && took > patience/4 {
			t.Errorf("%s: to refuse it took %v", name, took)
		}
	}
}

// What a decoder makes of one reading cannot be ended: so it gets little at once.
func TestADecoderGetsLittleAtOnce(t *testing.T) {
	data := make([]byte, 10_000)
	p := &patient{t.Context(), bytes.NewReader(data)}
	if n, err := p.Read(make([]byte, 4096)); n != readAtOnce || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	rest, err := io.ReadAll(p)
	if len(rest) != len(data)-readAtOnce || err != nil {
		t.Errorf("the rest has %d bytes, %v", len(rest), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := decode(ctx, bytes.NewReader(manyScans(t, 3000, 3000, 20_000)), facts{}); chat.CodeOf(err) != chat.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("it took %v", took)
	}
}

// Who has no more time is told to try again: it is not the picture's fault.
func TestAPictureThatNobodyHasTimeForIsNotRefused(t *testing.T) {
	m := NewMaker()
	ctx, cancel := context.WithCancel(t.Context())
	err := m.within(ctx, 1, func(working context.Context) error {
		cancel()
		_, err := decode(working, bytes.NewReader(jpegOf(t, halves(40, 40))), facts{})
		return err
	})
	if chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

// Pictures of messages leave room: a listing's photo waits for one of them at most.
func TestPicturesOfMessagesDoNotStandInLineBeforeAListing(t *testing.T) {
	m, picture := NewMaker(), jpegOf(t, halves(40, 40))
	ended := make(chan error, 3)
	started, release := make(chan struct{}, 3), make(chan struct{})
	for range 3 {
		go func() {
			ended <- m.ofMessages(t.Context(), memory, func(context.Context) error {
				started <- struct{}{}
				<-release
				return nil
			})
		}()
	}
	<-started
	made := make(chan error)
	go func() {
		_, _, err := m.Make(t.Context(), bytes.NewReader(picture))
		made <- err
	}()
	select {
	case err := <-made:
		t.Fatalf("it did not wait for memory: %v", err)
	case <-time.After(2 * time.Second): // it is in line
	}
	release <- struct{}{} // the first one ends, and none of the others stands before the listing's
	select {
	case err := <-made:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(waiting / 2):
		t.Error("pictures of messages stand in line before it")
	}
	close(release)
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkReadings tells what it costs that decoders get little at once, as a ratio to whole
// buffers: both decode one picture in turns, and the fastest of each counts.
func BenchmarkReadings(b *testing.B) {
	data := jpegOf(b, noise(1600, 1200))
	decode := func(r io.Reader) time.Duration {
		began := time.Now()
		if _, err := jpeg.Decode(r); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	whole, little := time.Hour, time.Hour
	for b.Loop() {
		whole = min(whole, decode(bytes.NewReader(data)))
		little = min(little, decode(&patient{b.Context(), bytes.NewReader(data)}))
	}
	b.ReportMetric(float64(little)/float64(whole), "little/whole")
}
