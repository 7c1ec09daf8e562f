package api

import (
	"strings"
	"time"
)

// Carla has asked asha about the bike in conversation 2, and bilal has been answered in the
// one that he began.
var noticeRows = []row{
	{"a seller", request{"asha", "GET /notifications", "", ""}, 200, []string{`"type":"product_inquiry"`, `"title":"Carla C. asks about Bike`, `"url":"/chat/conversation/2/"`, `"read":false`, `"next":""`}, []string{"new_message"}},
	{"a buyer", request{"bilal", "GET /notifications?unread=true&type=new_message,sold", "", ""}, 200, []string{`"type":"new_message"`, `"conversation_id":{conversation}`}, []string{"product_inquiry"}},
	{"of another type", request{"bilal", "GET /notifications?type=sold", "", ""}, 200, []string{`"notifications":[]`}, nil},
	{"of no type", request{"bilal", "GET /notifications?type=bogus", "", ""}, 422, []string{`"field":"type"`, "must be one of product_inquiry"}, []string{"bogus"}},
	{"of a type twice", request{"bilal", "GET /notifications?type=sold,new_message,sold", "", ""}, 422, []string{`"field":"type"`, "must not hold anything twice"}, nil},
	{"of more types than there are", request{"bilal", "GET /notifications?type=" + strings.Repeat("sold,", 1000) + "sold", "", ""}, 422, []string{`"field":"type"`}, nil},
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
	{"what leaves the site", request{"carla", "PATCH /me", `{"preferences":{"email_new_message":false,"push_wishlist":false,"previews":false}}`, ""}, 200, []string{`"email_new_message":false,"email_product_inquiry":true`, `"push_price_update":true,"push_wishlist":false,"previews":false`}, nil},
	{"quiet hours over midnight", request{"carla", "PATCH /me", `{"preferences":{"quiet_from":"22:00","quiet_to":"07:30","time_zone":"Asia/Kolkata"}}`, ""}, 200, []string{`"quiet_from":"22:00","quiet_to":"07:30","time_zone":"Asia/Kolkata"`}, []string{"paused_until"}},
	{"a pause", request{"carla", "PATCH /me", `{"preferences":{"paused_until":"{tomorrow}"}}`, ""}, 200, []string{`"paused_until":"{tomorrow}"`, `"quiet_from":"22:00"`}, nil},
	{"all of it is kept", request{"carla", "GET /me", "", ""}, 200, []string{`"email_new_message":false`, `"push_wishlist":false,"previews":false`, `"quiet_from":"22:00","quiet_to":"07:30","time_zone":"Asia/Kolkata","paused_until":"{tomorrow}"`}, nil},
	{"and concerns nobody else", request{"bilal", "GET /me", "", ""}, 200, []string{`"email_new_message":true`, `"previews":true,"quiet_from":"","quiet_to":"","time_zone":""}`}, nil},
	{"one end of quiet hours", request{"carla", "PATCH /me", `{"preferences":{"quiet_from":"21:00"}}`, ""}, 422, []string{`"field":"preferences.quiet_to"`}, nil},
	{"the other end", request{"carla", "PATCH /me", `{"preferences":{"quiet_to":"21:00"}}`, ""}, 422, []string{`"field":"preferences.quiet_from"`}, nil},
	{"an hour that no day has", request{"carla", "PATCH /me", `{"preferences":{"quiet_from":"21:00","quiet_to":"24:10"}}`, ""}, 422, []string{`"field":"preferences.quiet_to"`, "22:00 and 07:30"}, []string{"24:10"}},
	{"hours without a length", request{"carla", "PATCH /me", `{"preferences":{"quiet_from":"21:00","quiet_to":"21:00"}}`, ""}, 422, []string{`"field":"preferences.quiet_to"`, "different"}, nil},
	{"no time zone", request{"carla", "PATCH /me", `{"preferences":{"time_zone":"Mars/Olympus"}}`, ""}, 422, []string{`"field":"preferences.time_zone"`, "Asia/Kolkata"}, []string{"Mars"}},
	{"the machine's own time zone", request{"carla", "PATCH /me", `{"preferences":{"time_zone":"Local"}}`, ""}, 422, []string{`"field":"preferences.time_zone"`}, nil},
	{"a file that is no time zone", request{"carla", "PATCH /me", `{"preferences":{"time_zone":"../../etc/passwd"}}`, ""}, 422, []string{`"field":"preferences.time_zone"`}, []string{"passwd"}},
	{"a pause without an end", request{"carla", "PATCH /me", `{"preferences":{"paused_until":"2999-01-01T00:00:00Z"}}`, ""}, 422, []string{`"field":"preferences.paused_until"`}, []string{"2999"}},
	{"a pause that is no time", request{"carla", "PATCH /me", `{"preferences":{"paused_until":"for ever"}}`, ""}, 422, []string{`"field":"preferences.paused_until"`}, []string{"for ever"}},
	{"what was refused changed nothing", request{"carla", "GET /me", "", ""}, 200, []string{`"quiet_from":"22:00","quiet_to":"07:30","time_zone":"Asia/Kolkata","paused_until":"{tomorrow}"`}, nil},
	{"going on", request{"carla", "PATCH /me", `{"preferences":{"paused_until":"2020-01-01T00:00:00Z","quiet_from":"","quiet_to":"","time_zone":""}}`, ""}, 200, []string{`"quiet_from":"","quiet_to":"","time_zone":""}`}, []string{"paused_until"}},
	{"an unknown preference", request{"carla", "PATCH /me", `{"preferences":{"fax":true}}`, ""}, 422, []string{`"field":"preferences.fax"`}, nil},
}

// tomorrow is when a pause ends, as answers write it.
var tomorrow = time.Now().Add(24 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
