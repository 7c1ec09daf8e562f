package uploads

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

func (s *site) add(t *testing.T, text string) chat.AttachmentID {
	t.Helper()
	a, err := s.Add(t.Context(), s.town.Buyer.ID, Begin{Name: "a.txt", Type: "text/plain"}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// rows counts the rows of uploads.
func (s *site) rows(t *testing.T) (n int) {
	t.Helper()
	db := beside(t, s.d)
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM attachment`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func beside(t *testing.T, d *testkit.Database) *sql.DB {
	t.Helper()
	driver, source := "pgx", d.URL()
	if source == "" {
		driver, source = "sqlite", "file:"+filepath.Join(d.Dir(), "swapnest.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestWhatNobodySendsIsGoneAfterADayAndWhatIsSentStays(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me := s.town.Buyer.ID
		unsent, sent := s.add(t, "unsent"), s.add(t, "sent")
		half := s.begin(t, "b", "", 10)
		if _, err := s.Write(t.Context(), me, half.ID, 0, strings.NewReader("01234")); err != nil {
			t.Fatal(err)
		}
		conversation, message := s.sent(t, sent)
		look := func(when string, there bool, rows int) {
			t.Helper()
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, id := range []chat.AttachmentID{unsent, half.ID} {
				if got := len(s.blobsOf(t, id)) > 0; got != there {
					t.Errorf("%s: bytes of %s are there: %v, want %v", when, id, got, there)
				}
			}
			if got := s.rows(t); got != rows {
				t.Errorf("%s: %d rows are there, want %d", when, got, rows)
			}
		}
		look("at once", true, 3)
		s.now = s.now.Add(chat.UploadLife)
		if _, _, err := s.Open(t.Context(), me, unsent, false); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("what has expired is served: %v", err)
		}
		if _, err := s.Write(t.Context(), me, half.ID, 5, strings.NewReader("5")); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("what has expired is written to: %v", err)
		}
		look("within the grace", true, 3)
		s.now = s.now.Add(grace)
		look("after it", false, 3)
		s.now = s.now.Add(linger + grace)
		look("in the end", false, 1)
		if data, _ := s.read(t, s.town.Seller.ID, sent, false); string(data) != "sent" {
			t.Errorf("what was sent is %q", data)
		}
		// Its message is deleted for everyone: nobody is served it from then on.
		for _, statement := range []string{
			fmt.Sprintf(`UPDATE message SET deleted_at = 1 WHERE id = %d`, message),
			fmt.Sprintf(`UPDATE attachment SET expires_at = %d WHERE conversation_id = %d`, s.now.UnixMicro(), conversation),
		} {
			if err := d.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.Open(t.Context(), me, sent, false); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("of a deleted message: got %v", err)
		}
		s.now = s.now.Add(grace)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if keys := s.blobsOf(t, sent); len(keys) != 0 {
			t.Errorf("of a deleted message there are %v", keys)
		}
		s.now = s.now.Add(linger + grace)
		look("at the very end", false, 0)
	})
}

func TestABitThatComesAfterItsUploadIsGoneIsRemovedAllTheSame(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me := s.town.Buyer.ID
		u := s.begin(t, "a", "", 10)
		reached, resume := make(chan struct{}), make(chan struct{})
		slow := s.node(t, func(b Blobs) Blobs {
			return &flaky{b, func(what, _ string) bool {
				if what == "put" {
					close(reached)
					<-resume
				}
				return what == "delete" // and its node is killed
			}}
		})
		done := make(chan error)
		go func() {
			_, err := slow.Write(t.Context(), me, u.ID, 0, strings.NewReader("0123456789"))
			done <- err
		}()
		<-reached
		if err := s.Cancel(t.Context(), me, u.ID); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(grace)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(resume)
		if err := <-done; chat.CodeOf(err) != chat.Conflict {
			t.Errorf("got %v", err)
		}
		if keys := s.blobsOf(t, u.ID); len(keys) != 1 {
			t.Fatalf("there are %v: the run does not count", keys)
		}
		for range 2 {
			s.now = s.now.Add(quotaTime)
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if keys := s.blobsOf(t, u.ID); len(keys) != 0 || s.rows(t) != 0 {
			t.Errorf("in the end there are %v and %d rows", keys, s.rows(t))
		}
	})
}

// A message that takes an upload up in its last moment keeps it, and one that is given up is
// taken up by no message: they meet at its row.
func TestAFileThatIsBeingSentIsNotSwept(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		id := s.add(t, "at the last moment")
		s.now = s.now.Add(chat.UploadLife + 2*grace)
		sending, err := beside(t, d).BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		statement := fmt.Sprintf(`UPDATE attachment SET conversation_id = 1, message_id = 1, expires_at = 0 WHERE id = '%s' AND state = 'ready'`, id)
		if _, err := sending.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		swept := make(chan error, 1)
		go func() { swept <- s.Sweep(t.Context()) }()
		select {
		case err := <-swept:
			t.Fatalf("it did not wait for who holds the row: %v", err)
		case <-time.After(300 * time.Millisecond): // it waits at the row by now
		}
		if err := sending.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := <-swept; err != nil {
			t.Fatal(err)
		}
		var state string
		if err := beside(t, d).QueryRowContext(t.Context(), `SELECT state FROM attachment`).Scan(&state); err != nil {
			t.Fatal(err)
		}
		if keys := s.blobsOf(t, id); len(keys) != 1 || state != "ready" {
			t.Errorf("it is %s, and there are %v", state, keys)
		}
		// The other way round: what was given up first is not ready any more.
		other := s.add(t, "too late")
		s.now = s.now.Add(chat.UploadLife + 2*grace)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		result, err := beside(t, d).ExecContext(t.Context(), fmt.Sprintf(`UPDATE attachment SET message_id = 2 WHERE id = '%s' AND state = 'ready'`, other))
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := result.RowsAffected(); n != 0 {
			t.Error("what was given up is taken up by a message")
		}
	})
}

func TestOnlyThoseWhoSeeTheMessageSeeItsFile(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		id := s.add(t, "a secret")
		check := func(when string, buyer, seller bool) {
			t.Helper()
			for name, c := range map[string]struct {
				who chat.UserID
				may bool
			}{"buyer": {s.town.Buyer.ID, buyer}, "seller": {s.town.Seller.ID, seller}, "stranger": {s.town.Stranger.ID, false}, "nobody": {0, false}} {
				_, b, err := s.Open(t.Context(), c.who, id, false)
				if err == nil {
					_ = b.Close() // it was only looked for
				}
				if (err == nil) != c.may || !c.may && (chat.CodeOf(err) != chat.NotFound || err.Error() != chat.ErrNotFound("file").Error()) {
					t.Errorf("%s: the %s gets %v, and may: %v", when, name, err, c.may)
				}
			}
		}
		do := func(format string, args ...any) {
			t.Helper()
			if err := d.Exec(t.Context(), fmt.Sprintf(format, args...)); err != nil {
				t.Fatal(err)
			}
		}
		check("not sent", true, false)
		conversation, message := s.sent(t, id)
		check("sent", true, true)
		if err := s.Cancel(t.Context(), s.town.Buyer.ID, id); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("cancelled when it was sent: got %v", err)
		}
		do(`INSERT INTO message_hidden (conversation_id, user_id, message_id) VALUES (%d, %d, %d)`, conversation, s.town.Seller.ID, message)
		check("hidden by the seller", true, false)
		do(`DELETE FROM message_hidden`)
		do(`UPDATE member SET cleared_seq = 1 WHERE conversation_id = %d AND user_id = %d`, conversation, s.town.Buyer.ID)
		check("cleared by the buyer", false, true)
		do(`UPDATE member SET cleared_seq = 0`)
		check("again", true, true)
		do(`UPDATE attachment SET conversation_id = conversation_id + 1`)
		check("of another conversation than its message", false, false)
		do(`UPDATE attachment SET conversation_id = conversation_id - 1`)
		do(`UPDATE message SET deleted_at = 1`)
		check("deleted", false, false)
		do(`UPDATE message SET deleted_at = 0`)
		if err := s.disk.Delete(t.Context(), fileKey(id)); err != nil {
			t.Fatal(err)
		}
		check("without its bytes", false, false)
	})
}

func TestAnUploadThatIsCancelledLeavesNothingOnTheDisk(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me := s.town.Buyer.ID
		u := s.begin(t, "a", "", 10)
		if _, err := s.Write(t.Context(), me, u.ID, 0, strings.NewReader("0")); err != nil {
			t.Fatal(err)
		}
		if keys := s.blobsOf(t, u.ID); len(keys) != 1 {
			t.Fatalf("there are %v: the run does not count", keys)
		}
		if err := s.Cancel(t.Context(), me, u.ID); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(grace)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
			if key, _ := filepath.Rel(s.dir, path); key != "." && key != "incoming" {
				t.Errorf("it leaves %s", key)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
