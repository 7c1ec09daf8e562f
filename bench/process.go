package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// processes are servers that run. They are ended in the order opposite to that in which they were started.
type processes struct {
	pids []int // whose processor time counts, with their children
	urls []string
	stop []func() error
}

func (p *processes) close() error {
	var errs []error
	for i := len(p.stop) - 1; i >= 0; i-- {
		errs = append(errs, p.stop[i]())
	}
	*p = processes{}
	return errors.Join(errs...)
}

// startTimeout is how long a server may take until it listens.
const startTimeout = time.Minute

// serve starts a server that says where it listens.
func (p *processes) serve(c *exec.Cmd) error {
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.start(c); err != nil {
		return err
	}
	late := time.AfterFunc(startTimeout, func() { _ = c.Process.Kill() }) // its output ends with it
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.urls = append(p.urls, url)
			go func() { _, _ = io.Copy(io.Discard, out) }() // nobody reads what follows
			return nil
		}
	}
	return fmt.Errorf("%s did not start", filepath.Base(c.Path))
}

// serveAt starts a server that listens at a port, and waits until it does.
func (p *processes) serveAt(c *exec.Cmd, port string) error {
	if err := p.start(c); err != nil {
		return err
	}
	p.urls = append(p.urls, "http://127.0.0.1:"+port)
	dialer := net.Dialer{Timeout: time.Second}
	for range 400 {
		conn, err := dialer.DialContext(context.Background(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			return conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("%s does not listen at port %s after 20 seconds", filepath.Base(c.Path), port)
}

// command is a process that is ended by what start notes.
func command(program string, args ...string) *exec.Cmd {
	return exec.CommandContext(context.Background(), program, args...)
}

// start starts a process.
func (p *processes) start(c *exec.Cmd) error {
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("start %s: %w", filepath.Base(c.Path), err)
	}
	p.pids = append(p.pids, c.Process.Pid)
	p.stop = append(p.stop, func() error {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
		over := make(chan struct{})
		go func() {
			_ = c.Wait() // it was ended by a signal
			close(over)
		}()
		select {
		case <-over:
			return nil
		case <-time.After(25 * time.Second):
			_ = c.Process.Kill() // it did not end when it was asked to
			<-over
			return fmt.Errorf("%s did not end within 25 seconds", filepath.Base(c.Path))
		}
	})
	return nil
}

// redisServer starts a Redis that keeps nothing, as several nodes need it.
func (p *processes) redisServer() (url string, err error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	c := command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning")
	return "redis://127.0.0.1:" + port, p.serveAt(c, port)
}

func freePort() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(l.Addr().String()) // it is one that was listened at
	return port, l.Close()
}
