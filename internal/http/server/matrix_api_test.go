package server_test

import (
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

// pushKeys are those of a browser, as RFC 8291 has them.
const pushKeys = `"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}`

const lamp = `{"title":"Old lamp","description":"It shines.","price":{"amount":50000,"currency":"INR"},"category":"furniture","condition":"good"}`

// apiRows say of every operation of the API what the visitor, the stranger, the buyer and
// the seller get. Listings and people are public: who may not change one is told so by 403,
// and what is missing is 404. Everything else of other people is 404, there or not.
const reaction = "/conversations/{conversation}/messages/{message_id}/reactions/👍"

var apiRows = map[string]row{
	"POST /users":                   {body: `{"username":"{fresh}","password":"correct horse"}`, want: [4]int{201, 201, 201, 201}},
	"GET /users/{username}":         {object: "{seller}", want: [4]int{200, 200, 200, 200}, open: true},
	"GET /availability":             {query: "?username=gustav", want: [4]int{200, 200, 200, 200}},
	"POST /session":                 {body: `{"username":"{seller}","password":"a wrong one"}`, want: [4]int{401, 401, 401, 401}, missing: 401},
	"DELETE /session":               {want: [4]int{401, 204, 204, 204}},
	"POST /ticket":                  {want: [4]int{401, 201, 201, 201}},
	"GET /me":                       {want: [4]int{401, 200, 200, 200}},
	"PATCH /me":                     {body: `{"city":"Pune"}`, want: [4]int{401, 200, 200, 200}},
	"PUT /me/password":              {body: `{"current":"correct horse","password":"battery staple"}`, want: [4]int{401, 204, 204, 204}},
	"POST /me/close":                {body: `{"current":"correct horse"}`, want: [4]int{401, 204, 204, 204}},
	"POST /me/verify-email":         {want: [4]int{401, 202, 202, 202}},
	"POST /password-reset":          {body: `{"email":"nobody@example.org"}`, want: [4]int{202, 202, 202, 202}},
	"POST /password-reset/confirm":  {body: `{"token":"made-up","password":"battery staple"}`, want: [4]int{422, 422, 422, 422}},
	"GET /me/sessions":              {want: [4]int{401, 200, 200, 200}},
	"DELETE /me/sessions":           {want: [4]int{401, 204, 204, 204}, idle: true},
	"DELETE /me/sessions/{session}": {object: "{device}", want: [4]int{401, 404, 404, 204}},

	"GET /listings":         {want: [4]int{200, 200, 200, 200}},
	"POST /listings":        {body: lamp, want: [4]int{401, 201, 201, 201}},
	"GET /listings/{id}":    {object: "{listing}", want: [4]int{200, 200, 200, 200}, open: true},
	"PATCH /listings/{id}":  {object: "{listing}", body: `{"status":"sold"}`, want: [4]int{401, 403, 403, 200}, open: true},
	"DELETE /listings/{id}": {object: "{listing}", want: [4]int{401, 403, 403, 204}, open: true},
	"POST /photos":          {body: "{png}", kind: "image/png", want: [4]int{401, 201, 201, 201}},
	"GET /me/listings":      {want: [4]int{401, 200, 200, 200}},
	"GET /wishlist":         {want: [4]int{401, 200, 200, 200}},
	"PUT /wishlist/{id}":    {object: "{listing}", want: [4]int{401, 204, 204, 422}, open: true},
	"DELETE /wishlist/{id}": {object: "{listing}", want: [4]int{401, 204, 204, 204}, open: true, idle: true, missing: 204},

	"POST /conversations":     {body: `{"listing_id":{listing},"client_id":"m1","message":"Hi"}`, want: [4]int{401, 201, 200, 422}, open: true},
	"GET /conversations":      {want: [4]int{401, 200, 200, 200}},
	"GET /conversations/{id}": {object: "{conversation}", want: [4]int{401, 404, 200, 200}},
	// For oneself alone; a stranger has none to delete.
	"DELETE /conversations/{id}":        {object: "{conversation}", want: [4]int{401, 404, 204, 204}},
	"PATCH /conversations/{id}":         {object: "{conversation}", body: `{"muted":true}`, want: [4]int{401, 404, 200, 200}},
	"GET /conversations/{id}/messages":  {object: "{conversation}", want: [4]int{401, 404, 200, 200}},
	"POST /conversations/{id}/messages": {object: "{conversation}", body: `{"client_id":"m1","message":"Hi"}`, want: [4]int{401, 404, 201, 201}},
	// The message is the buyer's.
	"PATCH /conversations/{id}/messages/{message_id}":         {object: "{conversation}", body: `{"message":"Hey"}`, want: [4]int{401, 404, 200, 403}},
	"DELETE /conversations/{id}/messages/{message_id}":        {object: "{conversation}", want: [4]int{401, 404, 200, 403}},
	"PUT /conversations/{id}/messages/{message_id}/hidden":    {object: "{conversation}", want: [4]int{401, 404, 204, 204}},
	"DELETE /conversations/{id}/messages/{message_id}/hidden": {object: "{conversation}", want: [4]int{401, 404, 200, 200}},
	// Reacting is for both.
	"PUT /conversations/{id}/messages/{message_id}/reactions/{emoji}":    {path: reaction, want: [4]int{401, 404, 200, 200}},
	"DELETE /conversations/{id}/messages/{message_id}/reactions/{emoji}": {path: reaction, want: [4]int{401, 404, 200, 200}, idle: true},
	"PUT /conversations/{id}/read":                                       {object: "{conversation}", body: `{"seq":1}`, want: [4]int{401, 404, 204, 204}},

	"POST /uploads":            {header: "Upload-Length: 5", want: [4]int{401, 201, 201, 201}},
	"HEAD /uploads/{upload}":   {object: "{upload}", want: [4]int{401, 404, 404, 200}},
	"GET /uploads/{upload}":    {object: "{upload}", want: [4]int{401, 404, 404, 200}},
	"PATCH /uploads/{upload}":  {object: "{upload}", body: "hello", kind: "application/offset+octet-stream", header: "Upload-Offset: 0", want: [4]int{401, 404, 404, 204}},
	"DELETE /uploads/{upload}": {object: "{upload}", want: [4]int{401, 404, 404, 204}},

	"GET /search": {query: "?q=hi", want: [4]int{401, 200, 200, 200}},

	"GET /notifications":         {want: [4]int{401, 200, 200, 200}},
	"POST /notifications/read":   {body: `{"ids":[{notice}]}`, want: [4]int{401, 204, 204, 204}, idle: true, missing: 204},
	"DELETE /notifications/{id}": {object: "{notice}", want: [4]int{401, 404, 404, 204}},
	"DELETE /notifications":      {want: [4]int{401, 204, 204, 204}, idle: true},

	"GET /push":                 {want: [4]int{401, 200, 200, 200}},
	"POST /push/devices":        {body: `{"endpoint":"https://192.0.2.7/{fresh}",` + pushKeys + `}`, want: [4]int{401, 201, 201, 201}},
	"DELETE /push/devices/{id}": {object: "{browser}", want: [4]int{401, 404, 404, 204}},
	"POST /push/devices/forget": {body: `{"endpoint":"{endpoint}"}`, want: [4]int{401, 204, 204, 204}, idle: true, missing: 204},

	"GET /saved-replies":         {want: [4]int{401, 200, 200, 200}},
	"POST /saved-replies":        {body: `{"text":"Yes."}`, want: [4]int{401, 201, 201, 201}},
	"PATCH /saved-replies/{id}":  {object: "{reply}", body: `{"text":"No."}`, want: [4]int{401, 404, 404, 200}},
	"DELETE /saved-replies/{id}": {object: "{reply}", want: [4]int{401, 404, 404, 204}},
}

func TestEveryOperationOfTheAPIAnswersEverybodyAsTheMatrixSays(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newTheater(t, d)
		var operations []string
		for path, methods := range h.visitor.Do("GET", "/api/v1/openapi.json", "").JSON(t)["paths"].(map[string]any) {
			for method := range methods.(map[string]any) {
				operations = append(operations, strings.ToUpper(method)+" "+path)
			}
		}
		complete(t, apiRows, operations)
		h.play(t, "/api/v1", apiRows)
	})
}
