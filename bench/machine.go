package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine is where was measured, and what.
type machine struct {
	Date     string `json:"date"`
	Commit   string `json:"commit"`
	Command  string `json:"command"`
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	Memory   string `json:"memory"`
	Kernel   string `json:"kernel"`
	Go       string `json:"go"`
	Postgres string `json:"postgresql"`
	Redis    string `json:"redis"`
	Python   string `json:"python"`
}

// unknown is what cannot be told.
const unknown = "unknown"

func machineOf(ctx context.Context, root string) machine {
	// first is the first line that a program says.
	first := func(program string, args ...string) string {
		c := exec.CommandContext(ctx, program, args...)
		c.Dir = root
		out, err := c.Output()
		if err != nil {
			return unknown
		}
		line, _, _ := strings.Cut(string(out), "\n")
		return strings.TrimSpace(line)
	}
	m := machine{
		Date: time.Now().UTC().Format("2 January 2006"), Cores: runtime.NumCPU(), Go: strings.TrimPrefix(runtime.Version(), "go"),
		Commit: first("git", "rev-parse", "--short=12", "HEAD"), Command: strings.TrimSpace("make bench " + arguments()),
		CPU: fieldOf("/proc/cpuinfo", "model name"), Memory: unknown, Kernel: first("uname", "-sr"), Postgres: unknown, Redis: unknown, Python: unknown,
	}
	if first("git", "status", "--porcelain", "--untracked-files=no") != "" {
		m.Commit += ", changed"
	}
	var kib int64
	if _, err := fmt.Sscan(fieldOf("/proc/meminfo", "MemTotal"), &kib); err == nil {
		m.Memory = fmt.Sprintf("%.1f GiB", float64(kib)/(1<<20))
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) > 0 { // the pattern is right
		m.Postgres = word(first(found[len(found)-1], "--version"), 2)
	}
	m.Redis = strings.TrimPrefix(word(first("redis-server", "--version"), 2), "v=")
	if versions := first(python, "-c", "import django, channels, daphne; print(django.__version__, channels.__version__, daphne.__version__)"); versions != unknown {
		m.Python = fmt.Sprintf("%s, Django %s, Channels %s, Daphne %s", word(first(python, "--version"), 1), word(versions, 0), word(versions, 1), word(versions, 2))
	}
	return m
}

// arguments are those of this run, as they are given to make.
func arguments() string {
	if len(os.Args) < 2 {
		return ""
	}
	return `ARGS="` + strings.Join(os.Args[1:], " ") + `"`
}

// word is the nth word of a line.
func word(line string, n int) string {
	if words := strings.Fields(line); n < len(words) {
		return words[n]
	}
	return unknown
}

// fieldOf is the first value of a name in a file of names and values.
func fieldOf(file, name string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// rows are what a page says of the machine.
func (m machine) rows() [][2]string {
	return [][2]string{
		{"date", m.Date},
		{"commit", m.Commit},
		{"command", m.Command},
		{"processor", fmt.Sprintf("%s, %d cores", m.CPU, m.Cores)},
		{"memory", m.Memory},
		{"kernel", m.Kernel},
		{"Go", m.Go},
		{"PostgreSQL", m.Postgres},
		{"Redis", m.Redis},
		{"Python", m.Python},
	}
}
