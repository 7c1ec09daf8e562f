package api

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

// registration asks for an account.
type registration struct {
	Username string `json:"username" doc:"3 to 30 characters of A-Z a-z 0-9 _; unique whatever their case."`
	Password string `json:"password" format:"password" doc:"At least 8 characters and at most 256 bytes."`
	Name     string `json:"name,omitempty" doc:"Shown to others, up to 60 characters; the username when left out."`
	Email    string `json:"email,omitempty" doc:"Shown to nobody else."`
}

type registerInput struct{ Body registration }

// userAnswer holds a person.
type userAnswer struct {
	User wire.User `json:"user"`
}

type userOutput struct{ Body userAnswer }

// register answers POST /users.
func (a *API) register(ctx context.Context, c call, in *registerInput) (*userOutput, error) {
	user, token, err := a.Accounts.Register(ctx, accounts.RegisterCommand{
		Username: in.Body.Username, Password: in.Body.Password, Name: in.Body.Name, Email: in.Body.Email,
		Address: auth.Address(c.request),
	})
	if err != nil {
		return nil, err
	}
	a.Guard.SetCookie(c.answer, token)
	return &userOutput{userAnswer{wire.UserOf(user)}}, nil
}

// self is a person as they see themselves.
type self struct {
	wire.User
	Email string `json:"email" doc:"Empty when none was given."`
}

// preferences are a person's choices.
type preferences struct{}

// unread counts what a person has not seen.
type unread struct {
	Conversations int64 `json:"conversations" minimum:"0" doc:"Conversations with unread messages."`
	Notifications int64 `json:"notifications" minimum:"0"`
}

// me is all about who is signed in.
type me struct {
	User        self        `json:"user"`
	Preferences preferences `json:"preferences"`
	Unread      unread      `json:"unread"`
	Limits      wire.Limits `json:"limits"`
}

type meOutput struct{ Body me }

// me answers GET /me.
func (a *API) me(ctx context.Context, c call, _ *none) (*meOutput, error) {
	user := c.identity.User
	conversations, err := a.Inbox.Unread(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	return &meOutput{me{
		User:   selfOf(user),
		Unread: unread{Conversations: conversations},
		Limits: wire.AllLimits(),
	}}, nil
}

func selfOf(u chat.User) self { return self{User: wire.UserOf(u), Email: u.Email} }
