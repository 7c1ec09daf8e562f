package wire

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"swapnest/internal/chat"
)

const documentFile = "../../../docs/asyncapi.yaml"

// document is what the tests read of docs/asyncapi.yaml.
type document struct {
	Channels map[string]struct {
		Messages   map[string]reference
		CloseCodes map[string]string `yaml:"x-close-codes"`
	}
	Operations map[string]struct {
		Action   string
		Messages []reference
	}
	Components struct {
		Messages map[string]struct {
			Name    string
			Golden  []string `yaml:"x-golden"`
			Payload any
		}
	}
}

type reference struct {
	Ref string `yaml:"$ref"`
}

// name is the last part of a reference.
func (r reference) name() string { return r.Ref[strings.LastIndexByte(r.Ref, '/')+1:] }

// readDocument returns the document, and all of it as JSON has it.
func readDocument(t *testing.T) (document, map[string]any) {
	t.Helper()
	data, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	var raw any
	for _, into := range []any{&d, &raw} {
		if err := yaml.Unmarshal(data, into); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(withTextKeys(raw))
	if err != nil {
		t.Fatal(err)
	}
	all, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return d, all.(map[string]any)
}

// withTextKeys makes YAML that JSON can hold: close codes are keys that are numbers.
func withTextKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = withTextKeys(value)
		}
	case map[any]any:
		text := make(map[string]any)
		for key, value := range v {
			if n, ok := key.(int); ok {
				key = strconv.Itoa(n)
			}
			text[key.(string)] = withTextKeys(value)
		}
		return text
	case []any:
		for i := range v {
			v[i] = withTextKeys(v[i])
		}
	}
	return v
}

// tighten forbids the fields that the document does not name, which it leaves open
// to clients: a field in the code must be in the document. Schemas that others are
// made of stay open; those that are made of them are not.
func tighten(v any, bases map[string]bool, path string) {
	switch v := v.(type) {
	case map[string]any:
		_, object := v["properties"]
		_, composed := v["allOf"]
		if (object || composed) && !bases[path] && !strings.Contains(path, "/allOf/") {
			v["unevaluatedProperties"] = false
		}
		for key, value := range v {
			tighten(value, bases, path+"/"+key)
		}
	case []any:
		for i, value := range v {
			tighten(value, bases, path+"/"+strconv.Itoa(i))
		}
	}
}

