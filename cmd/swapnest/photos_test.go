package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/testkit"
)

const hidden = "GPS 18.5204 N 73.8567 E"

// hostile are uploads that would like to cost more than they look, or be more than a
// picture, and what becomes of each.
func hostile(t *testing.T) map[string]struct {
	body   []byte
	status int
} {
	t.Helper()
	encoded := func(encode func(io.Writer) error) []byte {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	tile := image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]byte{tile.Y, tile.Cb, tile.Cr} {
		for i := range plane {
			plane[i] = 128
		}
	}
	small := image.NewRGBA(image.Rect(0, 0, 400, 300))
	asPNG := encoded(func(w io.Writer) error { return png.Encode(w, small) })
	asJPEG := encoded(func(w io.Writer) error { return jpeg.Encode(w, small, nil) })
	// A PNG whose head claims another size.
	bomb := func(width, height uint32) []byte {
		data := slices.Clone(asPNG)
		binary.BigEndian.PutUint32(data[16:], width)
		binary.BigEndian.PutUint32(data[20:], height)
		binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
		return data
	}
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	exif := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"), hidden...)
	located := slices.Concat(asJPEG[:2], binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2)), exif, asJPEG[2:])
	return map[string]struct {
		body   []byte
		status int
	}{
		"a photo with its place":      {located, http.StatusCreated},
		"50 megapixels of a phone":    {grey(encoded(func(w io.Writer) error { return jpeg.Encode(w, tile, nil) }), 8192, 6144), http.StatusCreated},
		"50 grey megapixels":          {encoded(func(w io.Writer) error { return fast.Encode(w, image.NewGray(image.Rect(0, 0, 8000, 6250))) }), http.StatusCreated},
		"50 megapixels of a bomb":     {bomb(8000, 6250), http.StatusRequestEntityTooLarge},
		"a claim of 2,500 megapixels": {bomb(50_000, 50_000), http.StatusRequestEntityTooLarge},
		"16 MB":                       {append(slices.Clone(asPNG), make([]byte, 16<<20)...), http.StatusRequestEntityTooLarge},
		"a page behind a picture":     {append(slices.Clone(asJPEG), "<script>"+hidden+"</script>"...), http.StatusCreated},
		"a picture before a page":     {[]byte("GIF89a/*<svg onload=alert(1)>*/=1;" + hidden), http.StatusUnprocessableEntity},
		"an SVG":                      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), http.StatusUnsupportedMediaType},
		"a page":                      {[]byte("<!doctype html><title>x</title>"), http.StatusUnsupportedMediaType},
		"an archive":                  {[]byte("PK\x03\x04 and so on"), http.StatusUnsupportedMediaType},
		"a picture cut off":           {asJPEG[:1200], http.StatusUnprocessableEntity},
	}
}

// grey returns a JPEG of any size, in multiples of 16, of one of 16 by 16 grey pixels: each
// further tile differs by nothing from the one before, which takes 32 bits with the usual
// tables (ITU-T T.81, annex K).
func grey(tile []byte, width, height int) []byte {
	frame := bytes.Index(tile, []byte{0xff, 0xc0})
	scan := bytes.Index(tile, []byte{0xff, 0xda})
	head := slices.Clone(tile[:scan+2+int(binary.BigEndian.Uint16(tile[scan+2:]))])
	binary.BigEndian.PutUint16(head[frame+5:], uint16(height))
	binary.BigEndian.PutUint16(head[frame+7:], uint16(width))
	tiles := bytes.Repeat([]byte{0x28, 0xa2, 0x8a, 0x00}, width/16*height/16)
	return slices.Concat(head, tiles, []byte{0xff, 0xd9})
}

func TestHostilePhotosEndAsTheyShouldWithin256MiB(t *testing.T) {
	// The memory of a program that looks for races is another one: this is the real thing.
	program := filepath.Join(t.TempDir(), "swapnest")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d := testkit.SQLite(t)
	n := startProgram(t, program, d, "--rate-limits", "off")
	if status, answer := n.do("POST", "/users", object{"username": "photographer", "password": "correct horse"}); status != http.StatusCreated {
		t.Fatalf("register: %d %v", status, answer)
	}
	corpus := hostile(t)
	var wg sync.WaitGroup
	for range 3 {
		for name, c := range corpus {
			wg.Go(func() {
				status, answer := n.upload(t, c.body)
				if status != c.status {
					t.Errorf("%s: got %d %s, want %d", name, status, answer, c.status)
				}
			})
		}
	}
	wg.Wait()
	err := filepath.WalkDir(filepath.Join(d.Dir(), "blobs"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || bytes.Contains(data, []byte(hidden)) || bytes.Contains(data, []byte("script")) {
			t.Errorf("%s holds more than a picture", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	most := peakMemory(t, n.cmd.Process.Pid)
	t.Logf("at most %d MiB", most>>20)
	if most >= 256<<20 {
		t.Errorf("the node took %d MiB, want less than 256", most>>20)
	}
}

// upload sends a photo.
func (n *node) upload(t *testing.T, body []byte) (int, string) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url+"/api/v1/photos", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	r.Header.Set("Content-Type", "image/jpeg")
	r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: n.token})
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(data)
}

// peakMemory is the most that a process has had in memory, in bytes.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("the system does not tell")
	return 0
}
