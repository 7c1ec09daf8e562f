package checker_test

import (
	"slices"
	"strings"
	"testing"

	"swapnest/internal/torture/checker"
)

// Each story is good but for one thing, which breaks one sentence of the contract, in some
// cases two.
func TestEveryBreachIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		tell   func(s *story)
		text   string // in the detail of a fault
		faults []checker.Fault
	}{
		"an ack, and nothing is stored": {func(s *story) {
			s.add("a", checker.Sent, unplaced(entry(5)))
			s.add("a", checker.Acked, entry(5))
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"an ack for another message's place": {func(s *story) {
			s.change("a", checker.Acked, 1, func(e *checker.Entry) { e.Seq, e.Message, e.At = 3, 103, "at 3" })
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"an ack for the place of what somebody else has written": {func(s *story) {
			s.truth.Log[talk][0].Sender = 2
		}, "confirmed", []checker.Fault{checker.LostAck, checker.Phantom, checker.Divergence}},
		"an edit that did not come": {func(s *story) {
			s.edited(4)
			s.edited(3)
			at := slices.IndexFunc(s.records, func(r checker.Record) bool { return r.Entry.Changes == 4 && r.Tab == "b" })
			s.records = slices.Delete(s.records, at, at+1)
		}, "the seq 6", []checker.Fault{checker.Gap}},
		"an edit of no message": {func(s *story) {
			s.edited(4)
			s.edited(5)
		}, "which is no message", []checker.Fault{checker.Phantom, checker.LostAck, checker.Divergence}},
		"an edit that changed nothing": {func(s *story) {
			s.edited(4)
			s.truth.Log[talk][3].Text = "text 4"
		}, "the event at 5 made it", []checker.Fault{checker.Divergence}},
		"an edit that nobody asked for": {func(s *story) {
			s.edited(4)
			s.records = slices.DeleteFunc(s.records, func(r checker.Record) bool { return r.Entry.ClientID == "x5" })
			s.truth.Log[talk][3].Text = "text 4" // as it was
		}, "nobody asked for", []checker.Fault{checker.Phantom, checker.Divergence}},
		"an edit that was refused": {func(s *story) {
			s.edited(4)
			at := slices.IndexFunc(s.records, func(r checker.Record) bool { return r.Kind == checker.Acked && r.Entry.ClientID == "x5" })
			s.records[at].Kind = checker.Refused
		}, "was refused", []checker.Fault{checker.Phantom}},
		"an edit at two places": {func(s *story) {
			s.edited(4)
			again := s.truth.Log[talk][4]
			again.Seq++
			s.truth.Log[talk] = append(s.truth.Log[talk], again)
			s.truth.Holds = nil
		}, "stands at 5 and 6", []checker.Fault{checker.Duplicate}},
		"an edit of another message than it was asked for": {func(s *story) {
			s.edited(4)
			at := slices.IndexFunc(s.records, func(r checker.Record) bool { return r.Kind == checker.Sent && r.Entry.ClientID == "x5" })
			s.records[at].Entry.Message = 102
		}, "is about message 102", []checker.Fault{checker.Phantom}},
		"an edit that came with the text before it": {func(s *story) {
			s.edited(4)
			at := slices.IndexFunc(s.records, func(r checker.Record) bool { return r.Entry.Changes == 4 && r.Tab == "b" })
			s.records[at].Entry.Text = "text 4"
		}, "b saw", []checker.Fault{checker.Divergence}},
		"a client that has not taken an edit": {func(s *story) {
			s.edited(4)
			s.truth.Holds["b"][talk] = s.truth.Holds["b"][talk][:4]
		}, `b ends with "text 4"`, []checker.Fault{checker.Divergence}},
		"an ack of a deletion, and nothing is deleted": {func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Sent, Verb: checker.Delete, Tab: "a", Entry: checker.Entry{Conversation: talk, Sender: 1, ClientID: "x", Message: 101}},
				checker.Record{Kind: checker.Acked, Tab: "a", Duplicate: true, Entry: checker.Entry{Conversation: talk, ClientID: "x", Seq: 1, Message: 101}})
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"an answer to another message": {func(s *story) {
			s.change("a", checker.Sent, 3, func(e *checker.Entry) { e.Answers = 101 })
		}, "answers 0, and was sent as an answer to 101", []checker.Fault{checker.Phantom}},
		"an answer that is seen as none": {func(s *story) {
			s.change("a", checker.Sent, 3, func(e *checker.Entry) { e.Answers = 101 })
			s.truth.Log[talk][2].Answers = 101
		}, "b saw", []checker.Fault{checker.Divergence}},
		"a deleted message that still says something": {func(s *story) {
			s.changed(checker.Delete, 4, "")
			s.truth.Log[talk][3].Text, s.truth.Log[talk][3].Deleted = "text 4", false
			s.truth.Holds = nil
		}, "made it deleted", []checker.Fault{checker.Divergence}},
		"a reaction that is gone": {func(s *story) {
			s.changed(checker.React, 4, "👍")
			s.truth.Log[talk][3].Reactions = ""
			s.truth.Holds = nil
		}, "made it", []checker.Fault{checker.Divergence}},
		"a reaction of somebody else": {func(s *story) {
			s.changed(checker.React, 4, "👍")
			s.truth.Log[talk][3].Reactions = checker.Reaction("👍", 1)
			s.truth.Holds = nil
		}, "made it", []checker.Fault{checker.Divergence}},
		"a message without its files": {func(s *story) {
			s.attached(3, "f1", "f2")
			s.truth.Log[talk][2].Files = ""
			s.truth.Holds = nil
			s.truth.Files = nil
		}, `has the files ""`, []checker.Fault{checker.LostFile, checker.Divergence}},
		"a message without one of its files": {func(s *story) {
			s.attached(3, "f1", "f2")
			s.truth.Log[talk][2].Files = "f2"
			s.truth.Holds = nil
		}, "which does not show it", []checker.Fault{checker.LostFile, checker.Divergence}},
		"a file that is stored nowhere": {func(s *story) {
			s.attached(3, "f1", "f2")
			delete(s.truth.Files, "f1")
		}, "shows the file f1", []checker.Fault{checker.LostFile}},
		"a file that is removed under its message": {func(s *story) {
			s.attached(3, "f1")
			s.truth.Files["f1"] = checker.File{Message: 103, Gone: true}
		}, "shows the file f1", []checker.Fault{checker.LostFile}},
		"a file in two messages": {func(s *story) {
			s.attached(3, "f1")
			s.attached(4, "f1")
		}, "is in the messages", []checker.Fault{checker.Duplicate, checker.LostFile}},
		"a file in a message that is not there": {func(s *story) {
			s.attached(3, "f1")
			s.truth.Files["f2"] = checker.File{Message: 999}
		}, "which is not stored", []checker.Fault{checker.LostFile}},
		"a file that outlives its message": {func(s *story) {
			s.attached(4, "f1")
			s.changed(checker.Delete, 4, "")
		}, "is kept", []checker.Fault{checker.LostFile}},
		"a file that is refused and free": {func(s *story) {
			s.attached(3, "f1")
			s.truth.Files["f2"] = checker.File{}
			refused := checker.Entry{Conversation: talk, Sender: 1, ClientID: "late", Text: "late", Files: "f2"}
			s.add("a", checker.Sent, refused)
			s.add("a", checker.Refused, refused)
		}, "are in no message", []checker.Fault{checker.LostFile}},
		"a message that one saw without its file": {func(s *story) {
			s.attached(3, "f1")
			s.change("b", checker.Saw, 3, func(e *checker.Entry) { e.Files = "" })
		}, "b saw", []checker.Fault{checker.Divergence}},
		"an ack for the place of an edit": {func(s *story) {
			s.edited(1)
			s.change("a", checker.Acked, 1, func(e *checker.Entry) { e.Seq = 5 })
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"an ack with another id": {func(s *story) {
			s.change("a", checker.Acked, 1, func(e *checker.Entry) { e.Message = 999 })
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"an ack with another time": {func(s *story) {
			s.change("a", checker.Acked, 1, func(e *checker.Entry) { e.At = "never" })
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"a second ack that contradicts the first": {func(s *story) {
			e := entry(1)
			e.Seq = 4
			s.add("a", checker.Acked, e)
		}, "confirmed", []checker.Fault{checker.LostAck}},
		"an ack for what was not sent": {func(s *story) {
			s.add("b", checker.Acked, entry(1))
		}, "has not sent", []checker.Fault{checker.Phantom}},
		"a message that nobody sent": {func(s *story) {
			s.drop("a", checker.Sent, 3)
			s.drop("a", checker.Acked, 3)
		}, "nobody sent", []checker.Fault{checker.Phantom}},
		"a message with another text": {func(s *story) {
			s.change("a", checker.Sent, 3, func(e *checker.Entry) { e.Text = "something else" })
			s.drop("a", checker.Acked, 3)
		}, "was sent as", []checker.Fault{checker.Phantom}},
		"a message that was refused": {func(s *story) {
			at := s.find("a", checker.Acked, 3)
			s.records[at].Kind = checker.Refused
		}, "was refused", []checker.Fault{checker.Phantom}},
		"one command at two places": {func(s *story) {
			s.again(func(e *checker.Entry) { e.Text = "said otherwise" })
		}, "stands at 3 and 5", []checker.Fault{checker.Duplicate, checker.Phantom}},
		"one text at two places under two names": {func(s *story) {
			s.again(func(e *checker.Entry) { e.ClientID = "other" })
			sent := unplaced(s.truth.Log[talk][4])
			s.records = slices.Insert(s.records, s.find("b", checker.Sent, 2), checker.Record{Kind: checker.Sent, Tab: "a", Entry: sent})
			s.drop("a", checker.Acked, 3) // which of both was confirmed is another question
		}, `"text 3" stands at`, []checker.Fault{checker.Duplicate, checker.Reordering}},
		"a seq that is missing in the log": {func(s *story) {
			s.truth.Log[talk] = slices.Delete(s.truth.Log[talk], 1, 2)
			for _, kind := range []checker.Kind{checker.Sent, checker.Acked, checker.Saw} {
				s.drop("b", kind, 2)
			}
			s.drop("a", checker.Saw, 2)
			for tab := range s.truth.Holds {
				s.truth.Holds[tab] = nil
			}
		}, "at place", []checker.Fault{checker.Gap}},
		"a message of another conversation in the log": {func(s *story) {
			s.truth.Log[8] = []checker.Entry{by("a", 1)}
			s.truth.Log[8][0].ClientID, s.truth.Log[8][0].Text = "c8", "text 8"
			s.truth.Log[8][0].Conversation = 9
			sent := unplaced(s.truth.Log[8][0])
			sent.Conversation = 8
			s.add("a", checker.Sent, sent)
		}, "conversation 8 has the seq 1 at place 1", []checker.Fault{checker.Gap}},
		"a seq that is missing on a line": {func(s *story) {
			s.drop("b", checker.Saw, 2)
		}, "on line 1 of b the seq 3", []checker.Fault{checker.Gap}},
		"caught up before all has come": {func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(2)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: entry(4)},
			)
		}, "all up to 4", []checker.Fault{checker.Gap}},
		"a gap behind caught up on a later line": {func(s *story) {
			s.records = append(s.records,
				checker.Record{Kind: checker.Began, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.CaughtUp, Tab: "a", Line: 2, Entry: entry(1)},
				checker.Record{Kind: checker.Saw, Tab: "a", Line: 2, Entry: entry(4)},
			)
		}, "follows 1", []checker.Fault{checker.Gap}},
		"a client that ends too early": {func(s *story) {
			s.truth.Holds["b"][talk] = s.truth.Holds["b"][talk][:3]
		}, "b ends without 4", []checker.Fault{checker.Gap}},
		"a client with nothing": {func(s *story) {
			s.truth.Holds["b"][talk] = nil
		}, "b ends without 1", []checker.Fault{checker.Gap}},
		"a client with a hole": {func(s *story) {
			s.truth.Holds["b"][talk] = slices.Delete(s.truth.Holds["b"][talk], 1, 2)
		}, "b ends without 2", []checker.Fault{checker.Gap}},
		"a client with another text": {func(s *story) {
			s.truth.Holds["b"][talk][1].Text = "something else"
		}, "b ends with", []checker.Fault{checker.Divergence}},
		"a client with more than there is": {func(s *story) {
			s.truth.Holds["b"][talk] = append(s.truth.Holds["b"][talk], entry(5))
		}, "b ends with", []checker.Fault{checker.Phantom}},
		"two commands that changed places": {func(s *story) {
			s.swap()
		}, "a sent", []checker.Fault{checker.Reordering}},
		"something seen that is not stored": {func(s *story) {
			s.add("b", checker.Saw, entry(5))
		}, "which is not stored", []checker.Fault{checker.Phantom}},
		"something loaded that is not stored": {func(s *story) {
			s.add("b", checker.Loaded, entry(5))
		}, "which is not stored", []checker.Fault{checker.Phantom}},
		"something seen otherwise than it is stored": {func(s *story) {
			s.change("b", checker.Saw, 2, func(e *checker.Entry) { e.At = "never" })
		}, "b saw", []checker.Fault{checker.Divergence}},
		"something loaded otherwise than it is stored": {func(s *story) {
			e := entry(2)
			e.Sender = 9
			s.add("b", checker.Loaded, e)
		}, "b saw", []checker.Fault{checker.Divergence}},
		"one place seen in two ways": {func(s *story) {
			e := entry(2)
			e.Message = 999
			s.add("b", checker.Saw, e)
		}, "and then", []checker.Fault{checker.Divergence}},
		"too many unread messages": {func(s *story) {
			s.truth.Standings[0].Unread = 2
		}, "told of 2 unread", []checker.Fault{checker.Miscount}},
		"one's own messages counted as unread": {func(s *story) {
			s.truth.Standings[1].Read, s.truth.Standings[1].Unread = 1, 2
		}, "told of 2 unread", []checker.Fault{checker.Miscount}},
		"a reading that was forgotten": {func(s *story) {
			s.truth.Standings[0].Marked = 4
		}, "up to 4, and stands at 3", []checker.Fault{checker.Miscount}},
		"a notice that is missing": {func(s *story) {
			s.truth.Standings[0].Told = 0
		}, "is of 0", []checker.Fault{checker.Miscount}},
		"a notice of what has been read": {func(s *story) {
			s.truth.Standings[0].Read, s.truth.Standings[0].Unread = 4, 0
		}, "is of 4, and the newest unread message is 0", []checker.Fault{checker.Miscount}},
	} {
		t.Run(name, func(t *testing.T) {
			s := good(4)
			test.tell(s)
			judge(t, s, test.text, test.faults...)
		})
	}
}

// again stores what stands at 3 at the end once more, with a change, and has it read.
func (s *story) again(change func(*checker.Entry)) {
	e := entry(3)
	e.Seq, e.Message = 5, 105
	change(&e)
	s.truth.Log[talk] = append(s.truth.Log[talk], e)
	for tab := range s.truth.Holds {
		s.truth.Holds[tab][talk] = append(s.truth.Holds[tab][talk], e)
	}
	s.truth.Standings[1].Read = 5
}

// swap has tab a send what stands at 3 before what stands at 1.
func (s *story) swap() {
	sent := s.records[s.find("a", checker.Sent, 3)]
	s.drop("a", checker.Sent, 3)
	s.records = slices.Insert(s.records, s.find("a", checker.Sent, 1), sent)
}

func TestAReportShowsTheFirstFaultsAndHowManyMore(t *testing.T) {
	s := good(4)
	for range 9 {
		s.add("b", checker.Saw, entry(5))
	}
	s.records = append(s.records, checker.Record{Kind: checker.Killed, Note: "after commit"}, checker.Record{Kind: checker.Killed, Note: "after commit"})
	r := judge(t, s, "", checker.Phantom)
	for _, want := range []string{"tabs 2, conversations 1, sent 4", "killed after commit: 2", "violations: 9\n", "\n  phantom: b saw", "and 3 more"} {
		if got := r.String(); !strings.Contains(got, want) || strings.Count(got, "phantom: b saw") != 6 {
			t.Errorf("%q is not in, or not six faults are\n%s", want, got)
		}
	}
	if !r.Has(checker.Gap, checker.Phantom) || r.Has(checker.Gap, checker.LostAck) {
		t.Error("it has a phantom, and neither a gap nor a lost ack")
	}
}
