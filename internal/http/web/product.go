package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
	"swapnest/internal/live/wire"
)

// alike is how many similar things a listing's page shows.
const alike = 4

// productView is a thing for sale and the one way to ask about it.
type productView struct {
	shell
	Listing  chat.Listing
	State    state
	Category chat.Category
	Photo    photo
	Pictures int
	First    string // first name of the seller
	Action   action
	Alike    []chat.Listing
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
	l, err := w.listings.BySlug(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	s, err := w.shell(r, l.Title, "shop")
	if err != nil {
		return err
	}
	about, err := w.about(r.Context(), s.Me, l)
	if err != nil {
		return err
	}
	more, err := w.alike(r.Context(), l)
	if err != nil {
		return err
	}
	view, err := w.productView(s, l, about, more)
	if err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "product", view)
}

func (w *Web) productView(s shell, l chat.Listing, about chat.ConversationID, more []chat.Listing) (productView, error) {
	s.Styles = append(s.Styles, "listing-card", "shop", "listing")
	s.Description = summary(l)
	category, _ := chat.CategoryBySlug(l.Category)
	picture, err := w.photo(l)
	return productView{
		shell: s, Listing: l, State: stateOf(l), Category: category, Photo: picture, Pictures: len(l.Photos),
		First: firstName(l.Seller), Action: actionFor(s.Me, l, about), Alike: more,
	}, err
}

// about returns the conversation that the reader has about the listing, or 0.
func (w *Web) about(ctx context.Context, reader *me, l chat.Listing) (chat.ConversationID, error) {
	if reader == nil || reader.User.ID == l.Seller.ID {
		return 0, nil
	}
	id, err := w.chats.About(ctx, reader.User.ID, l.ID)
	if chat.CodeOf(err) == chat.NotFound {
		return 0, nil
	}
	return id, err
}

// alike returns other things of the same category.
func (w *Web) alike(ctx context.Context, l chat.Listing) ([]chat.Listing, error) {
	page, err := w.listings.List(ctx, listings.Query{Category: l.Category, Limit: alike + 1})
	var more []chat.Listing
	for _, other := range page.Listings {
		if other.ID != l.ID && len(more) < alike {
			more = append(more, other)
		}
	}
	return more, err
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

// summary is a listing in one line, for previews.
func summary(l chat.Listing) string {
	const most = 160
	text := strings.Join(strings.Fields(l.Description), " ")
	if runes := []rune(text); len(runes) > most {
		text = strings.TrimSpace(string(runes[:most])) + "…"
	}
	return strings.TrimSpace(money(l.Price) + ", " + strings.ToLower(l.Condition.Label()) + ". " + text)
}
