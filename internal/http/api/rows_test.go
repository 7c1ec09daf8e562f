package api

import (
	"maps"
	"slices"
	"strings"

	"swapnest/internal/chat"
)

const (
	draft    = `{"title":"Old lamp","description":"It shines.","price":{"amount":50000,"currency":"INR"},"category":"furniture","condition":"good"`
	messages = "/conversations/{conversation}/messages"
	invalid  = `"code":"invalid"`
)

var userRows = []row{
	{
		"a new person",
		request{"", "POST /users", `{"username":"dev","password":"{password}","name":"Dev D.","email":"dev@example.org"}`, ""},
		201,
		[]string{`"user":{"id":`, `"username":"dev"`, `"name":"Dev D."`},
		[]string{"dev@example.org"},
	},
	{
		"a taken name",
		request{"", "POST /users", `{"username":"DEV","password":"{password}"}`, ""},
		409,
		[]string{`"code":"conflict"`, `"field":"username"`},
		[]string{"DEV"},
	},
	{
		"a short password",
		request{"", "POST /users", `{"username":"eve","password":"hunt3r"}`, ""},
		422,
		[]string{invalid, `"field":"password"`},
		[]string{"hunt3r"},
	},
	{
		"a password of the wrong type",
		request{"", "POST /users", `{"username":"eve","password":31415926}`, ""},
		422,
		[]string{`"field":"password"`, "must be a string"},
		[]string{"31415926"},
	},
	{"no password", request{"", "POST /users", `{"username":"eve"}`, ""}, 422, []string{`"field":"password"`, "is missing"}, []string{"eve"}},
	{"a blank name", request{"", "POST /users", `{"username":"eve","password":"{password}","name":"   "}`, ""}, 422, []string{`"field":"name"`}, nil},
	{
		"a control character in the name",
		request{"", "POST /users", `{"username":"eve","password":"{password}","name":"E\u0007ve"}`, ""},
		422,
		[]string{`"field":"name"`},
		[]string{`E\u0007`},
	},
	{"an unfit username", request{"", "POST /users", `{"username":"<b>eve</b>","password":"{password}"}`, ""}, 422, []string{`"field":"username"`}, []string{"<b>"}},
	{"no e-mail address", request{"", "POST /users", `{"username":"eve","password":"{password}","email":"nowhere"}`, ""}, 422, []string{`"field":"email"`}, []string{"nowhere"}},
	{
		"me",
		request{"bilal", "GET /me", "", ""},
		200,
		[]string{`"username":"bilal"`, `"email":"bilal@example.org"`, `"preferences":{"new_message":true,"product_inquiry":true,"price_update":true,"wishlist":true,"marketing":false,"email":true,"push":true,"read_receipts":true,"last_seen":true,"email_new_message":true`, `"unread":{"conversations":1,"notifications":0}`, `"message_chars":4000`},
		[]string{"password_hash"},
	},
}

var sessionRows = []row{
	{"the right password", request{"", "POST /session", `{"username":"DEV","password":"{password}"}`, ""}, 200, []string{`"username":"dev"`}, []string{"dev@example.org"}},
	{"a wrong password", request{"", "POST /session", `{"username":"dev","password":"wrong wrong"}`, ""}, 401, []string{`"code":"unauthenticated"`}, []string{"wrong wrong", "dev"}},
	{"an unknown person", request{"", "POST /session", `{"username":"nobody","password":"wrong wrong"}`, ""}, 401, []string{`"code":"unauthenticated"`}, []string{"wrong wrong", "nobody"}},
	{"a ticket", request{"carla", "POST /ticket", "", ""}, 201, []string{`"ticket":"`}, nil},
}

