package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// readyPatience bounds asking a node, which itself waits for its database for 2 seconds.
const readyPatience = 5 * time.Second

// ready asks the node at an address whether it takes visitors, and prints what it says. Anything
// but 200 is an error: an image without a shell, or a service manager, has nothing else to ask with.
func ready(ctx context.Context, at string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	response, err := http.DefaultTransport.RoundTrip(r) // it follows nobody elsewhere
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // It was only read.
	said, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	answer := strings.TrimSpace(string(said))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the node is not ready: %s: %s", response.Status, answer)
	}
	fmt.Fprintln(stdout, answer)
	return nil
}
