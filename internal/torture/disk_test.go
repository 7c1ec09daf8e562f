package torture

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers its driver
	_ "modernc.org/sqlite"             // the same

	"swapnest/internal/testkit"
)

// small mounts a file system of some megabytes over a folder. Only who is root may do that,
// as `make test` is.
func small(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=32m"); err != nil {
		t.Fatalf("mount a small file system, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
}

// fill writes until there is no room left, and returns what makes room again.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name) //nolint:gosec // It is in the test's folder.
	must(t, err)
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	_ = f.Close() // it has nothing more to write
	return func() { must(t, os.Remove(name)) }
}

// Contract 22: with the disk full, commands are put off, reading goes on, lines stay, and it
// recovers when there is room.
func TestAFullDiskPutsOffWritingAndNothingElse(t *testing.T) {
	d := testkit.SQLite(t)
	small(t, d.Dir())
	w := NewWorld(t, NewNode(t, plain, d), Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 9, Changes: 0.2, Long: true}, nil)
	ctx := patience(t, time.Minute)
	w.Talk(ctx, 50)
	w.Settle(ctx)
	lines := w.lines()
	hush := talking(ctx, w)
	free := fill(t, d.Dir())
	if !await(ctx, func() bool { return w.doubts() > 20 }) {
		t.Fatal("nothing was put off")
	}
	for _, p := range w.People {
		if _, err := p.call(http.MethodGet, "/conversations", nil, nil); err != nil {
			t.Errorf("reading: %v", err)
		}
	}
	for id, pair := range w.talks {
		if _, err := w.People[pair[1]].newest(id); err != nil {
			t.Errorf("reading: %v", err)
		}
	}
	free()
	before := w.heads()
	if !await(ctx, func() bool { return w.heads() > before+50 }) {
		t.Error("it did not recover")
	}
	hush()
	if got := w.lines(); got != lines {
		t.Errorf("there were %d lines, and %d afterwards", lines, got)
	}
	finish(ctx, t, w)
}

// Contract 22: with the database held up by somebody else, commands are put off within two
// seconds, lines stay, nothing is told that is not committed, and it recovers.
func TestADatabaseThatIsHeldUpPutsOffWritingAndNothingElse(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		w := NewWorld(t, NewNode(t, plain, d), Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 10, Changes: 0.2}, nil)
		ctx := patience(t, time.Minute)
		w.Talk(ctx, 50)
		w.Settle(ctx)
		lines := w.lines()
		grace := testkit.Grace(t)
		release := hold(ctx, t, d)
		hush := talking(ctx, w)
		if !await(ctx, func() bool { return w.doubts() > 0 }) {
			t.Fatal("nothing was put off")
		}
		pause(ctx, time.Second)
		release()
		before := w.heads()
		if !await(ctx, func() bool { return w.heads() > before+50 }) {
			t.Error("it did not recover")
		}
		hush()
		if got := w.lines(); got != lines {
			t.Errorf("there were %d lines, and %d afterwards", lines, got)
		}
		if slow := w.slowest(); slow > 2500*time.Millisecond+grace() || slow == 0 {
			t.Errorf("a command was put off after %s", slow)
		}
		finish(ctx, t, w)
	})
}

// hold keeps everybody else from writing messages until release.
func hold(ctx context.Context, t *testing.T, d *testkit.Database) (release func()) {
	t.Helper()
	driver, source, lock := "pgx", d.URL(), "BEGIN; LOCK TABLE message IN ACCESS EXCLUSIVE MODE"
	if source == "" {
		driver, source, lock = "sqlite", fmt.Sprintf("file:%s?_pragma=busy_timeout(10000)", filepath.Join(d.Dir(), "swapnest.db")), "BEGIN IMMEDIATE"
	}
	db, err := sql.Open(driver, source)
	must(t, err)
	conn, err := db.Conn(ctx)
	must(t, err)
	_, err = conn.ExecContext(ctx, lock)
	must(t, err)
	return func() {
		_, err := conn.ExecContext(ctx, "ROLLBACK")
		must(t, err)
		must(t, conn.Close())
		must(t, db.Close())
	}
}
