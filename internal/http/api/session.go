package api

import (
	"context"

	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

// credentials ask for a session.
type credentials struct {
	Username string `json:"username" doc:"Whatever its case."`
	Password string `json:"password" format:"password"`
}

type signInInput struct{ Body credentials }

// signIn answers POST /session.
func (a *API) signIn(ctx context.Context, c call, in *signInInput) (*userOutput, error) {
	user, token, err := a.Accounts.SignIn(ctx, accounts.SignInCommand{
		Username: in.Body.Username, Password: in.Body.Password, Address: auth.Address(c.request),
	})
	if err != nil {
		return nil, err
	}
	a.Guard.SetCookie(c.answer, token)
	return &userOutput{userAnswer{wire.UserOf(user)}}, nil
}

// signOut answers DELETE /session.
func (a *API) signOut(ctx context.Context, c call, _ *none) (*none, error) {
	if err := a.Accounts.SignOut(ctx, c.identity.Session.ID); err != nil {
		return nil, err
	}
	a.Guard.ClearCookie(c.answer)
	return &none{}, nil
}

// ticketAnswer holds a ticket.
type ticketAnswer struct {
	Ticket string `json:"ticket" doc:"Opens one socket, once, within 30 seconds: ?ticket=…"`
}

type ticketOutput struct{ Body ticketAnswer }

// ticket answers POST /ticket.
func (a *API) ticket(ctx context.Context, c call, _ *none) (*ticketOutput, error) {
	ticket, err := a.Accounts.Ticket(ctx, c.identity.Session.ID)
	if err != nil {
		return nil, err
	}
	return &ticketOutput{ticketAnswer{ticket}}, nil
}
