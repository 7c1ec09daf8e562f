package checker_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"swapnest/internal/torture/checker"
)

// What the contract leaves open is no fault.
func TestWhatIsAllowedIsNoFault(t *testing.T) {
	for name, tell := range map[string]func(s *story){
		"nothing special": func(*story) {},
		"an event twice on a line": func(s *story) {
			again := checker.Record{Kind: checker.Saw, Tab: "b", Line: 1, Entry: entry(2)}
			s.records = slices.Insert(s.records, s.find("b", checker.Saw, 4), again)
		},
		"an edit takes a place, is no second message, and is not unread": func(s *story) {
			s.edited(4)
			s.edited(4)
		},
		"a message that comes again says what it says by then": func(s *story) {
			s.edited(2)
			again := s.truth.Log[talk][1]
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: again},
			)
		},
		"a page has messages as they are, and none of what changed them": func(s *story) {
			s.edited(2)
			s.changed(checker.Delete, 4, "")
			s.truth.Holds["a"][talk] = slices.Clone(s.truth.Log[talk][:4])
		},
		"a reaction that is taken back, and one that stays": func(s *story) {
			s.changed(checker.React, 3, "👍")
			s.changed(checker.React, 3, "🎉")
			s.changed(checker.Unreact, 3, "👍")
		},
		"a reaction overtakes what was sent before it": func(s *story) {
			s.changed(checker.React, 3, "👍")
			at := slices.IndexFunc(s.records, func(r checker.Record) bool { return r.Kind == checker.Sent && r.Verb == checker.React })
			sent := s.records[at]
			s.records = slices.Insert(slices.Delete(s.records, at, at+1), s.find("a", checker.Sent, 1), sent)
		},
		"a message that is deleted takes its reactions with it": func(s *story) {
			s.changed(checker.React, 3, "👍")
			s.changed(checker.Delete, 3, "")
		},
		"a second deletion has nothing to do": func(s *story) {
			s.changed(checker.Delete, 1, "")
			s.records = append(s.records,
				checker.Record{Kind: checker.Sent, Verb: checker.Delete, Tab: "a", Entry: checker.Entry{Conversation: talk, Sender: 1, ClientID: "x", Message: 101}},
				checker.Record{Kind: checker.Acked, Tab: "a", Duplicate: true, Entry: checker.Entry{Conversation: talk, ClientID: "x", Seq: 1, Message: 101}})
		},
		"an edit that the API confirmed, which tells no place": func(s *story) {
			s.edited(4)
			at := slices.IndexFunc(s.records, func(r checker.Record) bool { return r.Kind == checker.Acked && r.Entry.ClientID == "x5" })
			s.records[at].Entry.Seq, s.records[at].Entry.At = 0, ""
		},
		"an unknown outcome that appeared": func(s *story) {
			s.drop("a", checker.Acked, 3)
			s.add("a", checker.Doubted, unplaced(entry(3)))
		},
		"an unknown outcome that never appeared": func(s *story) {
			s.add("a", checker.Sent, unplaced(entry(9)))
			s.add("a", checker.Doubted, unplaced(entry(9)))
		},
		"a command sent three times and confirmed twice": func(s *story) {
			s.add("a", checker.Sent, unplaced(entry(1)))
			s.add("a", checker.Sent, unplaced(entry(1)))
			s.records = append(s.records, checker.Record{Kind: checker.Acked, Tab: "a", Line: 1, Entry: entry(1), Duplicate: true})
		},
		"a refused command": func(s *story) {
			s.add("a", checker.Sent, unplaced(entry(9)))
			s.add("a", checker.Refused, unplaced(entry(9)))
		},
		"two tabs overtake each other": func(s *story) {
			sent := s.records[s.find("b", checker.Sent, 4)]
			s.drop("b", checker.Sent, 4)
			s.records = slices.Insert(s.records, 4, sent)
			s.records[s.find("b", checker.Sent, 2)].Tab = "b2"
			s.records[s.find("b", checker.Acked, 2)].Tab = "b2"
		},
		"a later one is seen while earlier ones are coming": func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(2)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(3)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: entry(4)},
			)
		},
		"a new line begins where the tab was": func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(3)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: entry(4)},
			)
		},
		"what comes late on the line before": func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: checker.Entry{Conversation: talk}},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: checker.Entry{Conversation: talk}},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 1, Entry: entry(4)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 1, Entry: entry(4)},
			)
		},
		"events on a line that began nowhere": func(s *story) {
			s.records = slices.DeleteFunc(s.records, func(r checker.Record) bool {
				return r.Tab == "b" && (r.Kind == checker.Began || r.Kind == checker.CaughtUp)
			})
			s.drop("b", checker.Saw, 2)
		},
		"a reset, and a page of the newest messages": func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.Reset, Tab: "a", Line: 2, Entry: checker.Entry{Conversation: talk}, Note: "gap"},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)}, // behind a reset everything may come
				checker.Record{Kind: checker.Loaded, Tab: "a", Line: 2, Entry: entry(3)},
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(3)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: entry(3)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)},
			)
			s.truth.Holds["a"][talk] = s.truth.Holds["a"][talk][2:]
		},
		"caught up at less than what has come": func(s *story) {
			s.records = append(s.records, checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 1, Entry: entry(2)})
		},
		"a notice that was not looked at": func(s *story) {
			s.truth.Standings[0].Told = -1
		},
		"one has read more than one said": func(s *story) {
			s.truth.Standings[0].Marked = 1
		},
		"two conversations have an order each": func(s *story) {
			for seq, e := range map[int64]checker.Entry{1: by("a", 11), 2: by("a", 12)} {
				e.Conversation, e.Seq = 8, seq
				s.truth.Log[8] = append(s.truth.Log[8], e)
				// Sent before everything in the other conversation, and stored at higher places there.
				s.records = slices.Insert(s.records, 0, checker.Record{Kind: checker.Sent, Tab: "a", Entry: unplaced(e)})
			}
			slices.SortFunc(s.truth.Log[8], func(a, b checker.Entry) int { return int(a.Seq - b.Seq) })
			slices.SortStableFunc(s.records[:2], func(a, b checker.Record) int { return strings.Compare(a.Entry.ClientID, b.Entry.ClientID) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := good(4)
			tell(s)
			judge(t, s, "")
		})
	}
}

