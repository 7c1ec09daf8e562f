package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/loadgen"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// sample are results of three rounds, in which SwapNest on SQLite has a part of what H would have.
func sample(part float64) *results {
	r := &results{Rounds: 3, Missing: map[string]string{"django-sqlite": "it is not installed"}}
	for round := 1; round <= 3; round++ {
		weather := 1 + 0.1*float64(round) // the same for all of a round
		add := func(peer string, perSecond, cpu, ack float64) {
			for _, w := range []int{100, 400} {
				r.Talked = append(r.Talked, talked{peer, round, loadgen.Talked{InFlight: w, PerSecond: perSecond * weather, CPU: cpu, Ack: loadgen.Latency{P50: 2}}})
			}
			r.Talked = append(r.Talked, talked{peer, round, loadgen.Talked{
				Rate: 1000, PerSecond: 1000, CPU: cpu, Ack: loadgen.Latency{P50: ack, P99: 5 * ack}, Delivery: loadgen.Latency{P50: 1.5 * ack},
			}})
		}
		add("relay", 60000, 0.02, 0.2)
		add("swapnest-sqlite", 15000*part, 0.1, 0.2/part)
		add("django-postgres-redis", 100, 9, 20)
		add("swapnest-redis", 12000, 0.12, 0.3)
		r.Loops = append(r.Loops, looped{"bare-sqlite", round, 100, 20000 * weather, 0.05}, looped{"bare-sqlite", round, 400, 20000 * weather, 0.05})
		r.Commits = append(r.Commits, committed{round, 1000, 0.1, 0.5})
	}
	r.Idled = []idled{{"swapnest-sqlite", loadgen.Idled{Lines: 15000, PerLine: 7.5, Storm: true, Back: loadgen.Latency{Max: 12000}, Peak: 300}}}
	return r
}

func verdicts(all []goal) map[string]string {
	found := map[string]string{}
	for _, g := range all {
		found[g.Name] = g.Measured + ", " + g.Verdict
	}
	return found
}

