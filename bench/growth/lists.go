package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// reader is somebody whose list is asked for.
type reader struct {
	person person
	lister *lister
}

// readers has people get their conversations while the town fills.
func (g *grown) readers(first int, sizes []int) (all []reader) {
	for i, size := range sizes {
		p := g.site.people[first+i]
		all = append(all, reader{p, g.town.lists(p.id, size)})
	}
	return all
}

// listing measures what people wait for who have few and many conversations.
func (g *grown) listing(ctx context.Context, o options, sizes []int, all []reader) (_ []timed, err error) {
	if err := g.site.serve(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.site.stop()) }()
	who, next := make([]*visitor, len(all)), make([]string, len(all))
	for i, r := range all {
		if r.lister.got < sizes[i] {
			return nil, fmt.Errorf("there is room for %d conversations of %d only: more messages are needed", r.lister.got, sizes[i])
		}
		who[i] = g.site.visitor(r.person)
		answer, _, err := who[i].ask(ctx, http.MethodGet, "/api/v1/conversations", nil)
		var page struct{ Next string }
		if err = errors.Join(err, json.Unmarshal(answer, &page)); err != nil {
			return nil, err
		}
		next[i] = url.QueryEscape(page.Next)
	}
	list := func(what, query, holds string, full int) probe {
		return probe{what: what, full: full, do: func(ctx context.Context, i int) (time.Duration, error) {
			return who[i].get(ctx, "/api/v1/conversations"+query, holds)
		}}
	}
	page := func(what, path, holds string) probe {
		return probe{what: what, do: func(ctx context.Context, i int) (time.Duration, error) { return who[i].get(ctx, path, holds) }}
	}
	return g.site.measure(ctx, o, sizes, []probe{
		list("list", "", `"conversations"`, 0),
		{what: "list, the next page", do: func(ctx context.Context, i int) (time.Duration, error) {
			return who[i].get(ctx, "/api/v1/conversations?cursor="+next[i], `"conversations"`)
		}},
		list("list, buying", "?filter=buying", `"conversations"`, 0),
		list("list, unread", "?filter=unread", `"conversations"`, 1),
		list("list, archived", "?filter=archived", `"conversations"`, 1),
		page("browser: the list", "/chat/", "<swapnest-chat"),
		page("browser: a page with the count of unread", "/notifications/", "<unread-watch"),
		{what: "notifications", full: 1, do: func(ctx context.Context, i int) (time.Duration, error) {
			return who[i].get(ctx, "/api/v1/notifications", `"notifications"`)
		}},
		page("search in all", "/api/v1/search?q="+g.town.words[3], `"hits"`),
		page("browser: search, with names and titles", "/chat/search/?q=thing", "Thing"),
		{what: "a line until it is greeted", do: func(ctx context.Context, i int) (time.Duration, error) {
			l, took, err := who[i].dial(ctx)
			if err != nil {
				return 0, err
			}
			return took, l.conn.Close()
		}},
	})
}
