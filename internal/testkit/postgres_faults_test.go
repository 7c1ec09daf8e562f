//go:build unix

package testkit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"swapnest/internal/testkit"
)

// A server that was ended comes back where it was, with what was committed; one that hangs
// says nothing until it goes on; and a copy of its data brings back what it was.
func TestPostgresIsEndedHungAndPutBack(t *testing.T) {
	p := testkit.OwnPostgres(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	at := p.URL("postgres")
	ask := func(statements, want string) {
		t.Helper()
		if got, err := query(ctx, at, statements); err != nil || got != want {
			t.Errorf("%s answers %q (%v), want %q", statements, got, err, want)
		}
	}
	ask(`SET synchronous_commit TO on; CREATE TABLE town (name text); INSERT INTO town VALUES ('Pune'); SELECT '1'`, "1")
	must(p.Crash())
	if got, err := query(ctx, at, `SELECT '1'`); err == nil {
		t.Errorf("after Crash it answers %q", got)
	}
	must(p.Start())
	ask(`SELECT name FROM town`, "Pune")

	conn, err := pgx.Connect(ctx, at)
	must(err)
	must(p.Hang())
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if got, err := query(short, at, `SELECT '1'`); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after Hang it answers %q (%v)", got, err)
	}
	open, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := conn.Ping(open); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after Hang it answers on a connection that was open: %v", err)
	}
	must(p.Resume())
	ask(`SELECT name FROM town`, "Pune")

	must(p.Shutdown())
	restore, err := p.Copy()
	must(err)
	must(p.Start())
	if err := p.Start(); err == nil {
		t.Error("it was started twice")
	}
	if err := restore(); err == nil || !strings.Contains(err.Error(), "is up") {
		t.Errorf("putting the data of a server back that is up gives %v", err)
	}
	ask(`SET synchronous_commit TO on; INSERT INTO town VALUES ('Goa'); SELECT CAST(count(*) AS text) FROM town`, "2")
	must(p.Hang())
	must(p.Crash()) // also while it hangs
	must(restore())
	must(p.Start())
	ask(`SELECT CAST(count(*) AS text) FROM town`, "1")
}
