package chat

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
)

func TestParseEmoji(t *testing.T) {
	for text, want := range map[string]string{
		"👍": "👍", "👍\ufe0f": "👍", "👍🏽": "👍🏽", "😂": "😂", "🪿": "🪿",
		"\u2764": "\u2764\ufe0f", "\u2764\ufe0f": "\u2764\ufe0f", "\u2764\ufe0f\u200d🔥": "\u2764\ufe0f\u200d🔥", "\u2764\u200d🔥": "\u2764\ufe0f\u200d🔥",
		"👨\u200d👩\u200d👧\u200d👦": "👨\u200d👩\u200d👧\u200d👦",
		"🏳\u200d🌈":               "🏳\ufe0f\u200d🌈",
		"👁\u200d🗨":               "👁\ufe0f\u200d🗨\ufe0f",
		"⛹🏻\u200d♂":              "⛹🏻\u200d♂\ufe0f",
		"⛹\u200d♂":               "⛹\ufe0f\u200d♂\ufe0f",
		"🇮🇳":                     "🇮🇳", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
		"7\u20e3": "7\ufe0f\u20e3", "7\ufe0f\u20e3": "7\ufe0f\u20e3", "#\ufe0f\u20e3": "#\ufe0f\u20e3", "©": "©\ufe0f", "™\ufe0f": "™\ufe0f",
	} {
		if got, err := ParseEmoji(text); got != want || err != nil {
			t.Errorf("%+q is %+q, %v; want %+q", text, got, err, want)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "a word": "ok", "a letter": "a", "a digit": "7", "a digit with a selector": "7\ufe0f", "two digits": "12\u20e3",
		"a space": " ", "one behind a space": " 👍", "two": "👍👍", "two flags": "🇮🇳🇮🇳", "half a flag": "🇮", "a flag of nowhere": "🇦🇦", "a word and one": "ok👍",
		"a tone alone": "🏽", "two tones": "👍🏽🏽", "a tone on what has none": "🍕🏽", "a joiner at the end": "👍\u200d", "a joiner at the beginning": "\u200d👍",
		"a selector alone": "\ufe0f", "shown as text": "\u2764\ufe0e", "not UTF-8": "\xff", "a zero byte": "👍\x00", "a flag of no country": "🏴\U000e0067\U000e0062\U000e0078\U000e0078\U000e0078\U000e007f",
		"tags without an end": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074", "over-long": strings.Repeat("👨\u200d", 9) + "👨", "five joined": "👍\u200d👍\u200d👍\u200d👍\u200d👍", "longer as it is stored": "\u263a" + strings.Repeat("\u200d\u263a", 9), "many selectors": "👍" + strings.Repeat("\ufe0f", 30), "HTML": "<b>", "an accent": "é", "Devanagari": "नि",
	} {
		got, err := ParseEmoji(text)
		if e, ok := err.(*Error); !ok || e.Code != Invalid || e.Field != "emoji" || got != "" { //nolint:errorlint // It is not wrapped.
			t.Errorf("%s: %+q is %q, %v; want a refusal of the field emoji", name, text, got, err)
		}
	}
}

// TestEveryEmojiOfThePickerIsOne holds the rule against the data that pages choose from: each is taken
// as it stands there, and so is each without its variation selectors.
func TestEveryEmojiOfThePickerIsOne(t *testing.T) {
	data, err := os.ReadFile("../http/web/static/data/emoji.json")
	if err != nil {
		t.Fatal(err)
	}
	var picker struct {
		Groups []struct{ Emoji [][3]string }
	}
	if err := json.Unmarshal(data, &picker); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range picker.Groups {
		for _, one := range g.Emoji {
			n++
			for _, text := range []string{one[0], strings.ReplaceAll(one[0], "\ufe0f", "")} {
				if got, err := ParseEmoji(text); got != one[0] || err != nil {
					t.Errorf("%s: %+q is %+q, %v", one[1], text, got, err)
				}
			}
		}
	}
	if n < 1900 {
		t.Errorf("only %d emoji", n)
	}
}

// FuzzEmoji holds what is taken against the grapheme clusters of Unicode, as a library that knows
// nothing of ours finds them.
func FuzzEmoji(f *testing.F) {
	for _, seed := range []string{"", "👍", "❤", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇮🇳", "7️⃣", "77", "a", "👍👍", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "\xff", "©", "🇮🇳🇮", "👍\u200d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseEmoji(text)
		if err != nil {
			if got != "" {
				t.Errorf("%+q was refused as %+q", text, got)
			}
			return
		}
		if n := uniseg.GraphemeClusterCount(got); n != 1 || len(got) > MaxEmojiBytes {
			t.Errorf("%+q was taken as %+q: %d clusters, %d bytes", text, got, n, len(got))
		}
		for _, again := range []string{got, strings.ReplaceAll(got, "\ufe0f", "")} {
			if same, err := ParseEmoji(again); same != got || err != nil {
				t.Errorf("%+q was taken as %+q, and %+q as %+q, %v", text, got, again, same, err)
			}
		}
	})
}

