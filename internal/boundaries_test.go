package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source calls visit with each file of the program, tests left out unless asked for.
func source(t *testing.T, tests bool, visit func(path string, file *ast.File)) {
	t.Helper()
	n := 0
	for _, root := range []string{".", "../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || (strings.HasSuffix(path, "_test.go") && !tests) {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err == nil {
				n++
				visit(filepath.ToSlash(path), file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 50 {
		t.Fatalf("only %d files were found", n)
	}
}

var statement = regexp.MustCompile(`(?is)^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX|DATABASE)\s|DROP\s+\w+\s|ALTER\s+TABLE\s)`)

func TestSQLStandsInTheStoreAlone(t *testing.T) {
	source(t, false, func(path string, file *ast.File) {
		// The kit makes databases for tests to run on.
		if strings.HasPrefix(path, "store/") || strings.HasPrefix(path, "testkit/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && statement.MatchString(text) {
					t.Errorf("%s holds SQL: %.60q", path, text)
				}
			}
			return true
		})
		for _, i := range file.Imports {
			if strings.Contains(i.Path.Value, `"database/sql`) || strings.Contains(i.Path.Value, "jackc/pgx") {
				t.Errorf("%s imports %s, which is for package store", path, i.Path.Value)
			}
		}
	})
}

// pieces are the functions and variables of package store that may be put together to a
// query: none of them holds what people have entered. A new one is added here by whoever has
// read it.
var pieces = map[string]bool{
	"add": true, "hashes": true, // an argument's place, such as $3
	"quoted":   true,                  // names of tables and columns of the schema, in quotation marks
	"contains": true, "Sprintf": true, // what they are made of is looked at where it stands
	"archived": true, "unread": true, "unreadOf": true, "hiddenUnread": true, "visible": true, "messagesFor": true, "signedJoin": true, "unhidden": true, "waiting": true, "lastVisible": true, "half": true, "pageOf": true, "pinnedPage": true, "entriesOf": true, "Itoa": true, "halfOf": true, "forUpdate": true, "forShare": true, "skipLockedOf": true, "taken": true, "unreadConversations": true, "unreadNotices": true, "settledAt": true, "fewUnsettled": true, "lookedUp": true, "oneOf": true, "noticeSelectOf": true, "many": true, "counted": true, "forNoKeyUpdate": true, "lockedNotices": true, "set": true, "among": true, "Join": true, "Repeat": true, "amongTexts": true, "hiddenUnreadWhere": true, "table": true, "searchSelectOf": true,
}

// values are kinds of expressions that are no text of a query, but name something whose
// value is known where it is made: constants, parameters of the helpers above, fields that
// only constants are given to.
func harmless(e ast.Expr, known func(string) bool) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.BinaryExpr:
		return e.Op == token.ADD && harmless(e.X, known) && harmless(e.Y, known)
	case *ast.ParenExpr:
		return harmless(e.X, known)
	case *ast.Ident:
		return known(e.Name)
	case *ast.IndexExpr: // of a table of constants
		name, ok := e.X.(*ast.Ident)
		return ok && known(name.Name)
	case *ast.CallExpr:
		switch f := e.Fun.(type) {
		case *ast.Ident:
			return pieces[f.Name]
		case *ast.SelectorExpr:
			return pieces[f.Sel.Name]
		}
	}
	return false
}

