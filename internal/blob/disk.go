package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Disk keeps blobs as files below a directory, which several processes may share, on
// several machines too, when it is on a network file system.
type Disk struct {
	scratch
	root string
}

// leftAfter is how long a file of Put has not been written to when the process that was at
// work on it is gone for certain.
const leftAfter = 24 * time.Hour

// NewDisk returns a store in dir, which it makes (mode 0700) if it is missing. The folder
// scratch is there, and no other process uses it.
func NewDisk(dir, scratch string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the blob directory: %w", err)
	}
	dir = filepath.Clean(dir)
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("make the blob directory: %w", err)
	}
	own, err := newScratch(scratch)
	if err != nil {
		return nil, err
	}
	d := &Disk{root: dir, scratch: own}
	if err := d.tidy(); err != nil {
		return nil, fmt.Errorf("tidy the blob directory: %w", err)
	}
	return d, nil
}

// tidy removes what processes that were killed have left of bytes on their way. A file of Put
// may be one that another process is writing just now. It removes empty folders, too, that parts of
// uploads once had: old ones, since nothing is put below them any more.
func (d *Disk) tidy() error {
	const parts = "incoming/*"
	var errs []error
	for _, kind := range []string{".put-*", ".scratch-*", parts} { // scratch files were here once
		shared, globErr := filepath.Glob(filepath.Join(d.root, kind))
		errs = append(errs, globErr)
		for _, name := range shared {
			info, err := os.Stat(name)
			if err == nil && time.Since(info.ModTime()) > leftAfter && info.IsDir() == (kind == parts) {
				err = os.Remove(name)
			}
			// Another process may have been faster, and a folder may have something in it.
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// Put stores the bytes of r under key, in place of what was there. It is atomic,
// and durable when it returns.
func (d *Disk) Put(ctx context.Context, key string, r io.Reader) (err error) {
	path, err := d.path(key)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("put %s: %w", key, err)
	}
	// Beside the folders of blobs, where what is left of it is found without reading them.
	f, err := os.CreateTemp(d.root, ".put-*")
	if err != nil {
		return fmt.Errorf("put %s: %w", key, err)
	}
	defer func() {
		if err != nil {
			// The first error is the one to tell; these only tidy up.
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("put %s: %w", key, err)
		}
	}()
	if _, err := io.Copy(f, untilDone{ctx, r}); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return d.syncUp(dir)
}

// syncUp makes the names of a file and of the directories above it durable, since
// any of these may be new.
func (d *Disk) syncUp(dir string) error {
	for {
		if err := syncDir(dir); err != nil || dir == d.root || dir == filepath.Dir(dir) {
			return err
		}
		dir = filepath.Dir(dir)
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open returns the blob for reading, or an error that is fs.ErrNotExist.
func (d *Disk) Open(_ context.Context, key string) (Blob, error) {
	path, err := d.path(key)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if nothing(err) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", key, err), f.Close())
	}
	return file{f, info}, nil
}

// nothing tells whether there is nothing, as below a file, or under a name that is too long for one.
func nothing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}

// file is an open blob.
type file struct {
	*os.File
	info fs.FileInfo
}

func (f file) Size() int64         { return f.info.Size() }
func (f file) Modified() time.Time { return f.info.ModTime() }

// Delete removes a blob. One that is not there is no error.
func (d *Disk) Delete(_ context.Context, key string) error {
	path, err := d.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !nothing(err) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

func (d *Disk) path(key string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	return filepath.Join(d.root, filepath.FromSlash(key)), nil
}
