package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/notices"
	"swapnest/internal/live/wire"
)

// noticeRoutes mounts the pages of notices. What the system before this one changed by
// GET, these ask about or lead to the button for.
func (w *Web) noticeRoutes(mux Mux) {
	get := func(path string, h handler) { mux.Handle("GET /notifications/"+path+"{$}", w.page(h)) }
	post := func(path string, h handler) { mux.Handle("POST /notifications/"+path+"{$}", w.page(h)) }

	get("", w.noticesPage)
	for _, path := range []string{"read/{id}/", "delete/{id}/", "mark-all-read/"} {
		get(path, w.toNotices)
	}
	post("read/{id}/", w.readNotice)
	post("delete/{id}/", w.deleteNotice)
	post("mark-all-read/", w.readAllNotices)
	get("clear-all/", w.askClear)
	post("clear-all/", w.clearNotices)
	get("preferences/", w.preferencesForm)
	post("preferences/", w.editPreferences)
	get("unread-count/", w.noticeCount)
}

// noticesView is the page of one's notices.
type noticesView struct {
	shell
	Chips   []chip
	Kind    string // of the chip
	Here    string // its own address
	Asks    string // for what is on the first page, as a query of the API
	Notices []notice
	Unread  int64
	Next    string // address of the next page, "" on the last
	Newest  string // address of the first page, "" on it
	Wants   switches
	Pause   *pauseForm // nil when there is none
}

// notice is one of them, with where it leads, and the page that it is on.
type notice struct {
	chat.Notice
	URL, Here string
}

// Icon is the icon of the notice's kind.
func (n notice) Icon() string {
	switch n.Kind {
	case chat.NoticeInquiry:
		return "bag"
	case chat.NoticePriceDrop:
		return "tag"
	case chat.NoticeSold:
		return "heart"
	}
	return "chat"
}

// Tone is how the icon is coloured.
func (n notice) Tone() string {
	switch n.Kind {
	case chat.NoticePriceDrop:
		return "price"
	case chat.NoticeSold:
		return "plain"
	}
	return "message"
}

// noticeTab narrows the page.
type noticeTab struct {
	key, label string
	kinds      []chat.NoticeKind // nil for all
}

var noticeTabs = []noticeTab{
	{key: "", label: "All"},
	{key: "unread", label: "Unread"},
	{key: "messages", label: "Messages", kinds: []chat.NoticeKind{chat.NoticeInquiry, chat.NoticeMessage}},
	{key: "saved", label: "Saved things", kinds: []chat.NoticeKind{chat.NoticePriceDrop, chat.NoticeSold}},
}

// tabOf returns a tab by its key; what is no tab is the first, all of them.
func tabOf(key string) noticeTab {
	return noticeTabs[max(0, slices.IndexFunc(noticeTabs, func(t noticeTab) bool { return t.key == key }))]
}

// query asks the API for what is on the first page of the tab.
func (t noticeTab) query() url.Values {
	q := url.Values{"limit": {strconv.Itoa(chat.NoticePage)}}
	if t.key == "unread" {
		q.Set("unread", "true")
	}
	kinds := make([]string, len(t.kinds))
	for i, k := range t.kinds {
		kinds[i] = string(k)
	}
	if len(kinds) > 0 {
		q.Set("type", strings.Join(kinds, ","))
	}
	return q
}

// noticesPage answers GET /notifications/?type=&cursor=.
func (w *Web) noticesPage(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Notifications", "notices")
	if err != nil {
		return err
	}
	key, cursor := r.URL.Query().Get("type"), r.URL.Query().Get("cursor")
	tab := tabOf(key)
	page, err := w.notices.List(r.Context(), s.Me.User.ID, notices.Query{Kinds: tab.kinds, Unread: tab.key == "unread", Cursor: cursor})
	if err != nil {
		return err
	}
	wants, err := w.notices.Preferences(r.Context(), s.Me.User.ID)
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "notification", "preferences", "push", "empty", "form", "shop")
	s.Scripts = append(s.Scripts, "notices")
	v := noticesView{shell: s, Kind: tab.key, Here: noticesURL(tab.key, cursor), Asks: tab.query().Encode(), Unread: s.Me.UnreadNotices, Wants: w.switchesOf(wants, s)}
	if pause := w.pauseOf(wants, s); (w.mail || w.push) && !pause.Until.IsZero() {
		v.Pause = pause
	}
	for _, t := range noticeTabs {
		one := chip{Label: t.label, URL: noticesURL(t.key, ""), Current: t.key == tab.key}
		if t.key == "unread" {
			one.Counts, one.Count = true, s.Me.UnreadNotices
		}
		v.Chips = append(v.Chips, one)
	}
	for _, n := range page.Notices {
		v.Notices = append(v.Notices, notice{n, wire.NoticeURL(n), v.Here})
	}
	if page.Next != "" {
		v.Next = noticesURL(tab.key, page.Next)
	}
	if cursor != "" {
		v.Newest = noticesURL(tab.key, "")
	}
	return w.render(rw, r, http.StatusOK, "notifications", v)
}

