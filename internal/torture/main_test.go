package torture

import (
	"os"
	"testing"

	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.Main(m, func() {
		if dir, err := builds(); err == nil {
			_ = os.RemoveAll(dir) // it is in the folder for temporary files
		}
	})
}
