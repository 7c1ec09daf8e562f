package api

import (
	"context"
	"errors"

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
	from := a.arrival(c)
	user, token, err := a.Accounts.Register(ctx, accounts.RegisterCommand{
		Username: in.Body.Username, Password: in.Body.Password, Name: in.Body.Name, Email: in.Body.Email,
		Origin: from,
	})
	if err != nil {
		return nil, err
	}
	a.signedIn(ctx, c, from, token)
	return &userOutput{userAnswer{wire.UserOf(user)}}, nil
}

// self is a person as they see themselves.
type self struct {
	wire.User
	Email         string `json:"email" doc:"Empty when none was given."`
	EmailVerified bool   `json:"email_verified" doc:"One has shown that the address is one's own."`
	EmailBounced  bool   `json:"email_bounced" doc:"Mail to it came back: nothing more is sent there before it is verified again."`
	City          string `json:"city" doc:"Empty when none was given."`
	About         string `json:"about" doc:"Empty when nothing was said."`
}

// unread counts what a person has not seen.
type unread struct {
	Conversations int64 `json:"conversations" minimum:"0" doc:"Conversations with unread messages. Of those in which nothing was said for a day or more, 100 may be all that are counted."`
	Notifications int64 `json:"notifications" minimum:"0" doc:"Unread notices."`
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
	n, err := a.Inbox.Unread(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	wants, err := a.Notices.Preferences(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	return &meOutput{me{
		User:        selfOf(user),
		Preferences: preferencesOf(wants),
		Unread:      unread{Conversations: n.Conversations, Notifications: n.Notices},
		Limits:      wire.AllLimits(a.Uploads.Media()),
	}}, nil
}

func selfOf(u chat.User) self {
	return self{
		User: wire.UserOf(u), Email: u.Email, EmailVerified: !u.EmailVerified.IsZero(), EmailBounced: !u.EmailBounced.IsZero(),
		City: u.City, About: u.About,
	}
}

// mePatch changes what it names.
type mePatch struct {
	Name     *string `json:"name,omitempty" doc:"1 to 60 characters on one line."`
	Email    *string `json:"email,omitempty" doc:"Empty for none; one that somebody else has is a conflict. Whoever has one gives their password, too."`
	City     *string `json:"city,omitempty" doc:"Up to 80 characters."`
	About    *string `json:"about,omitempty" doc:"Up to 500 characters."`
	Password string  `json:"password,omitempty" format:"password" doc:"The one that one has: needed for another e-mail address, or none, in the place of one."`
	// Preferences are another matter, and change after the rest.
	Preferences *preferencesPatch `json:"preferences,omitempty" doc:"What one wants to be told of; what is left out stays as it is."`
}

type editMeInput struct{ Body mePatch }

// selfAnswer holds a person as they see themselves.
type selfAnswer struct {
	User        self        `json:"user"`
	Preferences preferences `json:"preferences"`
}

type selfOutput struct{ Body selfAnswer }

// editMe answers PATCH /me.
func (a *API) editMe(ctx context.Context, c call, in *editMeInput) (*selfOutput, error) {
	who, b := c.identity.User.ID, in.Body
	var change chat.PreferencesChange
	if b.Preferences != nil {
		var err error
		if change, err = b.Preferences.change(); err != nil {
			return nil, ofPreferences(err)
		}
	}
	u, err := a.Accounts.Edit(ctx, who, accounts.EditCommand{Name: b.Name, Email: b.Email, City: b.City, About: b.About, Password: b.Password}, c.origin())
	if err != nil {
		return nil, err
	}
	var wants chat.Preferences
	if b.Preferences == nil {
		wants, err = a.Notices.Preferences(ctx, who)
	} else {
		wants, err = a.Notices.Prefer(ctx, who, change)
		err = ofPreferences(err)
	}
	if err != nil {
		return nil, err
	}
	return &selfOutput{selfAnswer{selfOf(u), preferencesOf(wants)}}, nil
}

// ofPreferences has a refusal name its field as the body does.
func ofPreferences(err error) error {
	refusal, ok := errors.AsType[*chat.Error](err)
	if !ok || refusal.Field == "" {
		return err
	}
	named := *refusal
	named.Field = "preferences." + refusal.Field
	return &named
}

type getUserInput struct {
	Username string `path:"username"`
}

// profile is a person as everybody sees them.
type profile struct {
	User        wire.User `json:"user"`
	City        string    `json:"city"`
	About       string    `json:"about"`
	CreatedAt   wire.Time `json:"created_at" nullable:"false"`
	Sold        int64     `json:"sold" minimum:"0" doc:"Listings marked as sold."`
	UsualAnswer *int64    `json:"usual_answer_ms" doc:"How long buyers usually wait for a first answer, in milliseconds; null when too little is known."`
}

type profileOutput struct{ Body profile }

// getUser answers GET /users/{username}.
func (a *API) getUser(ctx context.Context, c call, in *getUserInput) (*profileOutput, error) {
	u, record, err := a.Accounts.Profile(ctx, c.identity.User, in.Username)
	if err != nil {
		return nil, err
	}
	out := profile{User: wire.UserOf(u), City: u.City, About: u.About, CreatedAt: wire.Time{Time: u.CreatedAt}, Sold: record.Sold}
	if usual, known := record.UsualAnswer(); known {
		out.UsualAnswer = new(usual.Milliseconds())
	}
	return &profileOutput{out}, nil
}

type availabilityInput struct {
	Username string `query:"username" doc:"A username to look for, or else"`
	Email    string `query:"email" doc:"an e-mail address."`
}

// availability tells whether a name can be had.
type availability struct {
	Available bool `json:"available"`
}

type availabilityOutput struct{ Body availability }

// checkAvailability answers GET /availability.
func (a *API) checkAvailability(ctx context.Context, c call, in *availabilityInput) (*availabilityOutput, error) {
	free, err := a.Accounts.Free(ctx, in.Username, in.Email, auth.Address(c.request))
	if err != nil {
		return nil, err
	}
	return &availabilityOutput{availability{free}}, nil
}
