package server

import (
	"context"
	"io"

	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
)

// countedScanner is a scanner whose answers are counted.
type countedScanner struct {
	uploads.Scanner
	metrics *metrics
}

// Scan is that of the scanner.
func (c countedScanner) Scan(ctx context.Context, r io.Reader) error {
	err := c.Scanner.Scan(ctx, r)
	result := "unavailable"
	switch {
	case err == nil:
		result = "clean"
	case chat.CodeOf(err) == chat.UnsupportedMedia:
		result = "harmful"
	}
	c.metrics.scans[result].Inc()
	return err
}
