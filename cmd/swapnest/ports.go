package main

import (
	"context"
	"fmt"
	"net"

	"swapnest/internal/http/server"
)

// ports are what a node listens on: the site, and where asked for the debug server, the
// plain address that redirects, and the door for answers by mail.
type ports struct{ site, debug, plain, reply net.Listener }

// listen opens those that have an address, or none.
func listen(ctx context.Context, site, debug, plain, reply string) (*ports, error) {
	p := &ports{}
	config := server.Listening()
	for _, one := range []struct {
		at string
		l  *net.Listener
	}{{site, &p.site}, {debug, &p.debug}, {plain, &p.plain}, {reply, &p.reply}} {
		if one.at == "" {
			continue
		}
		var err error
		if *one.l, err = config.Listen(ctx, "tcp", one.at); err != nil {
			p.close()
			return nil, fmt.Errorf("listen on %s: %w", one.at, err)
		}
	}
	return p, nil
}

// close gives all of them back.
func (p *ports) close() {
	for _, l := range []net.Listener{p.site, p.debug, p.plain, p.reply} {
		if l != nil {
			// It may be closed already, and nobody is served on it any more.
			_ = l.Close()
		}
	}
}

// serve answers on all of them. The channel gets the first end.
func (p *ports) serve(app *server.App) <-chan error {
	served := make(chan error, 4)
	go func() { served <- app.Serve(p.site) }()
	if p.debug != nil {
		go func() { served <- app.ServeDebug(p.debug) }()
	}
	if p.plain != nil {
		go func() { served <- app.ServePlain(p.plain) }()
	}
	if p.reply != nil {
		go func() { served <- app.ServeReplies(p.reply) }()
	}
	return served
}
