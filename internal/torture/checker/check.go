package checker

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// place is where a message stands.
type place struct{ conversation, seq int64 }

// name identifies a command: its client id among those of its sender in a conversation.
type name struct {
	conversation, sender int64
	client               string
}

var errNotStored = errors.New("which is not stored")

// command is what is known of one command from the histories.
type command struct {
	name
	verb    Verb
	about   int64 // the message that it changes
	answers int64 // the message that it answers
	tab     Tab
	text    string
	files   string // as Entry.Files
	order   int    // among the commands of its tab, by first transmission
	acks    []Record
	refused bool
}

// check holds what the rules look at.
type check struct {
	records  []Record
	truth    Truth
	report   Report
	commands map[name]*command
	senders  map[Tab]int64 // whose tab it is
	log      map[place]Entry
	texts    map[string]place    // where a message stands that was sent with a text and files: every command has some of its own
	places   map[name]int64      // where what a command made stands in its conversation
	versions map[place][]version // what became of each message
}

// Check judges a history. Every command of the history has a text of its own, or files where it has none.
func Check(records []Record, truth Truth) Report {
	c := &check{
		records: records, truth: truth,
		commands: make(map[name]*command), senders: make(map[Tab]int64),
		log: make(map[place]Entry), texts: make(map[string]place), places: make(map[name]int64), versions: make(map[place][]version),
	}
	c.report.Counts.Kills = make(map[string]int)
	c.gather()
	c.stored()
	c.became()
	c.answered()
	c.ordered()
	c.lines()
	c.held()
	c.counted()
	c.files()
	return c.report
}

func (c *check) broken(f Fault, format string, args ...any) {
	c.report.Violations = append(c.report.Violations, Violation{f, fmt.Sprintf(format, args...)})
}

// gather sorts the records by command and counts them.
func (c *check) gather() {
	n := &c.report.Counts
	orders := make(map[Tab]int)
	lines := make(map[Tab]map[int]bool)
	for _, r := range c.records {
		key := name{r.Entry.Conversation, c.senders[r.Tab], r.Entry.ClientID}
		switch r.Kind {
		case Sent:
			c.senders[r.Tab], key.sender = r.Entry.Sender, r.Entry.Sender
			n.Transmissions++
			if c.commands[key] == nil {
				orders[r.Tab]++
				c.commands[key] = &command{
					name: key, verb: r.Verb, about: r.Entry.Message, answers: r.Entry.Answers, tab: r.Tab, text: r.Entry.Text, files: r.Entry.Files, order: orders[r.Tab],
				}
			}
		case Acked:
			if r.Duplicate {
				n.Duplicates++
			}
			if one := c.commands[key]; one != nil {
				one.acks = append(one.acks, r)
			} else {
				c.broken(Phantom, "%s got an ack for %v, which it has not sent", r.Tab, key)
			}
		case Refused:
			if one := c.commands[key]; one != nil {
				one.refused = true
			}
		case Doubted:
			n.Doubts++
		case Began:
			if lines[r.Tab] == nil {
				lines[r.Tab] = make(map[int]bool)
			}
			lines[r.Tab][r.Line] = true
		case Saw:
			n.Saw++
		case Reset:
			n.Resets++
		case Killed:
			n.Kills[r.Note]++
		case CaughtUp, Loaded:
		}
	}
	for _, of := range lines {
		n.Lines += len(of)
	}
	n.Tabs, n.Sent = len(c.truth.Holds), len(c.commands)
}

// stored looks at the database alone: seqs without gaps, no command twice, nothing that
// nobody sent.
func (c *check) stored() {
	c.report.Counts.Conversations = len(c.truth.Log)
	for _, id := range slices.Sorted(maps.Keys(c.truth.Log)) {
		for i, e := range c.truth.Log[id] {
			if e.Conversation != id || e.Seq != int64(i)+1 {
				c.broken(Gap, "conversation %d has the seq %d at place %d", id, e.Seq, i+1)
			}
			if e.Changes != 0 {
				c.changed(e) // It takes a place and brings no message.
				c.log[place{id, e.Seq}] = e
				continue
			}
			c.posted(id, e)
		}
	}
}

