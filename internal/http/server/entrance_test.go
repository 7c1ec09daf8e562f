package server_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// TestWhoeverWasLetInIsAnsweredWhenTheNodeEnds ends nodes to which people come all the time, each
// with a connection of their own: they are answered or refused at the door, which a proxy tells
// from being cut off. A POST that was cut off it asks of no other node.
func TestWhoeverWasLetInIsAnsweredWhenTheNodeEnds(t *testing.T) {
	t.Parallel()
	for range 3 {
		app := apptest.Start(t, testkit.SQLite(t), nil)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		url := app.URL
		var coming sync.WaitGroup
		begun := make(chan struct{}, 8)
		for range cap(begun) {
			coming.Go(func() {
				for answered := 0; ; answered++ {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/session", strings.NewReader("{}"))
					if err != nil {
						t.Error(err)
						return
					}
					r.Header.Set("Content-Type", "application/json")
					response, err := client.Do(r)
					if errors.Is(err, syscall.ECONNREFUSED) {
						return
					}
					if err == nil {
						_, err = io.Copy(io.Discard, response.Body)
						response.Body.Close()
					}
					if err != nil {
						t.Errorf("somebody was cut off: %v", err)
						return
					}
					if answered == 0 {
						begun <- struct{}{}
					}
				}
			})
		}
		for range cap(begun) {
			<-begun
		}
		app.Stop()
		coming.Wait()
	}
}
