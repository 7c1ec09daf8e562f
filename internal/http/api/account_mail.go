package api

import "context"

// askVerify answers POST /me/verify-email.
func (a *API) askVerify(ctx context.Context, c call, _ *none) (*none, error) {
	return &none{}, a.Accounts.AskVerify(ctx, c.identity.User.ID, c.origin())
}

// forgotten names an account by its address.
type forgotten struct {
	Email string `json:"email" doc:"The answer is the same whether somebody has it or not."`
}

type askResetInput struct{ Body forgotten }

// askReset answers POST /password-reset.
func (a *API) askReset(ctx context.Context, c call, in *askResetInput) (*none, error) {
	return &none{}, a.Accounts.AskReset(ctx, in.Body.Email, c.origin())
}

// resetProof sets a password by the link of a mail.
type resetProof struct {
	Token    string `json:"token" format:"password" doc:"What the link of the mail has behind token=; it works once, and not for long: the mail says until when."`
	Password string `json:"password" format:"password" doc:"At least 8 characters and at most 256 bytes."`
}

type resetInput struct{ Body resetProof }

// resetPassword answers POST /password-reset/confirm.
func (a *API) resetPassword(ctx context.Context, c call, in *resetInput) (*none, error) {
	return &none{}, a.Accounts.Reset(ctx, in.Body.Token, in.Body.Password, c.origin())
}
