package api

import (
	"context"

	"swapnest/internal/feature/accounts"
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
	from := a.arrival(c)
	user, token, err := a.Accounts.SignIn(ctx, accounts.SignInCommand{
		Username: in.Body.Username, Password: in.Body.Password, Origin: from,
	})
	if err != nil {
		return nil, err
	}
	a.signedIn(ctx, c, from, token)
	return &userOutput{userAnswer{wire.UserOf(user)}}, nil
}

// arrival is the origin of a call that signs in: the browser, or the program that keeps cookies,
// is known by it later on.
func (a *API) arrival(c call) accounts.Origin {
	from := c.origin()
	from.Browser = a.Guard.Browser(c.request)
	return from
}

// signedIn gives the browser its new session in place of the one that it still had, so that
// none stays behind that nobody sees.
func (a *API) signedIn(ctx context.Context, c call, from accounts.Origin, token string) {
	if old, err := a.Guard.Who(c.request); err == nil {
		if err := a.Accounts.SignOut(ctx, old.Session, c.origin()); err != nil {
			a.Log.WarnContext(ctx, "old session not ended", "error", err)
		}
	}
	a.Guard.SetCookie(c.answer, token)
	a.Guard.SetBrowser(c.answer, from.Browser)
}

// signOut answers DELETE /session.
func (a *API) signOut(ctx context.Context, c call, _ *none) (*none, error) {
	if err := a.Accounts.SignOut(ctx, c.identity.Session, c.origin()); err != nil {
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

// newPassword replaces a password.
type newPassword struct {
	Current  string `json:"current" format:"password" doc:"The one in force."`
	Password string `json:"password" format:"password" doc:"At least 8 characters and at most 256 bytes."`
}

type changePasswordInput struct{ Body newPassword }

// changePassword answers PUT /me/password.
func (a *API) changePassword(ctx context.Context, c call, in *changePasswordInput) (*none, error) {
	return &none{}, a.Accounts.ChangePassword(ctx, c.identity.Session, in.Body.Current, in.Body.Password, c.origin())
}

// proof shows that one is oneself.
type proof struct {
	Current string `json:"current" format:"password" doc:"One's password."`
}

type closeAccountInput struct{ Body proof }

// closeAccount answers POST /me/close.
func (a *API) closeAccount(ctx context.Context, c call, in *closeAccountInput) (*none, error) {
	if err := a.Accounts.Close(ctx, c.identity.User.ID, in.Body.Current, c.origin()); err != nil {
		return nil, err
	}
	a.Guard.ClearCookie(c.answer)
	return &none{}, nil
}

// device is a session as its owner sees it.
type device struct {
	ID        string    `json:"id"`
	Name      string    `json:"name" doc:"Such as Chrome on Android; empty when not known."`
	Current   bool      `json:"current" doc:"The one that asks."`
	CreatedAt wire.Time `json:"created_at" nullable:"false"`
	UsedAt    wire.Time `json:"used_at" nullable:"false" doc:"To the day."`
}

// devices are all of a person.
type devices struct {
	Sessions []device `json:"sessions" nullable:"false"`
}

type devicesOutput struct{ Body devices }

// listSessions answers GET /me/sessions.
func (a *API) listSessions(ctx context.Context, c call, _ *none) (*devicesOutput, error) {
	all, err := a.Accounts.Devices(ctx, c.identity.Session)
	if err != nil {
		return nil, err
	}
	out := devices{Sessions: make([]device, len(all))}
	for i, d := range all {
		out.Sessions[i] = device{
			ID: d.ID, Name: d.Name, Current: d.Current, CreatedAt: wire.Time{Time: d.CreatedAt}, UsedAt: wire.Time{Time: d.UsedAt},
		}
	}
	return &devicesOutput{out}, nil
}

// endOtherSessions answers DELETE /me/sessions.
func (a *API) endOtherSessions(ctx context.Context, c call, _ *none) (*none, error) {
	return &none{}, a.Accounts.EndOtherDevices(ctx, c.identity.Session, c.origin())
}

type endSessionInput struct {
	Session string `path:"session"`
}

// endSession answers DELETE /me/sessions/{session}.
func (a *API) endSession(ctx context.Context, c call, in *endSessionInput) (*none, error) {
	return &none{}, a.Accounts.EndDevice(ctx, c.identity.User.ID, in.Session, c.origin())
}
