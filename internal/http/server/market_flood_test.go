package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"swapnest/internal/feature/listings"
)

// answers returns the status of a request of somebody's, or of nobody's, from an address.
func (c *crowd) answers(p *talker, address, call string) int {
	c.t.Helper()
	method, path, _ := strings.Cut(call, " ")
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = address + ":4711"
	if p != nil {
		r.AddCookie(&http.Cookie{Name: c.Guard.CookieName(), Value: p.token})
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, r)
	if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
		c.t.Errorf("%s: 429 does not say how long to wait", call)
	}
	return w.Code
}

func TestSearchesOfTheShopCountForAnAddressAtAllDoors(t *testing.T) {
	crowded(t, 1, nil, func(t *testing.T, c *crowd) {
		doors := []string{
			"GET /?q=cycle", "GET /shop/?q=cycle", "GET /shop/?place=pune", "GET /search/?q=cycle&sort=price", "GET /categories/cycles/?q=cycle",
			"GET /api/v1/listings?q=cycle", "GET /api/v1/listings?place=pune&limit=60", "GET /api/v1/listings?seller=1&q=x",
		}
		people := []*talker{nil, c.people[0]} // who is signed in is no exception
		flood := func(n int) (found int) {
			for i := range n {
				switch status := c.answers(people[i/len(doors)%2], "192.0.2.1", doors[i%len(doors)]); status {
				case http.StatusOK:
					found++
				case http.StatusTooManyRequests:
				default:
					t.Fatalf("%s: %d", doors[i%len(doors)], status)
				}
			}
			return found
		}
		if found := flood(200); found != 30 {
			t.Errorf("%d of 200 searches at once were answered, want 30", found)
		}
		for _, door := range doors {
			if status := c.answers(nil, "192.0.2.1", door); status != http.StatusTooManyRequests {
				t.Errorf("%s: %d, want 429 like at the other doors", door, status)
			}
			if status := c.answers(nil, "192.0.2.2", door); status != http.StatusOK {
				t.Errorf("%s from another address: %d", door, status)
			}
		}
		for _, list := range []string{"GET /", "GET /shop/?q=+&place=", "GET /categories/cycles/?condition=good", "GET /api/v1/listings?sort=price"} {
			if status := c.answers(nil, "192.0.2.1", list); status != http.StatusOK {
				t.Errorf("%s, which does not search: %d", list, status)
			}
		}
		time.Sleep(10 * time.Second) // simulated
		if found := flood(200); found != 20 {
			t.Errorf("%d searches were answered after 10 s, want 20", found)
		}
	})
}

func TestChangesOfAWishlistCountForAPersonAtAllDoors(t *testing.T) {
	crowded(t, 2, nil, func(t *testing.T, c *crowd) {
		found, err := c.Listings.List(t.Context(), listings.Query{})
		if err != nil || len(found.Listings) != 1 {
			t.Fatalf("got %v, %v", found, err)
		}
		listing := found.Listings[0].ID
		doors := map[string]int{
			fmt.Sprintf("PUT /api/v1/wishlist/%d", listing):    http.StatusNoContent,
			fmt.Sprintf("DELETE /api/v1/wishlist/%d", listing): http.StatusNoContent,
			fmt.Sprintf("POST /wishlist/add/%d/", listing):     http.StatusSeeOther,
			fmt.Sprintf("POST /wishlist/remove/%d/", listing):  http.StatusSeeOther,
		}
		changed := 0
		for range 40 {
			for door, ok := range doors {
				switch status := c.answers(c.people[0], "192.0.2.1", door); status {
				case ok:
					changed++
				case http.StatusTooManyRequests:
				default:
					t.Fatalf("%s: %d", door, status)
				}
			}
		}
		if changed != 60 {
			t.Errorf("%d of 160 changes at once were taken, want 60", changed)
		}
		for door, ok := range doors {
			if status := c.answers(c.people[0], "192.0.2.7", door); status != http.StatusTooManyRequests {
				t.Errorf("%s: %d, want 429 from any address", door, status)
			}
			if status := c.answers(c.people[1], "192.0.2.1", door); status != ok {
				t.Errorf("%s of somebody else: %d", door, status)
			}
		}
		time.Sleep(2 * time.Second) // simulated
		for door, ok := range doors {
			if status := c.answers(c.people[0], "192.0.2.1", door); status != ok && status != http.StatusTooManyRequests {
				t.Errorf("%s: %d", door, status)
			} else if status == ok {
				changed++
			}
		}
		if changed != 62 {
			t.Errorf("%d changes were taken within 2 s, want 62", changed)
		}
	})
}
