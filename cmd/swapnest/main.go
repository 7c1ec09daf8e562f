// Command swapnest is a marketplace whose heart is the live conversation between a
// buyer and a seller.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"swapnest/internal/config"
)

// version is set by the build.
var version = "devel"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit status: 0,
// 1 after an error, 2 after a mistake on the command line.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c, command, help, err := config.Parse(args, stdout)
	if help {
		return 0
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		err = dispatch(ctx, c, command, stdin, stdout, stderr)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, config.ErrUsage):
		fmt.Fprintf(stderr, "swapnest: %s. See swapnest --help.\n", sentence(strings.TrimPrefix(err.Error(), "usage: ")))
		return 2
	default:
		fmt.Fprintf(stderr, "swapnest: %s.\n", sentence(err.Error()))
		return 1
	}
}

// sentence puts an error on one line, without the full stop that follows it: some
// libraries write several lines.
func sentence(s string) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ".")
}

func dispatch(ctx context.Context, c *config.Config, command string, stdin io.Reader, stdout, stderr io.Writer) error {
	switch command {
	case "serve":
		return serve(ctx, &c.Serve, newLog(c.Serve.Operations, stderr), stdout)
	case "migrate":
		if c.Migrate.From != "" {
			return move(ctx, c.Migrate, stdout, stderr)
		}
		return migrate(ctx, c.Migrate.Storage, stdout)
	case "user create", "user create <username>":
		return createUsers(ctx, c.User.Create, stdin, stdout)
	case "user password <username>":
		return setPassword(ctx, c.User.Password, stdin, stdout)
	case "audit":
		return audit(ctx, c.Audit, stdout)
	case "outbox list":
		return listOutbox(ctx, c.Outbox.List, stdout)
	case "outbox retry", "outbox retry <id>":
		return retryOutbox(ctx, c.Outbox.Retry, stdout)
	case "outbox drop <id>":
		return dropOutbox(ctx, c.Outbox.Drop, stdout)
	case "push-key list":
		return listPushKeys(ctx, c.PushKey.List.Storage, stdout)
	case "push-key rotate":
		return rotatePushKey(ctx, c.PushKey.Rotate.Storage, stdout)
	case "bench":
		return bench(ctx, c.Bench, stdout, stderr)
	case "ready":
		return ready(ctx, c.Ready.Listen, stdout)
	default: // version
		fmt.Fprintln(stdout, "swapnest", version)
		return nil
	}
}

// newLog returns the log of a node.
func newLog(o config.Operations, out io.Writer) *slog.Logger {
	// The command line allows no other words than those that are levels.
	var level slog.Level
	_ = level.UnmarshalText([]byte(o.LogLevel))
	options := &slog.HandlerOptions{Level: level}
	if o.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