// In package store, a text with SQL in it is joined only with constants and with helpers that
// have been read: what people enter is always an argument.
func TestQueriesAreMadeOfConstants(t *testing.T) {
	sql := regexp.MustCompile(`(?i)\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|FROM|AND|LIKE)\b`)
	constants := map[string]bool{}
	source(t, false, func(path string, file *ast.File) {
		if strings.HasPrefix(path, "store/") {
			for _, d := range file.Decls {
				if g, ok := d.(*ast.GenDecl); ok && (g.Tok == token.CONST || g.Tok == token.VAR) {
					for _, spec := range g.Specs {
						for _, name := range spec.(*ast.ValueSpec).Names {
							constants[name.Name] = true
						}
					}
				}
			}
		}
	})
	// Inside the helpers: names of columns and of tables that their callers write as literals.
	for _, name := range []string{"m", "sent", "column", "columns", "limit", "part", "page", "where", "direction", "after", "from", "value", "param", "table"} {
		constants[name] = true
	}
	joined, formatted, listed := 0, 0, 0
	ours := func(e ast.Expr) bool { return harmless(e, func(name string) bool { return constants[name] }) }
	source(t, false, func(path string, file *ast.File) {
		if !strings.HasPrefix(path, "store/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op != token.ADD || !holds(n, sql) {
					return true
				}
				joined++
				if !ours(n) {
					t.Errorf("%s joins SQL with something that is neither a constant nor a piece that has been read", path)
				}
				return false
			case *ast.AssignStmt:
				if n.Tok == token.ADD_ASSIGN && holds(n.Rhs[0], sql) && !ours(n.Rhs[0]) {
					t.Errorf("%s adds SQL that is neither a constant nor a piece that has been read", path)
				}
			case *ast.CallExpr:
				// Part of a query may have no word of SQL in it, so all that is formatted counts,
				// but for numbers, and errors, which fmt.Errorf makes.
				if args, ok := formats(n); ok {
					formatted++
					if slices.ContainsFunc(args, func(e ast.Expr) bool { return !ours(e) }) {
						t.Errorf("%s formats a text of something that is neither a constant nor a piece that has been read", path)
					}
				}
				// Conditions are listed before they are joined.
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "append" && isNamed(n.Args[0], "where") {
					listed++
					if slices.ContainsFunc(n.Args[1:], func(e ast.Expr) bool { return !ours(e) }) {
						t.Errorf("%s lists a condition that is neither a constant nor a piece that has been read", path)
					}
				}
			}
			return true
		})
	})
	if joined < 20 || formatted < 2 || listed < 10 {
		t.Errorf("only %d joined, %d formatted and %d listed parts of queries were found: the test looks at the wrong thing", joined, formatted, listed)
	}
}

// holds tells whether a text in an expression looks like SQL.
func holds(e ast.Expr, sql *regexp.Regexp) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && sql.MatchString(l.Value) {
			found = true
		}
		return true
	})
	return found
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// formats returns what a call of package fmt makes a text of, the format among it unless that
// is a constant that takes nothing but whole numbers.
func formats(call *ast.CallExpr) ([]ast.Expr, bool) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !isNamed(f.X, "fmt") || f.Sel.Name == "Errorf" {
		return nil, false
	}
	if l, ok := call.Args[0].(*ast.BasicLit); ok && f.Sel.Name == "Sprintf" && !regexp.MustCompile(`%[^d]`).MatchString(l.Value) {
		return nil, false
	}
	return call.Args, true
}

// parsers are the functions that read bytes from outside, each with the fuzz target that feeds
// it. Those that read what the program wrote itself, or a list of fixed words, have a reason in
// its place.
var parsers = map[string]string{
	"alias.Parse": "FuzzAddress", "alias.ParseBounce": "FuzzAddress",
	"mailin.parseHeader": "FuzzRead", "mailin.parseReport": "FuzzRead", "mailin.parseResults": "FuzzAuthentic",
	"chat.ParseText": "FuzzParseText", "chat.ParseEmoji": "FuzzEmoji", "wire.Decode": "FuzzDecode", "wire.ParseTime": "FuzzDecode", "auth.ParseProxies": "the operator's own words",
	"auth.client": "FuzzForwarded", "web.nextPath": "FuzzNextPath", "web.parts": "FuzzLinks", "web.parseUpload": "FuzzUpload", "web.parseMessageForm": "FuzzUpload", "api.parseMetadata": "FuzzUploadMetadata",
	"web.parseForm": "net/http reads the form; FuzzUpload feeds it", "web.parsePages": "the program's own templates", "web.parsePrice": "FuzzParsePrice",
	"api.readBody": "FuzzMessageBody", "picture.Make": "FuzzMake", "picture.Image": "FuzzImage", "picture.parseGIF": "FuzzGIF", "picture.scansOf": "FuzzScans", "filetype.Of": "FuzzOf", "scan.parseReply": "FuzzReply", "socket.message": "FuzzSocket",
	"chat.ParseUsername": "FuzzFields", "chat.ParseName": "FuzzFields", "chat.ParseEmail": "FuzzFields", "chat.ParseMoney": "a number and a list of fixed words",
	"chat.ParseListingStatus": "a list of fixed words", "accounts.parse": "FuzzFields, by the parsers of chat that it calls",
	"bus.parseEnvelope": "FuzzEnvelope", "peers.parseNote": "FuzzParseNote", "bus.ParseAddress": "the operator's own words", "blob.ParseBucket": "the operator's own words",
	"bus.Parse": "the program's own topics", "config.Parse": "the operator's own words", "listings.parseCursor": "FuzzCursor", "inbox.parseCursor": "FuzzPlaceInTheList", "search.parseCursor": "FuzzSearch", "search.parse": "FuzzSearch", "words.Parse": "FuzzCut", "notices.parseCursor": "FuzzPlaceAmongNotices",
	"chat.Parse": "FuzzFields, by the parsers of lines and texts that it calls", "chat.ParsePlace": "FuzzFields", "chat.ParseAbout": "FuzzParseText, which reads texts alike",
	"chat.ParseCaption":      "FuzzParseText",
	"chat.ParseFileName":     "FuzzFileName",
	"voice.readWebM":         "FuzzWebM",
	"voice.parseElement":     "FuzzWebM",
	"voice.readOgg":          "FuzzOgg",
	"voice.readMP4":          "FuzzMP4",
	"chat.ParseHours":        "FuzzHours",
	"chat.ParseSavedReply":   "FuzzFields, and FuzzParseText by the parser of texts that it calls",
	"listings.parse":         "FuzzShop",
	"store.parseMark":        "the program's own file, read by encoding/json",
	"listings.parseSort":     "a list of fixed words",
	"push.ParseSubscription": "FuzzSubscription",
	"push.parseEndpoint":     "FuzzSubscription",
	"push.ParseKey":          "the program's own keys",
	"web.parseSubscription":  "FuzzPushBody",
	"mail.check":             "FuzzHeaders",
	"alias.Read":             "FuzzLeave",
	"mailer.parseLetters":    "the program's own templates",
	"mail.ParseServer":       "the operator's own words",
	"loadgen.parseName":      "FuzzName",
	"wire.plain":             "FuzzAPlainFrameIsReadAsAnyOther",
	"wire.appendString":      "FuzzAFrameIsWrittenAsEncodingJSONWritesIt",
}