func TestWhoMayReact(t *testing.T) {
	full := make([]Reaction, 0, MaxReactions)
	for i := range MaxReactions {
		full = append(full, Reaction{seller, fmt.Sprint("e", i)})
	}
	mine := func(t *Thread) { t.About.Reactions = []Reaction{{buyer, "👍"}} }
	for name, c := range map[string]struct {
		who    UserID
		off    bool
		after  time.Duration
		change func(*Thread)
		want   Code
		none   bool
	}{
		"the sender":                      {who: buyer},
		"the other person, a year later":  {who: seller, after: 365 * 24 * time.Hour},
		"once more":                       {who: buyer, change: mine, none: true},
		"as the other person has":         {who: seller, change: mine},
		"taken back":                      {who: buyer, off: true, change: mine},
		"another's is not taken back":     {who: seller, off: true, change: mine, none: true},
		"nothing to take back":            {who: buyer, off: true, none: true},
		"a deleted message":               {who: seller, change: func(t *Thread) { t.About.DeletedAt = t.LastAt }, want: Conflict},
		"back from a deleted message":     {who: seller, off: true, change: func(t *Thread) { t.About.DeletedAt = t.LastAt }, none: true},
		"nothing is posted here any more": {who: buyer, change: func(t *Thread) { t.ClosedAt = t.LastAt }, want: Closed},
		"taken back where it is closed":   {who: buyer, off: true, change: func(t *Thread) { mine(t); t.ClosedAt = t.LastAt }, want: Closed},
		"once more where it is closed":    {who: buyer, change: func(t *Thread) { mine(t); t.ClosedAt = t.LastAt }, none: true},
		"nobody sees it any more":         {who: buyer, change: func(t *Thread) { t.Seller.Former = true }, want: Closed},
		"the thirteenth":                  {who: buyer, change: func(t *Thread) { t.About.Reactions = full }, want: Invalid},
		"the twelfth": {who: buyer, change: func(t *Thread) {
			t.About.Reactions = append([]Reaction{{buyer, "e1"}}, full[:MaxReactions-1]...) // one of them twice
		}},
		"one of twelve": {who: buyer, change: func(t *Thread) { t.About.Reactions = append(slices.Clone(full[1:]), Reaction{seller, "👍"}) }},
	} {
		th, noon := about()
		if c.change != nil {
			c.change(&th)
		}
		change, err := th.React(c.who, "👍", !c.off, noon.Add(c.after))
		if CodeOf(err) != c.want || (err == nil && !c.none) != (change.Kind == MessageReacted) {
			t.Errorf("%s: %+v, %v", name, change, err)
		}
		if e, ok := err.(*Error); ok && e.Code == Invalid && e.Field != "emoji" { //nolint:errorlint // It is not wrapped.
			t.Errorf("%s: the refusal is of the field %q", name, e.Field)
		}
	}
}

func TestReactionsAreCountedInOrder(t *testing.T) {
	th, noon := about()
	react := func(who UserID, emoji string, on bool) []Reaction {
		before := slices.Clone(th.About.Reactions)
		was := th.About.Reactions
		change, err := th.React(who, emoji, on, noon)
		if err != nil {
			t.Fatal(err)
		}
		after, e := th.Apply(who, "r", change)
		if !slices.Equal(was, before) {
			t.Errorf("what an earlier event holds became %v", was)
		}
		want := th
		want.Head++
		if !reflect.DeepEqual(after, want) {
			t.Errorf("besides its head the thread has changed: %+v", after)
		}
		th.Head, th.About = after.Head, e.Message
		return e.Message.Reactions
	}
	react(buyer, "👍", true)
	react(seller, "❤️", true)
	react(seller, "👍", true)
	want := []Reacted{{"👍", []UserID{buyer, seller}}, {"❤️", []UserID{seller}}}
	if got := th.About.Reacted(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	react(buyer, "👍", false)
	want = []Reacted{{"❤️", []UserID{seller}}, {"👍", []UserID{seller}}}
	if got := th.About.Reacted(); !reflect.DeepEqual(got, want) {
		t.Errorf("one is taken back: %v, want %v", got, want)
	}
	react(seller, "👍", false)
	if last := react(seller, "❤️", false); last != nil {
		t.Errorf("all are taken back: %v, want nil", last)
	}
	react(seller, "👍", true)
	if _, e := th.Apply(buyer, "d", Change{Kind: MessageDeleted, At: noon}); e.Message.Reactions != nil {
		t.Errorf("the deleted message has %v", e.Message.Reactions)
	}
}
