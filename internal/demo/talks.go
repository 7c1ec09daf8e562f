package demo

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/chat"
)

// A talk is a text file. Its head says what it is about; a blank line; then its
// messages, each on a line of its own:
//
//	about: hero-sprint-cycle     the listing
//	buyer: aarav
//	ends: 4m                     how long ago the last message was sent
//	unread-buyer: 0              of the last messages; likewise unread-seller
//	keeps-buyer: pinned muted    archived or marked-unread; how the buyer keeps it
//	closed: yes                  nothing can be written there any more
//
//	b: what the buyer says
//	s: what the seller says
//	| and its second line
//	= what it was at first       it was edited to what stands above
//	x                            it was deleted
//	+b ❤️                        the buyer reacted to it; likewise +s
//	^ New tyres                  it answers the last message before it that begins so
//	-                            the buyer has deleted it for themselves
//	@ bicycle-3.jpg              it carries a photo of that drawing, one of the papers, or a voice message
//	~ 14h                        nobody writes for so long
//
//go:embed talks/*.txt
var talkFiles embed.FS

// talk is one conversation.
type talk struct {
	file, about, buyer        string
	ends                      time.Duration
	unreadBuyer, unreadSeller int
	keeps                     []string // by the buyer
	closed                    bool
	lines                     []spoken
}

// spoken is one message.
type spoken struct {
	buyer   bool
	text    string
	was     string // what it was edited from, "" for never
	deleted bool
	put     []put
	answers int      // which line it answers, from 1 on; 0 for none
	hidden  bool     // from the buyer
	carries []string // names of files
	files   []chat.AttachmentID
	gap     time.Duration // since the message before
	at      time.Time
}

// put is an emoji that somebody put to a message.
type put struct {
	buyer bool
	emoji string
}

// readTalks returns all talks, with times that rise to where each ends before now.
func readTalks(now time.Time) ([]talk, error) {
	entries, err := talkFiles.ReadDir("talks")
	if err != nil {
		return nil, fmt.Errorf("read the talks: %w", err)
	}
	talks := make([]talk, len(entries))
	for i, e := range entries {
		data, err := talkFiles.ReadFile(path.Join("talks", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the talks: %w", err)
		}
		k, err := parseTalk(string(data), rand.New(rand.NewPCG(2026, uint64(i))))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		k.file = e.Name()
		at := now.UTC().Add(-k.ends).Truncate(time.Millisecond)
		for n := len(k.lines) - 1; n >= 0; n-- {
			k.lines[n].at = at
			at = at.Add(-k.lines[n].gap)
		}
		talks[i] = k
	}
	return talks, nil
}

func parseTalk(data string, dice *rand.Rand) (talk, error) {
	var k talk
	head, body, ok := strings.Cut(data, "\n\n")
	if !ok {
		return k, fmt.Errorf("the head has no end")
	}
	for line := range strings.Lines(head) {
		if err := k.set(line); err != nil {
			return k, err
		}
	}
	var pause time.Duration
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\n")
		mark, text, _ := strings.Cut(line, " ")
		switch mark {
		case "~":
			d, err := time.ParseDuration(text)
			if err != nil {
				return k, err
			}
			pause += d
		case "b:", "s:":
			// A few seconds to think, and about twelve characters a second to write.
			gap := pause + time.Duration(8_000+dice.IntN(70_000)+80*len([]rune(text)))*time.Millisecond
			k.lines = append(k.lines, spoken{buyer: mark == "b:", text: text, gap: gap})
			pause = 0
		case "|", "=", "x", "-", "^", "@", "+b", "+s":
			if len(k.lines) == 0 {
				return k, fmt.Errorf("a second line before the first")
			}
			last := &k.lines[len(k.lines)-1]
			switch mark {
			case "|":
				last.text += "\n" + text
			case "=":
				last.was = text
			case "+b", "+s":
				last.put = append(last.put, put{buyer: mark == "+b", emoji: text})
			case "^":
				last.answers = k.find(text)
				if last.answers == 0 {
					return k, fmt.Errorf("nobody has said %q before", text)
				}
			case "-":
				last.hidden = true
			case "@":
				last.carries = append(last.carries, text)
			default:
				last.deleted = true
			}
		default:
			return k, fmt.Errorf("a line begins with %q", mark)
		}
	}
	if len(k.lines) == 0 {
		return k, fmt.Errorf("nobody says anything")
	}
	for i, l := range k.lines {
		parse := chat.ParseText
		if len(l.carries) > 0 {
			parse = chat.ParseCaption
		}
		text, err := parse(l.text)
		if err != nil {
			return k, fmt.Errorf("message %d: %w", i+1, err)
		}
		k.lines[i].text = text
	}
	return k, nil
}

// find returns the last line before the last one that begins so, from 1 on; 0 for none.
func (k *talk) find(beginning string) int {
	for n := len(k.lines) - 1; n > 0; n-- {
		if strings.HasPrefix(k.lines[n-1].text, beginning) {
			return n
		}
	}
	return 0
}

// set reads a line of the head.
func (k *talk) set(line string) error {
	name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
	var err error
	switch name {
	case "about":
		k.about = value
	case "buyer":
		k.buyer = value
	case "ends":
		k.ends, err = time.ParseDuration(value)
	case "unread-buyer":
		k.unreadBuyer, err = strconv.Atoi(value)
	case "unread-seller":
		k.unreadSeller, err = strconv.Atoi(value)
	case "keeps-buyer":
		k.keeps = strings.Fields(value)
	case "closed":
		k.closed = value == "yes"
	default:
		err = fmt.Errorf("the head has %q", name)
	}
	return err
}

// lastWords returns when everybody has last written, by username.
func lastWords(talks []talk) map[string]time.Time {
	seller := make(map[string]string, len(things))
	for _, t := range things {
		seller[t.slug] = t.seller
	}
	last := make(map[string]time.Time)
	for _, k := range talks {
		for _, l := range k.lines {
			who := seller[k.about]
			if l.buyer {
				who = k.buyer
			}
			if l.at.After(last[who]) {
				last[who] = l.at
			}
		}
	}
	return last
}