var listingRows = []row{
	{
		"a new one",
		request{"asha", "POST /listings", draft + `,"city":"Pune","negotiable":true}`, ""},
		201,
		[]string{`"listing":{"id":`, `"title":"Old lamp"`, `"price":{"amount":50000,"currency":"INR"}`, `"photos":[]`, `"status":"active"`, `"negotiable":true`, `"username":"asha"`},
		[]string{"asha@example.org"},
	},
	{"a blank title", request{"asha", "POST /listings", strings.Replace(draft, "Old lamp", "  ", 1) + `}`, ""}, 422, []string{`"field":"title"`}, nil},
	{"a long title", request{"asha", "POST /listings", strings.Replace(draft, "Old lamp", strings.Repeat("x", 121), 1) + `}`, ""}, 422, []string{`"field":"title"`}, []string{"xxx"}},
	{"a control character", request{"asha", "POST /listings", strings.Replace(draft, "shines", `\u0000`, 1) + `}`, ""}, 422, []string{`"field":"description"`}, []string{`\u0000`}},
	{"a negative price", request{"asha", "POST /listings", strings.Replace(draft, "50000", "-1", 1) + `}`, ""}, 422, []string{`"field":"price.amount"`}, []string{"-1"}},
	{"a price with a fraction", request{"asha", "POST /listings", strings.Replace(draft, "50000", "1.5", 1) + `}`, ""}, 422, []string{`"field":"price.amount"`, "whole number"}, []string{"1.5"}},
	{"a price beyond all numbers", request{"asha", "POST /listings", strings.Replace(draft, "50000", "99999999999999999999", 1) + `}`, ""}, 422, []string{invalid}, []string{"999"}},
	{"an unknown currency", request{"asha", "POST /listings", strings.Replace(draft, "INR", "DOGE", 1) + `}`, ""}, 422, []string{`"field":"price"`}, []string{"DOGE"}},
	{"an unknown category", request{"asha", "POST /listings", strings.Replace(draft, "furniture", "dragons", 1) + `}`, ""}, 422, []string{`"field":"category"`, "cycles, furniture"}, []string{"dragons"}},
	{"an unknown condition", request{"asha", "POST /listings", strings.Replace(draft, `"good"`, `"divine"`, 1) + `}`, ""}, 422, []string{`"field":"condition"`, "like_new"}, []string{"divine"}},
	{"one", request{"", "GET /listings/{bike}", "", ""}, 200, []string{`"listing":{"id":{bike},`, `"title":"Bike active"`, `"url":"/product/bike-active-`}, []string{"@example.org"}},
	{"one that does not exist", request{"", "GET /listings/999999", "", ""}, 404, []string{`"code":"not_found"`, "There is no such listing."}, []string{"999999"}},
	{"a change", request{"asha", "PATCH /listings/{bike}", `{"title":"Bike, blue","price":{"amount":1,"currency":"EUR"},"status":"reserved"}`, ""}, 200, []string{`"Bike, blue"`, `"reserved"`, `"EUR"`, `"Two wheels."`}, nil},
	{"a change of nothing", request{"asha", "PATCH /listings/{bike}", `{}`, ""}, 200, []string{`"Bike, blue"`}, nil},
	{"a change back", request{"asha", "PATCH /listings/{bike}", `{"status":"active","title":null}`, ""}, 200, []string{`"active"`, `"Bike, blue"`}, nil},
	{"a change by another person", request{"bilal", "PATCH /listings/{bike}", `{"title":"Mine now"}`, ""}, 403, []string{`"code":"forbidden"`}, []string{"Mine now"}},
	{"a change of what does not exist", request{"asha", "PATCH /listings/999999", `{"title":"Mine now"}`, ""}, 404, []string{`"code":"not_found"`}, nil},
	{"an unknown status", request{"asha", "PATCH /listings/{bike}", `{"status":"stolen"}`, ""}, 422, []string{`"field":"status"`}, []string{"stolen"}},
	{"a blank change", request{"asha", "PATCH /listings/{bike}", `{"title":""}`, ""}, 422, []string{`"field":"title"`}, nil},
	{"the list", request{"", "GET /listings", "", ""}, 200, []string{`"Bike, blue"`, `"Old lamp"`, `"next":""`}, []string{"Bike sold", "Bike inactive", "@example.org"}},
	{"the first page", request{"", "GET /listings?limit=1&sort=title", "", ""}, 200, []string{`"Bike, blue"`, `"next":"ey`}, []string{"Old lamp"}},
	{"more than the most", request{"", "GET /listings?limit=1000000", "", ""}, 200, []string{`"Old lamp"`}, nil},
	{"a search", request{"", "GET /listings?q=LAMP&category=furniture&sort=price", "", ""}, 200, []string{`"Old lamp"`}, []string{"Bike"}},
	{"a search for nothing known", request{"", "GET /listings?q=%00%ff&category=%00", "", ""}, 200, []string{`"listings":[]`}, nil},
	{"a long search", request{"", "GET /listings?q=" + strings.Repeat("x", 101), "", ""}, 422, []string{`"field":"q"`}, []string{"xxx"}},
	{"an unknown order", request{"", "GET /listings?sort=luck", "", ""}, 422, []string{`"field":"sort"`, "recent, price, title"}, []string{"luck"}},
	{"a made-up page", request{"", "GET /listings?cursor=bogus", "", ""}, 422, []string{`"field":"cursor"`}, []string{"bogus"}},
	{"no page at all", request{"", "GET /listings?limit=0", "", ""}, 422, []string{`"field":"limit"`, "at least 1"}, nil},
	{"a limit that is no number", request{"", "GET /listings?limit=many", "", ""}, 422, []string{`"field":"limit"`}, []string{"many"}},
}