// A function that is called Parse or parse, or Decode, reads something: it is in the list.
func TestEveryParserHasAFuzzTarget(t *testing.T) {
	targets := map[string]bool{}
	declared := map[string]bool{}
	source(t, true, func(path string, file *ast.File) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.Name.Name
			if strings.HasSuffix(path, "_test.go") {
				if strings.HasPrefix(name, "Fuzz") {
					targets[name] = true
				}
				continue
			}
			if strings.HasPrefix(path, "testkit/") || strings.HasPrefix(path, "demo/") {
				continue
			}
			key := file.Name.Name + "." + name
			declared[key] = true
			if regexp.MustCompile(`^([Pp]arse|Decode)([A-Z]|$)`).MatchString(name) {
				if _, ok := parsers[key]; !ok {
					t.Errorf("%s reads something and is not in the list of parsers: which fuzz target feeds it?", key)
				}
			}
		}
	})
	used := map[string]bool{}
	for parser, target := range parsers {
		if !declared[parser] {
			t.Errorf("the list has %s, which is not there any more", parser)
		}
		if name := regexp.MustCompile(`Fuzz\w+`).FindString(target); name != "" {
			used[name] = true
			if !targets[name] {
				t.Errorf("%s has no fuzz target: there is no %s", parser, name)
			}
		}
	}
	for target := range targets {
		if !used[target] {
			t.Errorf("%s feeds nothing in the list of parsers", target)
		}
	}
}

// Whether somebody is here is asked of the hub only to be put before chat.User.ShownTo, which
// knows who may be told.
func TestWhoIsHereIsToldByOneRule(t *testing.T) {
	asked := 0
	source(t, false, func(path string, file *ast.File) {
		if !strings.HasPrefix(path, "feature/") && !strings.HasPrefix(path, "http/") {
			return
		}
		var inRule []ast.Node
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			function, ok := call.Fun.(*ast.SelectorExpr)
			switch {
			case !ok:
			case function.Sel.Name == "ShownTo":
				inRule = append(inRule, call)
			case function.Sel.Name == "Online":
				asked++
				if !slices.ContainsFunc(inRule, func(r ast.Node) bool { return r.Pos() < n.Pos() && n.End() < r.End() }) {
					t.Errorf("%s asks who is here without chat.User.ShownTo", path)
				}
			}
			return true
		})
	})
	if asked < 5 {
		t.Errorf("only %d questions were found", asked)
	}
}