func TestGoalsAreRatiosOfARound(t *testing.T) {
	got := verdicts(sample(0.8).goals(options{idle: 15000}))
	for name, want := range map[string]string{
		"SQLite, of H, w = 100":                                        "0.80 (0.80–0.80), met", // the weather is that of both
		"PostgreSQL, of H, w = 100":                                    "–, not measured",
		"messages a second, of Django Channels (PostgreSQL and Redis)": "120 (120–120), met",
		"processor time of Django Channels a message, of ours":         "75 (75–75), met",
		"sqlite at 1000/s, acknowledgement p50":                        "0.25 (0.25–0.25) ms, met",
		"sqlite, memory a line of 15000":                               "7.50 KiB, met",
		"sqlite, 15000 lines back after a cut":                         "12.00 s, met",
		"sqlite, memory a line at the most meanwhile":                  "20.48 KiB, met",
		"two nodes, of one with Redis, w = 100":                        "–, not measured",
		"of centrifuge, both without storage, w = 400":                 "–, not measured",
		"two nodes, delivery − acknowledgement at 1000/s, p50":         "–, not measured",
		"postgres at 1000/s, acknowledgement p99":                      "–, not measured",
		"messages a second, of Tinode (PostgreSQL)":                    "–, not measured",
		"of centrifuge with the same writer, SQLite, w = 100":          "–, not measured",
		"without storage, of R, w = 100":                               "–, not measured",
		"sqlite at 1000/s, acknowledgement p99":                        "1.25 (1.25–1.25) ms, met",
		"postgres, memory a line at the most meanwhile":                "–, not measured",
		"processor time of Tinode a message, of ours":                  "–, not measured",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
}

func TestTheShortFormFailsOnACollapseAlone(t *testing.T) {
	o := options{idle: 15000, short: true}
	for part, want := range map[float64]int{
		0.8:   0,
		0.4:   0, // missed, as on a bad day
		0.1:   2, // both numbers in flight
		0.003: 3, // and it takes ten times what is wanted, and more than 50 ms
	} {
		r := sample(part)
		r.Goals = r.goals(o)
		if n := len(fallen(r.Goals)); n != want {
			t.Errorf("%g of H: %d have collapsed, want %d: %v", part, n, want, fallen(r.Goals))
		}
		if err := report(o, r); (err != nil) != (want > 0) {
			t.Errorf("%g of H: %v", part, err)
		}
		if err := report(options{}, r); err != nil {
			t.Errorf("%g of H, which is only told of: %v", part, err)
		}
	}
}

func TestThePageHasWhatWasMeasuredBetweenItsMarkers(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "docs", "benchmarks.md")
	if err := os.MkdirAll(filepath.Dir(page), 0o700); err != nil {
		t.Fatal(err)
	}
	r, o := sample(0.5), options{idle: 15000, write: dir}
	r.Goals = r.goals(o)
	if err := r.publish(o); err == nil || !strings.Contains(err.Error(), "benchmarks.md") {
		t.Errorf("there is no page to write into: %v", err)
	}
	if err := os.WriteFile(page, []byte("by hand\n"+marker+"\nold\n"+endMarker+"\nand more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it finds its own
		if err := r.publish(o); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if !strings.HasPrefix(text, "by hand\n"+marker) || !strings.HasSuffix(text, endMarker+"\nand more\n") || strings.Contains(text, "old") {
		t.Errorf("what was written by hand has changed: %s", text)
	}
	for _, want := range []string{
		"| 2 | SQLite, of H, w = 100 | ≥ 0.75 | 0.50 (0.50–0.50) | missed |",
		"| SwapNest, SQLite | 9000 (8250–9750) | 9000 (8250–9750) |",
		"| S, the rows alone, SQLite | 0.050 (0.050–0.050) |",
		"| SwapNest, SQLite | 15000 | 7.5 |",
		"| SwapNest, SQLite | 1000 | 0.40 (0.40–0.40) |",
		"Django Channels, SQLite (it is not installed).",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it has no %q: %s", want, text)
		}
	}
	for _, name := range []string{"throughput", "processor", "acknowledged-p50", "acknowledged-p99"} {
		picture, err := os.ReadFile(filepath.Join(dir, "docs", "benchmarks", name+".svg"))
		if err != nil || !strings.Contains(string(picture), "SwapNest, SQLite") || !strings.Contains(text, "benchmarks/"+name+".svg") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArgumentsThatCannotBeAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"-in-flight 20,x": "-in-flight", "-in-flight 0": "-in-flight", "-in-flight 1001": "-in-flight", "-rates 0": "-rates", "-rounds 0": "-rounds", "-duration 1ms": "-duration",
	} {
		if _, err := parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
	o, err := parse([]string{"-short", "-idle", "15000"})
	if err != nil || o.rounds != 1 || o.idle != 2000 || !o.wants("relay") || o.wants("django-sqlite") {
		t.Errorf("the short form: %+v, %v", o, err)
	}
	all := (&works{}).peers()
	if err := known(o, all); err != nil {
		t.Errorf("the short form has what there is not: %v", err)
	}
	if err := known(options{only: []string{"relay", "nothing"}}, all); err == nil || !strings.Contains(err.Error(), "swapnest-sqlite") {
		t.Errorf("an unknown name: %v", err)
	}
	if took := estimate(options{rounds: 3, duration: 6 * time.Second, inFlight: []int{1, 2, 3, 4}, rates: []float64{1, 2, 3, 4}, idle: 15000}, all); took < 20*time.Minute || took > 3*time.Hour {
		t.Errorf("all takes %s", took)
	}
}

// The bare loops write what a message is: the store reads their conversations as its own.
func TestTheBareLoopsWriteWhatAMessageIs(t *testing.T) {
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		t.Run(kind, func(t *testing.T) {
			o := store.Options{Dir: t.TempDir()}
			if kind == "PostgreSQL" {
				if os.Getenv("SWAPNEST_TEST_DATABASES") == "sqlite" {
					t.Skip("left out, for the quick loop needs nothing but Go")
				}
				server, err := testkit.StartPostgres(testkit.PostgresOptions{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := server.Stop(); err != nil {
						t.Error(err)
					}
				})
				if err := server.CreateDatabase(t.Context(), "bare", ""); err != nil {
					t.Fatal(err)
				}
				o.URL = server.URL("bare")
			}
			people := talks(t, o, 5)
			l, stop, err := sqliteLoop(t.Context(), o.Dir)
			if o.URL != "" {
				l, stop, err = postgresLoop(t.Context(), o.URL)
			}
			if err != nil {
				t.Fatal(err)
			}
			count, _, err := l.run(10, 200*time.Millisecond)
			if err != nil || count < 10 {
				t.Fatalf("%d were written, %v", count, err)
			}
			if _, _, err := l.run(11, time.Second); err == nil {
				t.Error("eleven under way in five conversations, which have two people each")
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			db, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			read := int64(0)
			for id := range chat.ConversationID(5) {
				c, err := db.Conversation(t.Context(), id+1, people[0])
				if err != nil || c.Head != c.LastSeq || c.BuyerSent != int64(c.Head) {
					t.Errorf("conversation %d: %+v, %v", id+1, c, err)
				}
				events, err := db.EventsAfter(t.Context(), c, 0, 10)
				if err != nil || len(events) != min(int(c.Head), 10) || !slices.ContainsFunc(events, func(e chat.Event) bool { return e.Message.Text == text && e.Actor == people[0] }) {
					t.Errorf("conversation %d: %d events of %d, %v", id+1, len(events), c.Head, err)
				}
				read += int64(c.Head)
			}
			if read != count {
				t.Errorf("%d were written, %d are there", count, read)
			}
		})
	}
}

// talks makes two people with conversations.
func talks(t *testing.T, o store.Options, n int) (people [2]chat.UserID) {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		for i := range people {
			u, err := tx.InsertUser(t.Context(), chat.User{Username: fmt.Sprint("person", i), Name: "Person", CreatedAt: now}, "none")
			if err != nil {
				return err
			}
			people[i] = u.ID
		}
		for i := range n {
			l, err := tx.InsertListing(t.Context(), chat.Listing{
				Slug: fmt.Sprint("thing-", i), Seller: chat.User{ID: people[1]}, Title: "A thing", Price: chat.Money{Amount: 100, Currency: "INR"},
				Category: "books", Condition: "good", Status: chat.ListingActive, CreatedAt: now,
			})
			if err != nil {
				return err
			}
			if _, err := tx.InsertConversation(t.Context(), chat.Conversation{Listing: l, Title: "A thing", BuyerID: people[0], SellerID: people[1], CreatedAt: now, LastAt: now}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return people
}

func TestADurableWriteTakesItsTime(t *testing.T) {
	took, err := commits(t.TempDir(), 50*time.Millisecond)
	if err != nil || len(took) == 0 || !slices.IsSorted(took) || took[0] <= 0 {
		t.Errorf("%v, %v", took, err)
	}
}
