package api

// accountCalls are about who one is.
func (a *API) accountCalls() {
	handle(a, operation{
		id: "register", route: "POST /users", summary: "Make an account and sign it in",
		public: true, status: 201, failures: []int{409, 429},
	}, a.register)
	handle(a, operation{id: "getUser", route: "GET /users/{username}", summary: "Somebody, as everybody sees them", public: true, shows: true, status: 200}, a.getUser)
	handle(a, operation{
		id: "checkAvailability", route: "GET /availability", summary: "Whether a username or an e-mail address can be had",
		public: true, status: 200, failures: []int{429},
	}, a.checkAvailability)
	handle(a, operation{
		id: "signIn", route: "POST /session", summary: "Sign in",
		public: true, status: 200, failures: []int{401, 429},
	}, a.signIn)
	handle(a, operation{id: "signOut", route: "DELETE /session", summary: "Sign out; sockets of the session close", status: 204}, a.signOut)
	handle(a, operation{id: "makeTicket", route: "POST /ticket", summary: "Get a ticket that opens one socket within 30 s", status: 201}, a.ticket)
	handle(a, operation{id: "getMe", route: "GET /me", summary: "Who is signed in", status: 200}, a.me)
	handle(a, operation{id: "editMe", route: "PATCH /me", summary: "Change what one says of oneself, and what one wants to be told of", status: 200, failures: []int{409, 429}}, a.editMe)
	handle(a, operation{
		id: "changePassword", route: "PUT /me/password", summary: "Change one's password; all other sessions end, with their sockets",
		status: 204, failures: []int{429},
	}, a.changePassword)
	handle(a, operation{
		id: "closeAccount", route: "POST /me/close", summary: "Close one's account for good; what one has written stays, as a former member's",
		status: 204, failures: []int{429},
	}, a.closeAccount)
	handle(a, operation{
		id: "verifyEmail", route: "POST /me/verify-email", summary: "Have a mail sent by which one shows that one's address is one's own",
		status: 202, failures: []int{422, 429},
	}, a.askVerify)
	handle(a, operation{
		id: "askPasswordReset", route: "POST /password-reset", summary: "Have a link for a new password mailed to an address, if somebody has it",
		public: true, status: 202,
	}, a.askReset)
	handle(a, operation{
		id: "resetPassword", route: "POST /password-reset/confirm", summary: "Set a new password by such a link; all sessions end, with their sockets",
		public: true, status: 204, failures: []int{429},
	}, a.resetPassword)
	handle(a, operation{id: "listSessions", route: "GET /me/sessions", summary: "Where one is signed in", status: 200}, a.listSessions)
	handle(a, operation{id: "endOtherSessions", route: "DELETE /me/sessions", summary: "Sign out everywhere else", status: 204}, a.endOtherSessions)
	handle(a, operation{id: "endSession", route: "DELETE /me/sessions/{session}", summary: "Sign one device out", status: 204}, a.endSession)
}

// marketCalls are about things for sale.
func (a *API) marketCalls() {
	handle(a, operation{
		id: "listListings", route: "GET /listings", summary: "What can be had",
		public: true, shows: true, status: 200, failures: []int{429},
	}, a.listListings)
	handle(a, operation{id: "createListing", route: "POST /listings", summary: "Offer a thing", status: 201, failures: []int{429}}, a.createListing)
	handle(a, operation{id: "getListing", route: "GET /listings/{id}", summary: "One listing", public: true, shows: true, status: 200}, a.getListing)
	handle(a, operation{
		id: "editListing", route: "PATCH /listings/{id}", summary: "Change a listing of one's own",
		status: 200, failures: []int{403, 429},
	}, a.editListing)
	handle(a, operation{
		id: "deleteListing", route: "DELETE /listings/{id}", summary: "Delete a listing of one's own; conversations about it stay",
		status: 204, failures: []int{403},
	}, a.deleteListing)
	handle(a, operation{
		id: "uploadPhoto", route: "POST " + photoPath, summary: "Upload a photo for a listing; it is kept a day until one takes it up",
		status: 201, body: pictureBody(), patience: photoPatience, failures: []int{429},
	}, a.uploadPhoto)
	handle(a, operation{id: "listMyListings", route: "GET /me/listings", summary: "What one sells, sold and inactive things too", status: 200}, a.listMyListings)
	handle(a, operation{id: "listWishlist", route: "GET /wishlist", summary: "What one has saved", status: 200}, a.listWishlist)
	handle(a, operation{id: "addWish", route: "PUT /wishlist/{id}", summary: "Save a listing", status: 204, failures: []int{422, 429}}, a.addWish)
	handle(a, operation{id: "removeWish", route: "DELETE /wishlist/{id}", summary: "Save it no longer", status: 204, failures: []int{429}}, a.removeWish)
}

