package api

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"swapnest/internal/chat"
)

// photoRows upload pictures, and what is none.
func photoRows(t *testing.T) []row {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	const kind = "Content-Type: image/png"
	return []row{
		{"a picture", request{"asha", "POST /photos", picture.String(), kind}, 201, []string{`"id":"photos/`, `"width":40`, `"height":30`, `"thumb_url":"/media/photos/`}, nil},
		{"a page", request{"asha", "POST /photos", "<!doctype html><script>planted</script>", kind}, 415, []string{`"code":"unsupported_media"`}, []string{"planted"}},
		{"a drawing", request{"asha", "POST /photos", "<svg/>", "Content-Type: image/svg+xml"}, 415, []string{`"code":"unsupported_media"`}, nil},
		{"a picture as a form would send it", request{"asha", "POST /photos", picture.String(), "Content-Type: text/plain"}, 415, []string{`"code":"unsupported_media"`}, nil},
		{"a picture cut off", request{"asha", "POST /photos", picture.String()[:60], kind}, 422, []string{invalid, `"field":"photos"`}, nil},
		{"too much", request{"asha", "POST /photos", strings.Repeat("x", chat.MaxPhotoBytes+1), kind}, 413, []string{`"code":"too_large"`}, []string{"xxx"}},
		{"nobody's picture", request{"", "POST /photos", picture.String(), kind}, 401, nil, nil},
		{"a listing with a photo of nobody", request{"asha", "POST /listings", draft + `,"photos":["photos/planted.jpg"]}`, ""}, 422, []string{`"field":"photos"`}, []string{"planted"}},
		{"a change to a photo of nobody", request{"asha", "PATCH /listings/{bike}", `{"photos":["demo/planted.svg"]}`, ""}, 422, []string{`"field":"photos"`}, []string{"planted"}},
		{"nine photos", request{"asha", "PATCH /listings/{bike}", `{"photos":["1","2","3","4","5","6","7","8","9"]}`, ""}, 422, []string{`"field":"photos"`}, nil},
		{"filters", request{"", "GET /listings?condition=good&place=PUNE&min_price=100&max_price=50000", "", ""}, 200, []string{`"Old lamp"`}, []string{"Bike"}},
		{"a price upside down", request{"", "GET /listings?min_price=2&max_price=1", "", ""}, 422, []string{`"field":"max_price"`}, nil},
	}
}

