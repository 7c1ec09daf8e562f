package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
)

// alike is how many similar things a listing's page shows.
const alike = 4

// productView is a thing for sale and the one way to ask about it.
type productView struct {
	shell
	Listing  chat.Listing
	State    state
	Category chat.Category
	Gallery  gallery
	First    string // first name of the seller
	Profile  string // address of the seller's page, "" for a former member
	Habit    string // how fast the seller answers, "" when not known
	Sold     int64  // what the seller has sold
	Was      chat.Money
	Action   action
	Own      bool
	Marks    []standing // what the seller can make of it
	Wished   bool
	Product  product // for machines
	Alike    shelf
}

// action is what a reader can do about a listing. Without an address it is a
// sentence and no link.
type action struct {
	Kind  string // chat, open, login, own or off
	Label string
	URL   string
	Note  string
}

// product answers GET /product/{slug}/.
func (w *Web) product(rw http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := w.shell(r, "", "shop")
	if err != nil {
		return err
	}
	l, err := w.listings.BySlug(ctx, s.Viewer(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	s.Title = l.Title
	var regard store.Regard
	if s.Me != nil && !s.Is(l.Seller.ID) {
		if regard, err = w.listings.Regard(ctx, s.Me.User.ID, l.ID); err != nil {
			return err
		}
	}
	record, err := w.accounts.Record(ctx, l.Seller.ID)
	if err != nil {
		return err
	}
	more, err := w.listings.List(ctx, listings.Query{Category: l.Category, Except: l.ID, Limit: alike, Viewer: s.Viewer()})
	if err != nil {
		return err
	}
	view, err := w.productView(r, s, l, regard, record, more.Listings)
	if err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "product", view)
}

func (w *Web) productView(r *http.Request, s shell, l chat.Listing, regard store.Regard, record chat.Record, more []chat.Listing) (productView, error) {
	s.Scripts = append(s.Scripts, "shop")
	s.Styles = append(s.Styles, "listing-card", "shop", "listing", "menu")
	s.Description = summary(l)
	category, _ := chat.CategoryBySlug(l.Category)
	v := productView{
		shell: s, Listing: l, State: stateOf(l), Category: category, First: firstName(l.Seller), Profile: profileURL(l.Seller),
		Habit: habit(record), Sold: record.Sold, Action: actionFor(s.Me, l, regard.Conversation), Own: s.Is(l.Seller.ID), Wished: regard.Wished,
		Alike: newShelf(s, more, nil),
	}
	// The hearts of a short row would cost another query.
	v.Alike.Plain = true
	if l.PriceWas > 0 {
		v.Was = chat.Money{Amount: l.PriceWas, Currency: l.Price.Currency}
	}
	for _, m := range standings {
		if m.status != l.Status {
			v.Marks = append(v.Marks, m)
		}
	}
	var err error
	v.Gallery, err = w.gallery(r, l)
	v.Product = productOf(w.guard.Origin(r), l, v.Gallery)
	v.Image, v.Canonical = v.Product.Images[0], v.Product.URL
	return v, err
}

// about returns the conversation that the reader has about the listing, or 0.
func (w *Web) about(ctx context.Context, reader *me, l chat.Listing) (chat.ConversationID, error) {
	if reader == nil || reader.User.ID == l.Seller.ID {
		return 0, nil
	}
	regard, err := w.listings.Regard(ctx, reader.User.ID, l.ID)
	return regard.Conversation, err
}

// view answers POST /product/{slug}/view/, which the page's script sends when somebody
// looks at it: a GET counts nothing.
func (w *Web) view(rw http.ResponseWriter, r *http.Request) error {
	visitor := listings.Visitor{Address: auth.Address(r), Agent: r.UserAgent()}
	who, err := w.guard.Who(r)
	if err == nil {
		visitor.User = who.User.ID
	} else if !auth.IsSignedOut(err) {
		return err
	}
	if err := w.listings.View(r.Context(), r.PathValue("slug"), visitor); err != nil {
		return err
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}

// actionFor decides what the reader may do: an existing conversation goes on even
// when the thing is gone, and nobody can ask themselves.
func actionFor(reader *me, l chat.Listing, about chat.ConversationID) action {
	switch {
	case reader != nil && reader.User.ID == l.Seller.ID:
		return action{Kind: "own", Label: "This is your listing", Note: "Questions about it arrive in your chats."}
	case about != 0:
		return action{Kind: "open", Label: "Open your conversation", URL: wire.ConversationURL(about)}
	case l.Status == chat.ListingSold:
		return action{Kind: "off", Label: "Sold", Note: "It found its new home. There may be something like it below."}
	case l.Status == chat.ListingInactive:
		return action{Kind: "off", Label: "No longer offered", Note: "The seller has taken it down. There may be something like it below."}
	case reader == nil:
		return action{Kind: "login", Label: "Log in to chat", URL: loginURL(startURL(l.ID)), Note: "It takes a moment and costs nothing."}
	}
	return action{Kind: "chat", Label: "Chat with " + firstName(l.Seller), URL: startURL(l.ID), Note: "Nothing is sent until you press Send."}
}

// startURL is the page on which one asks about a listing.
func startURL(id chat.ListingID) string {
	return "/chat/start/" + strconv.FormatInt(int64(id), 10) + "/"
}

// firstName is what one calls somebody in a sentence.
func firstName(u chat.User) string {
	if !u.ClosedAt.IsZero() {
		return u.Name
	}
	first, _, _ := strings.Cut(strings.TrimSpace(u.Name), " ")
	if first == "" {
		return u.Username
	}
	return first
}

// habit says how fast somebody usually answers.
func habit(record chat.Record) string {
	usual, known := record.UsualAnswer()
	switch {
	case !known:
		return ""
	case usual < 15*time.Minute:
		return "usually answers in " + strconv.Itoa(max(1, int(usual.Round(time.Minute)/time.Minute))) + " min"
	case usual < 90*time.Minute:
		return "usually answers within an hour or so"
	case usual < 8*time.Hour:
		return "usually answers in a few hours"
	case usual < 30*time.Hour:
		return "usually answers within a day"
	}
	return "usually takes some days to answer"
}

// summary is a listing in one line, for previews.
func summary(l chat.Listing) string {
	const most = 160
	text := strings.Join(strings.Fields(l.Description), " ")
	if runes := []rune(text); len(runes) > most {
		text = strings.TrimSpace(string(runes[:most])) + "…"
	}
	return strings.TrimSpace(money(l.Price) + ", " + strings.ToLower(l.Condition.Label()) + ". " + text)
}
