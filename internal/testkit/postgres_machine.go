//go:build unix

package testkit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"syscall"
)

// postgresBin returns the folder of the newest PostgreSQL on this machine.
// Debian keeps the servers of each major version out of PATH.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	version := func(i int) float64 {
		n, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(found[i]))), 64) // What is no number sorts first.
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(i) < version(j) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL's server programs are not installed: run scripts/bootstrap, or put initdb of PostgreSQL 15 or later in PATH")
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
		return "", err
	}
	return filepath.Dir(initdb), nil
}

// postgresOwner returns whom the server runs as: us, except that PostgreSQL
// refuses to run as root, which then becomes the postgres user.
func postgresOwner() (*syscall.Credential, error) {
	if uid := os.Geteuid(); uid != 0 {
		// Only root may set groups, and it need not: they are ours already.
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(os.Getegid()), NoSetGroups: true}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root and there is no postgres user to run it as: run scripts/bootstrap: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the id of user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the group of user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// postgresDir makes the server's folder, owned by its user. A temporary folder
// that this user cannot reach (one below /root, say) gives way to /tmp, and so
// does one whose path is too long for the name of a Unix socket (107 bytes).
func postgresDir(base string, owner *syscall.Credential) (string, error) {
	if base == "" {
		base = os.TempDir()
		if !reachable(base, owner) || len(base) > 50 {
			base = "/tmp"
		}
	}
	if !reachable(base, owner) {
		return "", fmt.Errorf("%s cannot be reached by the user that postgres runs as", base)
	}
	dir, err := os.MkdirTemp(base, "swapnest-postgres-")
	if err != nil {
		return "", fmt.Errorf("make a folder for postgres: %w", err)
	}
	if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
		return "", errors.Join(fmt.Errorf("hand the folder of postgres over: %w", err), os.Remove(dir))
	}
	return dir, nil
}

// reachable tells whether owner gets to dir: we do, and others do when every
// folder on the way lets them through.
func reachable(dir string, owner *syscall.Credential) bool {
	if owner.Uid == uint32(os.Geteuid()) {
		return true
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}
