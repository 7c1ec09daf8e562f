package torture

import (
	"context"
	"math/rand/v2"
	"sync"

	"swapnest/internal/chat"
	"swapnest/internal/torture/checker"
)

// mostFiles is how many files each person has to send: beyond them they say things only.
const mostFiles = 200

// pool is what a person has uploaded and not sent yet. All their tabs take from it.
type pool struct {
	mu  sync.Mutex // guards ids
	ids []string
}

// take returns one to three files, and tells whether there are any. At times one of them stays for
// another tab to take: then both race for it.
func (p *pool) take(random *rand.Rand) ([]string, bool) {
	if p == nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(1+random.IntN(3), len(p.ids))
	taken := append([]string(nil), p.ids[:n]...)
	if p.ids = p.ids[n:]; n > 0 && random.IntN(8) == 0 {
		p.ids = append([]string{taken[n-1]}, p.ids...)
	}
	return taken, n > 0
}

// Attach puts a message with files into the outbox, half of them without a text. It tells whether the
// person has any left.
func (c *Client) Attach(random *rand.Rand, conversation int64) bool {
	files, ok := c.files.take(random)
	if !ok {
		return false
	}
	one := &command{conversation: conversation, files: files}
	if random.IntN(2) == 0 {
		one.text = "I send "
	}
	c.put(one)
	return true
}

// upload gives a person files that are ready to be sent, where the plan has any sent.
func (w *World) upload(p Person) *pool {
	w.tb.Helper()
	if w.files == 0 {
		return nil
	}
	all, err := w.Node.database.Uploads(context.Background(), chat.UserID(p.ID), mostFiles)
	w.must(0, err)
	files := &pool{}
	for _, a := range all {
		files.ids = append(files.ids, string(a.ID))
	}
	return files
}

// stored is what the database holds of all files; nil where none are sent.
func (w *World) stored(ctx context.Context) map[string]checker.File {
	w.tb.Helper()
	if w.files == 0 {
		return nil
	}
	all, err := w.Node.database.Attachments(ctx)
	w.must(0, err)
	files := make(map[string]checker.File, len(all))
	for id, a := range all {
		files[string(id)] = checker.File{Message: a.Message, Gone: a.Message != 0 && !a.Expires.IsZero()}
	}
	return files
}
