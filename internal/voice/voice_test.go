package voice_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/voice"
)

const most = 5 * time.Minute

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(b []byte) (voice.Note, []byte, error) {
	var out bytes.Buffer
	note, err := voice.Read(context.Background(), bytes.NewReader(b), &out, most)
	return note, out.Bytes(), err
}

// accepted are recordings that pass, and what they are.
var accepted = []struct {
	name   string
	kind   string
	length time.Duration
}{
	{"chromium.webm", "audio/webm", 1500 * time.Millisecond},
	{"chromium-live.webm", "audio/webm", 1980 * time.Millisecond},
	{"chromium.mp4", "audio/mp4", 1420 * time.Millisecond},
	{"chromium-live.mp4", "audio/mp4", 1900 * time.Millisecond},
	{"tags.webm", "audio/webm", 1513500 * time.Microsecond},
	{"tags.ogg", "audio/ogg", 1513500 * time.Microsecond},
	{"tags.m4a", "audio/mp4", 1536 * time.Millisecond},
	{"fragments.m4a", "audio/mp4", 1536 * time.Millisecond},
	{"stereo.m4a", "audio/mp4", 832 * time.Millisecond},
}

func TestRecordingsOfBrowsersAreTakenAndComeOutTheSameAgain(t *testing.T) {
	for _, want := range accepted {
		t.Run(want.name, func(t *testing.T) {
			in := sample(t, want.name)
			note, out, err := read(in)
			if err != nil {
				t.Fatal(err)
			}
			if note.Type != want.kind || note.Duration != want.length || note.Size != int64(len(out)) {
				t.Errorf("got %s of %v in %d bytes, want %s of %v in %d", note.Type, note.Duration, note.Size, want.kind, want.length, len(out))
			}
			if len(out) > len(in)+len(in)/4 {
				t.Errorf("%d bytes came out of %d", len(out), len(in))
			}
			wave(t, note.Waveform)
			// What is clean stays as it is, byte by byte.
			again, same, err := read(out)
			if err != nil || !bytes.Equal(out, same) || again.Duration != note.Duration {
				t.Errorf("read once more it is %v of %d bytes, %v; want %v of %d", again.Duration, len(same), err, note.Duration, len(out))
			}
		})
	}
}

func TestWebMSaysHowLongItIsAndWhereEachSecondBegins(t *testing.T) {
	_, out, err := read(manyBlocks(600, []byte{0xf8, 0xff, 0xfe})) // 12 s
	if err != nil {
		t.Fatal(err)
	}
	length := binary.BigEndian.AppendUint64([]byte{0x44, 0x89, 0x40, 8}, math.Float64bits(12_000))
	if !bytes.Contains(out, length) {
		t.Error("there is no duration of 12,000 ms")
	}
	segment := bytes.Index(out, []byte{0x15, 0x49, 0xa9, 0x66}) // its first part
	place := []byte{0xf1, 0x40, 4}
	points := bytes.Split(out[:bytes.Index(out, []byte{0x1f, 0x43, 0xb6, 0x75})], place)[1:]
	if len(points) != 12 {
		t.Fatalf("got %d cues, want 12", len(points))
	}
	for second, p := range points {
		cluster := out[segment+int(binary.BigEndian.Uint32(p)):]
		want := binary.BigEndian.AppendUint32([]byte{0xe7, 0x40, 4}, uint32(1000*second)) //nolint:gosec // 11,000 at most.
		if !bytes.HasPrefix(cluster, []byte{0x1f, 0x43, 0xb6, 0x75}) || !bytes.HasPrefix(cluster[6:], want) {
			t.Errorf("at second %d stands %x, want a cluster of that time", second, cluster[:13])
		}
	}
}

// wave looks whether levels may be drawn.
func wave(t *testing.T, bars []int) {
	t.Helper()
	if len(bars) != chat.WaveformBars {
		t.Fatalf("got %d levels, want %d", len(bars), chat.WaveformBars)
	}
	loudest := 0
	for _, b := range bars {
		if b < 0 || b > 100 {
			t.Fatalf("got the level %d", b)
		}
		loudest = max(loudest, b)
	}
	if loudest != 100 {
		t.Errorf("the loudest level is %d, want 100: %v", loudest, bars)
	}
}

func TestTheWaveformGoesUpAndDownWithTheSound(t *testing.T) {
	// A tone that is silent for the first 0.4 of each second, 1.5 s of it.
	for _, name := range []string{"tags.webm", "tags.ogg"} {
		note, _, err := read(sample(t, name))
		if err != nil {
			t.Fatal(err)
		}
		bar := func(at float64) int { return note.Waveform[int(at/1.5*chat.WaveformBars)] }
		for _, at := range []float64{0.1, 0.3, 1.15, 1.3} {
			if bar(at) > 15 {
				t.Errorf("%s: the level of silence at %.2f s is %d: %v", name, at, bar(at), note.Waveform)
			}
		}
		for _, at := range []float64{0.5, 0.7, 0.9, 1.45} {
			if bar(at) < 80 {
				t.Errorf("%s: the level of the tone at %.2f s is %d: %v", name, at, bar(at), note.Waveform)
			}
		}
	}
	// Of AAC nobody decodes anything: its packets tell silence from sound.
	note, _, err := read(sample(t, "tags.m4a"))
	if err != nil {
		t.Fatal(err)
	}
	if loud, silent := note.Waveform[31], note.Waveform[5]; loud < 2*silent {
		t.Errorf("the level of sound is %d and that of silence %d: %v", loud, silent, note.Waveform)
	}
}

