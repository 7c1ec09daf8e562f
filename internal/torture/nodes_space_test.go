package torture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// space is a network namespace: whoever is in it has no network but its own loopback, and one
// link to the test's, which can be cut.
type space struct {
	t    *testing.T
	pid  int         // of a process in it, which does nothing
	net  *os.File    // the namespace
	link string      // the name of the link's end here
	work chan func() // for the thread that is there
	// The addresses of the link's ends.
	here, there string
}

// newSpace makes a namespace. Only who is root may do that, as `make test` is. Nothing is left
// of it behind the test, nor behind a test that was killed: it ends with the process that holds
// it, which waits for the end of a pipe.
func newSpace(t *testing.T) *space {
	t.Helper()
	holder := exec.Command("unshare", "--net", "--", "sh", "-c", "ip link set lo up && echo up && read -r _")
	holder.Stderr = os.Stderr
	hold, err := holder.StdinPipe()
	must(t, err)
	out, err := holder.StdoutPipe()
	must(t, err)
	if err := holder.Start(); err != nil {
		t.Fatalf("make a network namespace, which needs unshare and root: %v", err)
	}
	t.Cleanup(func() {
		_ = hold.Close()  // its end is what ends the process
		_ = holder.Wait() // which has read nothing, and says so
	})
	if said, err := bufio.NewReader(out).ReadString('\n'); err != nil || said != "up\n" {
		t.Fatalf("make a network namespace, which needs root (or CAP_SYS_ADMIN and CAP_NET_ADMIN) and the program ip of iproute2: %q %v", said, err)
	}
	s := &space{t: t, pid: holder.Process.Pid, link: fmt.Sprintf("swap%d", os.Getpid()), work: make(chan func())}
	s.net, err = os.Open(fmt.Sprintf("/proc/%d/ns/net", s.pid))
	must(t, err)
	t.Cleanup(func() { _ = s.net.Close() }) // it was only held
	s.visit()
	// Of the network for tests of devices (RFC 2544), which nobody is reached by, a piece of our own.
	third, fourth := os.Getpid()/64%256, os.Getpid()%64*4
	s.here, s.there = fmt.Sprintf("198.18.%d.%d", third, fourth+1), fmt.Sprintf("198.18.%d.%d", third, fourth+2)
	s.ip("link", "add", s.link, "type", "veth", "peer", "name", "eth0", "netns", fmt.Sprint(s.pid))
	t.Cleanup(func() { s.ip("link", "delete", s.link) })
	s.ip("addr", "add", s.here+"/30", "dev", s.link)
	s.within("addr", "add", s.there+"/30", "dev", "eth0")
	s.ip("link", "set", s.link, "up")
	s.within("link", "set", "eth0", "up")
	return s
}

// ip runs iproute2.
func (s *space) ip(args ...string) { s.run(append([]string{"ip"}, args...)) }

// within runs iproute2 in the namespace.
func (s *space) within(args ...string) { s.run(append(append(s.enter(), "ip"), args...)) }

func (s *space) run(command []string) {
	s.t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil { //nolint:gosec // They stand here.
		s.t.Fatalf("%s, which needs root: %v: %s", strings.Join(command, " "), err, out)
	}
}

// enter is what a program is run by to be in the namespace.
func (s *space) enter() []string {
	return []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", s.pid), "--"}
}

// cut takes the link down until mend: what is sent from there is lost without a word.
func (s *space) cut() { s.ip("link", "set", s.link, "down") }

// unplug takes the link down until mend, and that end there knows: there is no way to anywhere.
func (s *space) unplug() { s.within("link", "set", "eth0", "down") }

func (s *space) mend() {
	s.within("link", "set", "eth0", "up")
	s.ip("link", "set", s.link, "up")
}

// do calls a function in the namespace. Sockets that it makes stay there.
func (s *space) do(f func() error) error {
	done := make(chan error)
	s.work <- func() { done <- f() }
	return <-done
}

// visit has one thread enter the namespace and do what do is asked for, until the test ends.
// The thread goes back and lives on: nodes end with the thread that has started them.
func (s *space) visit() {
	entered, left := make(chan error), make(chan struct{})
	go func() {
		defer close(left)
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err == nil {
			err = unix.Setns(int(s.net.Fd()), unix.CLONE_NEWNET)
		}
		entered <- err
		if err != nil {
			return
		}
		for f := range s.work {
			f()
		}
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		_ = home.Close() // it was only held
	}()
	if err := <-entered; err != nil {
		s.t.Fatalf("enter a network namespace, which needs root: %v", err)
	}
	s.t.Cleanup(func() {
		close(s.work)
		<-left
	})
}

// inward has what is dialled at a free port of loopback here arrive at the same port of
// loopback there, and returns HOST:PORT.
func (s *space) inward() string {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.t, err)
	at := l.Addr().String()
	s.relay(l, func() (to net.Conn, err error) {
		err = s.do(func() (err error) {
			to, err = net.Dial("tcp", at)
			return err
		})
		return to, err
	})
	return at
}

// outward has what is dialled there at HOST:PORT of loopback arrive here.
func (s *space) outward(at string) {
	s.t.Helper()
	var l net.Listener
	must(s.t, s.do(func() (err error) {
		l, err = net.Listen("tcp", at)
		return err
	}))
	s.relay(l, func() (net.Conn, error) { return net.Dial("tcp", at) })
}

// relay carries each connection that is accepted to one that is dialled, until the test ends.
func (s *space) relay(l net.Listener, dial func() (net.Conn, error)) {
	var mu sync.Mutex // guards open
	open := make(map[net.Conn]bool)
	var over sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // its end is all there is to know
		_, _ = to.Close(), from.Close()
	}
	over.Go(func() {
		for {
			from, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			to, err := dial()
			if err != nil {
				_ = from.Close()
				continue
			}
			mu.Lock()
			open[from], open[to] = true, true
			mu.Unlock()
			over.Go(func() { pass(to, from) })
			over.Go(func() { pass(from, to) })
		}
	})
	s.t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for c := range open {
			_ = c.Close() // it may have ended
		}
		mu.Unlock()
		over.Wait()
	})
}
