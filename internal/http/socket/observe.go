package socket

// Observer is told what happens on sockets, by whichever goroutine it happens in. Its
// functions must not block; those that are nil are told nothing.
type Observer struct {
	Opened  func()
	Closed  func()
	Acked   func(duplicate bool)
	Resumed func(outcome string) // of each position that was brought: caught_up, or reset_ and why
	Slow    func()               // a connection that reads too slowly is closed with 4100
	Dropped func()               // a hint found no room
	Waiting func(delta int)      // one more waits to be admitted, or one less
	Refused func()               // one was not admitted, for too many came at once
}

// whole returns the observer with a function that does nothing in place of each that is nil.
func (o Observer) whole() Observer {
	for _, f := range []*func(){&o.Opened, &o.Closed, &o.Slow, &o.Dropped, &o.Refused} {
		if *f == nil {
			*f = func() {}
		}
	}
	if o.Acked == nil {
		o.Acked = func(bool) {}
	}
	if o.Waiting == nil {
		o.Waiting = func(int) {}
	}
	if o.Resumed == nil {
		o.Resumed = func(string) {}
	}
	return o
}
