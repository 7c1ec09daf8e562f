// Package postbox is the door for answers by mail: a server that speaks SMTP to the world, or LMTP to
// a mail system in front of it. It takes mail for the addresses of package alias alone and hands
// it to the service of messages, which knows who may write where. It answers 250 once the message is
// committed; what cannot be done just now is 451, so that it comes again.
package postbox

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/mail/alias"
	"swapnest/internal/mailin"
)

const (
	mostLines    = 100 // connections at once
	mostOfOne    = 25  // of them from one address; a mail system in front has that of all
	mostTo       = 50  // recipients of one mail by LMTP; by SMTP it is one, for there is one answer
	mostLine     = 64 << 10
	mostInMemory = 128 << 20 // bytes of mails that are on their way
	mostAtWork   = 2         // mails that are taken apart at once

	idleTime = time.Minute      // without a byte
	dataTime = 10 * time.Minute // for a command and the mail behind it
	slowTime = time.Minute      // then a mail must have come at slowRate
	slowRate = 1 << 10          // bytes a second
	lineLife = 30 * time.Minute // of a connection
	workTime = 2 * time.Minute  // for what becomes of a mail
)

// People tells who somebody is, and whether something was said before. The store does.
type People interface {
	// User returns an account by its id, or chat.NotFound.
	User(ctx context.Context, id chat.UserID) (chat.User, error)
	// Sent tells whether somebody has sent a message under a client id.
	Sent(ctx context.Context, c chat.ConversationID, who chat.UserID, clientID string) (bool, error)
}

// Outcomes are all that may become of a mail.
var Outcomes = []string{"taken", "duplicate", "dropped", "bounce", "refused", "later"}

// Options are what the door stands on.
type Options struct {
	LMTP     bool
	Book     *alias.Book
	Site     func() string // the origin of the site, without a slash at the end: where people write else
	TLS      *tls.Config
	Checker  mailin.Checker
	People   People
	Messages *messaging.Service
	Uploads  *uploads.Service
	// Bounced notes that mail to somebody's address cannot be delivered, where it is still theirs: mark is
	// the alias.Book.Mark of it, status what the mail system says, such as 5.1.1.
	Bounced func(ctx context.Context, who chat.UserID, mark, status string) error
	// Seen is told what became of each mail that was sent whole, or until it was too large: one of Outcomes.
	Seen func(outcome string)
	Now  func() time.Time
	Log  *slog.Logger
}

// Box is the door.
type Box struct {
	o        Options
	server   *smtp.Server
	gate     atomic.Pointer[gate] // nil until Serve
	work     chan struct{}
	memory   memory
	draining atomic.Bool
	ctx      context.Context
	cancel   context.CancelFunc
}

// New returns a door.
func New(o Options) *Box {
	b := &Box{o: o, work: make(chan struct{}, mostAtWork)}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	s := smtp.NewServer(smtp.BackendFunc(b.session))
	s.Domain, s.LMTP, s.TLSConfig = o.Book.Domain(), o.LMTP, o.TLS
	s.MaxMessageBytes, s.MaxLineLength = mailin.MaxBytes, mostLine
	s.MaxRecipients = 1
	if o.LMTP {
		s.MaxRecipients = mostTo
	}
	s.ReadTimeout, s.WriteTimeout = dataTime, idleTime
	s.EnableSMTPUTF8 = true
	s.ErrorLog = silent{o.Log}
	b.server = s
	return b
}

// Serve answers on l until Shutdown.
func (b *Box) Serve(l net.Listener) error {
	g := newGate(l, &b.draining)
	b.gate.Store(g)
	if b.draining.Load() {
		return g.Close() // Shutdown came first, and did not know of it
	}
	err := b.server.Serve(g)
	if b.draining.Load() {
		return nil
	}
	return err
}

// Shutdown takes no more mail. Who is in the middle of one is waited for until ctx ends; then the
// lines are closed, and whatever had no answer comes again.
func (b *Box) Shutdown(ctx context.Context) error {
	b.draining.Store(true)
	var err error
	if g := b.gate.Load(); g != nil {
		_ = g.Close() // it may be closed already
		err = g.quiet(ctx)
	}
	b.cancel()
	_ = b.server.Close() // it closes the listener once more, and says so
	return err
}

// silent is the log of the library, whose lines hold addresses.
type silent struct{ log *slog.Logger }

// Printf logs that something has panicked, with where, and nothing else.
func (s silent) Printf(format string, v ...any) {
	if strings.HasPrefix(format, "panic") && len(v) > 0 {
		s.log.Error("a mail has made the program panic", "where", v[len(v)-1])
	}
}

// Println logs nothing.
func (s silent) Println(...any) {}

// session begins one.
func (b *Box) session(c *smtp.Conn) (smtp.Session, error) {
	under := c.Conn()
	if t, ok := under.(*tls.Conn); ok {
		under = t.NetConn()
	}
	l, _ := under.(*line)
	return &session{box: b, line: l}, nil
}

