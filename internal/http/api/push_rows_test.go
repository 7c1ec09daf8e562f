package api

// The keys of a browser that has subscribed, as RFC 8291 has them.
const (
	browserKeys = `"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}`
	endpoint    = "https://push.example.net/send/"
	subscribed  = `{"endpoint":"` + endpoint + `one","expirationTime":null,` + browserKeys + `}`
)

// The ids of browsers count from 1.
var pushRows = []row{
	{"no browser", request{"asha", "GET /push", "", ""}, 200, []string{`"public_key":"B`, `"devices":[]`}, nil},
	{"subscribing", request{"asha", "POST /push/devices", subscribed, ""}, 201, []string{`"device":{"id":1,"name":"","created_at":"`, `"current":true`}, []string{"push.example.net", "BCVxsr7N", "BTBZMqHH"}},
	{"subscribing again", request{"asha", "POST /push/devices", subscribed, ""}, 200, []string{`"device":{"id":1,`}, nil},
	{"the list", request{"asha", "GET /push", "", ""}, 200, []string{`"devices":[{"id":1,`}, []string{"push.example.net", "BCVxsr7N", "BTBZMqHH"}},
	{"somebody else's list", request{"bilal", "GET /push", "", ""}, 200, []string{`"devices":[]`}, nil},
	{"http", request{"asha", "POST /push/devices", `{"endpoint":"http://push.example.net/","keys":{"p256dh":"","auth":""}}`, ""}, 422, []string{`"field":"endpoint"`, "https"}, []string{"push.example.net"}},
	{"this machine", request{"asha", "POST /push/devices", `{"endpoint":"http://127.0.0.1:8000/",` + browserKeys + `}`, ""}, 422, []string{`"field":"endpoint"`}, nil},
	{"no key", request{"asha", "POST /push/devices", `{"endpoint":"` + endpoint + `","keys":{"p256dh":"AAAA","auth":""}}`, ""}, 422, []string{`"field":"p256dh"`}, []string{"AAAA"}},
	{"another field", request{"asha", "POST /push/devices", `{"endpoint":"` + endpoint + `",` + browserKeys + `,"more":1}`, ""}, 422, nil, nil},
	{"another key of the site", request{"asha", "POST /push/devices", `{"endpoint":"` + endpoint + `two",` + browserKeys + `,"public_key":"BOther"}`, ""}, 422, []string{`"field":"public_key"`, "another key"}, []string{"BOther"}},
	{"removing somebody else's", request{"bilal", "DELETE /push/devices/1", "", ""}, 404, []string{"There is no such browser."}, nil},
	{"what is no id", request{"asha", "DELETE /push/devices/first", "", ""}, 404, []string{"There is no such browser."}, nil},
	{"forgetting somebody else's", request{"bilal", "POST /push/devices/forget", `{"endpoint":"` + endpoint + `one"}`, ""}, 204, nil, nil},
	{"leaves it", request{"asha", "GET /push", "", ""}, 200, []string{`"id":1`}, nil},
	{"removing", request{"asha", "DELETE /push/devices/1", "", ""}, 204, nil, nil},
	{"removing again", request{"asha", "DELETE /push/devices/1", "", ""}, 404, nil, nil},
	{"somebody else at the same browser", request{"bilal", "POST /push/devices", subscribed, ""}, 201, nil, nil},
	{"forgetting", request{"bilal", "POST /push/devices/forget", `{"endpoint":"` + endpoint + `one"}`, ""}, 204, nil, nil},
	{"forgets it", request{"bilal", "GET /push", "", ""}, 200, []string{`"devices":[]`}, nil},
	{"forgetting again", request{"bilal", "POST /push/devices/forget", `{"endpoint":"` + endpoint + `one"}`, ""}, 204, nil, nil},
	{"signed out", request{"", "GET /push", "", ""}, 401, nil, nil},
}

// Where push is off nobody subscribes; carla may change one thing in an hour.
var pushOffRows = []row{
	{"no key", request{"carla", "GET /push", "", ""}, 200, []string{`"public_key":"","devices":[]`}, nil},
	{"subscribing where push is off", request{"carla", "POST /push/devices", subscribed, ""}, 403, []string{"no push messages"}, nil},
	{"subscribing", request{"carla", "POST /push/devices", subscribed, ""}, 429, []string{tooOften}, nil},
	{"removing", request{"carla", "DELETE /push/devices/1", "", ""}, 429, []string{tooOften}, nil},
	{"forgetting", request{"carla", "POST /push/devices/forget", `{"endpoint":"x"}`, ""}, 429, []string{tooOften}, nil},
}
