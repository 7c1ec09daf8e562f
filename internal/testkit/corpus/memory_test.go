//go:build linux

package corpus_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/filetype"
	"swapnest/internal/picture"
	"swapnest/internal/testkit/corpus"
)

const (
	ceiling = 256 << 20 // bytes that a process may take at most while it is fed bombs
	atOnce  = 4
	rounds  = 2 // each file comes so often from each of those who send at once
)

// TestBombsFitIntoMemory feeds all bombs to a process of its own, four at once, again and again,
// and looks how much memory it has had at most.
func TestBombsFitIntoMemory(t *testing.T) {
	if dir := os.Getenv("SWAPNEST_CORPUS_BOMBS"); dir != "" {
		feed(t, dir)
		return
	}
	dir := t.TempDir()
	for i, f := range corpus.Files() {
		if f.Bomb || len(f.Gone) > 0 {
			if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), "SWAPNEST_CORPUS_BOMBS="+dir)
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
	maker := picture.NewMaker()
	var work sync.WaitGroup
	for sender := range atOnce {
		work.Go(func() {
			for i := range rounds * len(names) {
				if err := try(t.Context(), maker, names[(i+sender*len(names)/atOnce)%len(names)]); err != nil {
					t.Error(err)
				}
			}
		})
	}
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

// try makes of a file what can be made of it. To wait for others in vain is no fault.
func try(ctx context.Context, maker *picture.Maker, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := filetype.Of(f, filepath.Base(name)); err != nil {
		return err
	}
	_, err = maker.Image(ctx, f)
	if _, refused := errors.AsType[*chat.Error](err); err != nil && !refused {
		return err
	}
	return nil
}