var conversationRows = []row{
	{
		"a new one",
		request{"carla", "POST /conversations", `{"listing_id":{bike},"client_id":"k1","message":" May I see it?\r\n"}`, ""},
		201,
		[]string{`"conversation":{"id":`, `"role":"buyer"`, `"unread":0`, `"message":"May I see it?"`, `"client_id":"k1"`, `"seq":1`},
		[]string{"@example.org"},
	},
	{"the same again", request{"carla", "POST /conversations", `{"listing_id":{bike},"client_id":"k1","message":"May I see it?"}`, ""}, 200, []string{`"seq":1`, `"head":1`}, nil},
	{"the same with another text", request{"carla", "POST /conversations", `{"listing_id":{bike},"client_id":"k1","message":"Other words"}`, ""}, 409, []string{`"code":"conflict"`}, []string{"Other words"}},
	{"another message", request{"carla", "POST /conversations", `{"listing_id":{bike},"client_id":"k2","message":"Today?"}`, ""}, 200, []string{`"seq":2`, `"head":2`}, nil},
	{"one's own listing", request{"asha", "POST /conversations", `{"listing_id":{bike},"client_id":"k1","message":"Hello me"}`, ""}, 422, []string{invalid, `"field":"listing_id"`, "your own"}, []string{"Hello me"}},
	{"a sold listing", request{"carla", "POST /conversations", `{"listing_id":{sold},"client_id":"k1","message":"Hi"}`, ""}, 422, []string{`"field":"listing_id"`, "sold"}, nil},
	{"a withdrawn listing", request{"carla", "POST /conversations", `{"listing_id":{gone},"client_id":"k1","message":"Hi"}`, ""}, 422, []string{`"field":"listing_id"`}, nil},
	{"a listing that does not exist", request{"carla", "POST /conversations", `{"listing_id":999999,"client_id":"k1","message":"Hi"}`, ""}, 404, []string{"There is no such listing."}, nil},
	{"a listing of the wrong type", request{"carla", "POST /conversations", `{"listing_id":"bike","client_id":"k1","message":"Hi"}`, ""}, 422, []string{`"field":"listing_id"`}, []string{`"bike"`}},
	{"a blank message", request{"carla", "POST /conversations", `{"listing_id":{bike},"client_id":"k3","message":" \n "}`, ""}, 422, []string{invalid, `"field":"message"`}, nil},
	{"the list of the buyer", request{"bilal", "GET /conversations", "", ""}, 200, []string{`"id":{conversation},`, `"other":{"id":`, `"next":""`, `"role":"buyer"`}, []string{"May I see it?", "@example.org"}},
	{"the list of the seller", request{"asha", "GET /conversations?filter=selling&limit=1", "", ""}, 200, []string{`"Today?"`, `"unread":2`, `"next":"`}, []string{`"next":""`, "@example.org"}},
	{"a list of nothing", request{"bilal", "GET /conversations?filter=archived", "", ""}, 200, []string{`"conversations":[]`}, nil},
	{"an unknown filter", request{"bilal", "GET /conversations?filter=weird", "", ""}, 422, []string{`"field":"filter"`}, []string{"weird"}},
	{"a made-up page", request{"bilal", "GET /conversations?cursor=bogus", "", ""}, 422, []string{`"field":"cursor"`}, []string{"bogus"}},
	{"no page at all", request{"bilal", "GET /conversations?limit=-3", "", ""}, 422, []string{`"field":"limit"`}, []string{"-3"}},
	{"one", request{"asha", "GET /conversations/{conversation}", "", ""}, 200, []string{`"conversation":{"id":{conversation},`, `"participants":[{`, `"role":"seller"`, `"head":3`, `"epoch":"`}, []string{"@example.org"}},
	{"one of others", request{"carla", "GET /conversations/{conversation}", "", ""}, 404, []string{`"code":"not_found"`, "There is no such conversation."}, []string{"bilal"}},
	{"keep", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":true,"pinned":true,"marked_unread":true}`, ""}, 200, []string{`"conversation":{"id":{conversation},`, `"muted":true`, `"archived":false`, `"pinned":true`, `"marked_unread":true`}, nil},
	{"mute for a time", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":true,"muted_for_ms":3600000}`, ""}, 200, []string{`"muted":true,"muted_until":"20`}, nil},
	{"mute for two years", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":true,"muted_for_ms":63072000000}`, ""}, 422, []string{`"field":"muted_for_ms"`}, nil},
	{"mute without an end", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":true}`, ""}, 200, []string{`"muted":true,"muted_until":null`}, nil},
	{"what one keeps is nobody else's business", request{"asha", "GET /conversations/{conversation}", "", ""}, 200, []string{`"muted":false`, `"pinned":false`, `"marked_unread":false`}, nil},
	{"put away", request{"bilal", "PATCH /conversations/{conversation}", `{"archived":true,"muted":false,"pinned":false}`, ""}, 200, []string{`"archived":true`, `"muted":false`}, nil},
	{"the list of what is put away", request{"bilal", "GET /conversations?filter=archived", "", ""}, 200, []string{`"id":{conversation},`}, nil},
	{"brought back", request{"bilal", "PATCH /conversations/{conversation}", `{"archived":false}`, ""}, 200, []string{`"archived":false`}, nil},
	{"keep nothing", request{"bilal", "PATCH /conversations/{conversation}", `{}`, ""}, 422, []string{invalid, "Say what to change"}, nil},
	{"keep by a word", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":"yes"}`, ""}, 422, []string{`"field":"muted"`}, []string{`"yes"`}},
	{"keep by a stranger", request{"carla", "PATCH /conversations/{conversation}", `{"muted":true}`, ""}, 404, []string{"There is no such conversation."}, nil},
	{"read", request{"bilal", "PUT /conversations/{conversation}/read", `{"seq":2}`, ""}, 204, nil, nil},
	{"read again", request{"bilal", "PUT /conversations/{conversation}/read", `{"seq":0}`, ""}, 204, nil, nil},
	{"read beyond the end", request{"asha", "PUT /conversations/{conversation}/read", `{"seq":1000000}`, ""}, 204, nil, nil},
	{"nothing is unread any more", request{"bilal", "GET /me", "", ""}, 200, []string{`"unread":{"conversations":0,`}, nil},
	{"read of a negative seq", request{"bilal", "PUT /conversations/{conversation}/read", `{"seq":-1}`, ""}, 422, []string{`"field":"seq"`}, []string{"-1"}},
	{"read of nothing", request{"bilal", "PUT /conversations/{conversation}/read", `{}`, ""}, 422, []string{`"field":"seq"`, "missing"}, nil},
	{"read of a text", request{"bilal", "PUT /conversations/{conversation}/read", `{"seq":"all"}`, ""}, 422, []string{`"field":"seq"`, "whole number"}, []string{`"all"`}},
	{"read by a stranger", request{"carla", "PUT /conversations/{conversation}/read", `{"seq":1}`, ""}, 404, []string{"There is no such conversation."}, nil},
}

var messageRows = []row{
	{"a message", request{"asha", "POST " + messages, `{"client_id":"m1","message":"Yes, <b>it</b> is & stays"}`, ""}, 201, []string{`"message":"Yes, <b>it</b> is & stays"`, `"seq":4`, `"sender_username":"asha"`, `"is_read":false`}, nil},
	{"the same again", request{"asha", "POST " + messages, `{"client_id":"m1","message":"Yes, <b>it</b> is & stays "}`, ""}, 200, []string{`"seq":4`}, nil},
	{"the same with another text", request{"asha", "POST " + messages, `{"client_id":"m1","message":"No"}`, ""}, 409, []string{`"code":"conflict"`}, []string{`"No"`}},
	{"a stranger's message", request{"carla", "POST " + messages, `{"client_id":"m1","message":"Me too"}`, ""}, 404, []string{"There is no such conversation."}, []string{"Me too"}},
	{"a blank message", request{"asha", "POST " + messages, `{"client_id":"m2","message":" \u200b\n"}`, ""}, 422, []string{invalid, `"field":"message"`}, nil},
	{"a long message", request{"asha", "POST " + messages, `{"client_id":"m2","message":"` + strings.Repeat("y", 4001) + `"}`, ""}, 422, []string{invalid, `"field":"message"`}, []string{"yyy"}},
	{"a message that is long before it is trimmed", request{"asha", "POST " + messages, `{"client_id":"m3","message":"` + strings.Repeat(" ", 9000) + `z"}`, ""}, 201, []string{`"message":"z"`}, nil},
	{"a control character", request{"asha", "POST " + messages, `{"client_id":"m2","message":"a\u0000b"}`, ""}, 422, []string{invalid, `"field":"message"`}, []string{`a\u0000b`}},
	{"a message of the wrong type", request{"asha", "POST " + messages, `{"client_id":"m2","message":["x"]}`, ""}, 422, []string{`"field":"message"`, "must be a string"}, nil},
	{"no message", request{"asha", "POST " + messages, `{"client_id":"m2"}`, ""}, 422, []string{invalid, `"field":"message"`, "Write something"}, nil},
	{"no message and no attachment", request{"asha", "POST " + messages, `{"client_id":"m2","attachments":[]}`, ""}, 422, []string{invalid, `"field":"message"`}, nil},
	{"a message of null", request{"asha", "POST " + messages, `{"client_id":"m2","message":null}`, ""}, 422, []string{`"field":"message"`}, nil},
	{"no client_id", request{"asha", "POST " + messages, `{"message":"x"}`, ""}, 422, []string{`"field":"client_id"`, "missing"}, nil},
	{"an empty client_id", request{"asha", "POST " + messages, `{"client_id":"","message":"x"}`, ""}, 422, []string{`"field":"client_id"`}, nil},
	{"a client_id out of form", request{"asha", "POST " + messages, `{"client_id":"sp ace","message":"x"}`, ""}, 422, []string{invalid, `"field":"client_id"`}, []string{"sp ace"}},
	{"an answer to a message that is not there", request{"asha", "POST " + messages, `{"client_id":"r0","message":"x","reply_to":999999}`, ""}, 422, []string{invalid, `"field":"reply_to"`, "not in this conversation"}, []string{"999999"}},
	{"an answer to none", request{"asha", "POST " + messages, `{"client_id":"r0","message":"x","reply_to":0}`, ""}, 422, []string{`"field":"reply_to"`}, nil},
	{"an answer to a name", request{"asha", "POST " + messages, `{"client_id":"r0","message":"x","reply_to":"5"}`, ""}, 422, []string{`"field":"reply_to"`}, nil},
	{"an answer", request{"asha", "POST " + messages, `{"client_id":"r1","message":"As I said","reply_to":{words}}`, ""}, 201, []string{`"reply_to":{"message_id":`, `"seq":2,"sender_id":`, `"sender_name":"asha","message":"Text of asha."}`}, []string{"deleted"}},
	{"the same answer again", request{"asha", "POST " + messages, `{"client_id":"r1","message":"As I said","reply_to":{words}}`, ""}, 200, []string{`"reply_to":{"message_id":`}, nil},
	{"the same without what it answers", request{"asha", "POST " + messages, `{"client_id":"r1","message":"As I said"}`, ""}, 409, []string{`"code":"conflict"`}, nil},
	{"what does not exist yet", request{"asha", "POST " + messages, `{"client_id":"m2","message":"x","poll":[]}`, ""}, 422, []string{`"field":"poll"`, "not known"}, nil},
	{"an attachment that is not there", request{"asha", "POST " + messages, `{"client_id":"m2","message":"x","attachments":["krhs2yxbcr6ewznm7p4zkqvd3a"]}`, ""}, 422, []string{invalid, `"field":"attachments"`, "not there any more"}, []string{"krhs2"}},
	{"an attachment that is none", request{"asha", "POST " + messages, `{"client_id":"m2","attachments":["../secret"]}`, ""}, 422, []string{invalid, `"field":"attachments"`, "not there any more"}, []string{"secret"}},
	{"an attachment twice", request{"asha", "POST " + messages, `{"client_id":"m2","attachments":["krhs2yxbcr6ewznm7p4zkqvd3a","krhs2yxbcr6ewznm7p4zkqvd3a"]}`, ""}, 422, []string{invalid, `"field":"attachments"`}, nil},
	{"more attachments than the site takes", request{"asha", "POST " + messages, `{"client_id":"m2","attachments":[` + strings.Repeat(`"a",`, chat.DefaultMedia().PerMessage) + `"a"]}`, ""}, 422, []string{invalid, `"field":"attachments"`, "At most 10 files"}, nil},
	{"more attachments than any site takes", request{"asha", "POST " + messages, `{"client_id":"m2","attachments":[` + strings.Repeat(`"a",`, chat.MaxAttached) + `"a"]}`, ""}, 422, []string{invalid, `"field":"attachments"`}, nil},
	{"attachments that are one", request{"asha", "POST " + messages, `{"client_id":"m2","attachments":"a"}`, ""}, 422, []string{invalid, `"field":"attachments"`}, nil},
	{"a list in place of an object", request{"asha", "POST " + messages, `["secret"]`, ""}, 422, []string{invalid, "JSON object"}, []string{"secret"}},
	{"a name that says too much", request{"asha", "POST " + messages, `{"client_id":"m2","message":"x","my secret":1}`, ""}, 422, []string{invalid}, []string{"my secret"}},
	{"an edit", request{"asha", "PATCH " + messages + "/{words}", `{"message":" It <i>is</i>. ","client_id":"e1"}`, ""}, 200, []string{`"message":"It <i>is</i>."`, `"seq":2`, `"edited_at":"20`, `"client_id":"c0"`}, []string{"deleted"}},
	{"the same edit again", request{"asha", "PATCH " + messages + "/{words}", `{"message":"It <i>is</i>.","client_id":"e1"}`, ""}, 200, []string{`"message":"It <i>is</i>."`}, nil},
	{"another edit under its name", request{"asha", "PATCH " + messages + "/{words}", `{"message":"Other words","client_id":"e1"}`, ""}, 409, []string{`"code":"conflict"`}, []string{"Other words"}},
	{"an edit to the same text", request{"asha", "PATCH " + messages + "/{words}", `{"message":"It <i>is</i>."}`, ""}, 200, []string{`"seq":2`}, nil},
	{"an edit to nothing", request{"asha", "PATCH " + messages + "/{words}", `{"message":" "}`, ""}, 422, []string{invalid, `"field":"message"`}, nil},
	{"an edit without a text", request{"asha", "PATCH " + messages + "/{words}", `{}`, ""}, 422, []string{`"field":"message"`, "missing"}, nil},
	{"an edit of another's message", request{"bilal", "PATCH " + messages + "/{words}", `{"message":"Mine"}`, ""}, 403, []string{`"code":"forbidden"`, "Only who has sent"}, []string{"Mine"}},
	{"an edit by a stranger", request{"carla", "PATCH " + messages + "/{words}", `{"message":"Mine"}`, ""}, 404, []string{"There is no such conversation."}, nil},
	{"an edit of no message", request{"asha", "PATCH " + messages + "/999999", `{"message":"x"}`, ""}, 404, []string{"There is no such message."}, nil},
	{"an edit of a word", request{"asha", "PATCH " + messages + "/words", `{"message":"x"}`, ""}, 404, []string{`"code":"not_found"`}, nil},
	{"a reaction", request{"bilal", "PUT " + messages + "/{words}/reactions/%E2%9D%A4", "", ""}, 200, []string{`"seq":2`, `"reactions":[{"emoji":"❤️","count":1,"user_ids":`}, nil},
	{"the same one again, with its selector", request{"bilal", "PUT " + messages + "/{words}/reactions/%E2%9D%A4%EF%B8%8F", "", ""}, 200, []string{`"count":1`}, nil},
	{"one for later", request{"bilal", "PUT " + messages + "/1/reactions/%F0%9F%8E%89", "", ""}, 200, []string{`"seq":1`}, nil},
	{"a reaction to one's own message", request{"asha", "PUT " + messages + "/{words}/reactions/%E2%9D%A4", "", ""}, 200, []string{`"count":2,"user_ids":[`}, nil},
	{"a reaction in its page", request{"asha", "GET " + messages + "?around=2&limit=1", "", ""}, 200, []string{`"reactions":[{"emoji":"❤️","count":2`}, nil},
	{"a reaction taken back", request{"bilal", "DELETE " + messages + "/{words}/reactions/%E2%9D%A4", "", ""}, 200, []string{`"count":1,"user_ids":[`}, nil},
	{"another's reaction is not taken back", request{"bilal", "DELETE " + messages + "/{words}/reactions/%E2%9D%A4", "", ""}, 200, []string{`"count":1,"user_ids":[`}, nil},
	{"a word as a reaction", request{"bilal", "PUT " + messages + "/{words}/reactions/super", "", ""}, 422, []string{invalid, `"field":"emoji"`, "one single emoji"}, []string{"super"}},
	{"a digit as a reaction", request{"bilal", "PUT " + messages + "/{words}/reactions/7", "", ""}, 422, []string{`"field":"emoji"`}, nil},
	{"nothing taken back", request{"bilal", "DELETE " + messages + "/{words}/reactions/ok", "", ""}, 422, []string{`"field":"emoji"`}, nil},
	{"two emoji as a reaction", request{"bilal", "PUT " + messages + "/{words}/reactions/%F0%9F%91%8D%F0%9F%91%8D", "", ""}, 422, []string{`"field":"emoji"`}, nil},
	{"a reaction by a stranger", request{"carla", "PUT " + messages + "/{words}/reactions/%F0%9F%91%8D", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"a reaction to no message", request{"bilal", "PUT " + messages + "/999999/reactions/%F0%9F%91%8D", "", ""}, 404, []string{"There is no such message."}, nil},
	{"a deletion by the other", request{"bilal", "DELETE " + messages + "/{words}", "", ""}, 403, []string{`"code":"forbidden"`}, nil},
	{"a deletion by a stranger", request{"carla", "DELETE " + messages + "/{words}", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"a deletion", request{"asha", "DELETE " + messages + "/{words}", "", ""}, 200, []string{`"message":""`, `"seq":2`, `"deleted":true`}, []string{"<i>"}},
	{"the same deletion again", request{"asha", "DELETE " + messages + "/{words}", "", ""}, 200, []string{`"deleted":true`}, nil},
	{"a reaction to what is deleted", request{"bilal", "PUT " + messages + "/{words}/reactions/%F0%9F%91%8D", "", ""}, 409, []string{`"code":"conflict"`}, nil},
	{"its reactions, which are gone", request{"bilal", "DELETE " + messages + "/{words}/reactions/%F0%9F%91%8D", "", ""}, 200, []string{`"deleted":true`}, []string{"reactions"}},
	{"an edit of what is deleted", request{"asha", "PATCH " + messages + "/{words}", `{"message":"x"}`, ""}, 409, []string{`"code":"conflict"`}, nil},
	{"what is deleted, in its page", request{"bilal", "GET " + messages + "?around=2&limit=1", "", ""}, 200, []string{`"seq":2`, `"deleted":true`, `"head":12`}, []string{"Text of asha", "<i>"}},
	{"the newest page", request{"bilal", "GET " + messages + "?limit=2", "", ""}, 200, []string{`"seq":5`, `"seq":6`, `"message":"","deleted":true}`, `"head":12`, `"has_more":true`, `"epoch":"`}, []string{`"seq":3`}},
	{"all", request{"bilal", "GET " + messages, "", ""}, 200, []string{`"seq":1`, `"has_more":false`}, []string{"@example.org"}},
	{"before", request{"bilal", "GET " + messages + "?before=3&limit=1", "", ""}, 200, []string{`"seq":2`, `"has_more":true`}, []string{`"seq":1,`, `"seq":3`}},
	{"after the beginning", request{"bilal", "GET " + messages + "?after=0&limit=2", "", ""}, 200, []string{`"seq":1`, `"seq":2`, `"has_more":true`}, []string{`"seq":3`}},
	{"before the beginning", request{"bilal", "GET " + messages + "?before=0", "", ""}, 200, []string{`"messages":[]`, `"has_more":false`}, nil},
	{"around", request{"bilal", "GET " + messages + "?around=3&limit=2", "", ""}, 200, []string{`"seq":2`, `"seq":3`, `"has_more":true`}, []string{`"seq":1,`, `"seq":4`}},
	{"more than the most", request{"bilal", "GET " + messages + "?limit=99999", "", ""}, 200, []string{`"seq":1`}, nil},
	{"two places", request{"bilal", "GET " + messages + "?before=3&after=0", "", ""}, 422, []string{invalid}, nil},
	{"two other places", request{"bilal", "GET " + messages + "?around=0&after=0", "", ""}, 422, []string{invalid}, nil},
	{"a place that is no number", request{"bilal", "GET " + messages + "?before=soon", "", ""}, 422, []string{`"field":"before"`}, []string{"soon"}},
	{"a negative place", request{"bilal", "GET " + messages + "?around=-9223372036854775808", "", ""}, 422, []string{`"field":"around"`}, []string{"92233"}},
	{"no page at all", request{"bilal", "GET " + messages + "?limit=0", "", ""}, 422, []string{`"field":"limit"`}, nil},
	{"messages of others", request{"carla", "GET " + messages, "", ""}, 404, []string{"There is no such conversation."}, []string{"still there"}},
}

const tooOften = `"code":"rate_limited"`

var limitedRows = []row{
	{"accounts", request{"", "POST /users", `{"username":"eve","password":"{password}"}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one sign-in", request{"", "POST /session", `{"username":"bilal","password":"wrong"}`, ""}, 401, nil, nil},
	{"sign-ins", request{"", "POST /session", `{"username":"bilal","password":"{password}"}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one link", request{"", "POST /password-reset/confirm", `{"token":"planted","password":"{password}"}`, ""}, 422, []string{`"field":"token"`}, []string{"planted"}},
	{"links", request{"", "POST /password-reset/confirm", `{"token":"planted","password":"{password}"}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, []string{"planted"}},
	{"one mail", request{"bilal", "POST /me/verify-email", "", ""}, 202, nil, nil},
	{"mails", request{"bilal", "POST /me/verify-email", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"questions", request{"bilal", "POST /conversations", `{"listing_id":{bike},"client_id":"m9","message":"Hi"}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one change", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":true}`, ""}, 200, nil, nil},
	{"changes", request{"bilal", "PATCH /conversations/{conversation}", `{"muted":false}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"hiding", request{"bilal", "PUT " + messages + "/{words}/hidden", "", ""}, 429, []string{tooOften}, nil},
	{"seeing again", request{"bilal", "DELETE " + messages + "/{words}/hidden", "", ""}, 429, []string{tooOften}, nil},
	{"deleting for oneself", request{"bilal", "DELETE /conversations/{conversation}", "", ""}, 429, []string{tooOften}, nil},
	{"marks", request{"bilal", "POST /notifications/read", `{"all":true}`, ""}, 429, []string{tooOften}, nil},
	{"deletions", request{"bilal", "DELETE /notifications/1", "", ""}, 429, []string{tooOften}, nil},
	{"clearing", request{"bilal", "DELETE /notifications", "", ""}, 429, []string{tooOften}, nil},
	{"saving a reply", request{"bilal", "POST /saved-replies", `{"text":"Yes."}`, ""}, 429, []string{tooOften}, nil},
	{"changing a saved reply", request{"bilal", "PATCH /saved-replies/1", `{"text":"Yes."}`, ""}, 429, []string{tooOften}, nil},
	{"deleting a saved reply", request{"bilal", "DELETE /saved-replies/1", "", ""}, 429, []string{tooOften}, nil},
	{"preferences", request{"bilal", "PATCH /me", `{"preferences":{"email":false}}`, ""}, 429, []string{tooOften}, nil},
	{"a fourth listing", request{"asha", "POST /listings", draft + `}`, ""}, 429, []string{tooOften}, nil},
	{"a fourth change", request{"asha", "PATCH /listings/{bike}", `{"city":"Pune"}`, ""}, 429, []string{tooOften}, nil},
	{"one search for things", request{"", "GET /listings?q=x", "", ""}, 200, nil, nil},
	{"searches for things", request{"bilal", "GET /listings?q=x", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"searches for places", request{"", "GET /listings?place=x", "", ""}, 429, []string{tooOften}, nil},
	{"a list without a search", request{"", "GET /listings?category=cycles", "", ""}, 200, nil, nil},
	{"one wish", request{"bilal", "PUT /wishlist/{sold}", "", ""}, 204, nil, nil},
	{"wishes", request{"bilal", "PUT /wishlist/{bike}", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"wishes no more", request{"bilal", "DELETE /wishlist/{sold}", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one search", request{"bilal", "GET /search?q=x", "", ""}, 200, nil, nil},
	{"searches", request{"bilal", "GET /search?q=x", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one photo", request{"asha", "POST /photos", "none", "Content-Type: image/png"}, 415, nil, nil},
	{"photos", request{"asha", "POST /photos", "none", "Content-Type: image/png"}, 429, []string{tooOften}, nil},
	{"one upload", request{"bilal", "POST /uploads", "", "Upload-Length: 3"}, 201, nil, nil},
	{"uploads", request{"bilal", "POST /uploads", "", "Upload-Length: 3"}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one piece", request{"bilal", "PATCH /uploads/{upload}", "a", bytesFrom + "0"}, 204, nil, nil},
	{"two pieces", request{"bilal", "PATCH /uploads/{upload}", "b", bytesFrom + "1"}, 204, nil, nil},
	{"pieces", request{"bilal", "PATCH /uploads/{upload}", "c", bytesFrom + "2"}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one look", request{"", "GET /availability?username=gustav", "", ""}, 200, nil, nil},
	{"looks", request{"", "GET /availability?username=gustav", "", ""}, 429, []string{tooOften}, nil},
	{"one proof", request{"carla", "PUT /me/password", `{"current":"wrong","password":"{password}"}`, ""}, 422, nil, nil},
	{"proofs", request{"carla", "PUT /me/password", `{"current":"wrong","password":"{password}"}`, ""}, 429, []string{tooOften}, nil},
	{"proofs of any kind", request{"carla", "POST /me/close", `{"current":"wrong"}`, ""}, 429, []string{tooOften}, nil},
	{"edits", request{"bilal", "PATCH " + messages + "/1", `{"message":"Hi"}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"deletions of messages", request{"bilal", "DELETE " + messages + "/1", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one reaction", request{"bilal", "PUT " + messages + "/{words}/reactions/%F0%9F%91%8D", "", ""}, 200, nil, nil},
	{"more reactions", request{"bilal", "PUT " + messages + "/{words}/reactions/%F0%9F%8E%89", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"reactions taken back", request{"bilal", "DELETE " + messages + "/{words}/reactions/%F0%9F%91%8D", "", ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"one cursor", request{"asha", "PUT /conversations/{conversation}/read", `{"seq":1}`, ""}, 204, nil, nil},
	{"the same again", request{"asha", "PUT /conversations/{conversation}/read", `{"seq":1}`, ""}, 204, nil, nil},
	{"cursors", request{"asha", "PUT /conversations/{conversation}/read", `{"seq":2}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
	{"messages", request{"bilal", "POST " + messages, `{"client_id":"m9","message":"Hi"}`, ""}, 429, []string{tooOften, `"retry_after_ms":`}, nil},
}

var closedRows = []row{
	{"takes no message", request{"asha", "POST " + messages, `{"client_id":"m9","message":"Hi"}`, ""}, 403, []string{`"code":"forbidden"`, "closed"}, nil},
	{"takes no question", request{"bilal", "POST /conversations", `{"listing_id":{bike},"client_id":"m9","message":"Hi"}`, ""}, 403, []string{`"code":"forbidden"`}, nil},
	{"takes no reaction", request{"asha", "PUT " + messages + "/1/reactions/%F0%9F%8E%89", "", ""}, 403, []string{`"code":"forbidden"`, "closed"}, nil},
	{"gives no reaction back", request{"bilal", "DELETE " + messages + "/1/reactions/%F0%9F%8E%89", "", ""}, 403, []string{`"code":"forbidden"`, "closed"}, nil},
	{"answers a repetition", request{"asha", "POST " + messages, `{"client_id":"m3","message":"z"}`, ""}, 200, []string{`"message":"z"`}, nil},
}

// generalRows are what holds for all calls of a kind, whatever calls there are.
func generalRows(c *contract) []row {
	var rows []row
	operations := c.operations()
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		op := operations[name]
		name := strings.Replace(name, "{message_id}", "1", 1)
		there := strings.Replace(name, "{id}", "1", 1)
		add := func(what string, q request, status int, has ...string) {
			rows = append(rows, row{name + ", " + what, q, status, has, []string{"planted"}})
		}
		if op["security"] != nil {
			add("signed out", request{"", there, "", ""}, 401, `"code":"unauthenticated"`)
			add("signed out with a made-up cookie", request{"", there, `{"x":"planted"}`, "Cookie: swapnest_session=planted"}, 401, `"code":"unauthenticated"`)
		}
		if strings.Contains(name, "{id}") {
			for _, id := range []string{"0", "-1", "abc", "1.5", "+1", "01", "99999999999999999999", "%00", "1%20"} {
				add("id "+id, request{"carla", strings.Replace(name, "{id}", id, 1), "{}", ""}, 404, `"code":"not_found"`)
			}
		}
		if at(op, "requestBody", "content", "application/json") == nil {
			continue
		}
		add("an unknown field", request{"carla", there, `{"nonsense":"planted"}`, ""}, 422, invalid)
		add("a list", request{"carla", there, `["planted"]`, ""}, 422, invalid)
		add("no JSON", request{"carla", there, `{"x":"planted"`, ""}, 400, `"code":"malformed"`)
		add("two values", request{"carla", there, `{} "planted"`, ""}, 400, `"code":"malformed"`)
		add("nothing", request{"carla", there, "", "Content-Type: application/json"}, 400, `"code":"malformed"`)
		add("no UTF-8", request{"carla", there, "{\"planted\":\"\xff\"}", ""}, 400, `"code":"malformed"`)
		add("a number beyond all numbers", request{"carla", there, `{"planted":1e999}`, ""}, 400, `"code":"malformed"`)
		add("very deep", request{"carla", there, strings.Repeat("[", 20000), ""}, 400, `"code":"malformed"`)
		add("very large", request{"carla", there, `{"x":"` + strings.Repeat("planted", 10000) + `"}`, ""}, 413, `"code":"too_large"`)
		for _, header := range []string{
			"X-None: ", "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded",
			"Content-Type: application/json; charset=latin1", "Content-Type: application/jsonp", "Content-Type: ;",
		} {
			add(header, request{"carla", there, `{"x":"planted"}`, header}, 415, `"code":"unsupported_media"`)
		}
		add("a charset", request{"carla", there, `["planted"]`, "Content-Type: Application/JSON; Charset=UTF-8"}, 422)
	}
	return append(rows,
		row{"sign out", request{"carla", "DELETE /session", "", ""}, 204, nil, nil},
		row{"signed out", request{"carla", "GET /me", "", ""}, 401, nil, nil})
}

// brokenRows call everything, in a way that would work.
func brokenRows(c *contract) []row {
	bodies := map[string]string{
		"POST /users": `{"username":"frida","password":"{password}"}`, "POST /session": `{"username":"asha","password":"{password}"}`,
		"PATCH /conversations/{id}": `{"muted":true}`, "PATCH /conversations/{id}/messages/{message_id}": `{"message":"x"}`,
		"POST /password-reset": `{"email":"asha@example.org"}`, "POST /password-reset/confirm": `{"token":"x","password":"{password}"}`,
		"PUT /me/password": `{"current":"{password}","password":"{password}"}`, "POST /me/close": `{"current":"{password}"}`,
	}
	var rows []row
	for name := range c.operations() {
		body, ok := bodies[name]
		if !ok {
			body = "{}"
		}
		rows = append(rows, row{
			name,
			request{"asha", strings.NewReplacer("{id}", "1", "{message_id}", "1", "{username}", "asha", "{session}", "0123", "availability", "availability?username=x12").Replace(name), body, ""},
			503,
			[]string{`"code":"unavailable"`},
			[]string{"sql", "database", "frida"},
		})
	}
	return rows
}
