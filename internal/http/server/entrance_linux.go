package server

import (
	"net"

	"golang.org/x/sys/unix"
)

// deafen has the kernel drop requests for new connections to a listener, as if they were lost on
// the way: who asks does so again a second later, and is refused then. Handshakes that have begun
// are ended. Without it, whoever comes between the last look and the end of the listener is cut
// off, which on a busy machine are some. An error says that this is so.
func deafen(l *net.TCPListener) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	// The packet begins with the header of TCP, whose flags are its 14th byte.
	const synAck, syn = 0x12, 0x02
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: synAck},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 18},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	controlErr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	if controlErr != nil {
		return controlErr
	}
	return err
}
