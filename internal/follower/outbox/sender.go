// Package outbox sends what waits in the database to be sent by push and mail. Each node takes what
// is due for a time, tries it by the sender of its channel, and notes what came of it. A node that
// ends in between leaves it to another one, so everything is sent at least once, and under the same
// names when it is sent twice. It knows neither push nor mail.
package outbox

import (
	"context"
	"time"

	"swapnest/internal/store"
)

// Sender sends what waits for one channel. It looks at the notice, the person and what they want
// once more as they are now.
type Sender interface {
	// Send tries a delivery once. It takes no longer than ctx, and returns what came of it.
	Send(ctx context.Context, d store.Delivery) Outcome
}

// Result says what became of an attempt.
type Result int

// The results. Retry is the zero value: what nobody has decided is tried again.
const (
	Retry     Result = iota // it failed, and may succeed later: at Until at the soonest where that is set
	Sent                    // the other side has taken it
	Dropped                 // there is nothing to tell any more, or nobody to be told
	Postponed               // it may not leave before Until; that is no attempt
	Dead                    // it failed, and always will
	Held                    // where it goes to is not asked before Until; that is no attempt, and it grows older
)

// Outcome is what came of an attempt.
type Outcome struct {
	Result Result
	Until  time.Time // of Postponed and Held, and of Retry where the other side has said so
	// Away of Retry says that the way of the whole channel has failed, such as the one mail server
	// that all mails go by: the others need not be tried. What fails for one person, or at a host that
	// somebody chose, is not: whoever can have it fail would have everybody wait.
	Away bool
	Err  error // of Retry and Dead; it is shown to operators, and must hold nothing of the person
}