// posted looks at a message of the log.
func (c *check) posted(id int64, e Entry) {
	c.report.Counts.Stored++
	at, key := place{id, e.Seq}, name{id, e.Sender, e.ClientID}
	if before, twice := c.places[key]; twice {
		c.broken(Duplicate, "%v stands at %d and %d", key, before, e.Seq)
	} else {
		c.places[key] = e.Seq
	}
	sent := stateOf(e)
	switch one := c.commands[key]; {
	case one == nil || one.verb != Post:
		c.broken(Phantom, "nobody sent what stands at %d of conversation %d: %q as %v", e.Seq, id, e.Text, key)
	case one.refused:
		c.broken(Phantom, "%v was refused, and is stored at %d", key, e.Seq)
	default:
		sent = state{text: one.text, files: c.brought(at, e, one)}
		if e.Answers != one.answers {
			c.broken(Phantom, "what stands at %v answers %d, and was sent as an answer to %d", at, e.Answers, one.answers)
		}
	}
	said := sent.text + sent.files
	if before, twice := c.texts[said]; twice {
		c.broken(Duplicate, "%q stands at %v and %v", said, before, at)
	}
	c.log[at], c.texts[said], c.versions[at] = e, at, []version{{e.Seq, sent}}
}

// answered holds every ack against the database, and counts what has none.
func (c *check) answered() {
	n := &c.report.Counts
	for _, one := range c.commands {
		for _, ack := range one.acks {
			if !c.kept(one, ack) {
				c.broken(LostAck, "%v was confirmed to %s as message %d at %d (%s), where there is %+v",
					one.name, one.tab, ack.Entry.Message, ack.Entry.Seq, ack.Entry.At, c.log[place{one.conversation, ack.Entry.Seq}])
			}
		}
		switch {
		case len(one.acks) > 0:
			n.Acked++
		case one.refused:
			n.Refused++
		default:
			n.Unanswered++
			if _, stored := c.places[one.name]; stored {
				n.Appeared++
			}
		}
	}
}

// kept tells whether what was confirmed stands where the ack says.
func (c *check) kept(one *command, ack Record) bool {
	seq, made := c.places[one.name]
	e := c.log[place{one.conversation, seq}]
	if one.verb == Post {
		return made && seq == ack.Entry.Seq && e.Message == ack.Entry.Message && e.At == ack.Entry.At
	}
	if !made {
		// There was nothing to do: then the answer has the place of the message.
		at := slices.IndexFunc(c.truth.Log[one.conversation], func(e Entry) bool { return e.Message == one.about && e.Changes == 0 })
		return ack.Duplicate && at >= 0 && (one.verb != Delete || c.truth.Log[one.conversation][at].Deleted)
	}
	// The API confirms a change by the message alone.
	return e.Message == ack.Entry.Message && (ack.Entry.Seq == 0 || seq == ack.Entry.Seq && e.At == ack.Entry.At)
}

// ordered finds commands of one tab in one conversation that overtook each other: a client
// sends what has no answer again before what follows it. Reactions wait behind nothing, and
// nothing waits behind them.
func (c *check) ordered() {
	type stream struct {
		tab          Tab
		conversation int64
	}
	streams := make(map[stream][]*command)
	for _, one := range c.commands {
		if !one.refused && one.verb != React && one.verb != Unreact {
			key := stream{one.tab, one.conversation}
			streams[key] = append(streams[key], one)
		}
	}
	for key, all := range streams {
		slices.SortFunc(all, func(a, b *command) int { return a.order - b.order })
		var last int64
		var before *command
		for _, one := range all {
			seq, ok := c.places[one.name]
			if !ok {
				continue
			}
			if seq < last {
				c.broken(Reordering, "%s sent %q before %q, and they stand at %d and %d of conversation %d",
					key.tab, before.text, one.text, last, seq, key.conversation)
			}
			last, before = seq, one
		}
	}
}
