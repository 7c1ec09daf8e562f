package server_test

import (
	"net/url"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// mailed asks for mails about accounts, and follows their links and made-up ones.
func (p *planter) mailed() {
	p.t.Helper()
	p.do(p.me, "POST", "/accounts/verify-email/", "x=1")
	p.do(p.me, "POST", "/api/v1/me/verify-email", "")
	for _, address := range []string{plantedMail + "@example.com", plantedMail, plantedMail + "@nobody.example"} {
		p.do(p.visitor, "POST", "/accounts/password-reset/", url.Values{"email": {address}}.Encode())
		p.do(p.visitor, "POST", "/api/v1/password-reset", `{"email":"`+address+`"}`)
	}
	links := []string{"/accounts/verify-email/" + plantedToken + "/", "/accounts/password-reset/confirm/?token=" + plantedToken}
	all, err := p.DB.Deliveries(p.t.Context(), store.DeliveryQuery{Channel: chat.MailChannel})
	for _, d := range all {
		if _, link, ok, err := p.Accounts.MailToken(p.t.Context(), d); ok && err == nil {
			links = append(links, strings.TrimPrefix(link, p.URL))
		}
	}
	if err == nil && len(links) < 4 && p.mails == 0 {
		p.t.Error("no link was mailed at all")
	}
	p.mails++
	for _, link := range links {
		token := strings.Trim(link[strings.LastIndexAny(strings.TrimSuffix(link, "/"), "/=")+1:], "/")
		if len(token) > 20 { // and no name of a page
			p.secrets[token] = true
		}
		p.do(p.visitor, "GET", link, "")
		p.do(p.visitor, "POST", link, "x=1")
		p.do(p.visitor, "POST", "/accounts/password-reset/confirm/", url.Values{"token": {token}, "password": {"short"}}.Encode())
		p.do(p.visitor, "POST", "/accounts/password-reset/confirm/", url.Values{"token": {token}, "password": {plantedPassword}}.Encode())
		p.do(p.visitor, "POST", "/api/v1/password-reset/confirm", `{"token":"`+token+`","password":"`+plantedPassword+`"}`)
	}
	// Signing in again, for a new password ends all sessions.
	p.do(p.me, "POST", "/accounts/login/", url.Values{"username": {"planter"}, "password": {plantedPassword}}.Encode())
}
