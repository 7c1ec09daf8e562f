package socket

// GateWork is how many are at work at once.
var GateWork = gateWork

// The other bounds of the gate.
const (
	GateWaiting = gateWaiting
	GateTime    = gateTime
)

// LeaveTimeout is how long a write may take while the server goes down.
const LeaveTimeout = leaveTimeout

// Occupy takes all places of the gate, and returns what gives them back.
func (d *Door) Occupy() (free func()) {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	n := d.gate.most - d.gate.busy
	d.gate.busy = d.gate.most
	return func() {
		for range n {
			d.gate.leave()
		}
	}
}

// Waiting returns how many wait at the gate, and how many are at work behind it.
func (d *Door) Waiting() (waiting, busy int) {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	return d.gate.waiting.Len(), d.gate.busy
}

// Ungate takes the gate away, to measure what it is good for.
func (d *Door) Ungate() {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	d.gate.most = 1 << 30
}