// What makes each allowance one is looked at as well: without it, the same is a fault.
func TestAnAllowanceEndsWhereItsReasonEnds(t *testing.T) {
	t.Run("an unknown outcome appears once", func(t *testing.T) {
		s := good(4)
		s.drop("a", checker.Acked, 3)
		s.add("a", checker.Doubted, unplaced(entry(3)))
		s.again(func(*checker.Entry) {})
		judge(t, s, "stands at", checker.Duplicate)
	})
	t.Run("what is in doubt overtakes nothing", func(t *testing.T) {
		s := good(4)
		s.swap()
		s.add("a", checker.Doubted, unplaced(entry(3)))
		judge(t, s, "", checker.Reordering)
	})
	t.Run("a reset is followed by a position", func(t *testing.T) {
		s := good(4)
		s.records = append(s.records,
			checker.Record{Kind: checker.Reset, Tab: "a", Line: 1, Entry: checker.Entry{Conversation: talk}},
			checker.Record{Kind: checker.Began, Tab: "a", Line: 1, Entry: entry(1)},
			checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 1, Entry: entry(1)},
			checker.Record{Kind: checker.Saw, Tab: "a", Line: 1, Entry: entry(3)},
		)
		judge(t, s, "the seq 3", checker.Gap)
	})
	t.Run("a reset makes nothing true that was not", func(t *testing.T) {
		s := good(4)
		s.add("a", checker.Saw, entry(5))
		s.add("a", checker.Reset, checker.Entry{Conversation: talk})
		judge(t, s, "not stored", checker.Phantom)
	})
}

func TestWhatWasTriedIsCounted(t *testing.T) {
	s := good(4)
	s.add("a", checker.Sent, unplaced(entry(1)))
	s.records = append(s.records, checker.Record{Kind: checker.Acked, Tab: "a", Line: 1, Entry: entry(1), Duplicate: true})
	s.add("b", checker.Saw, entry(2)) // again
	s.add("a", checker.Sent, unplaced(entry(9)))
	s.add("a", checker.Doubted, unplaced(entry(9)))
	s.add("a", checker.Sent, unplaced(entry(9)))
	s.add("a", checker.Doubted, unplaced(entry(9)))
	s.add("a", checker.Sent, unplaced(entry(11)))
	s.add("a", checker.Refused, unplaced(entry(11)))
	s.drop("b", checker.Acked, 4)
	s.add("b", checker.Doubted, unplaced(entry(4)))
	s.records = append(s.records,
		checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(4)},
		checker.Record{Kind: checker.Reset, Tab: "a", Line: 2, Entry: checker.Entry{Conversation: talk}},
		checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(3)},
		checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)}, // all was forgotten: not again
		checker.Record{Kind: checker.Killed, Note: "at random"},
		checker.Record{Kind: checker.Killed, Note: "at random"},
		checker.Record{Kind: checker.Killed, Note: "before ack"},
	)
	got := judge(t, s, "").Counts
	want := checker.Counts{
		Tabs: 2, Conversations: 1, Sent: 6, Transmissions: 8, Acked: 3, Duplicates: 1, Refused: 1, Doubts: 3,
		Unanswered: 2, Appeared: 1, Saw: 10, Again: 1, Lines: 3, Resets: 1, Stored: 4,
	}
	if kills := map[string]int{"at random": 2, "before ack": 1}; !maps.Equal(got.Kills, kills) {
		t.Errorf("kills: got %v, want %v", got.Kills, kills)
	}
	got.Kills = nil
	if a, b := (checker.Report{Counts: got}).String(), (checker.Report{Counts: want}).String(); a != b {
		t.Errorf("got\n%s\nwant\n%s", a, b)
	}
}

func TestAHistoryKeepsTheOrderOfItsRecords(t *testing.T) {
	var h checker.History
	for _, kind := range []checker.Kind{checker.Began, checker.CaughtUp, checker.Sent} {
		h.Add(checker.Record{Kind: kind})
	}
	before := h.Records()
	h.Add(checker.Record{Kind: checker.Acked})
	_ = append(before, checker.Record{Kind: checker.Killed}) // is the caller's own, like all of it
	var got []checker.Kind
	for _, r := range h.Records() {
		got = append(got, r.Kind)
	}
	if want := []checker.Kind{checker.Began, checker.CaughtUp, checker.Sent, checker.Acked}; !slices.Equal(got, want) || len(before) != 3 {
		t.Errorf("got %v, want %v", got, want)
	}
}
