package server_test

import (
	"log/slog"
	"net/http"
	"slices"
	"testing"

	"swapnest/internal/http/web"
	"swapnest/internal/testkit"
)

// everywhere is what everybody may see, and ownPage what everybody has for themselves.
var (
	everywhere = [4]int{200, 200, 200, 200}
	ownPage    = [4]int{logIn, 200, 200, 200}
	ownForm    = [4]int{401, 303, 303, 303}
	sellerPage = [4]int{logIn, 403, 403, 200}
	sellerForm = [4]int{401, 403, 403, 303}
)

// pageRows say of every page and every form what the visitor, the stranger, the buyer and
// the seller get, as apiRows do.
var pageRows = map[string]row{
	"GET /{$}":                       {want: everywhere},
	"GET /shop/{$}":                  {want: everywhere},
	"GET /search/{$}":                {query: "?q=lamp", want: everywhere},
	"GET /categories/{$}":            {want: everywhere},
	"GET /categories/{category}/{$}": {object: "{category}", want: everywhere, open: true},

	"GET /product/{slug}/{$}":                {object: "{slug}", want: everywhere, open: true},
	"POST /product/{slug}/view/{$}":          {object: "{slug}", want: [4]int{204, 204, 204, 204}, open: true},
	"GET /product/{slug}/edit/{$}":           {object: "{slug}", want: sellerPage, open: true},
	"POST /product/{slug}/edit/{$}":          {object: "{slug}", body: "title=Blue+lamp&price=5&currency=INR&category=furniture&condition=good", want: sellerForm, open: true},
	"GET /product/{slug}/delete/{$}":         {object: "{slug}", want: sellerPage, open: true},
	"POST /product/{slug}/delete/{$}":        {object: "{slug}", body: "x=1", want: sellerForm, open: true},
	"GET /product/{slug}/mark-sold/{$}":      {object: "{slug}", want: sellerPage, open: true},
	"POST /product/{slug}/mark-sold/{$}":     {object: "{slug}", body: "x=1", want: sellerForm, open: true},
	"GET /product/{slug}/mark-reserved/{$}":  {object: "{slug}", want: sellerPage, open: true},
	"POST /product/{slug}/mark-reserved/{$}": {object: "{slug}", body: "x=1", want: sellerForm, open: true},
	"GET /product/{slug}/mark-active/{$}":    {object: "{slug}", want: sellerPage, open: true},
	"POST /product/{slug}/mark-active/{$}":   {object: "{slug}", body: "x=1", want: sellerForm, open: true},
	"GET /product/{slug}/mark-inactive/{$}":  {object: "{slug}", want: sellerPage, open: true},
	"POST /product/{slug}/mark-inactive/{$}": {object: "{slug}", body: "x=1", want: sellerForm, open: true},
	"GET /create/{$}":                        {want: ownPage},
	"POST /create/{$}":                       {body: "title=Blue+lamp&price=5&currency=INR&category=furniture&condition=good", want: ownForm},

	// A picture of a message is for the two who talk.
	"GET /attachments/{attachment}":       {object: "{attachment}", want: [4]int{404, 404, 200, 200}},
	"GET /attachments/{attachment}/thumb": {path: "/attachments/{attachment}/thumb", want: [4]int{404, 404, 200, 200}},

	"GET /wishlist/add/{id}/{$}":     {object: "{listing}", want: [4]int{303, 303, 303, 303}, open: true},
	"GET /wishlist/remove/{id}/{$}":  {object: "{listing}", want: [4]int{303, 303, 303, 303}, open: true},
	"POST /wishlist/add/{id}/{$}":    {object: "{listing}", body: "x=1", want: [4]int{401, 303, 303, 422}, open: true},
	"POST /wishlist/remove/{id}/{$}": {object: "{listing}", body: "x=1", want: ownForm, open: true, idle: true, missing: 303},

	"GET /accounts/login/{$}":                   {want: [4]int{200, 303, 303, 303}},
	"POST /accounts/login/{$}":                  {body: "username={seller}&password=a+wrong+one", want: [4]int{401, 401, 401, 401}, missing: 401},
	"GET /accounts/register/{$}":                {want: [4]int{200, 303, 303, 303}},
	"POST /accounts/register/{$}":               {body: "username={fresh}&password=correct+horse", want: [4]int{303, 303, 303, 303}},
	"GET /accounts/logout/{$}":                  {want: [4]int{303, 200, 200, 200}},
	"POST /accounts/logout/{$}":                 {body: "x=1", want: [4]int{303, 303, 303, 303}},
	"GET /accounts/check-username/{$}":          {query: "?username=gustav", want: everywhere},
	"GET /accounts/check-email/{$}":             {query: "?email=gustav@example.org", want: everywhere},
	"GET /accounts/password-reset/{$}":          {want: everywhere},
	"POST /accounts/password-reset/{$}":         {body: "email=nobody@example.org", want: [4]int{303, 303, 303, 303}},
	"GET /accounts/password-reset/confirm/{$}":  {query: "?token=made-up", want: everywhere},
	"POST /accounts/password-reset/confirm/{$}": {body: "token=made-up&password=battery+staple", want: [4]int{422, 422, 422, 422}},
	"GET /accounts/verify-email/{$}":            {want: ownPage},
	"POST /accounts/verify-email/{$}":           {body: "x=1", want: ownForm},
	// Whoever has the link of a mail shows whose the address is, in whatever browser.
	"GET /accounts/verify-email/{token}/{$}":  {path: "/accounts/verify-email/made-up/", want: everywhere},
	"POST /accounts/verify-email/{token}/{$}": {path: "/accounts/verify-email/made-up/", body: "x=1", want: [4]int{422, 422, 422, 422}},
	"GET /accounts/profile/{$}":               {want: ownPage},
	"GET /accounts/profile/edit/{$}":          {want: ownPage},
	"POST /accounts/profile/edit/{$}":         {body: "name=Somebody", want: ownForm},
	"GET /accounts/profile/{username}/{$}":    {object: "{seller}", want: everywhere, open: true},
	"GET /accounts/my-products/{$}":           {want: ownPage},
	"GET /accounts/saved-replies/{$}":         {want: ownPage},
	"POST /accounts/saved-replies/{$}":        {body: "text=Yes", want: ownForm},
	"GET /accounts/saved-replies/{id}/{$}":    {object: "{reply}", want: [4]int{logIn, 404, 404, 200}},
	"POST /accounts/saved-replies/{id}/{$}":   {object: "{reply}", body: "text=No", want: [4]int{401, 404, 404, 303}},
	"GET /accounts/my-wishlist/{$}":           {want: ownPage},
	"GET /accounts/password-change/{$}":       {want: ownPage},
	"POST /accounts/password-change/{$}":      {body: "current=correct+horse&password=battery+staple", want: ownForm},
	"GET /accounts/devices/{$}":               {want: ownPage},
	"POST /accounts/devices/{$}":              {body: "device={device}", want: ownForm, idle: true, missing: 303},
	"GET /accounts/close/{$}":                 {want: ownPage},
	"POST /accounts/close/{$}":                {body: "current=correct+horse", want: ownForm},

	"GET /chat/{$}":                    {want: ownPage},
	"GET /chat/conversation/{id}/{$}":  {object: "{conversation}", want: [4]int{logIn, 404, 200, 200}},
	"POST /chat/conversation/{id}/{$}": {object: "{conversation}", body: "message=Hi&client_id=m1", want: [4]int{401, 404, 303, 303}},
	"POST /chat/mark-read/{id}/{$}":    {object: "{conversation}", body: "seq=1", want: [4]int{401, 404, 303, 303}},
	"POST /chat/mark/{id}/{$}":         {object: "{conversation}", body: "muted=on", want: [4]int{401, 404, 303, 303}},
	"GET /chat/delete/{id}/{$}":        {object: "{conversation}", want: [4]int{logIn, 404, 200, 200}},
	"POST /chat/delete/{id}/{$}":       {object: "{conversation}", want: [4]int{401, 404, 303, 303}},
	"GET /chat/search/{$}":             {query: "?q=marmalade", want: ownPage},
	"GET /chat/start/{id}/{$}":         {object: "{listing}", want: [4]int{logIn, 200, 303, 409}, open: true},
	"POST /chat/start/{id}/{$}":        {object: "{listing}", body: "message=Hi&client_id=m1", want: [4]int{401, 303, 303, 409}, open: true},

	"GET /notifications/{$}":                {want: ownPage},
	"GET /notifications/read/{id}/{$}":      {object: "{notice}", want: [4]int{logIn, 303, 303, 303}, missing: 303},
	"GET /notifications/delete/{id}/{$}":    {object: "{notice}", want: [4]int{logIn, 303, 303, 303}, missing: 303},
	"GET /notifications/mark-all-read/{$}":  {want: [4]int{logIn, 303, 303, 303}},
	"POST /notifications/read/{id}/{$}":     {object: "{notice}", body: "x=1", want: [4]int{401, 404, 404, 303}},
	"POST /notifications/delete/{id}/{$}":   {object: "{notice}", body: "x=1", want: [4]int{401, 404, 404, 303}},
	"POST /notifications/mark-all-read/{$}": {body: "x=1", want: ownForm, idle: true},
	"GET /notifications/clear-all/{$}":      {want: ownPage},
	"POST /notifications/clear-all/{$}":     {body: "x=1", want: ownForm, idle: true},
	"GET /notifications/preferences/{$}":    {want: ownPage},
	"POST /notifications/preferences/{$}":   {body: "new_message=on", want: ownForm},
	"GET /notifications/unread-count/{$}":   {want: ownPage},

	"GET /notifications/push/vapid-key/{$}":    {want: everywhere},
	"GET /notifications/push/subscribe/{$}":    {want: [4]int{405, 405, 405, 405}},
	"GET /notifications/push/unsubscribe/{$}":  {want: [4]int{405, 405, 405, 405}},
	"POST /notifications/push/subscribe/{$}":   {body: `{"endpoint":"https://192.0.2.7/{fresh}",` + pushKeys + `}`, want: [4]int{401, 200, 200, 200}},
	"POST /notifications/push/unsubscribe/{$}": {body: `{"endpoint":"{endpoint}"}`, want: [4]int{401, 200, 200, 200}, idle: true, missing: 200},
	// Whoever has the address ends the mails of whom it was made for, and learns nothing of them.
	"GET /unsubscribe/{token}/{$}":  {object: "{leave}", want: everywhere, open: true},
	"POST /unsubscribe/{token}/{$}": {object: "{leave}", body: "List-Unsubscribe=One-Click", want: everywhere, open: true},

	"GET /media/{key...}":         {object: "{photo}", want: everywhere, open: true},
	"GET /static/{sum}/{path...}": {path: "/static/any/favicon.svg", want: everywhere},
	"GET /favicon.ico":            {want: everywhere},
	"GET /sw.js":                  {want: everywhere},
	"GET /manifest.webmanifest":   {want: everywhere},
	"GET /offline/{$}":            {want: everywhere},
	"GET /share/{$}":              {want: ownPage},
	"POST /share/{$}":             {body: "text=Hello", want: everywhere},
	"GET /":                       {path: "/nothing/", want: [4]int{404, 404, 404, 404}},
}

// recorder notes which pages are mounted.
type recorder struct{ patterns []string }

// Handle implements web.Mux.
func (r *recorder) Handle(pattern string, _ http.Handler) { r.patterns = append(r.patterns, pattern) }

func TestEveryPageAnswersEverybodyAsTheMatrixSays(t *testing.T) {
	pages, err := web.New(web.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var mounted recorder
	pages.Routes(&mounted)
	// What nothing else matches takes every method.
	if i := slices.Index(mounted.patterns, "/"); i >= 0 {
		mounted.patterns[i] = "GET /"
	}
	complete(t, pageRows, mounted.patterns)
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		newTheater(t, d).play(t, "", pageRows)
	})
}