func TestNothingOfTheDeviceIsLeft(t *testing.T) {
	for _, name := range []string{"tags.webm", "tags.ogg", "tags.m4a", "fragments.m4a", "chromium.webm", "chromium.mp4"} {
		in := sample(t, name)
		planted := []string{"PLANTED", "+18.52", "73.85", "Lavf", "Lavc", "Chrome", "QTmux", "libwebm", "udta", "ilst", "SoundHandler"}
		found := 0
		for _, s := range planted {
			found += bytes.Count(in, []byte(s))
		}
		if found == 0 && name != "chromium.mp4" {
			t.Errorf("nothing was planted in %s", name)
		}
		_, out, err := read(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range planted {
			if bytes.Contains(out, []byte(s)) {
				t.Errorf("%s still has %q", name, s)
			}
		}
	}
}

func TestWhatIsNoVoiceMessageIsRefused(t *testing.T) {
	page := []byte("<!doctype html><script>alert(1)</script>" + strings.Repeat(" ", 500))
	for name, c := range map[string]struct {
		file []byte
		code chat.Code
		says string
	}{
		"a film in WebM":             {sample(t, "film.webm"), chat.UnsupportedMedia, "film"},
		"a film in MP4":              {sample(t, "film.mp4"), chat.UnsupportedMedia, "film"},
		"MP3":                        {sample(t, "voice.mp3"), chat.UnsupportedMedia, "no voice message"},
		"Ogg with another codec":     {sample(t, "vorbis.ogg"), chat.UnsupportedMedia, "no voice message"},
		"a page named voice.ogg":     {page, chat.UnsupportedMedia, "no voice message"},
		"a page behind a word":       {append([]byte("OggS"), page...), chat.Invalid, "broken"},
		"nothing":                    {nil, chat.UnsupportedMedia, "no voice message"},
		"two recordings in a row":    {append(sample(t, "tags.ogg"), sample(t, "tags.ogg")...), chat.UnsupportedMedia, "more than one"},
		"WebM that is cut off":       {sample(t, "chromium-live.webm")[:3000], chat.Invalid, "cut off"},
		"Ogg that is cut off":        {sample(t, "tags.ogg")[:3000], chat.Invalid, "cut off"},
		"MP4 that is cut off":        {sample(t, "tags.m4a")[:3000], chat.Invalid, "cut off"},
		"fragments that are cut off": {sample(t, "fragments.m4a")[:3000], chat.Invalid, "cut off"},
	} {
		_, _, err := read(c.file)
		e, ok := errors.AsType[*chat.Error](err)
		if !ok || e.Code != c.code || e.Field != "attachments" || !strings.Contains(e.Detail, c.says) {
			t.Errorf("%s: got %v, want %s that says %q", name, err, c.code, c.says)
		}
	}
}

func TestAVoiceMessageHasAnEnd(t *testing.T) {
	in := sample(t, "chromium.webm")
	for most, refused := range map[time.Duration]bool{400 * time.Millisecond: true, 600 * time.Millisecond: false} {
		_, err := voice.Read(t.Context(), bytes.NewReader(in), io.Discard, most)
		if refused != (chat.CodeOf(err) == chat.TooLarge) || !refused && err != nil {
			t.Errorf("1.5 s where %v are allowed, and a second of slack: got %v", most, err)
		}
	}
	_, _, err := read(manyBlocks(6*60*50, []byte{0xf8, 0xff, 0xfe})) // 6 minutes of 20 ms
	if chat.CodeOf(err) != chat.TooLarge || !strings.Contains(err.Error(), "5 minutes") {
		t.Errorf("6 minutes: got %v", err)
	}
}

// faulty is a file whose disk fails.
type faulty struct{ *bytes.Reader }

var errDisk = errors.New("the disk is on fire")

func (faulty) Read([]byte) (int, error) { return 0, errDisk }

func TestAFaultOfTheDiskOrAnEndOfPatienceIsNotTheRecordings(t *testing.T) {
	in := sample(t, "chromium.webm")
	if _, err := voice.Read(t.Context(), faulty{bytes.NewReader(in)}, io.Discard, most); !errors.Is(err, errDisk) || chat.CodeOf(err) != "" {
		t.Errorf("got %v, want what the disk says", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := voice.Read(ctx, bytes.NewReader(in), io.Discard, most); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}
