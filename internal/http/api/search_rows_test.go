package api

import "strings"

// The index holds what the rows before have written.
var searchRows = []row{
	{
		"words",
		request{"asha", "GET /search?q=" + "sti%20%22it%20still%22", "", ""},
		200,
		[]string{`"message":"Is it still there?"`, `"conversation":{"id":{conversation}`, `"other":{"id":2,"username":"bilal"`, `"highlights":[{"start":3,"end":11}]`, `"next":""`},
		[]string{"Text of"},
	},
	{"in one conversation", request{"bilal", "GET /search?q=STILL&conversation_id={conversation}", "", ""}, 200, []string{"Is it still there?"}, nil},
	{"markup", request{"bilal", "GET /search?q=%3Cb%3Eit%3C%2Fb%3E", "", ""}, 200, []string{`"message":"Yes, <b>it</b> is & stays"`, `"highlights":[{"start":6,"end":7},{"start":8,"end":10},{"start":12,"end":13}]`}, nil},
	{"what others said", request{"carla", "GET /search?q=still", "", ""}, 200, []string{`"hits":[]`, `"next":""`}, nil},
	{"in a conversation of others", request{"carla", "GET /search?q=still&conversation_id={conversation}", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"in what was never one", request{"bilal", "GET /search?q=still&conversation_id=999999", "", ""}, 404, []string{"There is no such conversation."}, nil},
	{"in what is no conversation", request{"bilal", "GET /search?q=still&conversation_id=bogus", "", ""}, 422, []string{`"field":"conversation_id"`}, []string{"bogus"}},
	{"what is not there", request{"bilal", "GET /search?q=submarine", "", ""}, 200, []string{`"hits":[]`}, nil},
	{"nothing", request{"bilal", "GET /search", "", ""}, 200, []string{`"hits":[]`}, nil},
	{"no word", request{"bilal", "GET /search?q=%3F%21%00%FF", "", ""}, 200, []string{`"hits":[]`}, nil},
	{"commands of an index", request{"bilal", "GET /search?q=%22%20*%20NEAR(%20)%20AND%20OR%20-:%20'%20%5C", "", ""}, 200, []string{`"hits":[]`}, nil},
	{"a long search", request{"bilal", "GET /search?q=" + strings.Repeat("x", 101), "", ""}, 422, []string{`"field":"q"`}, []string{"xxx"}},
	{"a made-up page", request{"bilal", "GET /search?q=still&cursor=bogus", "", ""}, 422, []string{`"field":"cursor"`}, []string{"bogus"}},
	{"nobody", request{"", "GET /search?q=still", "", ""}, 401, nil, nil},
}