// payloads compiles the payload schema of every message.
func payloads(t *testing.T, d document, all map[string]any) map[string]*jsonschema.Schema {
	t.Helper()
	tighten(all["components"], map[string]bool{
		"#/components/schemas/User": true, "#/components/schemas/Message": true, "#/components/schemas/Revision": true,
	}, "#/components")
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:///asyncapi.json", all); err != nil {
		t.Fatal(err)
	}
	schemas := make(map[string]*jsonschema.Schema)
	for name := range d.Components.Messages {
		var err error
		if schemas[name], err = c.Compile("mem:///asyncapi.json#/components/messages/" + name + "/payload"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return schemas
}

func instance(t *testing.T, frame []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// goldenBySide returns all golden frames, such as server/ack.
func goldenBySide(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, side := range []string{"server", "client"} {
		for name, frame := range golden(t, side) {
			all[side+"/"+name] = frame
		}
	}
	return all
}

func TestGoldenFramesFitTheDocument(t *testing.T) {
	d, all := readDocument(t)
	schemas := payloads(t, d, all)
	frames := goldenBySide(t)
	seen := make(map[string]string)
	for name, m := range d.Components.Messages {
		if len(m.Golden) == 0 {
			t.Errorf("message %s has no golden frame", name)
		}
		for _, g := range m.Golden {
			if other, twice := seen[g]; twice {
				t.Errorf("%s is of %s and of %s", g, name, other)
			}
			seen[g] = name
			frame, ok := frames[g]
			if !ok {
				t.Errorf("message %s: there is no golden frame %s", name, g)
				continue
			}
			if err := schemas[name].Validate(instance(t, frame)); err != nil {
				t.Errorf("%s does not fit message %s: %v", g, name, err)
			}
		}
	}
	for g := range frames {
		if seen[g] == "" {
			t.Errorf("the golden frame %s is of no message of the document", g)
		}
	}
}

// A schema that takes anything would let every golden frame pass.
func TestTheDocumentRefusesFramesOfOtherShape(t *testing.T) {
	d, all := readDocument(t)
	schemas := payloads(t, d, all)
	frames := goldenBySide(t)
	for name, m := range d.Components.Messages {
		for _, g := range m.Golden {
			whole := instance(t, frames[g]).(map[string]any)
			for field := range whole {
				other := maps.Clone(whole)
				other[field] = map[string]any{"no": "such thing"}
				if schemas[name].Validate(other) == nil {
					t.Errorf("%s: %s may be an object of any kind", g, field)
				}
			}
			whole["surprise"] = true
			if schemas[name].Validate(whole) == nil {
				t.Errorf("%s: a field that is not in the document passes", g)
			}
		}
	}
}

// The longest list of participants, the emptiest entry: shapes that no golden
// frame has, but the code can make.
func TestRareShapesFitTheDocumentToo(t *testing.T) {
	d, all := readDocument(t)
	schemas := payloads(t, d, all)
	bare := chat.Entry{
		Conversation: chat.Conversation{ID: 41, Head: 1, LastAt: at}, Role: chat.Seller,
		Listing: chat.Listing{Title: "Sold long ago", Status: chat.ListingInactive, Seller: chat.User{ID: 3, Name: chat.FormerMember}},
		Other:   chat.User{ID: 9, Name: chat.FormerMember, ClosedAt: at},
	}
	_, gone := revised()
	for name, c := range map[string]struct {
		message string
		frame   []byte
	}{
		"a listing that is gone":   {"conversation", Signal(chat.Introduced{To: 1, Entry: bare})},
		"a deleted message":        {"message", Event(chat.Event{Kind: chat.MessagePosted, Message: gone.Message})},
		"never seen":               {"presence", Signal(chat.PresenceChanged{User: 3})},
		"an error of nothing else": {"error", Error(chat.Errorf(chat.Unavailable, "Try again."), "")},
		"bye at once":              {"bye", Bye("restarting", 0)},
		"caught up with nothing":   {"caught_up", CaughtUp(41, 0)},
	} {
		if err := schemas[c.message].Validate(instance(t, c.frame)); err != nil {
			t.Errorf("%s: %s does not fit: %v", name, c.frame, err)
		}
	}
}

func TestEveryFrameOfTheCodeIsInTheDocument(t *testing.T) {
	d, _ := readDocument(t)
	documented := map[string][]string{}
	for _, m := range d.Components.Messages {
		side := strings.Split(m.Golden[0], "/")[0]
		if !slices.Contains(documented[side], m.Name) {
			documented[side] = append(documented[side], m.Name)
		}
	}
	for side, names := range map[string][]string{
		"server": append(sentTypes(t), string(chat.MessagePosted), string(chat.MessageEdited), string(chat.MessageDeleted), string(chat.MessageReacted)),
		"client": append(readTypes(t), "original_message", "original_typing"),
	} {
		slices.Sort(names)
		slices.Sort(documented[side])
		if diff := cmp.Diff(slices.Compact(names), documented[side]); diff != "" {
			t.Errorf("frames of the %s (-code +document):\n%s", side, diff)
		}
	}
}

// source parses a file of this package.
func source(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// text returns a string literal, or "" for another expression.
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

var writtenType = regexp.MustCompile(`^\{"type":"(\w+)"[,}]`)

// sentTypes finds the types of frames: the first value of each struct whose first field is Type, the kinds
// of cursors, and frames that are written out.
func sentTypes(t *testing.T) []string {
	t.Helper()
	var types []string
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			s, ok := n.Type.(*ast.StructType)
			if !ok || len(n.Elts) == 0 || s.Fields.List[0].Names[0].Name != "Type" {
				return true
			}
			value := n.Elts[0]
			if pair, ok := value.(*ast.KeyValueExpr); ok {
				value = pair.Value
			}
			types = append(types, text(value))
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "appendCursor" {
				types = append(types, text(n.Args[1]))
			}
		case *ast.BasicLit:
			if m := writtenType.FindStringSubmatch(text(n)); m != nil {
				types = append(types, m[1])
			}
		}
		return true
	}
	for _, file := range []string{"frames.go", "append.go", "notice.go"} {
		ast.Inspect(source(t, file), look)
	}
	return slices.DeleteFunc(types, func(s string) bool { return s == "" })
}

// readTypes finds the types of commands in the method command.
func readTypes(t *testing.T) []string {
	t.Helper()
	var types []string
	for _, d := range source(t, "commands.go").Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "command" || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.CaseClause); ok {
				for _, e := range c.List {
					types = append(types, text(e))
				}
			}
			return true
		})
	}
	return types
}

func TestOperationsCarryTheMessagesOfTheirSide(t *testing.T) {
	d, _ := readDocument(t)
	carried := make(map[string]bool)
	for name, o := range d.Operations {
		side := map[string]string{"send": "server/", "receive": "client/"}[o.Action]
		for _, r := range o.Messages {
			parts := strings.Split(r.Ref, "/")
			m, ok := d.Components.Messages[r.name()]
			if _, there := d.Channels[parts[2]].Messages[r.name()]; !ok || !there {
				t.Errorf("operation %s: there is no %s", name, r.Ref)
				continue
			}
			if !strings.HasPrefix(m.Golden[0], side) {
				t.Errorf("operation %s: %s is of the other side", name, r.name())
			}
			carried[parts[2]+" "+r.name()] = true
		}
	}
	for channel, c := range d.Channels {
		for key, r := range c.Messages {
			if key != r.name() || !carried[channel+" "+key] {
				t.Errorf("channel %s: no operation carries %s", channel, key)
			}
		}
	}
}

func TestCloseCodesAreThoseOfTheCode(t *testing.T) {
	d, _ := readDocument(t)
	code, err := os.ReadFile("../../http/socket/conn.go")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1000", "1002", "1003", "1007", "1009"}
	for _, m := range regexp.MustCompile(`ws\.StatusCode = (\d{4})`).FindAllStringSubmatch(string(code), -1) {
		want = append(want, m[1])
	}
	slices.Sort(want)
	for name, c := range d.Channels {
		got := slices.Sorted(maps.Keys(c.CloseCodes))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-code +document):\n%s", name, diff)
		}
	}
}