func noticesURL(kind, cursor string) string {
	q := url.Values{}
	if kind != "" {
		q.Set("type", kind)
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if len(q) == 0 {
		return wire.NoticesURL
	}
	return wire.NoticesURL + "?" + q.Encode()
}

// toNotices leads to the page with the buttons.
func (w *Web) toNotices(rw http.ResponseWriter, r *http.Request) error {
	if _, err := w.guard.Who(r); err != nil {
		return err
	}
	return redirect(rw, r, wire.NoticesURL)
}

// readNotice answers POST /notifications/read/{id}/. From a page it goes back to where one
// was, or with open=on to what the notice is about.
func (w *Web) readNotice(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathID[chat.NoticeID](r, "notification")
	if err != nil {
		return err
	}
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	n, err := w.notices.Notice(r.Context(), who.User.ID, id)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	if err := w.notices.MarkRead(r.Context(), who.User.ID, []chat.NoticeID{id}); err != nil {
		return err
	}
	if r.PostForm.Get("open") == "on" {
		return redirect(rw, r, wire.NoticeURL(n))
	}
	return w.noticesChanged(rw, r, who.User.ID)
}

// deleteNotice answers POST /notifications/delete/{id}/.
func (w *Web) deleteNotice(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathID[chat.NoticeID](r, "notification")
	if err != nil {
		return err
	}
	return w.changeNotices(rw, r, func(who chat.UserID) error { return w.notices.Delete(r.Context(), who, id) })
}

// readAllNotices answers POST /notifications/mark-all-read/.
func (w *Web) readAllNotices(rw http.ResponseWriter, r *http.Request) error {
	return w.changeNotices(rw, r, func(who chat.UserID) error { return w.notices.MarkAllRead(r.Context(), who) })
}

// clearNotices answers POST /notifications/clear-all/.
func (w *Web) clearNotices(rw http.ResponseWriter, r *http.Request) error {
	return w.changeNotices(rw, r, func(who chat.UserID) error { return w.notices.Clear(r.Context(), who) })
}

func (w *Web) changeNotices(rw http.ResponseWriter, r *http.Request, change func(chat.UserID) error) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	if err := change(who.User.ID); err != nil {
		return err
	}
	return w.noticesChanged(rw, r, who.User.ID)
}

// noticesChanged answers a change: a script with {"success", "unread_count"}, a page with
// the way back.
func (w *Web) noticesChanged(rw http.ResponseWriter, r *http.Request, who chat.UserID) error {
	if !byScript(r) {
		return redirect(rw, r, back(r, wire.NoticesURL))
	}
	n, err := w.chats.Unread(r.Context(), who)
	if err != nil {
		return err
	}
	return answerJSON(rw, http.StatusOK, map[string]any{"success": true, "unread_count": n.Notices})
}

// askClear answers GET /notifications/clear-all/.
func (w *Web) askClear(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Clear all notifications?", "notices")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "form")
	return w.render(rw, r, http.StatusOK, "clear-notifications", s)
}

// noticeCount answers GET /notifications/unread-count/ with {"unread_count"}.
func (w *Web) noticeCount(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	n, err := w.chats.Unread(r.Context(), who.User.ID)
	if err != nil {
		return err
	}
	return answerJSON(rw, http.StatusOK, map[string]int64{"unread_count": n.Notices})
}

// byScript tells whether a script asks, as those of the system before this one did, and
// wants JSON.
func byScript(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return r.Header.Get("X-Requested-With") == "XMLHttpRequest" ||
		(strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html"))
}

func answerJSON(rw http.ResponseWriter, code int, answer any) error {
	data, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return writeJSON(rw, code, data)
}

// writeJSON writes an answer for a script.
func writeJSON(rw http.ResponseWriter, code int, data []byte) error {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(code)
	// A reader who has gone needs no answer.
	_, _ = rw.Write(data)
	return nil
}
