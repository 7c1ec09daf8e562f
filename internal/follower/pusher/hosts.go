package pusher

import (
	"math/rand/v2"
	"sync"
	"time"

	"swapnest/internal/chat"
)

// Endpoints are addresses that strangers choose. A host that fails or dawdles keeps those waiting
// who have browsers there, and nobody else.
const (
	// failing is after how many failures in a row a host is put on hold.
	failing = 3
	// briefly is how long it is then, at first; it doubles with each attempt up to mostHeld, of a big
	// service up to mostServiceHeld.
	briefly         = 5 * time.Second
	mostHeld        = 15 * time.Minute
	mostServiceHeld = time.Minute
	// perHost is how many attempts go to one host at once, and strangers how many to all of these
	// together, which is half of the attempts of a node: not to the big services, whose names no
	// stranger can point elsewhere.
	perHost   = 2
	strangers = 4
	// crowded is how long what finds no room waits at the least, and up to five times that.
	crowded = 10 * time.Second
	// mostHosts is how many hosts are known. Beyond it those that were not asked for longest are forgotten.
	mostHosts = 1000
)

// hosts knows how the push services are. It is safe for concurrent use.
type hosts struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	known  map[string]*host
	flying int // attempts under way at strangers
}

type host struct {
	service  bool // one of the big ones
	taken    bool // it has taken a message
	flying   int
	failures int         // in a row
	blamed   chat.UserID // whose message was the last to fail
	next     time.Time   // on hold: when it is asked again
	used     time.Time   // when it was asked
}

// visit is an attempt at a host.
type visit struct {
	at       *host
	who      chat.UserID
	stranger bool
	probe    bool // of a host that was on hold
}

// enter begins an attempt, which leave ends. Where none may begin it returns nil, and until when.
func (h *hosts) enter(name string, service bool, who chat.UserID) (v *visit, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	at := h.known[name]
	if at == nil {
		h.forget()
		at = &host{service: service}
		h.known[name] = at
	}
	held := at.failures >= failing
	stranger := !at.service
	switch {
	case held && at.next.After(now):
		return nil, at.next
	case stranger && (at.flying >= perHost || h.flying >= strangers):
		return nil, now.Add(crowded + rand.N(4*crowded)) //nolint:gosec // It spreads load, and guards nothing.
	case held:
		at.next = now.Add(at.pause()) // one attempt alone, and whoever comes meanwhile waits for the next
	}
	at.flying++
	at.used = now
	if stranger {
		h.flying++
	}
	return &visit{at: at, who: who, stranger: stranger, probe: held}, time.Time{}
}

// pause is how long a host is on hold.
func (at *host) pause() time.Duration {
	most := mostHeld
	if at.service {
		most = mostServiceHeld
	}
	pause := briefly
	for range at.failures - failing {
		if pause *= 2; pause >= most {
			return most
		}
	}
	return pause
}

// leave ends an attempt: the host was reached or not, and has taken the message or not. It returns
// until when the host is on hold; zero for not.
func (h *hosts) leave(v *visit, reached, taken bool) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := v.at
	at.flying--
	if v.stranger {
		h.flying--
	}
	at.taken = at.taken || taken
	switch {
	case reached:
		at.failures, at.blamed, at.next = 0, 0, time.Time{}
	case at.service && at.taken && at.blamed == v.who:
		// One person alone does not put on hold what everybody uses.
	case at.failures >= failing && !v.probe:
		// It began before the host was put on hold.
	default:
		at.failures++
		at.blamed = v.who
		if at.failures >= failing {
			at.next = h.now().Add(at.pause())
		}
	}
	if at.failures < failing {
		return time.Time{}
	}
	return at.next
}

// forget makes room for one more host. Callers hold the lock.
func (h *hosts) forget() {
	if len(h.known) < mostHosts {
		return
	}
	var oldest string
	var since time.Time
	for name, at := range h.known {
		if at.flying == 0 && !(at.service && at.taken) && (oldest == "" || at.used.Before(since)) {
			oldest, since = name, at.used
		}
	}
	delete(h.known, oldest)
}
