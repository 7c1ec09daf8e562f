package server

import "swapnest/internal/feature/accounts"

// AccountMail says whether people are told by mail what happens to their accounts, which others
// send from the outbox.
type AccountMail struct {
	On   bool
	Demo bool // also the people of the demo town: for a mail server that keeps it on this machine
}

// accountMail is how mail is sent here, for accounts.
func (a *App) accountMail(o Options) accounts.Mail {
	return accounts.Mail{On: o.AccountMail.On, Demo: o.AccountMail.Demo, Site: a.site}
}

// site is the origin that links of mails lead to: the one that people use, or, without a public
// URL, the loopback address that is listened on. No request has a say in it.
func (a *App) site() string {
	if origin, public := a.Guard.Public(); public {
		return origin
	}
	address, ok := a.address.Load().(string)
	if !ok {
		address = "localhost"
	}
	return "http://" + address
}
