//go:build linux

package corpus_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/testkit/corpus"
)

// voicePrefix begins the names of files that are sent as voice messages.
const voicePrefix = "voice-"

const (
	ceiling = 256 << 20 // bytes that a process may take at most while it is fed bombs
	atOnce  = 4
	rounds  = 2 // each file comes so often
)

// TestBombsFitIntoMemory uploads all bombs to a process of its own, four at once, twice and in
// another order, and looks how much memory it has had at most.
func TestBombsFitIntoMemory(t *testing.T) {
	if dir := os.Getenv("SWAPNEST_CORPUS_BOMBS"); dir != "" {
		feed(t, dir)
		return
	}
	dir := t.TempDir()
	// They are made here: to make some takes much memory, too.
	for i, f := range slices.Concat(corpus.Bombs(), corpus.Voices(recordings)) {
		name := strconv.Itoa(i)
		if f.Voice {
			name = voicePrefix + name
		}
		if err := os.WriteFile(filepath.Join(dir, name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	// Its garbage is collected as the program's is.
	c.Env = append(os.Environ(), "SWAPNEST_CORPUS_BOMBS="+dir, "GOGC=", "GOMEMLIMIT=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, found := strings.Cut(string(out), "most: ")
	number, _, _ := strings.Cut(rest, " ")
	most, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil {
		t.Fatalf("it does not tell its memory: %v\n%s", err, out)
	}
	t.Logf("at most %d MiB", most>>20)
	if most >= ceiling {
		t.Errorf("the process took %d MiB, want less than %d", most>>20, ceiling>>20)
	}
	// Less than what decoders share means that no bomb went off.
	if most < 128<<20 {
		t.Errorf("the process took %d MiB only: were the bombs decoded?", most>>20)
	}
}

// feed is what the process of its own does.
func feed(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) < 10 {
		t.Fatalf("there are %d files: %v", len(names), err)
	}
	s, queue := newSite(t), make(chan string)
	var work sync.WaitGroup
	for i := range atOnce {
		work.Go(func() {
			// Each is somebody: of one person, a file is looked at at a time.
			for name := range queue {
				if err := s.try(t.Context(), s.people[i], name); err != nil {
					t.Errorf("%s: %v", filepath.Base(name), err)
				}
			}
		})
	}
	for range rounds {
		for _, name := range names {
			queue <- name
		}
		slices.Reverse(names)
	}
	close(queue)
	work.Wait()
	status, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 && fields[0] == "VmHWM:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("most: %d bytes\n", kib<<10)
		}
	}
}

// try uploads a file, and reads what is served of it. To wait for others in vain is no fault.
func (s *site) try(ctx context.Context, who chat.UserID, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	a, err := s.Add(ctx, who, uploads.Begin{Voice: strings.HasPrefix(filepath.Base(name), voicePrefix)}, f)
	if e, ok := errors.AsType[*chat.Error](err); ok && e.Code != chat.RateLimited {
		return nil
	}
	if err != nil {
		return err
	}
	_, b, err := s.Open(ctx, who, a.ID, false)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, b)
	return errors.Join(err, b.Close())
}