// The ids of saved replies count from 1.
var savedRows = []row{
	{"nothing saved", request{"asha", "GET /saved-replies", "", ""}, 200, []string{`"saved_replies":[]`}, nil},
	{"saving", request{"asha", "POST /saved-replies", `{"title":" Where  to ","text":"Hi {name}!\r\nCome."}`, ""}, 201, []string{`"saved_reply":{"id":1,"title":"Where to","text":"Hi {name}!\nCome."}`}, nil},
	{"saving without a title", request{"asha", "POST /saved-replies", `{"text":"Sorry, {title} is sold."}`, ""}, 201, []string{`"id":2,"title":"","text":"Sorry, {title} is sold."`}, nil},
	{"saving nothing", request{"asha", "POST /saved-replies", `{"title":"Where to","text":"  "}`, ""}, 422, []string{`"field":"text"`, "a saved reply needs"}, nil},
	{"saving too much", request{"asha", "POST /saved-replies", `{"text":"` + strings.Repeat("a", 4001) + `"}`, ""}, 422, []string{`"field":"text"`}, nil},
	{"a long title", request{"asha", "POST /saved-replies", `{"title":"` + strings.Repeat("a", 61) + `","text":"Yes"}`, ""}, 422, []string{`"field":"title"`, "60"}, nil},
	{"the list", request{"asha", "GET /saved-replies", "", ""}, 200, []string{`"saved_replies":[{"id":1,`, `{"id":2,`}, nil},
	{"somebody else's list", request{"bilal", "GET /saved-replies", "", ""}, 200, []string{`"saved_replies":[]`}, nil},
	{"moving", request{"asha", "PATCH /saved-replies/2", `{"place":1}`, ""}, 200, []string{`"id":2,"title":"","text":"Sorry`}, nil},
	{"moving to no place", request{"asha", "PATCH /saved-replies/2", `{"place":0}`, ""}, 422, []string{`"field":"place"`}, nil},
	{"changing", request{"asha", "PATCH /saved-replies/1", `{"text":"Come at six."}`, ""}, 200, []string{`"id":1,"title":"Where to","text":"Come at six."`}, nil},
	{"the list in its new order", request{"asha", "GET /saved-replies", "", ""}, 200, []string{`"saved_replies":[{"id":2,`, `{"id":1,"title":"Where to","text":"Come at six."}]`}, nil},
	{"changing somebody else's", request{"bilal", "PATCH /saved-replies/1", `{"text":"Mine"}`, ""}, 404, []string{"saved reply"}, []string{"Mine"}},
	{"deleting somebody else's", request{"bilal", "DELETE /saved-replies/1", "", ""}, 404, []string{"saved reply"}, nil},
	{"what is no id", request{"asha", "DELETE /saved-replies/first", "", ""}, 404, []string{"saved reply"}, nil},
	{"deleting", request{"asha", "DELETE /saved-replies/1", "", ""}, 204, nil, nil},
	{"deleting again", request{"asha", "DELETE /saved-replies/1", "", ""}, 404, nil, nil},
	{"signed out", request{"", "GET /saved-replies", "", ""}, 401, nil, nil},
}

var wishRows = []row{
	{"saving", request{"bilal", "PUT /wishlist/{sold}", "", ""}, 204, nil, nil},
	{"saving again", request{"bilal", "PUT /wishlist/{sold}", "", ""}, 204, nil, nil},
	{"one's own", request{"asha", "PUT /wishlist/{bike}", "", ""}, 422, []string{invalid}, nil},
	{"what does not exist", request{"bilal", "PUT /wishlist/999999", "", ""}, 404, nil, nil},
	{"the list", request{"bilal", "GET /wishlist", "", ""}, 200, []string{`"Bike sold"`, `"status":"sold"`}, []string{"Bike, blue"}},
	{"somebody else's list", request{"carla", "GET /wishlist", "", ""}, 200, []string{`"listings":[]`}, nil},
	{"a made-up page of it", request{"bilal", "GET /wishlist?cursor=bogus", "", ""}, 422, []string{`"field":"cursor"`}, []string{"bogus"}},
	{"saving no longer", request{"bilal", "DELETE /wishlist/{sold}", "", ""}, 204, nil, nil},
	{"the list without it", request{"bilal", "GET /wishlist", "", ""}, 200, []string{`"listings":[]`}, nil},
	{"one's own listings", request{"asha", "GET /me/listings?limit=60", "", ""}, 200, []string{`"Bike, blue"`, `"Bike sold"`, `"Bike inactive"`}, nil},
	{"a made-up page of one's own", request{"asha", "GET /me/listings?cursor=bogus", "", ""}, 422, []string{`"field":"cursor"`}, []string{"bogus"}},
}

