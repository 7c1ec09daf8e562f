package internal_test

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promises are the pages that map what they promise to the tests that show it.
var promises = []string{"docs/security.md", "docs/delivery.md"}

func TestTheTestsThatThePagesNameExist(t *testing.T) {
	var there []string
	source(t, true, func(path string, file *ast.File) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasSuffix(path, "_test.go") {
				there = append(there, f.Name.Name)
			}
		}
	})
	for _, name := range promises {
		page := read(t, name)
		named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllStringSubmatch(page, -1)
		for _, m := range named {
			if !slices.Contains(there, m[1]) {
				t.Errorf("%s names %s, and there is no such test", name, m[1])
			}
		}
		browser := regexp.MustCompile("`(e2e/[a-z./-]+\\.js)`: ([^|;\n]+)").FindAllStringSubmatch(page, -1)
		for _, m := range browser {
			if !strings.Contains(read(t, m[1]), `test("`+strings.TrimSpace(m[2])+`"`) {
				t.Errorf("%s names %q of %s, and there is no such test", name, m[2], m[1])
			}
		}
		if len(named) < 40 || len(browser) < 2 {
			t.Errorf("%s names %d tests in Go and %d in the browser", name, len(named), len(browser))
		}
	}
}

// Each sentence of the contract is shown by a test that names its number.
func TestEverySentenceOfTheDeliveryContractHasATest(t *testing.T) {
	page := read(t, "docs/delivery.md")
	for number := 1; number <= 22; number++ {
		row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| %d \\| .+ \\| .*(`Test|`e2e/).* \\|$", number))
		if n := len(row.FindAllString(page, -1)); n != 1 {
			t.Errorf("contract %d has %d rows that name a test, want 1", number, n)
		}
	}
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
