package server

import (
	"context"

	"swapnest/internal/mail"
)

// makeMail makes what mails need, whether any are sent: the links in old ones go on to work.
func (a *App) makeMail(ctx context.Context) error {
	secret, err := a.DB.Secret(ctx, mail.LeaveSecret)
	if err != nil {
		return err
	}
	a.Leaves = mail.NewLeaves(secret)
	return nil
}
