package chat

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// parsed is a row of the tables of parsers that return a string.
type parsed struct {
	in, want string
	code     Code // of the error; "" for none
}

func checkParsed(t *testing.T, parse func(string) (string, error), field string, table map[string]parsed) {
	t.Helper()
	for name, c := range table {
		t.Run(name, func(t *testing.T) {
			got, err := parse(c.in)
			if CodeOf(err) != c.code || (err == nil && got != c.want) {
				t.Fatalf("got %.80q, %v, want %.80q and code %q", got, err, c.want, c.code)
			}
			if e, ok := err.(*Error); ok && e.Field != field {
				t.Errorf("got the field %q, want %q", e.Field, field)
			}
		})
	}
}

func TestParseUsername(t *testing.T) {
	checkParsed(t, ParseUsername, "username", map[string]parsed{
		"three characters":    {"abc", "abc", ""},
		"thirty characters":   {strings.Repeat("a", 30), strings.Repeat("a", 30), ""},
		"all kinds":           {"Meera_K2", "Meera_K2", ""},
		"blanks around":       {" meera_k\n", "meera_k", ""},
		"too short":           {"ab", "", Invalid},
		"short after blanks":  {"  a  ", "", Invalid},
		"too long":            {strings.Repeat("a", 31), "", Invalid},
		"a blank within":      {"mee ra", "", Invalid},
		"a hyphen":            {"mee-ra", "", Invalid},
		"another script":      {"मीरा", "", Invalid},
		"a look-alike letter": {"mееra", "", Invalid},
		"not UTF-8":           {"abc\xff", "", Invalid},
		"NUL":                 {"abc\x00", "", Invalid},
	})
	if UsernameKey("Meera_K") != UsernameKey("meera_k") {
		t.Error("names that differ by case alone have different keys")
	}
}

func TestParseName(t *testing.T) {
	checkParsed(t, ParseName, "name", map[string]parsed{
		"one character":          {"林", "林", ""},
		"blanks":                 {"  林 \t 佳慧\u3000", "林 佳慧", ""},
		"lines become one":       {"Kabir\n&\r\nAnu", "Kabir & Anu", ""},
		"sixty":                  {strings.Repeat("🎉", 60), strings.Repeat("🎉", 60), ""},
		"markup is only text":    {"<b>x</b>", "<b>x</b>", ""},
		"nothing":                {"", "", Invalid},
		"blanks only":            {" \n ", "", Invalid},
		"zero width only":        {"\u200b", "", Invalid},
		"sixty-one":              {strings.Repeat("🎉", 61), "", Invalid},
		"a control character":    {"a\x07b", "", BadText},
		"not UTF-8":              {"\xff", "", BadText},
		"zero width and a blank": {"\u200b \u200b", "", Invalid},
	})
}

func TestParseEmail(t *testing.T) {
	long := strings.Repeat("a", 242) + "@example.com"
	checkParsed(t, ParseEmail, "email", map[string]parsed{
		"none":                {"", "", ""},
		"blanks only":         {"  ", "", ""},
		"usual":               {" meera@example.org ", "meera@example.org", ""},
		"a plus and dots":     {"m.k+x@mail.example.co.in", "m.k+x@mail.example.co.in", ""},
		"another script":      {"मीरा@उदाहरण.भारत", "मीरा@उदाहरण.भारत", ""},
		"254 bytes":           {long, long, ""},
		"255 bytes":           {"a" + long, "", Invalid},
		"no at":               {"meera.example.org", "", Invalid},
		"two ats":             {"a@b@example.org", "", Invalid},
		"nobody":              {"@example.org", "", Invalid},
		"no dot":              {"meera@localhost", "", Invalid},
		"a dot first":         {"meera@.org", "", Invalid},
		"a dot last":          {"meera@example.", "", Invalid},
		"a blank within":      {"me era@example.org", "", Invalid},
		"a line end within":   {"meera@example.org\nbcc: x@example.org", "", Invalid},
		"two addresses":       {"a@example.org,b@example.org", "", Invalid},
		"a name and brackets": {"Meera <a@example.org>", "", Invalid},
		"not UTF-8":           {"a\xff@example.org", "", Invalid},
		"a control character": {"a\x1b@example.org", "", Invalid},
	})
}

func TestCheckPassword(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		code Code
	}{
		"eight":                         {"12345678", ""},
		"eight of another script":       {"पासवर्डहै", ""},
		"eight blanks are somebody's":   {"        ", ""},
		"256 bytes":                     {strings.Repeat("a", 256), ""},
		"seven":                         {"1234567", Invalid},
		"seven characters, many bytes":  {"🎉🎉🎉🎉🎉🎉🎉", Invalid},
		"257 bytes":                     {strings.Repeat("a", 257), Invalid},
		"65 characters of four bytes":   {strings.Repeat("🎉", 65), Invalid},
		"nothing":                       {"", Invalid},
		"a password that is not UTF-8 ": {"\xff\xff\xff\xff\xff\xff\xff\xff", ""},
	} {
		if got := CodeOf(CheckPassword(c.in)); got != c.code {
			t.Errorf("%s: got %q, want %q", name, got, c.code)
		}
	}
}

// Bug: the small form of some letters is one of a to z, so that whoever had an address with such a letter was
// taken for who has it without.
func TestNoOtherLetterOfAnAddressIsOneOfAToZ(t *testing.T) {
	if EmailKey("Asha@EXAMPLE.org") != EmailKey("asha@example.ORG") {
		t.Error("addresses differ by the case of their letters")
	}
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if key := EmailKey(string(r)); key != string(r) && utf8.ValidRune(r) {
			t.Fatalf("%q has the key %q", r, key)
		}
	}
}
