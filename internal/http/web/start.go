package web

import (
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

// startView is the page on which one asks about a listing. It makes nothing.
type startView struct {
	shell
	Listing  chat.Listing
	Thing    state
	First    string
	Composer composer
	MaxChars int
	Refused  *startRefusal // instead of the form
}

// startRefusal says why one cannot ask about a listing, and what one can do instead.
type startRefusal struct {
	Heading, Detail string
	Way, WayTo      string
}

// startForm answers GET /chat/start/{id}/. Who has asked already is taken there.
func (w *Web) startForm(rw http.ResponseWriter, r *http.Request) error {
	l, err := w.pathListing(r)
	if err != nil {
		return err
	}
	s, err := w.signedIn(r, "Ask about "+l.Title, "shop")
	if err != nil {
		return err
	}
	about, err := w.about(r.Context(), s.Me, l)
	if err != nil {
		return err
	}
	if about != 0 {
		return redirect(rw, r, wire.ConversationURL(about)+"#composer")
	}
	text := quickText(r, chat.Buyer, "Hi, is "+l.Title+" still available?")
	c := composer{ClientID: newClientID(), Text: text}
	return w.showStart(rw, r, http.StatusOK, newStart(s, l, c))
}

func newStart(s shell, l chat.Listing, c composer) startView {
	s.Styles = append(s.Styles, "listing", "conversation-header", "composer", "banner", "empty", "start")
	v := startView{shell: s, Listing: l, Thing: stateOf(l), First: firstName(l.Seller), MaxChars: chat.MaxMessageChars}
	c.Action, c.First, c.Quick = startURL(l.ID), v.First, quickReplies(chat.Buyer, startURL(l.ID))
	v.Composer = c
	v.Refused = refusedStart(s.Me.User.ID, l)
	return v
}

func (w *Web) showStart(rw http.ResponseWriter, r *http.Request, code int, v startView) error {
	if v.Refused != nil {
		code = http.StatusConflict
	}
	return w.render(rw, r, code, "start", v)
}

// refusedStart returns why who cannot ask about a listing, or nil.
func refusedStart(who chat.UserID, l chat.Listing) *startRefusal {
	switch {
	case l.CanAsk(who) == nil:
		return nil
	case l.Seller.ID == who:
		return &startRefusal{"This is your own listing", "Questions about it arrive in your chats.", "Go to your chats", "/chat/"}
	case l.Status == chat.ListingSold:
		return &startRefusal{"This has been sold", "It takes no new questions. There may be something like it in the shop.", "See what else there is", likeURL(l)}
	}
	return &startRefusal{"This is no longer offered", "The seller has taken it down. There may be something like it in the shop.", "See what else there is", likeURL(l)}
}

// likeURL is where there are other things of the same category.
func likeURL(l chat.Listing) string {
	if _, ok := chat.CategoryBySlug(l.Category); !ok {
		return "/shop/"
	}
	return categoryURL(l.Category)
}

// start answers POST /chat/start/{id}/.
func (w *Web) start(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathID[chat.ListingID](r, "listing")
	if err != nil {
		return err
	}
	s, err := w.signedIn(r, "", "shop")
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	c := composer{Text: r.PostForm.Get("message"), ClientID: r.PostForm.Get("client_id")}
	ctx, cancel := sending(r)
	defer cancel()
	started, err := w.messages.Start(ctx, s.Me.User.ID, messaging.StartCommand{
		Listing: id, ClientID: c.ClientID, Text: c.Text, Address: auth.Address(r),
	})
	if fault, ok := refusal(err); ok {
		r, cancel := hurried(r, err)
		defer cancel()
		l, lookup := w.listings.Listing(r.Context(), s.Me.User, id)
		if lookup != nil {
			return lookup
		}
		s.Title = "Ask about " + l.Title
		c.Fault, c.ClientID = fault.Detail, retryID(fault, c.ClientID)
		after(rw, err)
		return w.showStart(rw, r, status(err), newStart(s, l, c))
	}
	if err != nil {
		return err
	}
	return redirect(rw, r, wire.ConversationURL(started.Conversation)+"#composer")
}
