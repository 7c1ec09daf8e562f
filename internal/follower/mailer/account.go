package mailer

import (
	"fmt"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// accountLetter returns what a mail about somebody's account says; nil for a kind that there is not. People are
// called by their usernames: it may go to a stranger, and whatever else people are called may say anything, in
// the name of the site.
func accountLetter(kind store.DeliveryKind, to chat.User, note store.MailNote, link string) *letter {
	l := &letter{Why: "You get this because somebody gave this address on SwapNest."}
	switch kind {
	case store.DeliverVerify:
		l.Subject = "Is this your address?"
		l.Lead = []string{
			fmt.Sprintf("%s gave this address on SwapNest. If that was you, say so, and we can tell you by mail when somebody writes to you.", to.Username),
		}
		l.Button = button{"Yes, it is mine", link}
		l.Notes = []string{"If it was not you, do nothing: without your word nothing more comes to this address."}
	case store.DeliverReset:
		l.Subject = "A new password for SwapNest"
		l.Lead = []string{
			fmt.Sprintf("Somebody asked for a new password for %s%s. If that was you, choose one within %s.", to.Username, from(note), chat.InWords(chat.ResetLife)),
		}
		l.Button = button{"Choose a new password", link}
		l.Notes = []string{"The link works once. If it was not you, do nothing: your password stays as it is, and nobody has seen it."}
	case store.DeliverPassword:
		l.Subject = "Your password was changed"
		l.Lead = []string{
			fmt.Sprintf("The password of %s on SwapNest was changed%s%s. All other browsers were signed out.", to.Username, at(note), from(note)),
			"If that was you, there is nothing to do.",
		}
		l.Button = button{"It was not me", link}
		l.Notes = []string{"The button leads to where you ask for a new password."}
	case store.DeliverAddress:
		l.Subject = "Your e-mail address was changed"
		l.Lead = []string{
			fmt.Sprintf("%s has another e-mail address on SwapNest%s%s: what concerns the account goes there now, and no more to this one.", to.Username, at(note), from(note)),
			"If that was you, there is nothing to do. If not, somebody else knows your password: sign in, change it, which signs out everybody else, and set the address right.",
			"If you cannot sign in any more, write to the people who run this marketplace, and do not wait: no new password is sent to this address now.",
		}
		l.Button = button{"See to it", link}
	case store.DeliverNewBrowser:
		l.Subject = "A new browser signed in"
		l.Lead = []string{
			fmt.Sprintf("Somebody signed in as %s on SwapNest%s%s, where you had not been before.", to.Username, at(note), from(note)),
			"If that was you, there is nothing to do. If not, sign that browser out and change your password.",
		}
		l.Button = button{"See your browsers", link}
	default:
		return nil
	}
	l.Heading, l.Peek = l.Subject, l.Lead[0]
	if kind != store.DeliverVerify {
		l.Why = "You get this because it is about your account. Such mails cannot be turned off."
	}
	return l
}

// from says by which browser something was done.
func from(n store.MailNote) string {
	if n.Agent == "" {
		return ""
	}
	return ", from " + shorten(oneLine(n.Agent), 80)
}

// at says when something was done.
func at(n store.MailNote) string {
	if n.At.IsZero() {
		return ""
	}
	return " on " + n.At.UTC().Format("2 January at 15:04") + " UTC"
}
