package auth

import (
	"encoding/base64"
	"net/http"
	"time"

	"swapnest/internal/chat"
)

// BrowserName is the name of the cookie by which a browser is known again, whoever signs in with
// it. It opens nothing.
func (g *Guard) BrowserName() string {
	if g.secure {
		return "__Host-swapnest_browser"
	}
	return "swapnest_browser"
}

// Browser returns the secret by which the request's browser is known, or a new one.
func (g *Guard) Browser(r *http.Request) string {
	if cookie, err := r.Cookie(g.BrowserName()); err == nil {
		if secret, err := base64.RawURLEncoding.DecodeString(cookie.Value); err == nil && len(secret) == 32 {
			return cookie.Value
		}
	}
	secret, _ := NewToken()
	return secret
}

// SetBrowser has the browser keep its secret for chat.BrowserLife.
func (g *Guard) SetBrowser(w http.ResponseWriter, secret string) {
	http.SetCookie(w, &http.Cookie{
		Name: g.BrowserName(), Value: secret, Path: "/", MaxAge: int(chat.BrowserLife / time.Second),
		HttpOnly: true, Secure: g.secure, SameSite: http.SameSiteLaxMode,
	})
}