// session is what somebody says on a line.
type session struct {
	box  *Box
	line *line
	null bool // from nobody: a report, or an automatic answer
	to   []string
}

// Reset forgets the mail that was begun.
func (s *session) Reset() { s.null, s.to = false, nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// Mail begins one.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.box.draining.Load() {
		return answer(421, 4, 3, 2, "This node ends. Come again in a moment.")
	}
	s.Reset()
	s.null = from == ""
	return nil
}

// Rcpt takes one of our addresses.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if _, _, ok := s.box.o.Book.Parse(to); !ok {
		if _, _, ok = s.box.o.Book.ParseBounce(to); !ok {
			return answer(550, 5, 1, 1, "There is no such mailbox here.")
		}
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the mail, for the one it is for.
func (s *session) Data(r io.Reader) error {
	if s.line != nil {
		defer s.line.work()()
	}
	raw, free, err := s.read(r)
	defer free()
	if err != nil {
		return err
	}
	return s.box.take(s.to[0], s.null, raw)
}

// LMTPData takes the mail, and answers for each to whom it goes.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	if s.line != nil {
		defer s.line.work()()
	}
	raw, free, err := s.read(r)
	defer free()
	if err != nil {
		return err
	}
	for _, to := range s.to {
		status.SetStatus(to, s.box.take(to, s.null, raw))
	}
	return nil
}

// errBusy sends a mail away for a while.
var errBusy = answer(451, 4, 3, 1, "There is too much mail just now. Come again in a moment.")

// step is by how much the room for a mail grows at the most: what is held is not much more than what came.
const step = 1 << 20

// read takes a mail into memory, of which there is so much for all. Its lines must end with CR and
// LF: of others it is not sure what they end.
func (s *session) read(r io.Reader) (raw []byte, free func(), err error) {
	b := s.box
	from := ""
	if s.line != nil && !b.o.LMTP {
		from = network(s.line.RemoteAddr())
	}
	var held int64
	free = func() { b.memory.give(from, held) }
	for {
		if len(raw) == cap(raw) {
			more := int64(max(64<<10, min(cap(raw), step)))
			if !b.memory.take(from, more) {
				b.seen("later")
				return nil, free, errBusy
			}
			held += more
			raw = append(make([]byte, 0, int64(cap(raw))+more), raw...)
		}
		n, err := r.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		switch {
		case errors.Is(err, io.EOF):
			if !endsRight(raw) {
				b.seen("refused")
				return nil, free, answer(550, 5, 6, 0, "Each line of a mail must end with CR and LF, and they stand nowhere else.")
			}
			return raw, free, nil
		case err != nil:
			if e, ok := errors.AsType[*smtp.SMTPError](err); ok { // it is too large
				b.seen("refused")
				return nil, free, e
			}
			if errors.Is(err, smtp.ErrTooLongLine) {
				b.seen("refused")
				return nil, free, answer(550, 5, 6, 0, "A line of this mail is too long. Write a new one, or answer on the site: "+b.o.Site())
			}
			return nil, free, answer(421, 4, 4, 2, "The mail did not come whole, or not in time. Send it again.")
		}
	}
}

// endsRight tells whether CR and LF stand together alone.
func endsRight(raw []byte) bool {
	for i, c := range raw {
		switch {
		case c == '\n' && (i == 0 || raw[i-1] != '\r'):
			return false
		case c == '\r' && (i+1 == len(raw) || raw[i+1] != '\n'):
			return false
		}
	}
	return true
}

// take has a mail delivered, a few at a time.
func (b *Box) take(to string, null bool, raw []byte) error {
	ctx, cancel := context.WithTimeout(b.ctx, workTime)
	defer cancel()
	select {
	case b.work <- struct{}{}:
		defer func() { <-b.work }()
	case <-ctx.Done():
		b.seen("later")
		return errBusy
	}
	outcome, err := b.deliver(ctx, to, null, raw)
	b.seen(outcome)
	return err
}

func (b *Box) seen(outcome string) {
	if b.o.Seen != nil {
		b.o.Seen(outcome)
	}
	b.o.Log.Info("mail", "outcome", outcome)
}

// answer is what the other side is told: one line of ASCII.
func answer(code, class, subject, detail int, sentence string) *smtp.SMTPError {
	sentence = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, sentence)
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: sentence[:min(len(sentence), mostAnswer)]}
}

// mostAnswer is how long a sentence may be: RFC 5321 has 512 bytes for the line, and LMTP puts an
// address before it.
const mostAnswer = 300

// gate lets so many lines in.
type gate struct {
	net.Listener
	draining *atomic.Bool
	mu       sync.Mutex
	lines    map[*line]string // by where they come from
	from     map[string]int
	changed  chan struct{}
}

func newGate(l net.Listener, draining *atomic.Bool) *gate {
	return &gate{Listener: l, draining: draining, lines: map[*line]string{}, from: map[string]int{}, changed: make(chan struct{}, 1)}
}
