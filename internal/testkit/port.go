package testkit

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreePort returns a port of 127.0.0.1 that was free a moment ago. It is below those that the system gives
// to whoever asks for any, so that nobody of them takes it meanwhile.
func FreePort() (int, error) {
	var err error
	for range 100 {
		var l net.Listener
		port := 20000 + rand.N(12000)
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil { //nolint:noctx // A loopback listener does not wait.
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}
