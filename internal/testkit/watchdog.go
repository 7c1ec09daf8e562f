//go:build unix

package testkit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// watchdog ends a server of the tests whose parent died before it could: killed by a test
// timeout, by SIGKILL, or by a panic. It is a shell that reads from a pipe whose
// other end only this process holds, so the kernel wakes it however the process
// ended. (Linux's Pdeathsig would not do: it fires when the thread that forked
// ends, and Go ends threads as it likes.)
type watchdog struct {
	cmd  *exec.Cmd
	pipe *os.File
}

// The shell is told the server's process id, an empty line when there is none for the time
// being, and "dismissed" when all was done properly; the end of the pipe means that it is
// alone. A server that was stopped with SIGSTOP has to go on to end. The loop is bounded
// because a server without a parent may stay as a zombie.
const watchdogScript = `
while read -r line; do
  if [ "$line" = dismissed ]; then exit 0; fi
  pid=$line
done
if [ -n "$pid" ]; then
  kill -"$2" "$pid" 2>/dev/null
  kill -CONT "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done
fi
rm -rf -- "$1"
`

// startWatchdog starts the shell before there is a server to watch, so that no
// server ever lives without one for longer than it takes to write its id. The signal, such as
// QUIT, is what ends that server at once.
func startWatchdog(dir, signal string) (*watchdog, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start a watchdog: %w", err)
	}
	w := &watchdog{
		cmd:  exec.Command("/bin/sh", "-c", watchdogScript, "watchdog", dir, signal), //nolint:noctx // It must outlive everything here.
		pipe: write,
	}
	w.cmd.Stdin = read
	w.cmd.Dir = "/"
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = errors.Join(w.cmd.Start(), read.Close())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a watchdog: %w", err), write.Close())
	}
	return w, nil
}

// guard tells the watchdog which process to end.
func (w *watchdog) guard(pid int) error {
	if _, err := fmt.Fprintln(w.pipe, pid); err != nil {
		return fmt.Errorf("tell the watchdog: %w", err)
	}
	return nil
}

// unguard tells the watchdog that the process has ended: another one may get its number.
func (w *watchdog) unguard() error {
	if _, err := fmt.Fprintln(w.pipe); err != nil {
		return fmt.Errorf("tell the watchdog: %w", err)
	}
	return nil
}

// dismiss sends the watchdog home, whether it was told of a server or not.
func (w *watchdog) dismiss() error {
	_, err := fmt.Fprintln(w.pipe, "dismissed")
	return errors.Join(err, w.pipe.Close(), w.cmd.Wait())
}