var accountRows = []row{
	{"a change", request{"carla", "PATCH /me", `{"name":"Carla C.","city":"Pune","about":"I cycle.","email":"carla@example.net","password":"{password}"}`, ""}, 200, []string{`"name":"Carla C."`, `"city":"Pune"`, `"about":"I cycle."`, `"email":"carla@example.net"`}, nil},
	{"another address without the password", request{"carla", "PATCH /me", `{"email":"planted@example.net"}`, ""}, 422, []string{`"field":"password"`}, []string{"planted"}},
	{"another address with a wrong one", request{"carla", "PATCH /me", `{"email":"planted@example.net","password":"a wrong one"}`, ""}, 422, []string{`"field":"password"`}, []string{"planted"}},
	{"no address without the password", request{"carla", "PATCH /me", `{"email":""}`, ""}, 422, []string{`"field":"password"`}, nil},
	{"a change of nothing", request{"carla", "PATCH /me", `{}`, ""}, 200, []string{`"name":"Carla C."`}, nil},
	{"somebody else's address", request{"carla", "PATCH /me", `{"email":"BILAL@example.org","password":"{password}"}`, ""}, 409, []string{`"field":"email"`}, []string{"BILAL"}},
	{"a long text", request{"carla", "PATCH /me", `{"about":"` + strings.Repeat("x", 501) + `"}`, ""}, 422, []string{`"field":"about"`}, []string{"xxx"}},
	{"a person", request{"", "GET /users/CARLA", "", ""}, 200, []string{`"username":"carla"`, `"city":"Pune"`, `"usual_answer_ms":null`, `"sold":0`}, []string{"example"}},
	{"a seller", request{"", "GET /users/asha", "", ""}, 200, []string{`"sold":1`}, nil},
	{"nobody", request{"", "GET /users/nobody", "", ""}, 404, []string{"There is no such person."}, nil},
	{"what cannot be a name", request{"", "GET /users/%3Cb%3E", "", ""}, 404, []string{"There is no such person."}, nil},
	{"a free name", request{"", "GET /availability?username=gustav", "", ""}, 200, []string{`"available":true`}, nil},
	{"a taken name", request{"", "GET /availability?username=ASHA", "", ""}, 200, []string{`"available":false`}, nil},
	{"a taken address", request{"", "GET /availability?email=Asha@Example.org", "", ""}, 200, []string{`"available":false`}, nil},
	{"a free address", request{"", "GET /availability?email=free@example.org", "", ""}, 200, []string{`"available":true`}, nil},
	{"no name", request{"", "GET /availability", "", ""}, 422, []string{`"field":"username"`}, nil},
	{"where one is signed in", request{"carla", "GET /me/sessions", "", ""}, 200, []string{`"current":true`, `"sessions":[{"id":"`}, nil},
	{"signing out everywhere else", request{"carla", "DELETE /me/sessions", "", ""}, 204, nil, nil},
	{"a device that is none", request{"carla", "DELETE /me/sessions/00", "", ""}, 404, []string{"There is no such device."}, nil},
	{"a wrong password", request{"carla", "PUT /me/password", `{"current":"wrong wrong","password":"{password}"}`, ""}, 422, []string{`"field":"current"`}, []string{"wrong"}},
	{"a short one", request{"carla", "PUT /me/password", `{"current":"{password}","password":"short"}`, ""}, 422, []string{`"field":"password"`}, []string{"short"}},
	{"a new one", request{"carla", "PUT /me/password", `{"current":"{password}","password":"{password}"}`, ""}, 204, nil, nil},
	{"and still signed in", request{"carla", "GET /me", "", ""}, 200, []string{`"username":"carla"`}, nil},
	{"closing without the password", request{"carla", "POST /me/close", `{"current":"wrong wrong"}`, ""}, 422, []string{`"field":"current"`}, []string{"wrong"}},
}

// endRows end what the rows before them were about.
var endRows = []row{
	{"deleting somebody else's listing", request{"bilal", "DELETE /listings/{gone}", "", ""}, 403, []string{`"code":"forbidden"`}, nil},
	{"deleting a listing", request{"asha", "DELETE /listings/{gone}", "", ""}, 204, nil, nil},
	{"deleting it again", request{"asha", "DELETE /listings/{gone}", "", ""}, 404, nil, nil},
	{"a new session", request{"", "POST /session", `{"username":"bilal","password":"{password}"}`, ""}, 200, nil, nil},
	{"signing out everywhere", request{"bilal", "DELETE /me/sessions", "", ""}, 204, nil, nil},
}
