package voice_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/voice"
)

// fuzz has what comes out of any bytes read once more: it is taken as it is. mend may change
// them before, so that they get beyond a checksum.
func fuzz(f *testing.F, mend func([]byte) []byte, seeds ...string) {
	for _, name := range seeds {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		in = mend(in)
		var out, again bytes.Buffer
		note, err := voice.Read(context.Background(), bytes.NewReader(in), &out, 3*time.Second)
		if err != nil {
			if chat.CodeOf(err) == "" {
				t.Fatalf("got %v, want a refusal", err)
			}
			return
		}
		if note.Duration <= 0 || note.Duration > 4*time.Second || int64(out.Len()) != note.Size || out.Len() > 24*len(in)+2048 {
			t.Fatalf("got %v in %d bytes, which are %d, of %d", note.Duration, note.Size, out.Len(), len(in))
		}
		second, err := voice.Read(context.Background(), bytes.NewReader(out.Bytes()), &again, 3*time.Second)
		if err != nil || second.Duration != note.Duration || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("the clean file is not taken as it is: %v, %v and %v", err, note.Duration, second.Duration)
		}
	})
}

func FuzzWebM(f *testing.F) {
	fuzz(f, bytes.Clone, "chromium.webm", "chromium-live.webm", "tags.webm", "film.webm")
}

func FuzzOgg(f *testing.F) {
	fuzz(f, func(in []byte) []byte {
		out := bytes.Clone(in)
		for off := 0; off+27 <= len(out); {
			segments := int(out[off+26])
			length := 27 + segments
			for _, size := range out[off+27 : min(off+length, len(out))] {
				length += int(size)
			}
			page := out[off:min(off+length, len(out))]
			binary.LittleEndian.PutUint32(page[22:], voice.OggSum(page))
			off += length
		}
		return out
	}, "tags.ogg", "vorbis.ogg")
}

func FuzzMP4(f *testing.F) {
	fuzz(f, bytes.Clone, "chromium.mp4", "chromium-live.mp4", "tags.m4a", "fragments.m4a", "stereo.m4a", "film.mp4")
}
