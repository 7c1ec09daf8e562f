package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"swapnest/internal/chat"
	"swapnest/internal/config"
	"swapnest/internal/http/server"
)

// open opens the database for a command, without serving.
func open(ctx context.Context, s config.Storage) (*server.App, error) {
	return server.New(ctx, server.Options{
		DataDir: s.DataDir, BlobDir: s.BlobDir, Bucket: s.Bucket(), DatabaseURL: s.DatabaseURL, Idle: true, Log: slog.New(slog.DiscardHandler),
	})
}

func migrate(ctx context.Context, s config.Storage, stdout io.Writer) error {
	app, err := open(ctx, s)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "The database is up to date.")
	return app.Close()
}

func createUsers(ctx context.Context, c config.UserCreate, stdin io.Reader, stdout io.Writer) (err error) {
	app, err := open(ctx, c.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if c.Count > 0 {
		return createMany(ctx, app, c, stdout)
	}
	password, err := readPassword(stdin)
	if err != nil {
		return err
	}
	u, err := app.Accounts.Create(ctx, c.Username, c.Name, c.Email, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Made the account %s with the id %d.\n", u.Username, u.ID)
	return nil
}

// createMany makes accounts with sessions, and writes them where asked.
func createMany(ctx context.Context, app *server.App, c config.UserCreate, stdout io.Writer) (err error) {
	var out io.Writer = io.Discard
	if c.Sessions != "" {
		f, err := os.OpenFile(c.Sessions, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("write the sessions: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	made := 0
	err = app.Accounts.CreateMany(ctx, c.Count, time.Now(), func(u chat.User, token string) error {
		made++
		_, err := fmt.Fprintln(w, u.Username, token)
		return err
	})
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return fmt.Errorf("after %d accounts: %w", made, err)
	}
	fmt.Fprintf(stdout, "Made %d accounts.\n", made)
	return nil
}

func setPassword(ctx context.Context, c config.UserPassword, stdin io.Reader, stdout io.Writer) (err error) {
	app, err := open(ctx, c.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	password, err := readPassword(stdin)
	if err != nil {
		return err
	}
	if err := app.Accounts.SetPassword(ctx, c.Username, password); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Set the password of %s and ended all sessions.\n", c.Username)
	return nil
}

// readPassword reads one line, unseen on a terminal.
func readPassword(stdin io.Reader) (string, error) {
	if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(os.Stderr, "Password: ")
		line, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(line), err
	}
	line, err := bufio.NewReader(io.LimitReader(stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
