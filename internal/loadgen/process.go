package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processes are those whose processor time and memory are told, with all that they have started.
type processes []int

// tick is the unit of processor time in /proc, USER_HZ, which Linux has fixed at 100.
const tick = 10 * time.Millisecond

// usage is what processes have taken so far, and hold now.
type usage struct {
	cpu      time.Duration
	resident int64 // bytes that are the processes' own, not shared ones of files (RssAnon)
}

// Usage returns the processor time that processes have taken so far, with all that they have started, and
// the bytes of memory that are their own.
func Usage(pids []int) (cpu time.Duration, resident int64, err error) {
	u, err := processes(pids).usage()
	return u.cpu, u.resident, err
}

// usage looks at each process and at its children.
func (p processes) usage() (usage, error) {
	var all usage
	family, err := p.family()
	if err != nil {
		return usage{}, err
	}
	for _, pid := range family {
		one, err := usageOf(pid)
		if errors.Is(err, os.ErrNotExist) {
			continue // a child that has ended counts with its parent's dead ones
		}
		if err != nil {
			return usage{}, err
		}
		all.cpu += one.cpu
		all.resident += one.resident
	}
	return all, nil
}

// family returns the processes and what they have started.
func (p processes) family() ([]int, error) {
	if len(p) == 0 {
		return nil, nil
	}
	parents, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := make(map[int][]int)
	for _, name := range parents {
		fields, err := statOf(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
	}
	var all []int
	seen := make(map[int]bool) // who is given may be a child of somebody who is
	for queue := append([]int(nil), p...); len(queue) > 0; queue = queue[1:] {
		if pid := queue[0]; !seen[pid] {
			seen[pid] = true
			all = append(all, pid)
			queue = append(queue, children[pid]...)
		}
	}
	for _, pid := range p {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
			return nil, fmt.Errorf("there is no process %d to look at", pid)
		}
	}
	return all, nil
}

// statOf returns the fields of a process behind its name, which may hold anything: state, parent
// and so on (proc(5)).
func statOf(name string) ([]string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 15 {
		return nil, fmt.Errorf("%s has only %d fields", name, len(fields))
	}
	return fields, nil
}

// CPU returns the processor time so far of this process and of others with all that they have started.
func CPU(pids []int) (time.Duration, error) {
	others, err := processes(pids).usage()
	return ownCPU() + others.cpu, err
}

// ownCPU is the processor time of this process so far.
func ownCPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0 // it only fails for what is asked wrongly
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func usageOf(pid int) (usage, error) {
	fields, err := statOf(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	var ticks int64
	for _, f := range fields[11:15] { // utime, stime, and those of children that have ended
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return usage{}, fmt.Errorf("read the processor time of %d: %w", pid, err)
		}
		ticks += n
	}
	u := usage{cpu: time.Duration(ticks) * tick}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, err
	}
	for row := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(row, "RssAnon:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kib), " kB"), 10, 64)
			if err != nil {
				return usage{}, fmt.Errorf("read the memory of %d: %w", pid, err)
			}
			u.resident = n << 10
		}
	}
	return u, nil
}
