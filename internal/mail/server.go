package mail

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Server is a mail server that takes our mails. Its String has no password.
type Server struct {
	Host     string
	Port     int
	TLS      bool // from the first byte (smtps); else by STARTTLS
	Loopback bool // this machine: STARTTLS is not asked for
	User     string
	password string
}

// The ports of RFC 6409 and RFC 8314.
const (
	submission  = 587
	submissions = 465
)

// ParseServer reads smtp://USER@HOST:587 or smtps://USER@HOST:465. The password may stand in the
// address, or is given beside it. No error repeats the address: it may hold a password.
func ParseServer(address, password string) (Server, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Server{}, errors.New("needs an address such as smtp://USER@smtp.example:587; a password in it needs %40 for @, %2F for / and so on")
	}
	s := Server{Host: u.Hostname(), Port: submission, TLS: u.Scheme == "smtps", password: password}
	if s.TLS {
		s.Port = submissions
	}
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return Server{}, errors.New("begins with smtp:// (STARTTLS) or smtps:// (TLS from the first byte)")
	case s.Host == "" || u.Opaque != "" || !bare(s.Host):
		return Server{}, errors.New("names no host: it needs smtp://USER@HOST:PORT")
	case (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "":
		return Server{}, errors.New("has something behind the port: it needs smtp://USER@HOST:PORT")
	}
	if text := u.Port(); text != "" {
		if s.Port, err = strconv.Atoi(text); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, errors.New("needs a port from 1 to 65535")
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		if in, ok := u.User.Password(); ok {
			if password != "" && in != password {
				return Server{}, errors.New("has a password, and SWAPNEST_SMTP_PASSWORD is another one: leave one out")
			}
			s.password = in
		}
	}
	switch {
	case s.User == "" && s.password != "":
		return Server{}, errors.New("needs the user that the password is of: smtp://USER@HOST:PORT")
	case s.User != "" && s.password == "":
		return Server{}, errors.New("names a user without a password: set SWAPNEST_SMTP_PASSWORD")
	case strings.ContainsAny(s.User+s.password, "\r\n\x00"):
		return Server{}, errors.New("has a line break in its user or password")
	}
	s.Loopback = loopback(s.Host)
	return s, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// String is where the server is.
func (s Server) String() string {
	scheme := "smtp"
	if s.TLS {
		scheme = "smtps"
	}
	return scheme + "://" + s.address()
}

func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }
