package postbox

import "testing"

func TestNoNetworkTakesMoreThanAQuarterOfTheMemory(t *testing.T) {
	m := &memory{}
	n := 0
	for m.take("192.0.2.7", 1<<20) {
		n++
	}
	if want := mostInMemory / 4 >> 20; n != want {
		t.Errorf("one network takes %d MB, want %d", n, want)
	}
	if !m.take("192.0.2.8", 1<<20) {
		t.Error("another one finds no room")
	}
	for n = 0; m.take("", 1<<20); n++ { // a mail system in front, which has that of all
	}
	if want := mostInMemory>>20 - mostInMemory/4>>20 - 1; n != want {
		t.Errorf("%d MB were left for who is trusted, want %d", n, want)
	}
	m.give("192.0.2.8", 1<<20)
	if len(m.of) != 1 || !m.take("", 1<<20) {
		t.Errorf("what was given back is not free: %v", m.of)
	}
}
