package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"swapnest/internal/config"
	"swapnest/internal/store"
)

// move copies a SQLite database into an empty PostgreSQL one. What it tells on the way goes
// to stderr, what has become of it to stdout.
func move(ctx context.Context, c config.Migrate, stdout, stderr io.Writer) error {
	line := &moveLine{out: stderr, now: time.Now}
	if f, ok := stderr.(*os.File); ok {
		line.live = term.IsTerminal(int(f.Fd()))
	}
	moved, err := store.Move(ctx, store.MoveOptions{Dir: c.From, URL: c.To, Progress: line.tell})
	line.end()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TABLE\tROWS\tSHA-256 OF BOTH")
	rows := int64(0)
	for _, t := range moved.Tables {
		fmt.Fprintf(table, "%s\t%d\t%x\n", t.Name, t.Rows, t.Sum)
		rows += t.Rows
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write what was moved: %w", err)
	}
	if !moved.Before.IsZero() {
		fmt.Fprintf(stdout, "All %d rows of %d tables were moved there on %s already, as they are here. Nothing was changed.\n",
			rows, len(moved.Tables), moved.Before.Format(time.RFC3339))
	} else {
		fmt.Fprintf(stdout, "All %d rows of %d tables are alike in both databases. %s is as it was.\n",
			rows, len(moved.Tables), filepath.Join(c.From, "swapnest.db"))
	}
	if !c.Bucket().IsZero() {
		fmt.Fprintf(stdout, "Photos and files stay in %s. Serve with the same SWAPNEST_BLOB_URL:\n", c.Bucket())
		fmt.Fprintf(stdout, "  swapnest serve --data-dir %s --database-url '%s'\n", c.From, withoutPassword(c.To))
		return nil
	}
	blobs, more := filepath.Join(c.From, "blobs"), ""
	if c.BlobDir != "" {
		blobs, more = c.BlobDir, " --blob-dir "+c.BlobDir
	}
	fmt.Fprintf(stdout, "Photos and files stay in %s. Serve from the same directory:\n", blobs)
	fmt.Fprintf(stdout, "  swapnest serve --data-dir %s%s --database-url '%s'\n", c.From, more, withoutPassword(c.To))
	if more == "" {
		fmt.Fprintln(stdout, "For a node with another directory, give it this one as --blob-dir, or copy blobs there first.")
	}
	return nil
}

// withoutPassword is an address that may be shown.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…" // whoever typed it knows it
	}
	if values := u.Query(); values.Has("password") {
		values.Set("password", "xxxxx")
		u.RawQuery = values.Encode()
	}
	return u.Redacted()
}

// How often a line is drawn anew on a terminal, and written elsewhere.
const (
	moveRedraw = 100 * time.Millisecond
	moveReport = 10 * time.Second
)

// moveLine tells how far a move is: on a terminal in a line that changes, elsewhere in one
// now and then and at the end of each table that is copied.
type moveLine struct {
	out   io.Writer
	live  bool // it is a terminal
	now   func() time.Time
	last  time.Time // when something was written
	drawn bool      // a line stands there that has no end yet
}

// tell is told by the move, often.
func (l *moveLine) tell(p store.MoveProgress) {
	if p.Stage == store.MoveAnew {
		fmt.Fprintln(l.out, "An earlier run has ended in the middle. Nothing of it is left in the target: this one begins anew.")
		return
	}
	now, whole := l.now(), p.Rows == p.Of
	text := fmt.Sprintf("%s %s: %d of %d rows", p.Stage, p.Table, p.Rows, p.Of)
	switch {
	case l.live && (whole || now.Sub(l.last) >= moveRedraw):
		fmt.Fprintf(l.out, "\r\x1b[K%s", text)
		l.drawn = true
	case !l.live && ((whole && p.Stage == store.MoveCopy) || now.Sub(l.last) >= moveReport):
		fmt.Fprintln(l.out, text)
	default:
		return
	}
	l.last = now
}

// end leaves the terminal as others expect it.
func (l *moveLine) end() {
	if l.drawn {
		fmt.Fprint(l.out, "\r\x1b[K")
		l.drawn = false
	}
}