// conversationCalls are about talking.
func (a *API) conversationCalls() {
	handle(a, operation{
		id: "startConversation", route: "POST /conversations", summary: "Ask a seller about a listing",
		status: 201, again: true, failures: []int{403, 404, 409, 429},
	}, a.startConversation)
	handle(a, operation{
		id: "listConversations", route: "GET /conversations", summary: "One's conversations, newest activity first",
		status: 200,
	}, a.listConversations)
	handle(a, operation{
		id: "getConversation", route: "GET /conversations/{id}", summary: "One conversation with its people",
		status: 200,
	}, a.getConversation)
	handle(a, operation{
		id: "keepConversation", route: "PATCH /conversations/{id}", summary: "Mute, archive, pin or mark as unread, for oneself alone",
		status: 200, failures: []int{429},
	}, a.keepConversation)
	handle(a, operation{
		id: "deleteConversation", route: "DELETE /conversations/{id}", summary: "Delete a conversation for oneself; a new message brings it back without the old ones",
		status: 204, failures: []int{429},
	}, a.deleteConversation)
	handle(a, operation{
		id: "listMessages", route: "GET /conversations/{id}/messages", summary: "A page of messages in rising seq",
		status: 200,
	}, a.listMessages)
	handle(a, operation{
		id: "sendMessage", route: "POST /conversations/{id}/messages", summary: "Send a message",
		status: 201, again: true, failures: []int{403, 409, 429},
	}, a.sendMessage)
	handle(a, operation{
		id: "editMessage", route: "PATCH /conversations/{id}/messages/{message_id}", summary: "Give a message of one's own another text, for 15 minutes",
		status: 200, failures: []int{403, 409, 429},
	}, a.editMessage)
	handle(a, operation{
		id: "deleteMessage", route: "DELETE /conversations/{id}/messages/{message_id}", summary: "Delete a message of one's own for everyone, for 15 minutes",
		status: 200, failures: []int{403, 429},
	}, a.deleteMessage)
	handle(a, operation{
		id: "putReaction", route: "PUT /conversations/{id}/messages/{message_id}/reactions/{emoji}", summary: "Put an emoji to a message of either person",
		status: 200, failures: []int{403, 409, 422, 429},
	}, a.putReaction)
	handle(a, operation{
		id: "deleteReaction", route: "DELETE /conversations/{id}/messages/{message_id}/reactions/{emoji}", summary: "Take an emoji of one's own back from a message",
		status: 200, failures: []int{403, 422, 429},
	}, a.deleteReaction)
	handle(a, operation{
		id: "hideMessage", route: "PUT /conversations/{id}/messages/{message_id}/hidden", summary: "Delete any message for oneself alone, whenever; up to 5,000 of a conversation, which can be deleted as a whole",
		status: 204, failures: []int{409, 429},
	}, a.hideMessage)
	handle(a, operation{
		id: "unhideMessage", route: "DELETE /conversations/{id}/messages/{message_id}/hidden", summary: "See it again",
		status: 200, failures: []int{429},
	}, a.unhideMessage)
	handle(a, operation{id: "markRead", route: "PUT /conversations/{id}/read", summary: "Move one's read cursor forward", status: 204, failures: []int{429}}, a.markRead)
}

// searchCalls are about finding what was said.
func (a *API) searchCalls() {
	handle(a, operation{
		id: "search", route: "GET /search", summary: "Messages of one's conversations in which all words are, the newest first",
		status: 200, failures: []int{404, 429},
	}, a.search)
}

// noticeCalls are about what one is told of.
func (a *API) noticeCalls() {
	handle(a, operation{id: "listNotifications", route: "GET /notifications", summary: "What one has been told of, the newest first", status: 200}, a.listNotices)
	handle(a, operation{
		id: "readNotifications", route: "POST /notifications/read", summary: "Mark some or all as read",
		status: 204, failures: []int{429},
	}, a.readNotices)
	handle(a, operation{id: "deleteNotification", route: "DELETE /notifications/{id}", summary: "Delete one", status: 204, failures: []int{429}}, a.deleteNotice)
	handle(a, operation{id: "clearNotifications", route: "DELETE /notifications", summary: "Delete all", status: 204, failures: []int{429}}, a.clearNotices)
}

// savedCalls are about the texts that one writes often.
func (a *API) savedCalls() {
	handle(a, operation{id: "listSavedReplies", route: "GET /saved-replies", summary: "What one has saved to write again", status: 200}, a.listSavedReplies)
	handle(a, operation{id: "addSavedReply", route: "POST /saved-replies", summary: "Save a reply", status: 201, failures: []int{429}}, a.addSavedReply)
	handle(a, operation{
		id: "editSavedReply", route: "PATCH /saved-replies/{id}", summary: "Change a saved reply, or its place",
		status: 200, failures: []int{429},
	}, a.editSavedReply)
	handle(a, operation{id: "deleteSavedReply", route: "DELETE /saved-replies/{id}", summary: "Delete a saved reply", status: 204, failures: []int{429}}, a.deleteSavedReply)
}
