package web

import (
	"net/http"
	"strconv"

	"swapnest/internal/chat"
)

// quickReply is a text that one can begin a conversation with at one press. Without a
// script it is a link that renders the form with the text filled in.
type quickReply struct {
	Text string
	URL  string
}

// quickTexts fit who begins: a buyer who asks, a seller who answers for the first time.
var quickTexts = map[chat.Role][]string{
	chat.Buyer: {
		"Is it still available?", "Would you take a little less?", "When could I come and see it?",
	},
	chat.Seller: {
		"Yes, it is still available.", "It is reserved at the moment.", "When would you like to come by?",
	},
}

// quickReplies are the texts for a role on the form at path.
func quickReplies(role chat.Role, path string) []quickReply {
	texts := quickTexts[role]
	replies := make([]quickReply, len(texts))
	for i, text := range texts {
		replies[i] = quickReply{Text: text, URL: path + "?quick=" + strconv.Itoa(i+1) + "#composer"}
	}
	return replies
}

// quickText is the text that the address asks for by its number, or otherwise.
func quickText(r *http.Request, role chat.Role, otherwise string) string {
	n, err := strconv.Atoi(r.URL.Query().Get("quick"))
	if texts := quickTexts[role]; err == nil && n >= 1 && n <= len(texts) {
		return texts[n-1]
	}
	return otherwise
}
