package api

// hiddenMostRows are about one message too many that is hidden.
var hiddenMostRows = []row{
	{"hide too many", request{"bilal", "PUT " + messages + "/{words}/hidden", "", ""}, 409, []string{`"code":"conflict"`, "delete the conversation"}, nil},
	{"it is still there", request{"bilal", "GET " + messages, "", ""}, 200, []string{`"message_id":{words},`}, nil},
}

// hiddenRows delete for oneself what is in the conversation behind messageRows.
var hiddenRows = []row{
	{"hide by a stranger", request{"carla", "PUT " + messages + "/{words}/hidden", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"hide no message", request{"bilal", "PUT " + messages + "/999999/hidden", "", ""}, 404, []string{"There is no such message."}, nil},
	{"hide a word", request{"bilal", "PUT " + messages + "/words/hidden", "", ""}, 404, []string{`"code":"not_found"`}, nil},
	{"hide", request{"bilal", "PUT " + messages + "/{words}/hidden", "", ""}, 204, nil, nil},
	{"hide again", request{"bilal", "PUT " + messages + "/{words}/hidden", "", ""}, 204, nil, nil},
	{"what is hidden is in no page", request{"bilal", "GET " + messages, "", ""}, 200, []string{`"seq":1,`, `"seq":3,`, `"head":12`}, []string{`"seq":2,`, `"message_id":{words},`}},
	{"but in the other's", request{"asha", "GET " + messages, "", ""}, 200, []string{`"message_id":{words},`}, nil},
	{"which are hidden", request{"bilal", "GET /conversations/{conversation}", "", ""}, 200, []string{`"hidden":[{words}]`}, nil},
	{"which are hidden from the other", request{"asha", "GET /conversations/{conversation}", "", ""}, 200, []string{`"hidden":[]`}, nil},
	{"see it again by a stranger", request{"carla", "DELETE " + messages + "/{words}/hidden", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"see it again", request{"bilal", "DELETE " + messages + "/{words}/hidden", "", ""}, 200, []string{`"message":{`, `"message_id":{words},`, `"seq":2`}, []string{`"hidden"`}},
	{"it is there", request{"bilal", "GET " + messages, "", ""}, 200, []string{`"message_id":{words},`}, nil},
	{"delete a conversation of others", request{"carla", "DELETE /conversations/{conversation}", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"delete a conversation", request{"bilal", "DELETE /conversations/{conversation}", "", ""}, 204, nil, nil},
	{"it is in no list", request{"bilal", "GET /conversations", "", ""}, 200, nil, []string{`"id":{conversation},"listing"`}},
	{"it is empty", request{"bilal", "GET " + messages, "", ""}, 200, []string{`"messages":[]`, `"head":12`, `"has_more":false`}, nil},
	{"it says so", request{"bilal", "GET /conversations/{conversation}", "", ""}, 200, []string{`"cleared_seq":12`, `"cleared":true`, `"last_message":null`, `"unread":0`}, nil},
	{"nothing of it is seen again", request{"bilal", "DELETE " + messages + "/{words}/hidden", "", ""}, 404, []string{"There is no such message."}, nil},
	{"the other one keeps it", request{"asha", "GET /conversations?filter=selling", "", ""}, 200, []string{`"id":{conversation},"listing"`}, []string{"cleared"}},
	{"a message brings it back", request{"asha", "POST " + messages, `{"client_id":"back","message":"Still here"}`, ""}, 201, nil, nil},
	{"with itself alone", request{"bilal", "GET " + messages, "", ""}, 200, []string{`"seq":13,`, "Still here"}, []string{`"seq":6,`, `"seq":5,`}},
	{"it is in the list", request{"bilal", "GET /conversations", "", ""}, 200, []string{`"id":{conversation},"listing"`, `"unread":1`, `"cleared_seq":12`}, []string{`"cleared":`}},
}
