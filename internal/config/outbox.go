package config

import "errors"

// Outbox is the command of that name: what leaves the site by push and mail.
type Outbox struct {
	List  OutboxList  `cmd:"" default:"withargs" help:"Show what is in the outbox, the newest first."`
	Retry OutboxRetry `cmd:"" help:"Try again what was given up, or at once what waits for another attempt."`
	Drop  OutboxDrop  `cmd:"" help:"Delete what waits or was given up."`
}

// OutboxList shows deliveries.
type OutboxList struct {
	Storage
	State   string `default:"" enum:",waiting,sent,dead" placeholder:"STATE" help:"waiting, sent or dead alone."`
	Channel string `default:"" enum:",push,mail" placeholder:"CHANNEL" help:"push or mail alone."`
	Limit   int    `default:"100" placeholder:"N" help:"At most so many (${default})."`
	Format  string `default:"text" enum:"text,json" help:"text, or json with one object a line (${default})."`
}

// OutboxRetry has deliveries tried again.
type OutboxRetry struct {
	Storage
	IDs     []int64 `arg:"" optional:"" name:"id" help:"Their numbers."`
	All     bool    `help:"All that was given up."`
	Channel string  `default:"" enum:",push,mail" placeholder:"CHANNEL" help:"With --all: push or mail alone."`
}

// OutboxDrop deletes deliveries.
type OutboxDrop struct {
	Storage
	IDs []int64 `arg:"" name:"id" help:"Their numbers."`
}

func (o *Outbox) check(command string) error {
	switch command {
	case "outbox list":
		if o.List.Limit < 1 {
			return errors.New("--limit needs a number above 0")
		}
	case "outbox retry", "outbox retry <id>":
		if (len(o.Retry.IDs) == 0) != o.Retry.All {
			return errors.New("say which by their numbers, or --all for everything that was given up")
		}
		if o.Retry.Channel != "" && !o.Retry.All {
			return errors.New("--channel goes with --all")
		}
	}
	return nil
}
