package api

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// examples are bodies of requests by operation, as the description shows them.
var examples = map[string]string{
	"register":          `{"username":"meera_k","password":"a long sentence","name":"Meera Kulkarni","email":"meera@example.org"}`,
	"signIn":            `{"username":"meera_k","password":"a long sentence"}`,
	"editMe":            `{"name":"Meera Kulkarni","city":"Aundh, Pune","about":"I am moving to a smaller flat."}`,
	"changePassword":    `{"current":"a long sentence","password":"a longer sentence"}`,
	"closeAccount":      `{"current":"a long sentence"}`,
	"createListing":     `{"title":"Hero Sprint cycle, 21 gears","description":"New tyres in March.","price":{"amount":850000,"currency":"INR"},"category":"cycles","condition":"good","city":"Aundh, Pune","negotiable":true,"photos":["photos/3kq5vx2hd7m4n6p8r9s1t2u3w4.jpg"]}`,
	"editListing":       `{"price":{"amount":800000,"currency":"INR"},"status":"reserved"}`,
	"startConversation": `{"listing_id":12,"client_id":"tab1.0001","message":"Is it still available?"}`,
	"keepConversation":  `{"muted":true,"pinned":false}`,
	"sendMessage":       `{"client_id":"tab1.0042","message":"Perfect, six it is 🎉"}`,
	"editMessage":       `{"message":"Perfect, seven it is 🎉"}`,
	"addSavedReply":     `{"title":"Where to come","text":"Hi {name}, you can see it at Aundh, near the post office, after six."}`,
	"editSavedReply":    `{"place":1}`,
	"markRead":          `{"seq":18}`,
	"addPushDevice":     `{"endpoint":"https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV","expirationTime":null,"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`,
	"forgetPushDevice":  `{"endpoint":"https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"}`,
	"readNotifications": `{"ids":[12,13]}`,
}

// exemplify puts the examples into the description.
func exemplify(doc *huma.OpenAPI) {
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Post, path.Put, path.Patch} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			if body := op.RequestBody.Content["application/json"]; body != nil {
				body.Example = json.RawMessage(examples[op.OperationID])
			}
		}
	}
}
