package checker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"swapnest/internal/torture/checker"
)

// talk is the conversation of every story that needs no more than one.
const talk = 7

// story is a small history with what is left at its end. Person 1 has the tab a, person 2
// the tab b.
type story struct {
	records []checker.Record
	truth   checker.Truth
}

// tabOf and personOf join who writes at a place: a the odd ones, b the even ones.
func tabOf(seq int64) checker.Tab { return []checker.Tab{"b", "a"}[seq%2] }

func personOf(tab checker.Tab) int64 { return map[checker.Tab]int64{"a": 1, "b": 2}[tab] }

// entry is the message at a place, as everybody has to see it.
func entry(seq int64) checker.Entry { return by(tabOf(seq), seq) }

// by is entry with another writer than its place says.
func by(tab checker.Tab, seq int64) checker.Entry {
	return checker.Entry{
		Conversation: talk, Seq: seq, Message: 100 + seq, Sender: personOf(tab),
		ClientID: fmt.Sprint("c", seq), Text: fmt.Sprint("text ", seq), At: fmt.Sprint("at ", seq),
	}
}

// edited adds that the message at a place was edited by its sender, as the next event, seen by both.
func (s *story) edited(place int64) {
	s.changed(checker.Edit, place, fmt.Sprint("another text ", len(s.truth.Log[talk])+1))
}

// changed adds that a command of who has sent the message at a place changed it, as the next
// event, seen by both.
func (s *story) changed(verb checker.Verb, place int64, text string) {
	log := s.truth.Log[talk]
	e := log[place-1]
	who, seq := tabOf(place), int64(len(log))+1
	command := checker.Entry{Conversation: talk, Sender: personOf(who), ClientID: fmt.Sprint("x", seq), Text: text, Message: e.Message}
	s.records = append(s.records, checker.Record{Kind: checker.Sent, Verb: verb, Tab: who, Line: 1, Entry: command})
	command.Seq, command.At = seq, fmt.Sprint("at ", seq)
	s.add(who, checker.Acked, command)
	command.Changes, command.Text = place, ""
	switch verb {
	case checker.Edit:
		e.Text = text
	case checker.Delete:
		e.Text, e.Deleted, e.Reactions, e.Files = "", true, "", ""
	case checker.React:
		e.Reactions = checker.Reactions(append(strings.Fields(e.Reactions), checker.Reaction(text, command.Sender)))
	case checker.Unreact:
		e.Reactions = checker.Reactions(slices.DeleteFunc(strings.Fields(e.Reactions), func(one string) bool {
			return one == checker.Reaction(text, command.Sender)
		}))
	case checker.Post:
		panic("it changes nothing")
	}
	log[place-1] = e
	s.truth.Log[talk] = append(log, command)
	e.Seq, e.Changes = seq, place
	for _, tab := range []checker.Tab{"a", "b"} {
		s.add(tab, checker.Saw, e)
		s.truth.Holds[tab][talk] = append(s.truth.Holds[tab][talk], e)
	}
}

// unplaced is what a client knows of a command that was not answered.
func unplaced(e checker.Entry) checker.Entry {
	e.Seq, e.Message, e.At = 0, 0, ""
	return e
}

// good is a story of n messages in which nothing goes wrong: both tabs have a line each,
// every message is sent, confirmed and seen by both, person 1 has read all but the last
// message of the other, and is told of that.
func good(n int64) *story {
	s := &story{}
	for _, tab := range []checker.Tab{"a", "b"} {
		s.add(tab, checker.Began, checker.Entry{Conversation: talk})
		s.add(tab, checker.CaughtUp, checker.Entry{Conversation: talk})
	}
	for seq := int64(1); seq <= n; seq++ {
		s.add(tabOf(seq), checker.Sent, unplaced(entry(seq)))
		s.add(tabOf(seq), checker.Acked, entry(seq))
		s.add("a", checker.Saw, entry(seq))
		s.add("b", checker.Saw, entry(seq))
	}
	s.stored(n)
	last := n - n%2
	s.truth.Standings = []checker.Standing{
		{Person: 1, Conversation: talk, Unread: 1, Read: last - 1, Marked: last - 1, Told: last},
		{Person: 2, Conversation: talk, Unread: 0, Read: n, Told: 0},
	}
	return s
}

// stored has the log and both tabs end with so many messages.
func (s *story) stored(n int64) {
	all := make([]checker.Entry, n)
	for i := range all {
		all[i] = entry(int64(i) + 1)
	}
	s.truth.Log = map[int64][]checker.Entry{talk: all}
	s.truth.Holds = map[checker.Tab]map[int64][]checker.Entry{"a": {talk: slices.Clone(all)}, "b": {talk: slices.Clone(all)}}
}

// attached has the message at a place be sent with files, and seen and stored with them.
func (s *story) attached(seq int64, files ...string) {
	for i := range s.records {
		if e := &s.records[i].Entry; e.ClientID == entry(seq).ClientID {
			e.Files = strings.Join(files, " ")
		}
	}
	s.truth.Log[talk][seq-1].Files = strings.Join(files, " ")
	for _, held := range s.truth.Holds {
		held[talk][seq-1].Files = strings.Join(files, " ")
	}
	if s.truth.Files == nil {
		s.truth.Files = make(map[string]checker.File)
	}
	for _, id := range files {
		s.truth.Files[id] = checker.File{Message: s.truth.Log[talk][seq-1].Message}
	}
}

// add adds a record of the tab's first line.
func (s *story) add(tab checker.Tab, kind checker.Kind, e checker.Entry) {
	s.records = append(s.records, checker.Record{Kind: kind, Tab: tab, Line: 1, Entry: e})
}

// find is the first record of a kind about the message at a place; a tab of "" is either.
func (s *story) find(tab checker.Tab, kind checker.Kind, seq int64) int {
	return slices.IndexFunc(s.records, func(r checker.Record) bool {
		return r.Kind == kind && (tab == "" || r.Tab == tab) && r.Entry.ClientID == entry(seq).ClientID
	})
}

// drop takes that record out.
func (s *story) drop(tab checker.Tab, kind checker.Kind, seq int64) {
	at := s.find(tab, kind, seq)
	s.records = slices.Delete(s.records, at, at+1)
}

// change changes what that record says.
func (s *story) change(tab checker.Tab, kind checker.Kind, seq int64, change func(*checker.Entry)) {
	change(&s.records[s.find(tab, kind, seq)].Entry)
}

// judge has exactly these kinds of faults found, a wanted text in one of them.
func judge(t *testing.T, s *story, text string, want ...checker.Fault) checker.Report {
	t.Helper()
	r := checker.Check(s.records, s.truth)
	var got []checker.Fault
	told := text == ""
	for _, v := range r.Violations {
		got = append(got, v.Fault)
		told = told || strings.Contains(v.Detail, text)
	}
	slices.Sort(got)
	got = slices.Compact(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || r.OK() != (len(want) == 0) {
		t.Errorf("found %v, want %v\n%s", got, want, r)
	} else if !told {
		t.Errorf("none of them says %q\n%s", text, r)
	}
	return r
}
