package api

import "strings"

// Carla has asked asha about the bike in conversation 2, and bilal has been answered in the
// one that he began.
var noticeRows = []row{
	{"a seller", request{"asha", "GET /notifications", "", ""}, 200, []string{`"type":"product_inquiry"`, `"title":"Carla C. asks about Bike`, `"url":"/chat/conversation/2/"`, `"read":false`, `"next":""`}, []string{"new_message"}},
	{"a buyer", request{"bilal", "GET /notifications?unread=true&type=new_message,sold", "", ""}, 200, []string{`"type":"new_message"`, `"conversation_id":{conversation}`}, []string{"product_inquiry"}},
	{"of another type", request{"bilal", "GET /notifications?type=sold", "", ""}, 200, []string{`"notifications":[]`}, nil},
	{"of no type", request{"bilal", "GET /notifications?type=bogus", "", ""}, 422, []string{`"field":"type"`, "must be one of product_inquiry"}, []string{"bogus"}},
	{"a made-up page", request{"bilal", "GET /notifications?cursor=bogus", "", ""}, 422, []string{`"field":"cursor"`}, []string{"bogus"}},
	{"somebody without any", request{"carla", "GET /notifications", "", ""}, 200, []string{`"notifications":[]`}, nil},
	{"counted", request{"bilal", "GET /me", "", ""}, 200, []string{`"notifications":1`}, nil},
	{"reading another's", request{"carla", "POST /notifications/read", `{"ids":[1,2,3]}`, ""}, 204, nil, nil},
	{"leaves them", request{"bilal", "GET /notifications?unread=true", "", ""}, 200, []string{`"read":false`}, nil},
	{"reading nothing", request{"bilal", "POST /notifications/read", `{}`, ""}, 422, []string{`"field":"ids"`}, nil},
	{"reading some and all", request{"bilal", "POST /notifications/read", `{"ids":[1],"all":true}`, ""}, 422, []string{`"field":"ids"`}, nil},
	{"reading too many", request{"bilal", "POST /notifications/read", `{"ids":[` + strings.Repeat("1,", 100) + `1]}`, ""}, 422, []string{`"field":"ids"`}, nil},
	{"reading what was never", request{"bilal", "POST /notifications/read", `{"ids":[-1,0,999999]}`, ""}, 204, nil, nil},
	{"reading all", request{"bilal", "POST /notifications/read", `{"all":true}`, ""}, 204, nil, nil},
	{"counts none", request{"bilal", "GET /me", "", ""}, 200, []string{`"notifications":0`}, nil},
	{"reading the conversation", request{"asha", "PUT /conversations/2/read", `{"seq":99}`, ""}, 204, nil, nil},
	{"is reading of it", request{"asha", "GET /notifications", "", ""}, 200, []string{`"read":true`}, []string{`"read":false`}},
	{"deleting another's", request{"carla", "DELETE /notifications/1", "", ""}, 404, []string{"There is no such notification."}, nil},
	{"deleting what was never", request{"carla", "DELETE /notifications/999999", "", ""}, 404, []string{"There is no such notification."}, nil},
	{"deleting one's own", request{"asha", "DELETE /notifications/1", "", ""}, 204, nil, nil},
	{"deletes it", request{"asha", "GET /notifications", "", ""}, 200, []string{`"notifications":[]`}, nil},
	{"clearing", request{"bilal", "DELETE /notifications", "", ""}, 204, nil, nil},
	{"clears", request{"bilal", "GET /notifications", "", ""}, 200, []string{`"notifications":[]`}, nil},
	{"preferring", request{"carla", "PATCH /me", `{"preferences":{"new_message":false,"marketing":true}}`, ""}, 200, []string{`"new_message":false,"product_inquiry":true`, `"marketing":true`}, nil},
	{"is kept", request{"carla", "GET /me", "", ""}, 200, []string{`"new_message":false,"product_inquiry":true`, `"marketing":true`}, nil},
	{"an unknown preference", request{"carla", "PATCH /me", `{"preferences":{"fax":true}}`, ""}, 422, []string{`"field":"preferences.fax"`}, nil},
}
