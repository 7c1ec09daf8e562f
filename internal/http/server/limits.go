package server

import (
	"time"

	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/listings"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/limit"
)

// limits are the rates of the marketplace. All nil, they allow everything.
type limits struct {
	accounts accounts.Limits
	messages messaging.Limits
	listings listings.Limits
	uploads  uploads.Limits
	keep     *limit.Keyed
	push     *limit.Keyed // browsers that are added and removed
	typing   *limit.Keyed
	search   *limit.Keyed
}

// newLimits returns the rates in force. Each bucket is full at first and regains one
// token in the time that stands first. Those that have a name count at all nodes of a sharing
// together; nil is a node that is alone.
func newLimits(on bool, shared *limit.Sharing, now func() time.Time) limits {
	if !on {
		return limits{}
	}
	return limits{
		accounts: accounts.Limits{
			SignIn:   shared.New("sign-in", 6*time.Second, 10, now),
			Guess:    shared.New("guess", 36*time.Second, 30, now),
			Noted:    limit.New(time.Minute, 1, now),
			Register: shared.New("register", 6*time.Minute, 10, now),
			Ticket:   shared.New("ticket", time.Second, 20, now),
			Look:     shared.New("look", 2*time.Second, 30, now),
			Verify:   shared.New("verify", 12*time.Minute, 5, now),
			Asked:    shared.New("asked", 20*time.Minute, 3, now),
			Reset:    shared.New("reset", 20*time.Minute, 3, now),
			Resets:   shared.New("resets", 6*time.Minute, 10, now),
			Link:     shared.New("link", 6*time.Second, 20, now),
			Browsers: shared.New("browsers", 12*time.Minute, 5, now),
		},
		messages: messaging.Limits{
			Send: shared.New("send", time.Second, 20, now),
			// Less than two people's together, so that two who flood each other meet it; more
			// than one person's, who never does.
			Conversation: shared.New("conversation", 2*time.Second/3, 30, now),
			// Behind one address of a mobile carrier, a campus or an office are hundreds of
			// people, who write a message in half a minute while they talk: it takes 600 of
			// them to meet this. Thirty accounts of one machine, each within its own bucket, do.
			Address: shared.New("address", 50*time.Millisecond, 300, now),
			Start:   shared.New("start", 6*time.Minute, 10, now),
			React:   shared.New("react", time.Second, 30, now),
			// All tabs of somebody who comes back tell at once how far they are; what was told before costs nothing.
			Read: shared.New("read", 50*time.Millisecond, 100, now),
		},
		listings: listings.Limits{
			Add:  shared.New("listing", time.Minute, 20, now),
			Edit: shared.New("edit", 6*time.Second, 30, now),
			View: shared.New("view", time.Second, 60, now),
			// Each reads the texts of all listings. Several people may share an address, and look
			// through pages one after the other.
			Find: shared.New("find", time.Second/2, 30, now),
			Wish: shared.New("wish", time.Second, 60, now),
		},
		uploads: uploads.Limits{
			Photos: shared.New("photo", 5*time.Second, 40, now),
			Begin:  shared.New("upload", 2*time.Second, 40, now),
			// Bytes are bounded by the quota; this is how many requests bring them.
			Write: shared.New("part", 50*time.Millisecond, 200, now),
		},
		push:   shared.New("push", 6*time.Second, 30, now),
		keep:   shared.New("keep", time.Second, 60, now),
		typing: limit.New(time.Second/2, 5, now),
		// One looks while somebody types, with each word or so.
		search: shared.New("search", time.Second/2, 40, now),
	}
}
