package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// leaseTerm is for how long a node holds a lease that it does not renew, and leaseRenewal
	// when it does. Who is refused asks again after leaseRefusal.
	leaseTerm    = 10 * time.Second
	leaseRenewal = leaseTerm / 3
	leaseRefusal = time.Second
)

// leaseNow is the time by the one clock that all nodes have in common.
const leaseNow = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`

// Lease lets one node of several do something that would be done in vain by two. It keeps
// work apart, and is no lock: a node that was stopped for longer than the lease lasts may go
// on for a moment beside its successor, so what is done under it must bear that. A SQLite
// belongs to one process, which holds every lease.
type Lease struct {
	db           *DB
	name, holder string
	now          func() time.Time

	mu   sync.Mutex // guards what follows, and is held while the database is asked
	held bool
	next time.Time // when it is asked again
}

// nodeName names the node of a data directory, "" for none. A node that was killed and is
// started again has the name that it had, and so what it held. Of two machines of one name and
// with one path both hold it, which is what they have to bear anyway.
func nodeName(dir string) string {
	if dir == "" {
		return rand.Text()
	}
	host, _ := os.Hostname() // without one the path has to do
	if whole, err := filepath.Abs(dir); err == nil {
		dir = whole
	}
	sum := sha256.Sum256([]byte(host + "\x00" + dir))
	return hex.EncodeToString(sum[:8])
}

// Lease returns a lease that is not held yet.
func (db *DB) Lease(name string) *Lease {
	return &Lease{db: db, name: name, holder: db.node, now: time.Now}
}

// Held tells whether this node holds the lease, after taking or renewing it where that is
// due. It asks the database every 3.3 seconds while it is held, and once a second while
// somebody else holds it.
func (l *Lease) Held(ctx context.Context) (bool, error) {
	if l.db.d == sqlite {
		return true, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Before(l.next) {
		return l.held, nil
	}
	l.held = false // until it is known, and it counts from before it was asked
	done, err := l.db.write.ExecContext(ctx, `
		INSERT INTO lease (name, holder, until) VALUES ($1, $2, `+leaseNow+` + $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE lease.holder = excluded.holder OR lease.until <= `+leaseNow, l.name, l.holder, leaseTerm.Microseconds())
	if err != nil {
		return false, fmt.Errorf("take the lease of %s: %w", l.name, err)
	}
	rows, err := done.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("take the lease of %s: %w", l.name, err)
	}
	if l.held = rows == 1; l.held {
		l.next = now.Add(leaseRenewal)
	} else {
		l.next = now.Add(leaseRefusal)
	}
	return l.held, nil
}

// Release gives the lease back, so that another node need not wait for its end.
func (l *Lease) Release(ctx context.Context) error {
	if l.db.d == sqlite {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held, l.next = false, time.Time{}
	if _, err := l.db.write.ExecContext(ctx, `UPDATE lease SET until = 0 WHERE name = $1 AND holder = $2`, l.name, l.holder); err != nil {
		return fmt.Errorf("give the lease of %s back: %w", l.name, err)
	}
	return nil
}
