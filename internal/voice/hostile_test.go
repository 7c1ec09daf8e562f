package voice_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
	"swapnest/internal/voice"
)

// manyBlocks is WebM with n blocks, which hold a packet each.
func manyBlocks(n int, packet []byte) []byte {
	element := func(id string, data []byte) []byte {
		return append(append([]byte(id), 0x40|byte(len(data)>>8), byte(len(data))), data...)
	}
	head := append([]byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00"), 0, 0, 0)
	track := bytes.Join([][]byte{element("\xd7", []byte{1}), element("\x83", []byte{2}), element("\x86", []byte("A_OPUS")), element("\x63\xa2", head)}, nil)
	file := element("\x1a\x45\xdf\xa3", element("\x42\x82", []byte("webm")))
	file = append(file, "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"...)
	file = append(file, element("\x16\x54\xae\x6b", element("\xae", track))...)
	file = append(file, "\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff"...)
	block := element("\xa3", append([]byte{0x81, 0, 0, 0x80}, packet...))
	return append(file, bytes.Repeat(block, n)...)
}

func TestRecordingsThatAreCutOffAreRefusedOrShorter(t *testing.T) {
	for _, want := range accepted {
		in := sample(t, want.name)
		// The heads at each byte, the sound at some.
		for n := 0; n < len(in); n += 1 + n/700*16 {
			note, _, err := read(in[:n])
			// Some containers have places at which nobody can tell that more should follow.
			if err == nil && note.Duration >= want.length && n < len(in)*9/10 {
				t.Fatalf("%s cut to %d of %d bytes plays as long as the whole", want.name, n, len(in))
			}
			if err != nil && chat.CodeOf(err) == "" {
				t.Fatalf("%s cut to %d bytes: got %v, want a refusal", want.name, n, err)
			}
		}
	}
}

func TestRecordingsWithABitThatFlippedAreRefusedOrAsLarge(t *testing.T) {
	for _, want := range accepted {
		in := sample(t, want.name)
		for i := 0; i < len(in); i += 3 + i/700*60 {
			changed := bytes.Clone(in)
			changed[i] ^= byte(1 << (i % 8))
			_, out, err := read(changed)
			if err == nil && want.kind == "audio/ogg" {
				t.Fatalf("%s is taken with another bit at %d, which its checksum tells", want.name, i)
			}
			if err != nil && chat.CodeOf(err) == "" || len(out) > 2*len(in) {
				t.Fatalf("%s with %#x at %d: %d bytes of %d, %v", want.name, changed[i], i, len(out), len(in), err)
			}
		}
	}
}

// table finds a box of a file and overwrites what is behind its header.
func table(t *testing.T, in []byte, kind string, skip int, values ...uint32) []byte {
	t.Helper()
	at := bytes.Index(in, []byte(kind))
	if at < 0 {
		t.Fatalf("there is no %s", kind)
	}
	out := bytes.Clone(in)
	for i, v := range values {
		binary.BigEndian.PutUint32(out[at+4+skip+4*i:], v)
	}
	return out
}

func TestSizesThatLieAreRefusedAtOnce(t *testing.T) {
	plain := sample(t, "tags.m4a")
	deep := bytes.Repeat([]byte("\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff"), 1_000_000)
	boxes := append([]byte("\x00\x00\x00\x10ftypM4A \x00\x00\x00\x00"), bytes.Repeat([]byte("\x00\x00\x00\x08free"), 2_000_000)...)
	nested := []byte("\x00\x00\x00\x10ftypM4A \x00\x00\x00\x00")
	for n := 400_000; n > 0; n-- {
		nested = append(binary.BigEndian.AppendUint32(nested, uint32(8*n)), "moov"...) //nolint:gosec // 3,200,000 at most.
	}
	twice := bytes.Clone(sample(t, "fragments.m4a"))
	back := bytes.Index(twice, []byte("mdat")) + 4 - (bytes.LastIndex(twice, []byte("moof")) - 4)
	binary.BigEndian.PutUint32(twice[bytes.LastIndex(twice, []byte("trun"))+12:], uint32(back)) //nolint:gosec // It has a sign.
	for name, in := range map[string][]byte{
		"four billion samples":            table(t, plain, "stsz", 8, 0xffffffff),
		"samples of four billion bytes":   table(t, plain, "stsz", 4, 0xffffffff),
		"samples of one byte":             table(t, plain, "stsz", 4, 1, 500_000),
		"two fragments at one place":      twice,
		"a chunk beyond the end":          table(t, plain, "stco", 8, 0xfffffff0),
		"runs that go back":               table(t, plain, "stsc", 8, 7),
		"chunks of four billion packets":  table(t, plain, "stsc", 12, 0xffffffff),
		"a movie of no bytes":             table(t, plain, "moov", -8, 4),
		"a movie of 2^63 bytes":           append([]byte("\x00\x00\x00\x10ftypM4A \x00\x00\x00\x00\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"), plain...),
		"a fragment of four billion":      table(t, sample(t, "fragments.m4a"), "trun", 4, 0xffffffff),
		"a million clusters in another":   append(manyBlocks(0, nil), deep...),
		"a million blocks without a byte": manyBlocks(1_000_000, nil),
		"a million of 2.5 ms":             manyBlocks(1_000_000, []byte{0xe0}),
		"two million boxes":               boxes,
		"boxes in boxes":                  nested,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := testkit.ProcessorTime(t)
		_, out, err := read(in)
		runtime.ReadMemStats(&after)
		if chat.CodeOf(err) == "" {
			t.Errorf("%s: got %v and %d bytes, want a refusal", name, err, len(out))
		}
		if took := testkit.ProcessorTime(t) - began; took > 5*time.Second {
			t.Errorf("%s took %v of the processor", name, took)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 12<<20 {
			t.Errorf("%s: %d bytes were allocated", name, used)
		}
	}
}

func TestFiveMinutesOfSoundTakeLittleMemory(t *testing.T) {
	packet := append([]byte{0xf8}, make([]byte, 1200)...)
	for i := range packet[1:] {
		packet[1+i] = byte(i * i >> 3) //nolint:gosec // Any byte.
	}
	in := manyBlocks(5*60*50, packet) // 18 MB
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	note, err := voice.Read(t.Context(), bytes.NewReader(in), io.Discard, most)
	runtime.ReadMemStats(&after)
	if err != nil || note.Duration != most || note.Size < 18_000_000 {
		t.Errorf("got %v of %d bytes, %v", note.Duration, note.Size, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
}

func TestAPacketIsNoPlaceToHideSomethingIn(t *testing.T) {
	secret := []byte("+18.5204+073.8567/")
	// Three frames of silence, and what fills the packet up.
	packet := append([]byte{0xfb, 0x41, byte(len(secret)), 0xff, 0xfe}, secret...)
	note, out, err := read(manyBlocks(50, packet))
	if err != nil || note.Duration != time.Second || bytes.Contains(out, secret) {
		t.Errorf("got %v, %v, and the secret: %v", note.Duration, err, bytes.Contains(out, secret))
	}
	for _, bad := range [][]byte{{0xfb, 0x41, 200, 1}, {0xfb, 0x00}, {0xf9, 1}, {0xfa, 9, 1}, append([]byte{0xf8}, make([]byte, 1276)...)} {
		if _, _, err := read(manyBlocks(50, bad)); chat.CodeOf(err) != chat.Invalid {
			t.Errorf("packets %x…: got %v, want them refused", bad[:2], err)
		}
	}
}

// ending is a context that is over when it has been looked at so often.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

// All of a small recording stands in one window, and to hear it takes time all the same.
func TestHearingEndsWithItsTime(t *testing.T) {
	in := manyBlocks(6000, []byte("\xf8\xff\xfe"))
	if len(in) > 60<<10 {
		t.Fatalf("it has %d bytes: they do not fit a window", len(in))
	}
	ctx := &ending{t.Context(), 30}
	if _, err := voice.Read(ctx, bytes.NewReader(in), io.Discard, 5*time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of its time", err)
	}
	ctx.looks = 1000
	if _, err := voice.Read(ctx, bytes.NewReader(in), io.Discard, 5*time.Minute); err != nil || ctx.looks > 1000-60 {
		t.Errorf("with time enough: got %v, after %d looks", err, 1000-ctx.looks)
	}
}
