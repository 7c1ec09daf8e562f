package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// small is the whole program, seconds long.
func small(database string) options {
	return options{
		database: database, messages: 12_000, page: 4000, conversations: 100, lines: 100, rounds: 1, repeats: 3, inFlight: 20,
		duration: 500 * time.Millisecond, tries: 3,
	}
}

func TestTheWholeInSmall(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			if database == "postgres" && os.Getenv("SWAPNEST_TEST_DATABASES") == "sqlite" {
				t.Skip("left out, for this is the quick loop")
			}
			o := small(database)
			o.write = t.TempDir()
			var out bytes.Buffer
			if err := run(t.Context(), o, &out); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			told, err := os.ReadFile(filepath.Join(o.write, "docs", "growth.md"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{
				"| 1,000 |", "search within, a rare word", "resume, 50 missed", "list, archived", "a line until it is greeted", "KiB a line",
			} {
				if !strings.Contains(string(told), want) {
					t.Errorf("the document does not tell of %q:\n%s", want, told)
				}
			}
			for _, name := range []string{"cost", "lines", "pages-" + database, "lists-" + database} {
				if svg, err := os.ReadFile(filepath.Join(o.write, "docs", "benchmarks", "growth-"+name+".svg")); err != nil || !bytes.Contains(svg, []byte("<svg")) {
					t.Errorf("the picture of %s: %v", name, err)
				}
			}
		})
	}
}

func TestWhatTheDiskHasNoRoomForIsNotBegun(t *testing.T) {
	o := options{messages: 1_000_000_000_000}
	if err := o.room(t.TempDir()); err == nil || !strings.Contains(err.Error(), "-messages") {
		t.Errorf("got %v", err)
	}
}

// Each conversation gets the messages that it is to have, and what is counted of both sides is what they have said.
func TestATownSaysWhatItIsToSay(t *testing.T) {
	town := newTown(30_000, 1000, 500, time.Now().AddDate(-1, 0, 0))
	long := town.lasting(1, 2, 10_000)
	few := town.lists(3, 40)
	sent := map[*talk]int64{}
	last := map[*talk]int64{}
	for range 30_000 {
		var m message
		town.next(&m)
		sent[m.talk]++
		if m.seq != sent[m.talk] || m.seq != m.bought+m.sold || m.at < last[m.talk] || m.sender != m.talk.buyer && m.sender != m.talk.seller {
			t.Fatalf("%+v of %+v after %d", m, m.talk, sent[m.talk]-1)
		}
		if n := len(m.text()); n < 50 || n > 140 {
			t.Errorf("a text of %d bytes: %s", n, m.text())
		}
		last[m.talk] = m.at
	}
	if sent[long] != 10_000 || few.got != 40 {
		t.Errorf("the long one has %d, and there are %d of the few", sent[long], few.got)
	}
}
